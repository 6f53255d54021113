"""The Chinese of chapters and tasks: what corresponds, what is refused, what is built."""

from __future__ import annotations

import re
import shutil
import zipfile
from copy import deepcopy
from pathlib import Path

import pytest
from click.testing import CliRunner

from prodgen_lib.checking import names
from prodgen_lib.checking.exercise import find_exercise, load_exercises, topics
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.cli import main
from prodgen_lib.course import chinese, chinese_task, correspond, translate, work
from prodgen_lib.course.book import chinese_notebook, chinese_targets, chinese_twin
from prodgen_lib.course.build import build, build_chinese
from prodgen_lib.course.chapter import chapter_files, read_chapter
from prodgen_lib.course.compose import has
from prodgen_lib.course.contents import contents
from prodgen_lib.course.drill import drill
from prodgen_lib.course.grade import grade
from prodgen_lib.course.grade_copy import graded_copy
from prodgen_lib.course.project import read_notebook, write_notebook

ROOT = Path(__file__).resolve().parents[2]
TRANSLATED = [p for p in chapter_files(ROOT) if chinese.chinese_path(read_chapter(p)).exists()]


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: path.stem)
def test_what_is_translated_corresponds(path):
    assert chinese.faults(read_chapter(path)) == []


@pytest.mark.parametrize("topic", topics())
def test_tasks_that_are_translated_correspond(topic):
    found = [s for one in load_exercises(topic).values() for s in chinese_task.task_faults(one)]
    assert found == []


def test_every_translation_of_a_task_belongs_to_an_exercise():
    pages = (chinese_task.source.PACKAGE / "exercises").glob("*/zh/*.md")
    orphans = [p for p in pages if p.stem not in load_exercises(p.parent.parent.name)]
    assert not orphans


ENGLISH = """## Two *steps*, 3.5 dB

1. Read `f(x)` and $x^2$, see [paper](https://a.org).
2. See {{other}}.

| a | b |
|---|---|
| 1 | 2 |

<details><summary>More</summary>

![a figure](x.png)

</details>"""
GOOD = """## 两*步*，3.5 dB

1. 读 `f(x)` 和 $x^2$，见[论文](https://a.org)。
2. 见 {{other}}。

| 甲 | 乙 |
|---|---|
| 1 | 2 |

<details><summary>更多</summary>

![一张图](x.png)

</details>"""


def test_a_translation_that_corresponds_has_no_differences():
    assert correspond.differences(ENGLISH, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("## 两", "### 两", "headings: level 2 in English, level 3"),
        ("| 1 | 2 |\n", "", "tables"),
        ("| 1 | 2 |", "| 1 |", "tables"),
        ("2. 见", "见", "lists"),
        ("https://a.org", "https://b.org", "links: https://a.org is missing in Chinese"),
        ("$x^2$", "$x^3$", "formulas: x^2 is missing"),
        ("`f(x)`", "`g(x)`", "code: f(x) is missing"),
        ("3.5", "4.5", "numbers: 3.5 is missing in Chinese"),
        ("{{other}}", "TensorFlow", "places to be filled in"),
        ("x.png", "y.png", "images"),
        ("</details>", "", "tags"),
        ("两*步*，", "**两步，**好", "emphasis"),
    ],
)
def test_what_does_not_correspond_is_named(old, new, words):
    assert any(words in one for one in correspond.differences(ENGLISH, GOOD.replace(old, new, 1)))


def test_a_number_in_words_may_become_digits_and_no_digit_comes_from_nothing():
    assert correspond.differences("thirty pictures", "30 张图") == []
    assert correspond.differences("1,000 of them", "1,000 个") == []
    assert "numbers" in correspond.differences("some pictures", "30 张图")[0]


def test_a_cell_that_moved_on_is_named_with_both_texts(tmp_path):
    (chapter,) = _a_chapter(tmp_path, "# Title\n\nA new sentence.\n")
    piece = chinese.pieces(chapter)[0]
    path = chinese.chinese_path(chapter)
    path.write_text("<!-- 000000 -->\n\n# 题目\n\n旧的一句。\n", encoding="utf-8")
    (fault,) = chinese.faults(chapter)
    assert "06_toy.zh.md, piece 1: the English has moved on" in fault and piece.digest in fault
    assert "A new sentence." in fault and "旧的一句。" in fault


def test_number_and_order_must_agree(tmp_path):
    (chapter,) = _a_chapter(tmp_path, '# Title\n\n```python\nshow(f, alt="A mug.")\n```\n\nEnd.\n')
    assert [one.kind for one in chinese.pieces(chapter)] == ["text", "alt", "text"]
    title, alt, end = chinese.pieces(chapter)
    path = chinese.chinese_path(chapter)
    marks = title.digest, end.digest, f"{alt.digest} alt"
    texts = [f"<!-- {m} -->\n{t}" for m, t in zip(marks, ("# 题", "完。", "杯。"), strict=True)]
    path.write_text("\n".join(texts), encoding="utf-8")
    (fault,) = chinese.faults(chapter)
    assert "piece 2: number or order differ (3 pieces in English, 3 in Chinese)" in fault


def test_alternative_texts_are_put_into_the_code_whatever_they_are_made_of(tmp_path):
    code = (
        'rank = ["é"]\nshow(f, alt="One mug; "\n    "two.")\n'
        'show(f, alt=f"The best is {\', \'.join(rank)}.")\nalt = "A"\nshow(f, alt=alt)'
    )
    (chapter,) = _a_chapter(tmp_path, f"# Title\n\n```python\n{code}\n```\n")
    texts = [one.text for one in chinese.pieces(chapter)[1:]]
    assert texts == ["One mug; two.", "The best is {', '.join(rank)}.", "A"]
    words = ["一个“杯子”；两个。", "最好的是 {', '.join(rank)}。", "甲"]
    title, *alts = (piece.digest for piece in chinese.pieces(chapter))
    marks = [f"<!-- {d} alt -->\n\n{w}" for d, w in zip(alts, words, strict=True)]
    path = chinese.chinese_path(chapter)
    path.write_text("\n\n".join([f"<!-- {title} -->\n\n# 题", *marks]), encoding="utf-8")
    assert chinese.faults(chapter) == []
    source = chinese.translated(chapter).cells[1].source
    found: list[str] = []
    exec(source, {"f": None, "show": lambda f, alt: found.append(alt)})
    assert found == ["一个“杯子”；两个。", "最好的是 é。", "甲"]


def _a_chapter(folder: Path, text: str):
    (folder / "chapters").mkdir(exist_ok=True)
    path = folder / "chapters/06_toy.md"
    path.write_text(f"---\nframeworks: none\n---\n\n{text}", encoding="utf-8")
    return (read_chapter(path),)


def test_a_skeleton_never_writes_over_a_translation(tmp_path):
    (chapter,) = _a_chapter(tmp_path, "# Title\n\nOne.\n\n\nTwo.\n\n\nThree.\n")
    path = chinese.chinese_path(chapter)
    assert list(translate.write_skeletons(tmp_path, ("06",))) == [
        "chapters/06_toy.zh.md: 3 of 3 to be translated"
    ]
    text = path.read_text(encoding="utf-8")
    for old, new in (("# Title\n\nOne.", "# 题\n\n一。"), ("Two.", "二。"), ("Three.", "三。")):
        text = text.replace(old, new)
    path.write_text(text.replace(" new ", " "), encoding="utf-8")
    assert list(translate.missing(tmp_path, ("06",))) == []
    (chapter,) = _a_chapter(tmp_path, "# Title\n\nOne.\n\n\nTwo, or more.\n\n\nMore.\n\n\nThree.\n")
    list(translate.write_skeletons(tmp_path, ("06",)))
    text = path.read_text(encoding="utf-8")
    assert re.search(r"moved -->\n\n二。\n\n~~~~english\nTwo, or more.\n~~~~", text)
    assert " new -->\n\nMore." in text and "三。" in text and "一。" in text
    assert sum("moved on" in one for one in chinese.faults(chapter)) == 1
    (chapter,) = _a_chapter(tmp_path, "# Title\n\nOne.\n")
    list(translate.write_skeletons(tmp_path, ("06",)))
    text = path.read_text(encoding="utf-8")
    assert text.count("gone -->") == 2 and "二。" in text and "三。" in text
    before = path.read_bytes()
    assert list(translate.write_skeletons(tmp_path, ("06",))) == [
        "chapters/06_toy.zh.md: unchanged"
    ]
    assert path.read_bytes() == before


def test_one_task_serves_both_frameworks_or_each_has_its_own():
    exercise = find_exercise("gan.generator_loss")
    assert "tf.function" in chinese_task.task_in("zh", exercise, "tensorflow")
    assert "tf.function" not in chinese_task.task_in("zh", exercise, "torch")
    assert "`(N,)`" in chinese_task.task_in("zh", exercise, "torch")
    text, places = translate.merged(
        "Pictures (N, C, H, W) in a row", "Pictures (N, H, W, C) in a row"
    )
    assert text == "Pictures {{(N, C, H, W) || (N, H, W, C)}} in a row" and places == 1
    assert chinese_task.chosen(text, "tensorflow") == "Pictures (N, H, W, C) in a row"
    assert translate.merged("(a(b)) c", "(a(b)) c") == ("(a(b)) c", 0)


def test_a_line_that_ends_within_chinese_is_joined_and_lists_are_not():
    assert chinese.unwrapped("一，\n二\n三。\n`x` 是\n\n- 四。\n- 五\n\n1. 六\n2. 七") == (
        "一，二三。`x` 是\n\n- 四。\n- 五\n\n1. 六\n2. 七"
    )
    assert (
        chinese.unwrapped("见：\n```text\n一\n二\n```\n$$x$$")
        == "见：\n```text\n一\n二\n```\n$$x$$"
    )


@pytest.fixture
def built(course: Path) -> Path:
    build(course, run=False, say=lambda line: None)
    return course


def test_a_chapter_without_chinese_is_english_and_says_so(built):
    assert build_chinese(built, say=lambda line: None) == []
    found = sorted(path.name for path in (built / "notebooks/zh").glob("*.ipynb"))
    assert found == sorted(path.name for path in (built / "notebooks").glob("*.ipynb"))
    for name in found:
        notebook = read_notebook(built / "notebooks/zh" / name)
        twin = read_notebook(built / "notebooks" / name)
        texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        assert chinese.UNTRANSLATED in texts[0]
        assert [cell.id for cell in notebook.cells] == [cell.id for cell in twin.cells]
        assert not any(cell.get("outputs") for cell in notebook.cells)


def test_a_chapter_whose_chinese_has_aged_fails_the_build(built):
    chapter = read_chapter(built / "chapters/05_mini.md")
    list(translate.write_skeletons(built, ("05",)))
    faults = build(built, run=False, say=lambda line: None)
    assert any("05_mini.zh.md, piece 1: is not translated yet" in one for one in faults)
    assert len(chinese.faults(chapter)) == sum(
        not correspond.wordless(piece.text) for piece in chinese.pieces(chapter)
    )
    result = CliRunner().invoke(main, ["translate", "05", "--check"])
    assert result.exit_code == 1 and "not translated yet" in result.output
    assert CliRunner().invoke(main, ["build", "05", "--language", "zh"]).exit_code == 1


def test_copies_in_chinese_lie_beside_the_english_and_are_found(built, monkeypatch):
    assert all(one.endswith("：你的副本") for one in work.copy_notebooks(built, FRAMEWORKS, "zh"))
    list(work.copy_notebooks(built, FRAMEWORKS, "en"))
    assert list(work.copy_notebooks(built, FRAMEWORKS, "zh")) == []
    mine, theirs = (built / f"work/{place}05_mini_torch.ipynb" for place in ("zh/", ""))
    assert work.find_copy(built, "mini_torch") == theirs
    monkeypatch.setenv("PRODGEN_LANGUAGE", "zh")
    assert work.find_copy(built, "mini_torch") == mine


def test_a_chinese_copy_is_reset_with_a_backup(built, monkeypatch):
    list(work.copy_notebooks(built, ("torch",), "zh"))
    mine = built / "work/zh/05_mini_torch.ipynb"
    before = mine.read_bytes()
    mine.write_text("mine")
    copy, backup = work.reset(built, "work/zh/05_mini_torch.ipynb")
    assert copy.resolve() == mine and mine.read_bytes() == before and backup.read_text() == "mine"
    assert backup.parent == built / "work/backups"


def test_a_newer_chinese_notebook_is_announced(built):
    list(work.copy_notebooks(built, ("torch",), "zh"))
    copy = built / "work/zh/05_mini_torch.ipynb"
    notebook = read_notebook(copy)
    notebook.metadata.prodgen.zh = "00000000"
    write_notebook(notebook, copy)
    (sentence,) = work.copy_notebooks(built, ("torch",), "zh")
    assert "prodgen reset work/zh/05_mini_torch" in sentence


@pytest.fixture(scope="module")
def real() -> dict:
    """The Chinese notebooks of the course: of the two first chapters, and what is translated."""
    stems = {"00_start_here", "06_gan", *(path.stem for path in TRANSLATED[:3])}
    return {
        target.file: (target, chinese_notebook(ROOT, target))
        for target in chinese_targets(ROOT, sorted(stems))
    }


def test_exercise_cells_are_the_same_in_both_languages(real):
    for file, (_, notebook) in real.items():
        twin = read_notebook(ROOT / file.replace("/zh/", "/"))
        assert [cell.id for cell in notebook.cells] == [cell.id for cell in twin.cells], file
        assert notebook.metadata.prodgen.text == twin.metadata.prodgen.text
        for mine, theirs in zip(notebook.cells, twin.cells, strict=True):
            if has(theirs, "exercise", "check", "given"):
                assert mine.source == theirs.source and mine.metadata == theirs.metadata


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_answers_in_both_languages_are_graded_alike(real, framework):
    _, mine = real[f"notebooks/zh/06_gan_{framework}.ipynb"]
    pristine = read_notebook(ROOT / "notebooks" / f"06_gan_{framework}.ipynb")
    runs = []
    for learner in (mine, pristine):
        learner = deepcopy(learner)
        for cell in learner.cells:
            if has(cell, "exercise"):
                cell.source = cell.source.replace("raise NotImplementedError", "return 1.0")
        copy = graded_copy(learner, pristine)
        runs.append([(cell.id, names.without_prose(cell.source)) for cell in copy.cells])
    assert runs[0] == runs[1] and len(runs[0]) > 20


def test_untouched_copies_are_told_alike_and_by_name(tmp_path, real, monkeypatch):
    monkeypatch.setattr("prodgen_lib.course.grade._run", None)
    _, mine = real["notebooks/zh/06_gan_torch.ipynb"]
    write_notebook(mine, tmp_path / "06_gan_torch.ipynb")
    results = grade(ROOT, tmp_path / "06_gan_torch.ipynb")
    assert results == grade(ROOT, ROOT / "notebooks/06_gan_torch.ipynb") and len(results) > 10


def test_a_task_stands_in_chinese_above_its_exercise(real):
    _, notebook = real["notebooks/zh/06_gan_torch.ipynb"]
    about = next(c.source for c in notebook.cells if c.id == "gan-generator_loss-about")
    assert about.startswith("### `generator_loss`：练习\n\n") and "难度 ●●○○○" in about
    assert '卡住了？`hint("gan.generator_loss")`，最多 3 次。' in about


def test_questions_in_a_chinese_notebook_are_chinese_only(real):
    _, notebook = real["notebooks/zh/06_gan_torch.ipynb"]
    asked = [cell.source for cell in notebook.cells if has(cell, "questions")]
    assert asked and all("30 秒回答" in text and "Answer in" not in text for text in asked)


def test_links_of_a_chinese_notebook_stay_in_its_folder(real):
    _, notebook = real["notebooks/zh/06_gan_torch.ipynb"]
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "(../../solutions/06_gan_torch.ipynb)" in text and "(06_gan_tensorflow.ipynb)" in text
    assert "[从这里开始](00_start_here.ipynb)" in text


def test_the_table_of_chapters_and_drills_know_chinese(monkeypatch):
    text = contents(ROOT, ROOT / "notebooks", {f: {} for f in FRAMEWORKS}, "zh")
    assert "章节" in text and "完成 0 / " in text and "接下来" in text
    monkeypatch.setenv("PRODGEN_LANGUAGE", "zh")
    about = drill("gan.generator_loss", "torch").cells[0].source
    assert "生成器要最小化的量" in about


def test_a_twin_is_found_by_its_name(built):
    assert chinese_twin(built, "05_mini_torch.ipynb").metadata.prodgen.framework == "torch"


def test_chinese_chapters_are_no_part_of_what_a_run_depends_on(tmp_path, monkeypatch):
    from prodgen_lib.course import depend

    files = depend.files_behind(["from prodgen_lib.course.contents import chapters"], "none")
    assert not [path for path in files if ".zh" in path.name or path.parent.name == "zh"]


def test_a_release_in_chinese_holds_chinese_and_is_known_by_its_english_twin(built):
    from prodgen_lib.classroom.release import origin, pristine, release
    from prodgen_lib.course.salvage import read_notebook as salvaged

    path = release(built, ("05",), "torch", language="zh")
    assert path.name.startswith("05_mini_torch_zh-")
    with zipfile.ZipFile(path) as archive:
        assert "安装 prodgen" in archive.read("README.txt").decode()
        data = archive.read("05_mini_torch.ipynb")
    found, sentence = origin(salvaged(data).notebook, pristine(built))
    assert found is not None and sentence == ""
    assert release(built, ("05",), "torch", language="zh") == path
    shutil.rmtree(built / "releases")


def test_the_page_of_progress_is_chinese(monkeypatch, tmp_path):
    from prodgen_lib.interview.desk import Desk

    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path))
    body = Desk(ROOT).progress_html("zh")
    words = re.sub(r"<style>.*?</style>|<[^>]*>", " ", body, flags=re.DOTALL)
    assert "下一步：第 1 章，大型生成模型" in words and "现在到期" in words
    assert "模拟面试：0 次。" in words
    assert not re.search(r"\b(of|begun|solved|chapter|Diffusion|Visual)\b", words)


def test_a_copy_in_the_readers_language_is_run(built, monkeypatch):
    from prodgen_lib.course.run import notebooks

    list(work.copy_notebooks(built, ("torch",), "zh"))
    (found,) = notebooks(built, ["05"], "torch", "work")
    assert found == built / "work/zh/05_mini_torch.ipynb"


@pytest.mark.parametrize("path", chapter_files(ROOT), ids=lambda path: path.stem)
def test_alternative_texts_of_every_chapter_can_be_put_back(path, monkeypatch):
    """Each is taken out of its code and put in again."""
    chapter = read_chapter(path)
    found = chinese.pieces(chapter)
    monkeypatch.setattr(chinese, "paired", lambda chapter: ((p, p.text) for p in found))
    monkeypatch.setattr(chinese, "chinese_path", lambda chapter: path)
    cells = chinese.translated(chapter).cells
    for mine, theirs in zip(cells, chapter.cells, strict=True):
        if theirs.cell_type == "code":
            assert names.as_python(mine.source) is not None, mine.source
            assert names.used(mine.source) == names.used(theirs.source)
        else:
            assert mine.source == theirs.source.strip()


@pytest.mark.parametrize("topic", topics())
def test_a_skeleton_of_tasks_says_what_both_docstrings_say(topic):
    for exercise in load_exercises(topic).values():
        docstrings = chinese_task.english_tasks(exercise)
        text, _ = translate.merged(*docstrings.values())
        for framework, english in docstrings.items():
            assert chinese_task.chosen(text, framework).split() == english.split(), exercise.id
