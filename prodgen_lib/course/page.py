"""A notebook as one HTML page that needs no network: formulas as MathML, no script."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from copy import deepcopy
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.course.links import LINK, keep_links

# nbconvert's own page, less what it would fetch or run: require.js, MathJax, Mermaid, widgets;
# with prompts dark enough to read, and on a narrow screen lines that fold
TEMPLATE = """{% extends 'lab/index.html.j2' %}
{% block html_head_css %}
<style>
:root { --jp-cell-prompt-not-active-opacity: 1; --jp-cell-prompt-not-active-font-color: #555;
  --jp-mirror-editor-comment-color: #2f6363; --jp-mirror-editor-number-color: #060;
  --jp-mirror-editor-keyword-color: #060; --jp-mirror-editor-operator-color: #7a1fc0; }
.jp-Notebook .jp-InputPrompt, .jp-Notebook .jp-OutputPrompt { color: #555; opacity: 1; }
.jp-RenderedHTMLCommon a:link, .jp-RenderedHTMLCommon a:visited {
  color: #0b4f9e; text-decoration: underline; }
.jp-Notebook pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.jp-RenderedHTMLCommon { overflow-x: visible; overflow-wrap: anywhere; }
</style>
{% endblock %}
{% block html_head_js %}{% endblock %}
{% block jupyter_widgets %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
"""


def page(notebook: NotebookNode, name: str, pages: Collection[str]) -> str:
    """The page of the notebook ``name``; of links to notebooks those stay that are among ``pages``.

    ``pages`` and ``name`` are names without ending, of pages that lie side by side.
    """
    from jinja2 import pass_context
    from nbconvert import HTMLExporter

    class Page(HTMLExporter):
        @pass_context
        def markdown2html(self, context, source: str) -> str:
            return to_html(source)

    exporter = Page(raw_template=TEMPLATE)
    exporter.log.setLevel(logging.ERROR)
    linked = _to_pages(deepcopy(notebook), set(pages) - {name})
    text, _ = exporter.from_notebook_node(linked, resources={"metadata": {"name": name}})
    return text


def _to_pages(notebook: NotebookNode, pages: set[str]) -> NotebookNode:
    """Links that led to a notebook lead to its page, or are gone."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(LINK, _to_page, cell.source)
    return keep_links(notebook, {f"{name}.html" for name in pages})


def _to_page(found: re.Match) -> str:
    return f"[{found[1]}]({Path(found[2]).stem}.html)"


def to_html(source: str) -> str:
    """Markdown as HTML, its formulas as MathML."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def block_math(self, body: str) -> str:
            return mathml(body, "block")

        def inline_math(self, body: str) -> str:
            return mathml(body, "inline")

    return MarkdownWithMath(renderer=Renderer(escape=False)).render(source)


def mathml(formula: str, display: str) -> str:
    """A formula in LaTeX as MathML; what is shown as ``block`` stands on a line of its own."""
    from latex2mathml.converter import convert

    return convert(formula.strip(), display=display)
