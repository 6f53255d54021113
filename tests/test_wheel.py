"""A wheel is the course: installed where there is no clone, it serves a learner and a candidate."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("chapters", "notebooks", "solutions", "benchmarks", "prodgen_lib", "tests/exercises")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
COURSE = Path("prodgen_lib", "the_course")
MOST_BYTES = 11_500_000
FRAMEWORK = "torch" if find_spec("torch") else "tensorflow"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def run(*command: object, cwd: Path, **settings: str) -> str:
    """What a command says; a failure shows it."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | settings
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, so that the clone gets no folders of a build."""
    if find_spec("setuptools") is None:
        pytest.skip("setuptools is not installed here, and nothing is fetched")
    clone, out = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        hidden = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / part, clone / part, ignore=hidden)
    for name in FILES:
        shutil.copy(ROOT / name, clone)
    flags = ("--no-deps", "--no-build-isolation", "--no-index", "-q")
    run(sys.executable, "-m", "pip", "wheel", ".", *flags, "-w", out, cwd=clone)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def place(wheel, tmp_path_factory) -> Path:
    """A virtual environment with the course, got by name as from a registry: pip reads the extra's
    dependencies and finds them among this one's packages, which it sees, all but the course.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    scheme = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    others = folder / "others"
    others.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "prodgen" not in path.name:
            (others / path.name).symlink_to(path)
    (packages / "others.pth").write_text(f"{others}\n")
    pip = (sys.executable, "-m", "pip", "--python", folder / "venv/bin/python")
    index = ("--no-index", "--find-links", wheel.parent)
    run(*pip, "install", *index, "-q", f"prodgen[{FRAMEWORK}]", cwd=folder)
    return folder


@pytest.fixture
def prodgen(place, tmp_path):
    """The command, in an empty folder whose name is not an easy one."""
    here = tmp_path / "my course, été"
    here.mkdir()

    def call(*arguments: object, cwd: Path = here) -> str:
        home = {"PRODGEN_HOME": str(tmp_path / "home"), "TF_CPP_MIN_LOG_LEVEL": "3"}
        return run(place / "venv/bin/prodgen", *arguments, cwd=cwd, **home)

    call.here = here
    return call


def contents(place: Path) -> set[Path]:
    package = next((place / "venv").rglob("prodgen_lib"))
    return {path for path in package.rglob("*") if "__pycache__" not in path.parts}


def test_the_wheel_is_small_and_holds_the_course(wheel):
    assert wheel.stat().st_size < MOST_BYTES
    names = zipfile.ZipFile(wheel).namelist()
    for tree, pattern in (("chapters", "*.md"), ("chapters", "*.yaml"), ("notebooks", "*.ipynb")):
        for path in (ROOT / tree).glob(pattern):
            assert f"{COURSE.as_posix()}/{tree}/{path.name}" in names
    for table in ("scaling", "scarce", "diffusion", "tokens"):  # chapter 1 reads them
        assert f"{COURSE.as_posix()}/benchmarks/{table}.json" in names
    assert not [name for name in names if name.startswith(("tests/", "chapters/"))]


def test_a_learners_day(place, prodgen):
    before = contents(place)
    said = prodgen("learn", "--copy-only", "--framework", "torch")
    assert "work/06_gan_torch.ipynb: your copy" in said
    work = prodgen.here / "work"
    assert "Never write the body" in (work / "AGENTS.md").read_text(encoding="utf-8")
    path = work / "06_gan_torch.ipynb"
    notebook = nbformat.read(path, 4)
    assert "../solutions/" not in str([cell.source for cell in notebook.cells])
    cell = next(one for one in notebook.cells if one.id == "gan-generator_loss")
    answer = "return F.softplus(-fake_logits).mean()"
    cell.source = cell.source.replace("raise NotImplementedError", answer)
    nbformat.write(notebook, path)
    graded = subprocess.run(
        [place / "venv/bin/prodgen", "check", "gan_torch"],
        cwd=work,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        | {"PRODGEN_HOME": str(prodgen.here / "home")},
        capture_output=True,
        text=True,
    )
    row = next(line for line in graded.stdout.splitlines() if "gan.generator_loss" in line)
    assert "✓" in row, graded.stdout + graded.stderr
    assert "What you had is in" in prodgen("reset", "06_gan_torch")
    assert "can be written" in prodgen("doctor")
    assert contents(place) == before, "nothing is written among the installed packages"


def test_a_candidates_day(place, prodgen):
    before = contents(place)
    prodgen("practice", "drill", "gan.train_step", "--framework", "torch")
    assert list((prodgen.here / "work/drills").glob("*.ipynb"))
    prodgen("practice", "progress", "page.html")
    prodgen("cards", "export", "deck.apkg")
    assert (prodgen.here / "page.html").exists() and (prodgen.here / "deck.apkg").exists()
    assert contents(place) == before


def test_what_needs_a_clone_says_so(place, tmp_path):
    command = [place / "venv/bin/prodgen", "build"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode and "needs a clone of the course" in done.stderr
