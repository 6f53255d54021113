import base64
import csv
import hashlib
import html
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded, Mark
from prodgen_lib.classroom.marks.marks import Late, Policy, row
from prodgen_lib.classroom.marks.reports import (
    PAGES,
    asked,
    class_page,
    mistakes,
    prose,
    report,
    spread,
)
from prodgen_lib.classroom.marks.sheets import canvas_csv, marks_csv, moodle_csv

NOT_YET = "Not answered yet: write the body in place of `raise NotImplementedError`."
ATTACKS = [
    "<script>document.title='owned'</script>",
    "</style><script>document.title='owned'</script>",
    "</title><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><style><img src=x onerror=document.title='owned'></style></svg>",
    '<iframe srcdoc="<script>parent.document.title=1</script>"></iframe>',
    "<a href=\"javascript:document.title='owned'\">x</a>",
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "`<img src=http://evil.example/x>`",
    "*<b>x</b>*",
    "{{ 7 * 7 }}{% raw %}",
    "${alert(1)}",
    '" onmouseover="document.title=1" x="',
    "' autofocus onfocus='alert(1)",
    "<base href=http://evil.example/>",
    '<meta http-equiv="refresh" content="0;url=http://evil.example">',
    '<link rel=stylesheet href="http://evil.example/x.css">',
    "<form action=http://evil.example><button>mark</button></form>",
    "<!-- --!><script>alert(1)</script>",
    "<math><mtext><table><mglyph><style><!--</style><img title=--&gt;&lt;img src=1>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "\u202e\u2066tpircs",
    "\x00\x08\x7f\x9b31m",
    "\ud800",
    "a" * 100_000,
]
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer"),
    *("div", "h1", "h2", "h3", "p", "b", "bdi", "span", "code", "em", "a", "table", "thead"),
    *("tbody", "tr", "th", "td", "svg", "rect", "text"),
}


class Seen(HTMLParser):
    """Which tags and attributes a page has, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.links, self.text = set(), set(), [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        self.text.append(data)


def mark(name="gan.a", correct=False, message=NOT_YET, wrong=None):
    answered = correct or message != NOT_YET
    return Mark(name, correct, 5 if correct else 2, 5, message, wrong, 0.1, "", answered)


def made(
    *marks, student="ada", notes=(), chapter="06_gan", version="0.1.0", late=0.0, **student_as
):
    graded = Graded(
        student, f"{student}/x.ipynb", chapter, "torch", version, 77, marks, tuple(notes)
    )
    return row(Student(student, student), graded, Policy(late=Late.parse("10/day")), late)


def hostile(words):
    marks = [mark(words, message=words, wrong=words), mark("b", message=words)]
    return made(*marks, student=words, notes=[words], chapter=words, version=words)


@pytest.mark.parametrize("words", ATTACKS)
def test_nothing_from_a_submission_becomes_markup(words):
    rows = [hostile(words)]
    for page in (report(rows[0], Policy()), class_page(rows, Policy(), 7)):
        page.encode("utf-8")
        seen = Seen(page)
        assert seen.tags <= ALLOWED
        assert not {name for name in seen.attributes if name.startswith("on")}
        assert not seen.attributes & {"style", "src", "srcdoc", "action", "autofocus", "srcset"}
        assert all(re.fullmatch(r"reports/[\w-]+\.html", link) for link in seen.links)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
        assert len(page) < 60_000
        assert "49" not in "".join(seen.text), "no template of theirs is filled in"


def test_the_words_themselves_are_shown():
    text = "".join(Seen(report(hostile("<b>x</b> & 'y'"), Policy())).text)
    assert "<b>x</b> & 'y'" in text


@pytest.mark.parametrize("page", [report(made(mark()), Policy()), class_page([], Policy(), 7)])
def test_the_policy_allows_this_style_and_nothing_else(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert page.index("Content-Security-Policy") < page.index("<style>") < page.index("<body>")
    assert "url(" not in style and "@import" not in style
    assert "prefers-color-scheme: dark" in style


def test_a_browser_runs_none_of_it(tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium here")
    marks = [mark(f"gan.{number}", message=words) for number, words in enumerate(ATTACKS[:-1])]
    rows = [made(*marks, notes=ATTACKS[:-1]), *map(hostile, ATTACKS[:-1])]
    for name, page in [("a", report(rows[0], Policy())), ("b", class_page(rows, Policy(), 7))]:
        path = tmp_path / f"{name}.html"
        path.write_text(page, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/p"]
        ran = subprocess.run(
            [browser, *options, "--dump-dom", path.as_uri()], capture_output=True, timeout=120
        )
        dom = ran.stdout.decode()
        assert Seen(dom).tags <= ALLOWED
        before, after = (re.search("<title>(.*?)</title>", text)[1] for text in (page, dom))
        assert html.unescape(before) == html.unescape(after)


def test_a_report_says_what_a_student_needs_and_no_more():
    found = made(
        mark("gan.a", correct=True, message=""),
        mark("gan.b", message="Use `eps`, *not* `1`.", wrong="swapped"),
        mark("gan.c"),
        notes=["The cell of gan.c was deleted."],
        late=30.0,
    )
    page = report(found, Policy({"gan.a": 2}))
    text = " ".join("".join(Seen(page).text).split())
    assert "1 of 3 exercises are right" in text
    assert "known mistake: swapped" in text and "2 of 5 stages" in text
    assert "Use eps, not 1." in text and "<code>eps</code>" in page and "<em>not</em>" in page
    assert "20 % is taken off" in text and "The cell of gan.c was deleted." in text
    assert "6 Generative adversarial networks in PyTorch" in text
    assert "77" not in text, "the seed stays with the instructor"


def test_a_report_on_what_could_not_be_read():
    page = report(made(notes=["The file is empty; expected a notebook."]), Policy())
    assert "The file is empty; expected a notebook." in page and "0</b> of 0" in page


def test_the_class_page_counts():
    rows = [
        made(mark("gan.a", correct=True), mark("gan.b", message="Swapped.", wrong="swap")),
        made(mark("gan.a"), mark("gan.b", message="Swapped.", wrong="swap"), student="bob"),
        made(mark("gan.a", correct=True), mark("gan.b", correct=True), student="eve"),
        made(notes=["The file is empty; expected a notebook."], student="zoe"),
    ]
    assert spread(rows) == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    a, b = asked(rows)
    assert (a.name, a.right, a.unanswered, a.of) == ("gan.a", 2, 1, 3)
    assert (b.right, b.unanswered, b.of) == (1, 0, 3)
    (mistake,) = mistakes(rows)
    assert (mistake.count, mistake.message, mistake.wrong) == (2, "Swapped.", "swap")
    page = class_page(rows, Policy(), 4711)
    text = " ".join("".join(Seen(page).text).split())
    assert "37.5 % on average" in text and "seed 4711" in text and "2 of 3" in text
    assert "3 notebooks graded, 1 without a notebook (0 %)" in text
    assert len(Seen(page).links) == 4


def test_the_class_page_of_nobody():
    assert "There are none." in class_page([], Policy(), 7)


def test_every_tenth_has_its_place():
    def share(value):
        marks = [mark(f"gan.{n}", correct=n < value) for n in range(10)]
        return made(*marks)

    assert spread([share(value) for value in range(11)]) == [1] * 9 + [2]


def test_prose_is_no_markdown():
    assert str(prose("**a** # [b](c) <d>")) == "**a** # [b](c) &lt;d&gt;"
    assert str(prose("def f(*args, **kw)")) == "def f(*args, **kw)"
    assert str(prose("`a` `<b>`")) == "<code>a</code> <code>&lt;b&gt;</code>"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_text_is_legible(scheme):
    """Contrast of at least 4.5 (WCAG 2, level AA) on both grounds that text stands on."""
    style = (PAGES / "style.css").read_text()
    colours = [dict(re.findall(r"--(\w+): #(\w{6})", part)) for part in style.split("@media")[:2]]
    colour = colours[scheme == "dark"]
    for text in ("text", "soft", "good", "bad", "bar"):
        for ground in ("page", "card"):
            lighter, darker = sorted(map(luminance, (colour[text], colour[ground])))[::-1]
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, ground)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


ALL_AT_ONCE = (
    '=HYPERLINK("http://evil.example";"x");=1+1|+2;@SUM(1)\t-3 <img src=x onerror=alert(1)> '
    "[x](javascript:alert(1)) `<b>` \x1b]0;owned\x07\x1b[31m\x9b2J\r\n=4\u202e"
)


def test_one_text_with_every_trick_is_harmless_in_every_medium(capsys):
    """HTML, tables for spreadsheets, and the terminal; the journal is ASCII JSON."""
    from prodgen_lib.classroom.cli import _say
    from prodgen_lib.classroom.grading.grading import Outcome
    from prodgen_lib.course.grade import Result, table

    one = hostile(ALL_AT_ONCE)
    named = Student(ALL_AT_ONCE, ALL_AT_ONCE, "canvas", "7")
    of_canvas = row(named, one.graded, Policy())
    of_moodle = row(Student(ALL_AT_ONCE, ALL_AT_ONCE, "moodle", "7"), one.graded, Policy())
    tables = [
        marks_csv([one, of_canvas]),
        canvas_csv([of_canvas], Policy()),
        moodle_csv([of_moodle], Policy()),
    ]
    for text in tables:
        for separator in ",;\t|":
            for line in csv.reader(io.StringIO(text), delimiter=separator):
                assert not [cell for cell in line if re.match(r"[\s\"]*[=+@-]", cell)]
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    for page in (report(one, Policy()), class_page([one], Policy(), 7)):
        seen = Seen(page)
        assert seen.tags <= ALLOWED and all(link.startswith("reports/") for link in seen.links)
    _say(Outcome(1, 0, {ALL_AT_ONCE: ALL_AT_ONCE}, [], [ALL_AT_ONCE]))
    printed = "".join(capsys.readouterr())
    printed += table(Path(ALL_AT_ONCE), [Result("gan.a", False, message=ALL_AT_ONCE)])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed)
    assert one.graded.to_json().isascii() and "\n" not in one.graded.to_json()
