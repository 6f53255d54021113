import pytest
from click.testing import CliRunner

from prodgen_lib.cli import main
from prodgen_lib.course.build import build
from prodgen_lib.course.project import read_notebook


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
