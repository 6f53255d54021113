import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from prodgen_lib.cli import main
from prodgen_lib.course.chapter import chapter_files
from prodgen_lib.course.project import CourseError, dumps, read_notebook
from prodgen_lib.site.slides import MOST, _some_sentences, deck

ROOT = Path(__file__).resolve().parents[2]
WITH_FIGURES = [
    path.stem
    for path in chapter_files(ROOT)
    if path.stem[0].isdigit() and (ROOT / f"solutions/{path.stem}_torch.ipynb").exists()
]


def slides(page):
    return re.findall(r'<section class="slide (\w+)".*?</section>', page, re.DOTALL)


def parts(page):
    return re.findall(r"<section class=.*?</section>", page, re.DOTALL)


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_each_chapter_has_slides_whose_words_are_its_own(name):
    page = deck(ROOT, name)
    kinds = slides(page)
    assert kinds[0] == "title" and kinds[-1] == "list" and kinds.count("figure") >= 5
    for part in parts(page):
        if '"slide figure"' in part:
            assert re.search(r'<img src="data:image/[^"]+" alt="[^"]+">', part)
            words = re.search(r'<div class="words">(.*?)</div>', part, re.DOTALL)[1]
            assert words.strip(), part[:200]
    recap = read_text(name).partition("## Recap")[2].partition("## To read")[0]
    first = re.search(r"(?m)^- (\w+ \w+)", recap)[1]
    assert first in parts(page)[-1]
    assert "{{" not in page.partition("<script>")[0] and "$$" not in page


def read_text(name):
    return (ROOT / f"chapters/{name}.md").read_text(encoding="utf-8")


def test_a_page_needs_nothing_from_elsewhere():
    page = deck(ROOT, "06", "tensorflow")
    assert "TensorFlow" in page
    addresses = re.findall(r'(?:src|href)="([^"]{1,40})', page)
    assert addresses and all(one.startswith("data:image/") for one in addresses)
    assert re.search(r"default-src 'none'; img-src data:", page)


def test_the_command_writes_one_file_and_refuses_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(main, ["--root", str(ROOT), "slides", "gan"], catch_exceptions=False)
    assert ran.exit_code == 0 and (tmp_path / "slides_06_gan_torch.html").is_file()
    for wrong in (["99"], ["00"], ["06", "--language", "zh"]):
        refused = CliRunner().invoke(main, ["--root", str(ROOT), "slides", *wrong])
        if wrong[-1] == "zh" and (ROOT / "notebooks/zh/06_gan_torch.ipynb").exists():
            continue
        assert refused.exit_code == 1 and refused.stderr.count("\n") == 1


def test_chinese_words_stand_with_the_same_figures(tmp_path):
    for name in ("chapters", "solutions", "notebooks/zh"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("06_gan.md", "06_gan.yaml"):
        shutil.copy(ROOT / "chapters" / name, tmp_path / "chapters")
    shutil.copy(ROOT / "solutions/06_gan_torch.ipynb", tmp_path / "solutions")
    notebook = read_notebook(ROOT / "notebooks/06_gan_torch.ipynb")
    for cell in notebook.cells:
        if cell.source.startswith("The generator arrives at 0"):
            cell.source = "生成器一次次到达 0，却从不停下。因为判别器那时正偏向另一边。"
        cell.source = cell.source.replace("## Recap", "## 小结")
        cell.source = cell.source.replace("**Before you read**, answer aloud", "**读之前**，先回答")
        if "Both weights swing" in cell.source:
            cell.source = cell.source.replace("Both weights swing", "两个权重")
    (tmp_path / "notebooks/zh/06_gan_torch.ipynb").write_text(dumps(notebook), encoding="utf-8")
    page = deck(tmp_path, "06", language="zh")
    assert 'lang="zh-CN"' in page and "却从不停下" in page and "自己动手写" in page
    assert 'alt="两个权重' in page and "小结" in page and "读之前" in page
    assert slides(page) == slides(deck(tmp_path, "06"))


def test_a_chapter_that_was_not_executed_has_no_slides(tmp_path):
    (tmp_path / "chapters").mkdir()
    shutil.copy(ROOT / "chapters/06_gan.md", tmp_path / "chapters")
    with pytest.raises(CourseError, match="prodgen build 06"):
        deck(tmp_path, "06")


@pytest.mark.parametrize(
    ("text", "first", "words"),
    [
        ("One. Two: so\n\nThree.", True, "One. Two: so"),
        ("One. It leads to:\n\n- a list", True, "One."),
        ("## Heading\n\nOne.", True, ""),
        ("- a list", True, ""),
        ("A.\n\nBefore it. The last.", False, "Before it. The last."),
        ("第一句。第二句？", True, "第一句。第二句？"),
        ("Text <!-- number: yes --> goes on.", True, "Text goes on."),
        (f"Short. {'X' * MOST}.", True, "Short."),
    ],
)
def test_sentences_are_whole(text, first, words):
    assert " ".join(_some_sentences(text, first=first).split()) == words
