import pytest

from prodgen_lib.course.depend import files_behind


@pytest.fixture
def behind(course):
    package = course / "prodgen_lib"
    for file, text in {
        "data/__init__.py": "",
        "data/drawing.py": "",
        "show/plots.py": "from prodgen_lib.data import load\n",
        "torch/help.py": "import prodgen_lib.show.plots\nNAME = 'judge.safetensors'\n",
        "weights/judge.safetensors": "",
        "weights/vae_full.safetensors": "",
    }.items():
        (package / file).parent.mkdir(exist_ok=True)
        (package / file).write_text(text)

    def names(*cells, framework="torch"):
        files = files_behind(cells, framework)
        return [path.relative_to(package).as_posix() for path in files]

    return names


def test_imports_are_followed(behind):
    assert behind("import numpy as np") == []
    assert behind("%time\nfrom prodgen_lib.data import load") == [
        "data/__init__.py",
        "data/drawing.py",
    ]
    assert "data/drawing.py" in behind("from prodgen_lib.show.plots import show")
    assert "torch/help.py" in behind("from prodgen_lib.torch import help")


def test_weights_are_known_by_their_name(behind):
    found = behind("from prodgen_lib.torch.help import NAME")
    assert [name for name in found if "weights" in name] == ["weights/judge.safetensors"]


def test_a_check_brings_its_exercises_its_answer_key_and_the_engine(behind):
    found = behind('from prodgen_lib.torch import check\nf = check("mini.mean", f)')
    for name in (
        "exercises/mini/mean.py",
        "exercises/mini/mean.md",
        "torch/mini.py",
        "checking/check.py",
        "checking/verbs.py",
    ):
        assert name in found
    assert "course/build.py" not in found and "tensorflow/mini.py" not in found


def test_computed_names_stand_for_all_that_they_may_name(behind, course):
    package = course / "prodgen_lib"
    (package / "both.py").write_text('x = [f"prodgen_lib.{f}.{n}" for f in a for n in ("mini",)]\n')
    (package / "exercises/probe_a.py").write_text("")
    (package / "torch/help.py").write_text('f"prodgen_lib.exercises.probe_{x}"\n')
    found = behind("import prodgen_lib.both")
    assert {"torch/mini.py", "tensorflow/mini.py", "exercises/probe_a.py"} <= set(found)
    assert not any(name.startswith("course/build") for name in found)
