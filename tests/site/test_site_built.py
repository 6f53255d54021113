"""The site as a reader gets it: its links, its languages, its size, and axe's rules."""

import re
import shutil
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import pytest

from prodgen_lib.site.build import Built, build_site

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
CHAPTER = str(Path("chapters", "06_gan.html"))
PAGES = ("index.html", CHAPTER, "zh/questions/06_gan.html")
LOOKS = [("light", 1400), ("dark", 1400), ("light", 320)]
MOST_BYTES = 40_000_000

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]


class Page(HTMLParser):
    """The addresses and the ids of a page, and its links to other languages."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.languages: dict[str, str] = {}
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found["id"]} if found.get("id") else set()
        if tag == "link" and found.get("rel") == "alternate":
            self.languages[found["hreflang"]] = found["href"]
        elif tag in ("img", "script", "link", "iframe", "source"):
            self.loads += filter(None, [found.get("src"), found.get("href")])
        elif tag == "a" and "href" in found:
            self.links.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> tuple[Path, Built]:
    pytest.importorskip("sphinx")
    out = tmp_path_factory.mktemp("site")
    return out, build_site(ROOT, out)


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site[0].rglob("*.html"))}


def test_the_site_is_small(site):
    out, built = site
    print(f"{built.size / 1e6:.1f} MB, {built.seconds:.0f} s, {built.processor:.0f} s of processor")
    assert built.size <= MOST_BYTES
    assert built.processor <= 90  # two languages side by side: within a minute on two free cores
    pictures = [path.read_bytes() for path in (out / "_images").iterdir()]
    assert len(pictures) == len(set(pictures)) > 50


def test_every_link_inside_leads_somewhere(pages):
    broken = []
    for path, page in pages.items():
        for address in [*page.links, *page.loads]:
            place, _, part = unquote(address).partition("#")
            place = place.partition("?")[0]
            if re.match(r"[a-z]+:", place):
                continue
            target = (path.parent / place).resolve() if place else path
            ids = pages[target].ids if target in pages else {part}
            if not target.exists() or (part and part not in ids):
                broken.append(f"{path}: {address}")
    assert not broken


def test_every_picture_has_words(pages):
    silent = [
        f"{path}: {picture}"
        for path, page in pages.items()
        for picture in re.findall(r"<img[^>]*>", page.text)
        if not re.search(r'alt="[^"]', picture)
    ]
    assert not silent


def test_no_page_asks_the_network(site, pages):
    asked = [a for page in pages.values() for a in page.loads if re.match(r"(https?:)?//", a)]
    for sheet in [*site[0].rglob("*.css")]:
        asked += re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)]*", sheet.read_text())
    assert not asked


def test_pages_of_both_languages_lead_to_each_other(site, pages):
    out, built = site
    twins = 0
    for path, page in pages.items():
        for language, address in page.languages.items():
            target = (path.parent / address).resolve()
            assert target in pages, f"{path} → {address}"
            assert (out / "zh" in target.parents) == (language == "zh")
            assert path in [(target.parent / a).resolve() for a in pages[target].languages.values()]
        twins += bool(page.languages)
    assert twins == 2 * (built.pages["zh"] + 1), "each Chinese page, and the search"


def test_chinese_pages_are_chinese(site, pages):
    for path, page in pages.items():
        if site[0] / "zh" in path.parents:
            assert 'lang="zh' in page.text
            assert re.search(r"[\u4e00-\u9fff]", page.text.partition("<article")[2]), path


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    if BROWSER is None:
        pytest.skip("no Chromium found: install Debian's `chromium`, say")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield running
        running.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_serious_with_everything_unfolded(site, browser, name, scheme, width):
    pytest.importorskip("axe_playwright_python")
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site[0] / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.close()
    bad = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not [(one["id"], [node["html"][:100] for node in one["nodes"]][:3]) for one in bad]
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert not wide


def test_a_chosen_framework_stays_chosen(site, browser):
    page = browser.new_page()
    page.goto((site[0] / "mistakes/gan.html").as_uri())
    page.locator("label.sd-tab-label", has_text="TensorFlow").first.click()
    page.goto((site[0] / CHAPTER).as_uri())
    chosen = page.locator(".sd-tab-set > input:checked + label").all_text_contents()
    page.close()
    assert {name.strip() for name in chosen} == {"TensorFlow"}


@pytest.mark.parametrize(
    ("search", "title"),
    [
        ("zh/search.html?q=模式坍塌", "生成对抗网络"),
        ("zh/search.html?q=判别器梯度惩罚", "生成对抗网络"),
        ("search.html?q=mode collapse", "Generative adversarial networks"),
    ],
)
def test_search_finds_words_of_both_languages(site, browser, search, title):
    page = browser.new_page()
    page.goto((site[0]).as_uri() + "/" + search)
    page.locator("#search-results li", has_text=title).first.wait_for(timeout=20_000)
    page.close()
