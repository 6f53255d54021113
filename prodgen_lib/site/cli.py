"""``prodgen site`` and ``prodgen slides``: what is made to be read, or shown to a class."""

from __future__ import annotations

from pathlib import Path

import click

from prodgen_lib.course.interface import echo
from prodgen_lib.course.option import OwnPath


@click.command(short_help="Make slides of a chapter's figures.")
@click.argument("chapter")
@click.option(
    "--framework",
    type=click.Choice(["torch", "tensorflow"]),
    default="torch",
    show_default=True,
    help="Whose figures.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Chinese where the chapter has it.",
)
@click.option(
    "--out",
    type=OwnPath(dir_okay=False, path_type=Path),
    help="The page; by default slides_NN_topic_FRAMEWORK.html here.",
)
@click.pass_context
def slides(context, chapter, framework, language, out) -> None:
    """Make one page of slides from CHAPTER's figures and the chapter's own sentences.

    It opens offline. Arrows, space, Home and End turn the slides; p prints, a slide a page.

    \b
    Examples:
      prodgen slides 06
      prodgen slides 06 --framework tensorflow --out gan.html
    """
    from prodgen_lib.course.chapter import chapter_files
    from prodgen_lib.course.project import find_root, short
    from prodgen_lib.site.slides import deck

    root = find_root(context.obj)
    page = deck(root, chapter, framework, language)
    if out is None:
        (path,) = chapter_files(root, [chapter])
        out = Path(f"slides_{path.stem}_{framework}{'_zh' * (language == 'zh')}.html")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    click.echo(f"{short(out)} ({len(page) / 1e6:.1f} MB)")


@click.command(short_help="Make a static site of the course, in both languages.")
@click.option(
    "--out",
    type=OwnPath(file_okay=False, path_type=Path),
    default=Path("site"),
    show_default=True,
    help="Where the pages go; an earlier site there is replaced.",
)
@click.option("--address", default="", help="Where it will be hosted, for links between languages.")
@click.pass_context
def site(context, out, address) -> None:
    """Make a static site of the course: chapters, mistakes, questions, in English and Chinese.

    Nothing is executed: what is shown is what `prodgen build` left. Open index.html.

    \b
    Example:
      prodgen site --out site
    """
    from prodgen_lib.course.project import find_root, need_clone, short
    from prodgen_lib.site.build import build_site

    built = build_site(need_clone(find_root(context.find_root().obj)), out, address, say=echo)
    echo(
        f"{short(out / 'index.html')}: {built.pages['en']} pages, {built.pages['zh']} in Chinese, "
        f"{built.size / 1e6:.1f} MB, {built.seconds:.0f} s ({built.processor:.0f} s of processor)"
    )
