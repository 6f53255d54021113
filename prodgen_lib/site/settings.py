"""What both languages' ``conf.py`` share: settings, formulas as MathML, ways to the twin page."""

from __future__ import annotations

from pathlib import Path

from prodgen_lib import __version__
from prodgen_lib.course.page import mathml

HERE = Path(__file__).parent
project = "prodgen"
release = __version__
extensions = ["myst_parser", "sphinx_design"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "html_image"]
myst_dmath_double_inline = True
html_theme = "furo"
html_title = "prodgen"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
templates_path = [str(HERE / "templates")]
html_math_renderer = "latex2mathml"
html_search_options = {"dict": "words.txt"}
html_copy_source = False
html_show_sphinx = False
html_permalinks_icon = "#"
html_use_index = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {"top_of_page_buttons": []}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
# Furo's own words, which its translations lack.
CHINESE = {
    "Back to top": "返回顶部",
    "Skip to content": "跳到正文",
    "On this page": "本页内容",
    "Home": "首页",
    "Next": "下一页",
    "Previous": "上一页",
    "Made with ": "制作：",
}


def setup(app) -> dict[str, bool]:
    app.add_config_value("prodgen_twins", [], "html")
    app.add_config_value("prodgen_address", "", "html")
    app.add_html_math_renderer("latex2mathml", (_inline, None), (_block, None))
    app.connect("html-page-context", _twin)
    app.connect("builder-inited", _speak)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(translator, node) -> None:
    from docutils.nodes import SkipNode

    translator.body.append(mathml(node.astext(), "inline"))
    raise SkipNode


def _block(translator, node) -> None:
    from docutils.nodes import SkipNode

    shown = mathml(node.astext(), "block")
    translator.body.append(f'<div class="math" tabindex="0">{shown}</div>\n')
    raise SkipNode


def _twin(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Where a page has one in the other language: links to it, for people and for machines."""
    chinese = app.config.language == "zh_CN"
    if pagename not in app.config.prodgen_twins:
        return
    base = app.config.prodgen_address or "../" * (pagename.count("/") + chinese)
    places = {"en": f"{base}{pagename}.html", "zh": f"{base}zh/{pagename}.html"}
    context["twin"] = places["en" if chinese else "zh"]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<link rel="alternate" hreflang="{language}" href="{place}">'
        for language, place in {**places, "x-default": places["en"]}.items()
    )


def _speak(app) -> None:
    """The theme's words in Chinese: they go through Sphinx's catalogue, which lacks them."""
    from sphinx.locale import get_translator

    if app.config.language == "zh_CN":
        get_translator("sphinx", "general")._catalog.update(CHINESE)
