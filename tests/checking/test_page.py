"""Reading exercises' pages: what they hold, and complaints that name file, line and what to do."""

import re

import pytest

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.checking.page import PageError, read_page

PAGE = """\
---
difficulty: 2
importance: 3
minutes: 8
needs: [toy.other]
---

## Hints

1. What is shared?

   中：共享的是什么？

2. Two.

   中：二。

3. Three.

   中：三。

## Messages

- `gradient of the mean`: It must reach the mean.

  中：它必须到达均值。

## Known wrong answers

### all axes move

The step is added to every axis.

中：步长加到了所有维度上。

Seen in: owner/repo#12

```diff torch
-    a = 1
+    a = 2
@@
-    b = 1
```

```diff tensorflow
-    a = 3
+    a = 4
+
+    c = 5
```
"""


@pytest.fixture
def page(tmp_path):
    def write(text):
        path = tmp_path / "toy" / "step.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_page_holds_everything(page):
    found = read_page(page(PAGE))
    assert found.settings == {
        "difficulty": 2,
        "importance": 3,
        "minutes": 8,
        "needs": ["toy.other"],
    }
    assert [hint.zh for hint in found.hints] == ["共享的是什么？", "二。", "三。"]
    assert found.messages["gradient of the mean"].en == "It must reach the mean."
    (wrong,) = found.wrong
    assert (wrong.name, wrong.seen_in, wrong.planted) == ("all axes move", "owner/repo#12", True)
    assert wrong.message.zh == "步长加到了所有维度上。"
    assert wrong.torch == (("    a = 1\n", "    a = 2\n"), ("    b = 1\n", ""))
    assert found.others == ()
    assert wrong.tensorflow == (("    a = 3\n", "    a = 4\n\n    c = 5\n"),)


def test_other_wrong_answers_need_no_sentence(page):
    more = "\n## Other wrong answers\n\n### twice\n\n```diff both\n-    a = 1\n+    a = 2\n```\n"
    (other,) = read_page(page(PAGE + more)).others
    assert (other.name, other.torch) == ("twice", (("    a = 1\n", "    a = 2\n"),))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("---\ndiff", "diff", 1, "expected front matter"),
        ("minutes: 8\n", "", 5, "minutes is missing"),
        ("minutes: 8", "minutes: long", 4, "a value of type int"),
        ("minutes: 8", "minuets: 8", 4, "no setting 'minuets'"),
        ("minutes: 8", "minutes: [8", 1, "no YAML"),
        ("## Hints", "## Hint", 8, "no section 'Hint'"),
        ("## Hints\n", "", 9, "text before any section"),
        ("3. Three.\n\n   中：三。\n", "", 8, "there are 2 hints; write 3"),
        ("   中：二。\n", "", 14, "must say the same as `中：…`"),
        ("2. Two.", "Two.", 14, "expected an item like `1. hint`"),
        ("- `gradient of the mean`:", "- gradient of the mean:", 24, "expected an item like"),
        ("中：步长加到了所有维度上。\n", "", 32, "must say the same"),
        (PAGE[PAGE.index("The step is") : PAGE.index("```diff torch")], "", 30, "a sentence"),
        ("```diff torch", "```diff pytorch", 38, "torch, tensorflow or both"),
        ("-    b = 1\n```\n", "-    b = 1\n", 44, "lines with - and +"),
        ("-    a = 1\n", "    a = 1\n", 39, "lines with - and +"),
        (PAGE[PAGE.index("```diff torch") :], "", 30, "needs an edit"),
    ],
)
def test_a_complaint_names_the_place_and_what_to_do(page, old, new, line, words):
    assert PAGE.count(old) >= 1
    with pytest.raises(
        PageError, match=re.escape(f"exercises/toy/step.md, line {line}: ")
    ) as error:
        read_page(page(PAGE.replace(old, new, 1)))
    assert words in str(error.value)


@pytest.mark.parametrize("topic", topics())
def test_every_sentence_has_its_chinese(topic):
    for exercise in load_exercises(topic).values():
        texts = [*exercise.hints, *exercise.messages.values(), *(w.message for w in exercise.wrong)]
        for text in texts:
            assert re.search(r"[\u4e00-\u9fff]", text.zh) and "待" not in text.zh[:1], text
            assert set(re.findall(r"`[^`]+`", text.en)) == set(re.findall(r"`[^`]+`", text.zh)), (
                text
            )
            assert not re.search(r"[\u4e00-\u9fff][,.;:?!]([\u4e00-\u9fff]|$)", text.zh), text
            assert text.en.endswith("?") == text.zh.endswith("？"), text


@pytest.mark.parametrize("topic", topics())
def test_needs_are_exercises(topic):
    known = {e.id for other in topics() for e in load_exercises(other).values()}
    for exercise in load_exercises(topic).values():
        assert set(exercise.needs) <= known - {exercise.id}, exercise.id
