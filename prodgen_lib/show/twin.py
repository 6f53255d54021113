"""What a widget leaves where no kernel runs, and keys and names that its parts lack."""

from __future__ import annotations

from ipywidgets import HTML, Widget

VIEW = "application/vnd.jupyter.widget-view+json"
CALL = "To use this, open the notebook in JupyterLab and run the cell."
# Runs once the box is on the page. Keys pressed inside are the widget's own: JupyterLab would
# otherwise fold sections or turn the cell into a heading. Sliders are drawn later than the box,
# hence the observer. A click on a button that vanishes must not lose the keyboard.
WIRE = """
const box = this.closest('.prodgen-keys');
if (box && !box.dataset.lmSuppressShortcuts) {
  box.dataset.lmSuppressShortcuts = 'true';
  box.tabIndex = -1;
  const slid = () => box.querySelectorAll('.widget-slider').forEach(slider => {
    const label = slider.querySelector('.widget-label');
    const words = slider.title || (label && label.textContent) || 'slider';
    slider.querySelectorAll('[role=slider]').forEach(h => h.setAttribute('aria-label', words));
  });
  const name = () => { slid();
    box.querySelectorAll('textarea').forEach(t => t.setAttribute('aria-label', t.placeholder)); };
  name();
  const keep = () => { if (box.contains(kept) || document.activeElement === document.body) {
    if (was && !box.contains(document.activeElement)) box.focus({preventScroll: true}); } };
  let was = false, kept = null;
  box.addEventListener('focusin', event => { was = true; kept = event.target; });
  box.addEventListener('focusout', event => { if (event.relatedTarget) was = false; });
  new MutationObserver(() => { name();
    if (was && kept && kept.closest('[disabled]')) box.focus({preventScroll: true});
    setTimeout(keep, 0); })
    .observe(box, {childList: true, subtree: true, attributes: true,
                   attributeFilter: ['disabled']});
  box.addEventListener('keydown', event => {
    const inside = event.target.tagName;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (['SELECT', 'TEXTAREA', 'INPUT'].includes(inside)) return;
    if (event.key === ' ' && inside === 'BUTTON') return;
    const wanted = event.key === ' ' ? 'space' : event.key;
    const found = /^(space|[0-9])$/.test(wanted) && box.querySelector('.prodgen-key-' + wanted);
    if (found) { event.preventDefault(); was = true; kept = box; box.focus({preventScroll: true});
      found.click(); }
  });
}
"""


def wired(box: Widget) -> Widget:
    """The box with keys of its own, names for its sliders, and a focus that stays inside.

    A button with the class ``prodgen-key-3`` is pressed by the key 3, ``prodgen-key-space`` by the
    space bar. Where scripts don't run, the box works as it did before.
    """
    script = WIRE.replace("&", "&amp;").replace('"', "&quot;").replace("\n", " ")
    script = " ".join(script.split())
    start = HTML(f'<img src="data:," alt="" hidden onerror="{script}">')
    start.layout.height = "0"
    start.layout.margin = "0"
    box.add_class("prodgen-keys")
    box.children = [*box.children, start]
    return box


def twin(widget: Widget, html: str, *, call: str = CALL) -> Widget:
    """The widget, which leaves `html` and `call` on a page without kernel.

    Both go into one output: a front-end that has widgets shows the widget alone.
    """
    still = f"{html}<p><em>{call}</em></p>"

    def bundle(**_: object) -> dict:
        view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        return {VIEW: view, "text/html": still, "text/plain": call}

    widget._repr_mimebundle_ = bundle
    return widget
