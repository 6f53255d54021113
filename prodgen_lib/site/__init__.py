"""``prodgen site``: the course as a static site, in English and Chinese. It executes nothing.

Each module writes pages as MyST Markdown, a dictionary from a page's name to its text; `build`
gathers them and runs Sphinx.
"""
