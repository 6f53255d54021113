import json
import os
import time

import nbformat
import pytest

from prodgen_lib.classroom.intake import read
from prodgen_lib.classroom.intake.cells import compare
from prodgen_lib.classroom.intake.read import read_bytes
from prodgen_lib.course.salvage import Unreadable, read_notebook

ABOUT = {"chapter": "05_mini", "framework": "torch", "version": "0.1.0", "text": "abcd1234"}


def cell(source="", kind="code", id=None, **metadata):
    found = {"cell_type": kind, "source": source, "metadata": metadata}
    return {**found, "id": id} if id else found


def answer(source="def mean(values):\n    return 1", **other):
    return cell(source, id="mini-mean", exercise_id="mini.mean", tags=["exercise"], **other)


def text(*cells, **changes):
    notebook = {
        "cells": list(cells) or [answer()],
        "metadata": {"prodgen": ABOUT, "kernelspec": {"name": "python3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps({**notebook, **changes})


def reads(content):
    return read_notebook(content if isinstance(content, bytes) else content.encode())


def fails(content, *words):
    with pytest.raises(Unreadable) as caught:
        reads(content)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".") and len(sentence) < 160
    for word in words:
        assert word in sentence
    return sentence


def test_a_sound_notebook_has_no_notes():
    found = reads(text())
    assert found.notes == ()
    assert found.notebook.metadata.prodgen == ABOUT
    assert found.notebook.cells[0].id == "mini-mean"
    assert found.notebook.cells[0].metadata.exercise_id == "mini.mean"
    assert found.notebook.cells[0].source.startswith("def mean")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("def mean(): pass", "not JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not JSON"),
        ("[]", "expected an object"),
        ("17", "expected an object"),
        ("null", "expected an object"),
        ("{}", "doesn't say its format"),
        (text(nbformat=True), "doesn't say its format"),
        (text(nbformat="4"), "doesn't say its format"),
        (text(nbformat=5), "format 5"),
        (text(nbformat=10**9), "not known"),
        (text(nbformat=3), "format 3 and is damaged"),
        (text(cells=None), "no list of cells"),
        (text(cells={"0": answer()}), "no list of cells"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('{"cells": ' + '{"a":' * 100_000, "nested too deeply"),
        ('{"cells": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_what_is_no_notebook_gets_one_sentence(content, words):
    fails(content, words)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_truncated_notebook_is_called_cut_off(share):
    whole = text(*(answer() for _ in range(20)))
    fails(whole[: int(len(whole) * share)], "cut off before its end")


def test_merge_conflicts_are_named_but_not_where_a_student_writes_about_them():
    conflict = text().replace("{", "{\n<<<<<<< HEAD\n", 1)
    fails(conflict, "merge-conflict markers")
    assert reads(text(cell("# <<<<<<< is a marker", id="a"))).notes == ()


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-8-sig", "byte-order mark"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("latin-1", "Latin-1"),
    ],
)
def test_other_encodings_are_read_and_named(encoding, words):
    whole = text(answer("# é\nx = 1")).replace("\\u00e9", "é")
    found = reads(whole.encode(encoding))
    assert found.notebook.cells[0].source == "# é\nx = 1"
    assert len(found.notes) == 1 and words in found.notes[0]


def test_half_a_character_of_utf_16_does_not_stop_the_class():
    fails(text().encode("utf-16")[:-1] + b"\xd8", "not JSON")


def test_format_3_is_converted():
    old = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[
                    nbformat.v3.new_code_cell(input="x = 1\ny = 2", metadata={"exercise_id": "a"})
                ]
            )
        ]
    )
    found = reads(nbformat.v3.writes_json(old))
    assert found.notebook.cells[0].source == "x = 1\ny = 2"
    assert found.notebook.cells[0].metadata.exercise_id == "a"
    assert "old format 3" in found.notes[0]


@pytest.mark.parametrize(
    "metadata", [None, [], 7, "x", {}, {"prodgen": 3}, {"prodgen": {"chapter": 3, "text": []}}]
)
def test_metadata_that_is_missing_or_mad_is_left_out(metadata):
    found = reads(text(metadata=metadata))
    assert found.notebook.metadata.get("prodgen", {}) == {}
    assert found.notes == ()


def test_missing_and_duplicate_ids():
    found = reads(text(cell("a"), answer(), answer("b = 2")))
    ids = [cell.id for cell in found.notebook.cells]
    assert len(set(ids)) == 3 and ids[1] == "mini-mean"
    assert found.notes == ("2 cells are without an id of their own: the first counts.",)


def test_ids_of_other_types_are_as_good_as_none():
    found = reads(text({**answer(), "id": ["x"]}, {**answer(), "id": "x" * 65}))
    assert [cell.id for cell in found.notebook.cells] == ["unnamed-0", "unnamed-1"]


@pytest.mark.parametrize(
    "damaged",
    [
        1,
        None,
        "x = 1",
        [],
        {},
        {"cell_type": "code", "source": 5, "metadata": {}},
        {"cell_type": "code", "source": ["a", 5], "metadata": {}},
        {"cell_type": "heading", "source": "a"},
        {"cell_type": ["code"], "source": "a"},
    ],
)
def test_cells_that_are_none_are_left_out_and_the_rest_is_read(damaged):
    found = reads(text(damaged, answer()))
    assert [cell.id for cell in found.notebook.cells] == ["mini-mean"]
    assert found.notes == ("1 cell is damaged and left out.",)


def test_metadata_of_cells_is_rebuilt():
    mad = {**answer(), "metadata": {"tags": [1, "exercise", {}], "exercise_id": 5, "z": "z"}}
    found = reads(text(mad, {**answer(), "metadata": "no"}))
    assert found.notebook.cells[0].metadata == {"tags": ["exercise"]}
    assert found.notebook.cells[1].metadata == {}


def test_source_as_a_list_and_lone_surrogates():
    found = reads(text(cell(["a = 1\n", "b = '\ud800'"])))
    assert found.notebook.cells[0].source == "a = 1\nb = '?'"
    nbformat.writes(found.notebook).encode("utf-8")


def test_another_kernel_is_noted():
    for kernel in ({"name": "ir", "language": "R"}, {"name": "julia-1.9"}):
        found = reads(text(metadata={"kernelspec": kernel}))
        assert len(found.notes) == 1 and "another kernel" in found.notes[0]
    for kernel in ({"name": "conda-env-x-py", "language": "python"}, {"name": 3}, [], None):
        assert reads(text(metadata={"kernelspec": kernel})).notes == ()


def test_answers_turned_into_text_or_deleted_are_named():
    pristine = reads(text(answer(), answer().copy() | {"id": "mini-b"})).notebook
    pristine.cells[1].metadata.exercise_id = "mini.b"
    markdown = {**answer(), "cell_type": "markdown"}
    assert compare(reads(text(markdown)).notebook, pristine) == (
        "The cell of mini.mean is text, not code: it can't be run.",
        "The cell of mini.b was deleted.",
    )
    by_exercise = {**answer(), "id": "other"}
    assert "mini.mean" not in " ".join(compare(reads(text(by_exercise)).notebook, pristine))


def test_a_cell_that_is_too_long_to_be_read_is_named():
    pristine = reads(text(answer())).notebook
    pasted = {**answer(), "source": f"x = '{'a' * 1_000_000}'"}
    (note,) = compare(reads(text(pasted)).notebook, pristine)
    assert "A cell of 1,000,006 characters is too long" in note


def test_a_hundred_megabytes_of_outputs_cost_seconds_and_are_dropped():
    line = {"output_type": "stream", "name": "stdout", "text": ["x" * 99 + "\n"] * 10_000}
    content = text({**answer(), "outputs": [line] * 100, "execution_count": 1}).encode()
    assert len(content) > 100_000_000
    start = time.perf_counter()
    found = read_notebook(content)
    assert time.perf_counter() - start < 20
    assert found.notebook.cells[0].outputs == [] and found.notes == ()


def test_millions_of_tiny_objects_are_refused_before_they_fill_the_memory():
    start = time.perf_counter()
    fails(b'{"cells": [' + b"{}," * 5_000_000 + b"{}]}", "millions of parts")
    assert time.perf_counter() - start < 5


def test_files_that_are_none(tmp_path):
    folder, link, pipe = (tmp_path / f"{name}.ipynb" for name in ("folder", "link", "pipe"))
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    link.symlink_to(tmp_path / "secret")
    os.mkfifo(pipe)
    for path, words in [(folder, "folder"), (link, "link"), (pipe, "device")]:
        with pytest.raises(Unreadable, match=words):
            read_bytes(path)
    with pytest.raises(Unreadable, match="gone"):
        read_bytes(tmp_path / "none.ipynb")
    with pytest.raises(Unreadable, match="more than 0"):
        big = tmp_path / "big.ipynb"
        big.write_bytes(b"x" * 100)
        read_bytes(big, most=10)


def test_no_permission(tmp_path, monkeypatch):
    locked = tmp_path / "locked.ipynb"
    locked.write_text("{}")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(read.os, "open", refuse)  # root may read anything, so say no for it
    with pytest.raises(Unreadable, match="permissions forbid it"):
        read_bytes(locked)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_file_that_changes_is_read_again_and_then_given_up(tmp_path, monkeypatch, times):
    path = tmp_path / "moving.ipynb"
    path.write_text("old")
    changes = iter(range(times))
    once = read._read_once

    def moving(path, most):
        before, data, after = once(path, most)
        if next(changes, None) is not None:
            path.write_text(path.read_text() + "!")
            after = path.stat()
        return before, data, after

    monkeypatch.setattr(read, "_read_once", moving)
    if times < 3:
        assert read_bytes(path) == b"old" + b"!" * times
    else:
        with pytest.raises(Unreadable, match="changed while it was read"):
            read_bytes(path)


def test_what_comes_out_is_a_valid_notebook():
    cells = answer(), cell("# text", kind="markdown", id="t"), cell("raw", kind="raw"), cell("x")
    found = reads(text(*cells, 7, {**answer(), "outputs": 3, "attachments": []})).notebook
    nbformat.validate(found)
    assert nbformat.reads(nbformat.writes(found), as_version=4) == found
