"""Slides as a teacher uses them: by keyboard, offline, and printed a slide a page."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from test_browser import BROWSER, FLAGS
from test_browser import pytestmark as pytestmark

from prodgen_lib.site.slides import deck

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    from playwright.sync_api import sync_playwright

    path = tmp_path_factory.mktemp("slides") / "gan.html"
    path.write_text(deck(ROOT, "06"), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        found = browser.new_page(viewport={"width": 1280, "height": 720})
        found.asked, found.said = [], []
        found.on("request", lambda request: found.asked.append(request.url))
        found.on("console", lambda message: found.said.append(message.text))
        found.goto(path.as_uri())
        yield found
        browser.close()


def at(page):
    (shown,) = page.eval_on_selector_all(
        ".slide", "all => all.filter(s => getComputedStyle(s).display != 'none').map(s => s.id)"
    )
    return int(shown[1:])


def test_keys_turn_the_slides(page):
    count = page.locator(".slide").count()
    assert at(page) == 1
    for key, place in [
        *(("ArrowRight", 2), (" ", 3), ("PageDown", 4), ("ArrowLeft", 3), ("Shift+ ", 2)),
        *(("End", count), ("ArrowRight", count), ("Home", 1), ("ArrowLeft", 1), ("ArrowDown", 2)),
    ]:
        page.keyboard.press(key)
        assert at(page) == place, key
    page.evaluate("window.print = () => { window.printed = true }")
    page.keyboard.press("p")
    assert page.evaluate("window.printed") is True
    assert page.evaluate("document.activeElement.id") == "s2" and page.url.endswith("#2")


def test_nothing_leaves_its_slide_and_nothing_is_fetched(page):
    for place in range(page.locator(".slide").count()):
        page.evaluate(f"location.hash = '#{place + 1}'")
        page.wait_for_function(f"document.querySelector('.now').id == 's{place + 1}'")
        size = page.evaluate("(s => [s.scrollHeight, innerHeight])(document.querySelector('.now'))")
        assert size[0] <= size[1], place + 1
    assert all(url.startswith(("file:", "data:")) for url in page.asked)
    assert page.said == []


def test_it_prints_a_slide_a_page(page, tmp_path):
    page.pdf(path=tmp_path / "gan.pdf", prefer_css_page_size=True)
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "gan.pdf").read_bytes())
    assert len(pages) == page.locator(".slide").count()


def test_axe_finds_nothing_serious(page):
    pytest.importorskip("axe_playwright_python")
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    bad = [one["id"] for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert not bad
