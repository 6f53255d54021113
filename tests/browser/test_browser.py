"""The GAN chapter in a real browser: JupyterLab as `make learn` starts it, and real keys typed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
HOMES = ("PRODGEN_HOME", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR")
ANSWERS = {
    "torch": "return F.softplus(-fake_logits).mean()",
    "tensorflow": "return tf.reduce_mean(tf.nn.softplus(-fake_logits))",
}

# JupyterLab's own commands find the cells; what a learner does with them is typed and clicked.
OPEN = "() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length > 5"
IDLE = (
    "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status == 'idle'"
)
SELECT = """(wanted) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const found = notebook.widgets.findIndex(cell =>
    cell.model.id == wanted || cell.model.sharedModel.source.includes(wanted));
  notebook.activeCellIndex = found;
  notebook.scrollToItem(found);
  return found;
}"""
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
EDITOR = f"{PANEL} .jp-Notebook-cell.jp-mod-active .cm-content"
RUN_ABOVE = """async () => {
  await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
  await window.jupyterapp.commands.execute('notebook:run-all-above');
}"""

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium found: install Debian's `chromium`, say"
)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab on a fresh copy of the course."""
    for name in ("chapters", "notebooks", "solutions"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [Path(sys.executable).with_name("prodgen"), "--root", tmp_path, "learn"]
    options = ["--no-browser", f"--port={free_port()}", "--LabApp.expose_app_in_browser=True"]
    if os.name == "posix" and os.geteuid() == 0:
        options.append("--allow-root")
    server = subprocess.Popen(
        [*map(str, command), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {name: str(tmp_path / "home") for name in HOMES},
        start_new_session=True,
    )
    try:
        for text in server.stdout:
            if address := re.search(r"(http://127\.0\.0\.1:\d+)/lab\S*\?token=(\w+)", text):
                break
        else:
            pytest.fail("JupyterLab ended without printing an address")
        yield address.groups()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(180_000)
        yield page
        if folder := os.environ.get("PRODGEN_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/browser.png")
        browser.close()


def run_cell(page) -> None:
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(IDLE)


@pytest.mark.tensorflow_slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_learner_solves_an_exercise_and_moves_the_widget(lab, page, framework):
    pytest.importorskip(framework)
    address, token = lab
    page.goto(f"{address}/lab/tree/work/06_gan_{framework}.ipynb?token={token}")
    page.wait_for_function(OPEN)
    page.wait_for_function(IDLE)

    assert page.evaluate(SELECT, "gan-generator_loss") >= 0
    page.evaluate(RUN_ABOVE)
    page.wait_for_function(IDLE)
    page.evaluate(SELECT, "gan-generator_loss")
    page.locator(EDITOR).click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Shift+Home")
    page.keyboard.type(ANSWERS[framework])
    run_cell(page)
    run_cell(page)
    passed = re.compile(r"gan\.generator_loss is right: all \d stages pass")
    page.locator(PANEL).get_by_text(passed).wait_for(timeout=60_000)

    assert page.evaluate(SELECT, "latent_walk(") >= 0
    page.locator(EDITOR).click()
    run_cell(page)
    picture = page.locator(f"{PANEL} .jp-OutputArea .widget-html img").first
    picture.wait_for(timeout=60_000)
    before = picture.screenshot()
    page.locator(f"{PANEL} .jp-OutputArea .noUi-handle").first.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(3000)
    assert picture.screenshot() != before, "the slider moved and the picture stayed"
