import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from prodgen_lib.cli import main
from prodgen_lib.course.build import build
from prodgen_lib.course.page import mathml, page
from prodgen_lib.course.project import read_notebook
from prodgen_lib.data import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def built(course):
    build(course, run=False, say=lambda line: None)
    return course


def prodgen(*arguments):
    return CliRunner().invoke(main, arguments)


def test_a_run_leaves_notebook_and_page_with_the_parameters(built):
    result = prodgen("run", "05", "--framework", "torch", "--dataset", "fashion_mnist")
    assert result.exit_code == 0, result.output
    executed = read_notebook(built / "runs/05_mini_torch.ipynb")
    injected = next(
        c for c in executed.cells if "injected-parameters" in c.metadata.get("tags", [])
    )
    assert 'profile = "quick"' in injected.source and "fashion_mnist" in injected.source
    assert "seed" not in injected.source, "the chapter's own"
    page = (built / "runs/05_mini_torch.html").read_text(encoding="utf-8")
    assert "Means, in PyTorch" in page and "mini.mean  ✓ 2/2" in page


def test_learner_notebooks_run_to_their_end(built):
    result = prodgen("run", "mini", "--tree", "notebooks", "--framework", "torch", "--out", "r/n")
    assert result.exit_code == 0, result.output
    page = (built / "r/n/05_mini_torch.html").read_text(encoding="utf-8")
    assert "Not answered yet" in page and "torch quick 1.5" in page, "the answer key stands in"


def test_one_that_stops_is_said_and_does_not_stop_the_next(built):
    path = built / "solutions/05_mini_tensorflow.ipynb"
    path.write_text(path.read_text().replace("total(values) / values.size", "total(values)"))
    result = prodgen("run", "05")
    assert result.exit_code == 1
    assert "05_mini_tensorflow.ipynb stopped in cell" in result.stderr
    assert "This is the sum: divide it by the count." in result.stderr
    assert (built / "runs/05_mini_torch.html").exists()
    assert "CheckFailed" in (built / "runs/05_mini_tensorflow.html").read_text(encoding="utf-8")


def test_a_page_needs_no_network_and_links_to_what_lies_beside_it():
    notebook = read_notebook(ROOT / "notebooks/06_gan_torch.ipynb")
    text = page(notebook, "06_gan_torch", ["06_gan_torch", "06_gan_tensorflow"])
    assert not re.search(r"<script|<link|@import|url\(.?http|src=.http", text)
    assert set(re.findall(r'href="([^"]+\.(?:ipynb|html))"', text)) == {"06_gan_tensorflow.html"}
    assert ">the solution</a>" not in text and "<math" in text and "$" not in prose_of(text)
    alone = page(notebook, "06_gan_torch", [])
    assert not re.search(r'href="[^"]+\.(ipynb|html)"', alone)


def prose_of(text):
    """What a page says outside its code and its style."""
    return re.sub(r"<(style|pre|code|title)\b.*?</\1>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*_torch.ipynb")), ids=str)
def test_every_formula_of_the_course_is_set(path):
    for cell in read_notebook(path).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"```.*?```|`[^`\n]*`", "", cell.source, flags=re.DOTALL)
            for displayed, inline in re.findall(r"\$\$(.+?)\$\$|\$([^$]+?)\$", text, re.DOTALL):
                assert "\\" not in mathml(displayed or inline, "block"), cell.id


@pytest.mark.slow
@pytest.mark.parametrize("chapter", ["03", "08"])
def test_a_chapter_runs_on_a_small_folder_of_ones_own(chapter, tmp_path):
    """Three classes of sixty pictures, which are no squares."""
    data = load("catalogue", limit=400)
    for kind in range(3):
        place = tmp_path / "photos" / data.classes[kind]
        place.mkdir(parents=True)
        for number in range(60):
            picture = data.images[data.labels == kind][number % 40]
            Image.fromarray(picture).resize((96, 80)).save(place / f"{number}.png")
    ran = prodgen(
        *("run", chapter, "--framework", "torch", "--tree", "solutions"),
        *("--dataset", str(tmp_path / "photos"), "--out", str(tmp_path / "runs")),
    )
    assert ran.exit_code == 0, ran.output
