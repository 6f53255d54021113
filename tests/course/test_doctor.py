import hashlib

import numpy as np
import pytest
from safetensors.numpy import save

from prodgen_lib.course import doctor


def by_word(findings, word):
    return next(finding for finding in findings if word in finding.what)


@pytest.fixture
def weights(course):
    folder = course / "prodgen_lib/weights"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()

    def write(content, listed=None):
        (folder / "a.safetensors").write_bytes(content)
        digest = hashlib.sha256(listed or content).hexdigest()
        (folder / "SHA256SUMS").write_text(f"{digest}  a.safetensors\n")
        (finding,) = doctor._weights()
        return finding

    return write


def test_weights_are_summed_opened_and_looked_at(weights):
    good = save({"x": np.ones(3)})
    assert weights(good).well
    assert "SHA256SUMS" in weights(good, listed=b"other").what
    assert "does not load" in weights(good[:-4]).what
    assert "not finite" in weights(save({"x": np.full(3, np.nan)})).what


def test_the_weights_that_ship_are_in_order():
    problems = [finding.what for finding in doctor._weights() if not finding.well]
    update = "in prodgen_lib/weights: sha256sum *.safetensors > SHA256SUMS"
    assert not problems, f"{problems}; after a change of weights, {update}"


def test_weights_that_are_gone_are_missed(weights, course):
    weights(save({"x": np.ones(3)}))
    (course / "prodgen_lib/weights/a.safetensors").unlink()
    (finding,) = doctor._weights()
    assert not finding.well and "can't be read" in finding.what and "git checkout" in finding.remedy


def test_a_framework_that_crashes_is_a_finding(course, monkeypatch):
    monkeypatch.setattr(doctor, "installed", lambda: ("torch",))
    (course / "torch.py").write_text("raise SystemExit('broken wheel')")
    torch, tensorflow = doctor._frameworks()
    assert not torch.well and "broken wheel" in torch.what and torch.needed
    assert not tensorflow.well and not tensorflow.needed, "one framework is enough"


def test_a_folder_that_cannot_be_written_is_a_finding(tmp_path):
    (tmp_path / "file").write_text("")
    finding = doctor._writable(tmp_path / "file" / "work")
    assert not finding.well and finding.remedy and "can't be written" in finding.what
    finding = doctor._writable(tmp_path / "file" / "home", "PRODGEN_HOME")
    assert "or set PRODGEN_HOME to a folder of yours" in finding.remedy


def test_data_folders_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_DATA", str(tmp_path))
    (tmp_path / "fashion-mnist").mkdir()
    findings = list(doctor._data())
    assert by_word(findings, "catalogue").well and by_word(findings, "fashion").well
    assert not by_word(findings, "grocery").well


def test_everything_is_examined(course):
    findings = list(doctor.examine(course))
    for word in ("Python", "nbval", "PyTorch", "TensorFlow", "kernel", "cores", "memory", "disk"):
        assert by_word(findings, word)
    assert all(finding.well or finding.remedy for finding in findings)
