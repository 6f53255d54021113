"""What both languages' ``conf.py`` share: settings, formulas as MathML, ways to the twin page."""

from __future__ import annotations

import re
from pathlib import Path

from latex2mathml.converter import convert

from prodgen_lib import __version__

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
html_show_copyright = False
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
# Furo's own words, which its translations lack; and those that it does not have translated.
CHINESE = {
    "Back to top": "返回顶部",
    "Skip to content": "跳到正文",
    "On this page": "本页内容",
    "Home": "首页",
    "Next": "下一页",
    "Previous": "上一页",
    "Made with ": "制作：",
    "Error": "错误",
    "Please activate JavaScript to enable the search functionality.": "搜索需要启用 JavaScript。",
}
FIXED = {
    "Toggle site navigation sidebar": "打开或收起站点导航",
    "Toggle table of contents sidebar": "打开或收起本页目录",
    "Toggle Light / Dark / Auto color theme": "切换浅色、深色或自动主题",
    ">Contents<": ">目录<",
    ">Menu<": ">菜单<",
    ">Expand<": ">展开<",
    ">Light mode<": ">浅色<",
    ">Dark mode<": ">深色<",
    ">Auto light/dark, in light mode<": ">自动（当前浅色）<",
    ">Auto light/dark, in dark mode<": ">自动（当前深色）<",
}


def setup(app) -> dict[str, bool]:
    app.add_config_value("prodgen_twins", [], "html")
    app.add_config_value("prodgen_address", "", "html")
    app.add_html_math_renderer("latex2mathml", (_inline, None), (_block, None))
    app.connect("html-page-context", twin)
    app.connect("html-page-context", _levels, priority=900)  # after the theme made its tree
    app.connect("builder-inited", _speak)
    app.connect("build-finished", _speak_on)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def spaced(formula: str) -> str:
    """With the gaps around a function's name that TeX sets and browsers do not: p log D."""
    formula = re.sub(r"(?<=[\w})])\s*(?=\\(?:log|exp|max|min)\b)", r"\\,", formula)
    return re.sub(r"(\\(?:log|exp|max|min))\s*(?=[\w\\])(?!\\(?:left|big|Big))", r"\1\\,", formula)


def _inline(translator, node) -> None:
    from docutils.nodes import SkipNode

    translator.body.append(convert(spaced(node.astext())))
    raise SkipNode


def _block(translator, node) -> None:
    from docutils.nodes import SkipNode

    shown = convert(spaced(node.astext()), display="block")
    translator.body.append(f'<div class="math">{shown}</div>\n')
    raise SkipNode


def twin(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Where a page has one in the other language: links to it, for people and for machines."""
    chinese = app.config.language == "zh_CN"
    up, tree = "../" * (pagename.count("/") + chinese), "" if chinese else "zh/"
    other = pagename if pagename in app.config.prodgen_twins else "index"
    context["twin"] = f"{up}{tree}{other}.html"
    if other != pagename:
        return
    base = app.config.prodgen_address or up
    places = {"en": f"{base}{pagename}.html", "zh": f"{base}zh/{pagename}.html"}
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<link rel="alternate" hreflang="{language}" href="{place}">'
        for language, place in {**places, "x-default": places["en"]}.items()
    )


def _levels(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Captions are headings of a level, which Sphinx does not say."""
    for name in ("body", "furo_navigation_tree"):
        said = 'class="caption" role="heading"'
        context[name] = (context.get(name) or "").replace(said, f'{said} aria-level="2"')


def _speak(app) -> None:
    """The theme's words in Chinese: they go through Sphinx's catalogue, which lacks them."""
    from sphinx.locale import get_translator

    if app.config.language == "zh_CN":
        get_translator("sphinx", "general")._catalog.update(CHINESE)


def _speak_on(app, exception) -> None:
    """The theme's words that stand in its templates and can't be translated there."""
    if app.config.language != "zh_CN" or exception:
        return
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for english, chinese in FIXED.items():
            text = text.replace(english, chinese)
        path.write_text(text, encoding="utf-8")
