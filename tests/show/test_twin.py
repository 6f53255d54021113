"""A widget and what it leaves without a kernel: one bundle, of which the still part is kept."""

import nbformat
from ipywidgets import Button, IntSlider, VBox

from prodgen_lib.course.execute import settled
from prodgen_lib.show.twin import VIEW, twin, wired


def kept(data: dict) -> list:
    """What is left of a cell with one such output."""
    out = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell("x", outputs=[out])
    return settled(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs


def test_the_twin_alone_stays_in_an_executed_notebook():
    box = twin(VBox(), "<p>still</p>")
    data = box._repr_mimebundle_()
    assert data[VIEW]["model_id"] == box.model_id
    (out,) = kept(data)
    assert VIEW not in out.data and "<p>still</p>" in out.data["text/html"]
    assert "JupyterLab" in out.data["text/plain"]


def test_a_widget_without_a_twin_leaves_nothing():
    assert kept({VIEW: {"model_id": "1"}, "text/plain": "VBox()"}) == []


def test_a_wired_box_keeps_its_children_and_adds_its_script():
    parts = [Button(), IntSlider()]
    box = wired(VBox(parts))
    assert list(box.children[:2]) == parts and "onerror=" in box.children[2].value
    assert box.children[2].value.count('"') == 6  # the script ends where its attribute ends
