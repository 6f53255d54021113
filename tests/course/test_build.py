import io
import json
from base64 import b64encode

import nbformat
import numpy as np
import pytest
from PIL import Image

from prodgen_lib.course import build as builder
from prodgen_lib.course import execute
from prodgen_lib.course.project import CourseError, read_notebook, write_notebook


@pytest.fixture
def ran(monkeypatch):
    """Stands in for papermill: every code cell prints its number. Records what was run."""
    runs = []

    def fake(notebook, parameters, **_):
        runs.append(notebook.metadata.prodgen.framework)
        done = nbformat.from_dict(json.loads(json.dumps(notebook)))
        for number, cell in enumerate(done.cells):
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{number}\n")]
        return done

    monkeypatch.setattr(execute, "execute", fake)
    return runs


def build(course, **settings):
    said = []
    faults = builder.build(course, say=said.append, **settings)
    assert faults == []
    return said


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_both_trees_are_written_and_a_second_build_changes_nothing(course, ran):
    said = build(course)
    assert sum(line.endswith(": written") for line in said) == 5
    assert ran == ["none", "torch", "tensorflow"]
    before = {path: path.read_bytes() for path in course.glob("*/*.ipynb")}
    said = build(course)
    assert all(line.endswith(": unchanged") for line in said) and len(ran) == 3
    assert before == {path: path.read_bytes() for path in course.glob("*/*.ipynb")}
    assert builder.stale(course) == []


def test_learners_get_no_outputs_and_so_no_verdicts(course, ran):
    build(course)
    learner = read_notebook(course / "notebooks/05_mini_torch.ipynb")
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in learner.cells)
    start = read_notebook(course / "notebooks/00_start_here.ipynb")
    assert start.cells[-1].outputs, "a chapter without exercises has nothing to hide"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("chapters/05_mini.md", "Now write the mean", "Write the mean now"),
        ("chapters/05_mini.md", "print(word", "# a comment\nprint(word"),
        ("prodgen_lib/torch/mini.py", "The arithmetic mean", "The mean"),
        ("prodgen_lib/torch/mini.py", "# every value gives", "# each value gives"),
        ("prodgen_lib/exercises/mini/numbers.py", "    small = ", "    # a few\n    small = "),
        ("prodgen_lib/exercises/mini/mean.md", "divide it by", "divide that by"),
    ],
)
def test_changing_a_sentence_executes_nothing(course, ran, file, old, new):
    build(course)
    outputs = _outputs(course)
    edit(course / file, old, new)
    build(course)
    assert len(ran) == 3 and _outputs(course) == outputs


def _outputs(course):
    notebook = read_notebook(course / "solutions/05_mini_torch.ipynb")
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        ("chapters/05_mini.md", "np.arange(4.0)", "np.arange(5.0)", ["torch", "tensorflow"]),
        ("chapters/05_mini.md", 'word = "torch"', 'word = "Torch"', ["torch"]),
        ("prodgen_lib/torch/mini.py", "float(np", "1 * float(np", ["torch"]),
        ("prodgen_lib/exercises/mini/numbers.py", "size=9", "size=8", ["torch", "tensorflow"]),
        (
            "prodgen_lib/exercises/mini/mean.md",
            "minutes: 5",
            "seed: 5\nminutes: 5",
            ["torch", "tensorflow"],
        ),
        ("chapters/05_mini.md", "profile: quick", "profile: full", ["torch", "tensorflow"]),
    ],
)
def test_changing_code_executes_what_depends_on_it(course, ran, file, old, new, again):
    build(course)
    edit(course / file, old, new)
    assert any("was not executed with the code as it is now" in s for s in builder.stale(course))
    build(course)
    assert ran[3:] == again and builder.stale(course) == []


def test_a_profile_concerns_chapters_with_parameters_only(course, ran):
    build(course)
    build(course, profile="full")
    assert ran[3:] == ["torch", "tensorflow"]


def test_other_chapters_are_not_depended_on(course, ran):
    build(course)
    for file in (
        "torch/vae.py",
        "exercises/vae/mean.py",
        "interview.py",
        "weights/vae.safetensors",
    ):
        path = course / "prodgen_lib" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    build(course)
    assert len(ran) == 3


def test_without_executing_old_outputs_stay_and_are_called_stale(course, ran):
    build(course)
    edit(course / "chapters/05_mini.md", "np.arange(4.0)", "np.arange(5.0)")
    build(course, run=False)
    assert len(ran) == 3
    sentences = builder.stale(course)
    assert len(sentences) == 2 and all("executed" in sentence for sentence in sentences)


@pytest.mark.parametrize("run", [True, False])
def test_figures_are_made_small_once(course, ran, run):
    build(course)
    path = course / "solutions/05_mini_torch.ipynb"
    notebook = read_notebook(path)
    buffer = io.BytesIO()
    greys = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(greys).convert("RGBA").save(buffer, format="png")
    picture = f'<img src="data:image/png;base64,{b64encode(buffer.getvalue()).decode()}" alt="A">'
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": picture})]
    write_notebook(notebook, path)
    large = path.stat().st_size
    assert any("05_mini_torch.ipynb is not what" in said for said in builder.stale(course))
    assert f"solutions/{path.name}: written" in build(course, run=run)
    assert path.stat().st_size < large and "data:image/png" in path.read_text(encoding="utf-8")
    assert builder.stale(course) == []
    assert all(line.endswith(": unchanged") for line in build(course, run=run)) and len(ran) == 3


def test_check_says_a_sentence_for_each_stale_file_and_writes_nothing(course, ran):
    build(course)
    edit(course / "chapters/05_mini.md", "Now write", "Write now")
    (course / "notebooks/00_start_here.ipynb").unlink()
    (course / "notebooks/04_old_torch.ipynb").write_text("{}")
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    sentences = builder.stale(course)
    assert len(sentences) == 6 and all("\n" not in sentence for sentence in sentences)
    assert "notebooks/00_start_here.ipynb is missing" in sentences[0]
    assert "notebooks/04_old_torch.ipynb comes from no chapter" in sentences[-1]
    assert before == {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}


def test_a_notebook_changed_by_hand_is_stale_and_one_half_merged_is_made_anew(course, ran):
    build(course)
    edit(course / "notebooks/05_mini_torch.ipynb", "Now write", "Now, write")
    (sentence,) = builder.stale(course)
    assert sentence.startswith("notebooks/05_mini_torch.ipynb is not what")
    (course / "solutions/05_mini_torch.ipynb").write_text("<<<<<<< HEAD\n")
    build(course)
    assert builder.stale(course) == [] and ran[3:] == ["torch"]


def test_only_what_was_chosen_is_built(course, ran):
    build(course, chosen=["mini"], framework="torch")
    assert sorted(path.name for path in course.glob("*/*.ipynb")) == ["05_mini_torch.ipynb"] * 2


def test_a_framework_that_is_not_there_is_said(course, ran, monkeypatch):
    monkeypatch.setattr(builder, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="PyTorch is not installed"):
        builder.build(course, ["05"], say=lambda line: None)


def test_outputs_are_settled():
    output = nbformat.v4.new_output
    widget = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "x"}
    outputs = [
        output("stream", name="stdout", text="  0%\r 50%\r100%\n"),
        output("stream", name="stdout", text="done\n"),
        output("stream", name="stderr", text="warning"),
        output("display_data", data=widget),
        output("execute_result", data={"text/plain": "1"}, execution_count=7),
    ]
    cells = [
        nbformat.v4.new_code_cell("", metadata={"tags": ["injected-parameters"]}),
        nbformat.v4.new_code_cell("1", outputs=outputs, execution_count=7),
    ]
    cell = execute.settled(nbformat.v4.new_notebook(cells=cells)).cells[1]
    assert [out.output_type for out in cell.outputs] == ["stream", "execute_result"]
    assert cell.outputs[0].text == "100%\ndone\n"
    assert cell.execution_count == cell.outputs[1].execution_count == 1


def test_papermill_executes_and_a_wrong_solution_stops_the_build(course):
    build(course, chosen=["05"], framework="torch")
    cells = read_notebook(course / "solutions/05_mini_torch.ipynb").cells
    outputs = {cell.id: cell.outputs for cell in cells if cell.get("outputs")}
    assert outputs["mini-mean-check"][0].text == "mini.mean  ✓ 2/2\n"
    assert "torch quick 1.5\n" in [out[0].text for out in outputs.values()]
    edit(course / "chapters/05_mini.md", "print(word, ", "print(1 / 0, ")
    with pytest.raises(CourseError, match=r"05_mini_torch.ipynb stopped .* ZeroDivisionError"):
        builder.build(course, ["05"], framework="torch", say=lambda line: None)
    assert (course / "build/05_mini_torch.ipynb").exists()
