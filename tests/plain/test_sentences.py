"""Sentences: written from prompts, turned into numbers, and read in two languages."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from prodgen_lib.data.catalogue import CLASSES, COLOUR_NAMES
from prodgen_lib.plain.lexicon import CHINESE_NAMES, LEXICON, PARTS
from prodgen_lib.plain.prompts import COUNTS, PATTERN_WORDS, words
from prodgen_lib.plain.sentences import (
    LENGTH,
    NEW,
    TRAINED,
    VOCABULARY,
    NotUnderstood,
    encode,
    encode_all,
    filled,
    labels,
    said,
    sentence,
    sentences,
    understand,
)

EVERY = [
    numbers
    for numbers in product(range(10), (0, 1, 5, 11), range(4), (2, 5, 10))
    if numbers[1] != numbers[3]
]


def read(text: str) -> tuple[str | None, ...]:
    names = (CLASSES, COLOUR_NAMES, PATTERN_WORDS, COLOUR_NAMES)
    return tuple(
        None if n is None else list_[n] for n, list_ in zip(understand(text), names, strict=True)
    )


@pytest.mark.parametrize("template", [*TRAINED, *NEW])
def test_what_is_written_is_read_back(template):
    rng = np.random.default_rng(0)
    for prompt in EVERY:
        for share in (0.0, 1.0):
            text = sentence(prompt, template, synonyms=share, rng=rng)
            assert understand(text) == prompt, text
            assert encode(text).shape == (LENGTH,)


def test_the_first_template_is_how_prompts_read():
    assert all(sentence(prompt) == words(prompt) for prompt in EVERY)
    assert sentence((1, 1, 0, 5)) == "an orange plain mug with blue"


def test_new_word_orders_need_no_new_words():
    trained = {
        number for prompt in EVERY for t in TRAINED for number in encode(sentence(prompt, t))
    }
    new = {number for prompt in EVERY for t in NEW for number in encode(sentence(prompt, t))}
    assert new <= trained and not set(NEW) & set(TRAINED)


def test_sentences_depend_on_the_generator_alone():
    prompts = np.array(EVERY)
    one, again = (sentences(prompts, np.random.default_rng(3)) for _ in range(2))
    assert one == again != sentences(prompts, np.random.default_rng(4))
    bare = sentences(prompts, np.random.default_rng(3), synonyms=0)
    changed = np.mean([a != b for a, b in zip(one, bare, strict=True)])
    assert changed > 0.3 and len({text.split()[0] for text in bare}) > 5
    with pytest.raises(ValueError, match=r"shape \(N, 4\)"):
        sentences(prompts[:, :3], np.random.default_rng(0))


def test_words_become_numbers():
    ids = encode("A red, striped mug with BLUE!")
    assert ids.dtype == np.int64 and ids.shape == (LENGTH,)
    assert [VOCABULARY[number] for number in ids[:6]] == [
        "a",
        "red",
        "striped",
        "mug",
        "with",
        "blue",
    ]
    assert not ids[6:].any() and VOCABULARY[0] == "" and len(set(VOCABULARY)) == len(VOCABULARY)
    assert encode_all(["a mug", "a red cup"]).shape == (2, LENGTH)
    with pytest.raises(NotUnderstood, match='"kettle"; the nearest'):
        encode("a red kettle")
    with pytest.raises(NotUnderstood, match="at most 16 words"):
        encode("red " * 17)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a red striped mug with a blue handle", ("mug", "red", "striped", "blue")),
        ("red mug with blue", ("mug", "red", None, "blue")),
        ("blue mug with red", ("mug", "blue", None, "red")),
        ("a mug trimmed in blue, red", ("mug", "red", None, "blue")),
        ("a blue-trimmed red mug", ("mug", "red", None, "blue")),
        ("red and blue striped mug", ("mug", "red", "striped", "blue")),
        ("a mug with red and blue stripes", ("mug", "red", "striped", "blue")),
        ("a red mug with blue stripes", ("mug", "red", "striped", "blue")),
        ("Blue on red striped T-shirt", ("t-shirt", "red", "striped", "blue")),
        ("white sneakers with black soles", ("sneaker", "cream", None, "black")),
        ("a pair of yellow trainers, teal soles", ("sneaker", "yellow", None, "teal")),
        ("a chair with blue legs and a red seat", ("chair", "red", None, "blue")),
        ("please draw me a two tone hat, orange and black", ("cap", "orange", "two-tone", "black")),
        ("color block purse in pink and gray", ("handbag", "pink", "colour-block", "grey")),
        ("a watch with a black strap and a red bezel", ("watch", "black", None, "red")),
        ("striped with green", (None, None, "striped", "green")),
        ("a mug", ("mug", None, None, None)),
        ("蓝色手柄的红色条纹马克杯", ("mug", "red", "striped", "blue")),
        ("红色马克杯带蓝色", ("mug", "red", None, "blue")),
        ("带蓝色条纹的红色马克杯", ("mug", "red", "striped", "blue")),
        ("红配蓝的条纹马克杯", ("mug", "red", "striped", "blue")),
        ("红底蓝条纹杯子", ("mug", "red", "striped", "blue")),
        ("请画一个红蓝双色杯子", ("mug", "red", "two-tone", "blue")),
        ("一把绿色椅子，椅腿是黑色的", ("chair", "green", None, "black")),
        ("主色红，辅色蓝，条纹，手表", ("watch", "red", "striped", "blue")),
        ("画一件带粉色领子的黑色T恤", ("t-shirt", "black", None, "pink")),
        ("灰色运动鞋配橙色鞋底", ("sneaker", "grey", None, "orange")),
        ("I'd like a pink backpack with yellow straps", ("backpack", "pink", None, "yellow")),
        ("Red mug. Blue handle. Stripes.", ("mug", "red", "striped", "blue")),
        ("striped red/blue cup", ("mug", "red", "striped", "blue")),
        ("a red mug with a white band", ("mug", "red", "colour-block", "cream")),
        ("a lamp with a green base and a yellow shade", ("lamp", "yellow", None, "green")),
        ("蓝色为主，红色点缀的背包", ("backpack", "blue", None, "red")),
        ("黑色的帽子配上红色帽檐，拼色", ("cap", "black", "colour-block", "red")),
    ],
)
def test_a_free_sentence_is_read(text, asked):
    assert read(text) == asked


def test_a_part_that_has_the_second_colour_in_two_tone_products_says_so():
    assert read("a red mug with a blue handle") == ("mug", "red", "two-tone", "blue")
    assert read("a red plain mug with a blue handle")[2] == "plain"
    assert read("a red mug with a blue inside")[2] is None
    assert read("a red handbag with a blue handle")[2] is None


def test_a_cap_is_a_product_or_a_part_of_a_bottle():
    assert read("a red bottle with a blue cap") == ("bottle", "red", None, "blue")
    assert read("a blue cap with a red visor") == ("cap", "blue", None, "red")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a red kettle", 'I do not know the word "kettle"; the nearest that I know is "bottle".'),
        ("a red sneakr", 'I do not know the word "sneakr"; the nearest that I know is "sneaker".'),
        ("a cat", 'I do not know the word "cat"; the nearest that I know is "hat".'),
        ("a red xylophone", 'I do not know the word "xylophone"; I draw: t-shirt, mug, sneaker,'),
        ("红色的猫", "我不认识“猫”；我会画的是T恤、马克杯、运动鞋"),
        ("a red mug without stripes", "Say what the picture should show: I cannot read “without”."),
        ("a mug and a lamp", "A picture shows one product; this names mug and lamp."),
        ("a red or blue mug", "Say what the picture should show: I cannot read “or”."),
        ("a plain striped mug", "A product has one pattern; this names plain and striped."),
        ("red, green, blue", "A product has two colours; this names red, green and blue."),
        (
            "a red mug with a red handle",
            "The second colour differs from the main one; ",
        ),
        ("blue trim, red inside", "I cannot tell which of blue and red is the main colour."),
        ("a mug with a blue visor", "A mug has no such part."),
        ("please draw me a picture", "This names no product, colour or pattern."),
        ("  ", "This names no product, colour or pattern."),
        ("红色茶壶", "我不认识“茶壶”；我认识的词里最接近的是“水壶”。"),
        ("一个双肩包和一个台灯", "一张图只画一件商品；这里说了背包和台灯。"),
        ("不要条纹的杯子", "请说图里要有什么：我读不懂“不要”。"),
    ],
)
def test_a_refusal_is_one_sentence_in_the_language_of_the_sentence(text, why):
    with pytest.raises(NotUnderstood) as refused:
        understand(text)
    told = str(refused.value)
    assert told.startswith(why) and sum(told.count(end) for end in (".", "。")) == 1


def test_only_text_is_a_sentence():
    with pytest.raises(TypeError, match="not list"):
        understand(["a mug"])


def test_every_name_of_the_catalogue_is_known_in_both_languages():
    for names in (CLASSES, COLOUR_NAMES, PATTERN_WORDS):
        for name in names:
            assert name in LEXICON and CHINESE_NAMES[name].lower() in LEXICON
            assert understand(name) == understand(CHINESE_NAMES[name])
    assert len(PARTS) == len(CLASSES)


def test_what_was_left_open_stays_open_or_is_drawn():
    open_prompt = understand("a blue mug")
    assert np.array_equal(labels(open_prompt), [1, 5, COUNTS[2], COUNTS[3]])
    assert said(open_prompt) == "mug: main colour blue, pattern any, second colour any"
    assert said((1, 0, 1, 5)) == "a red striped mug with blue"
    rng = np.random.default_rng(0)
    drawn = np.stack([filled((None, None, None, 5), rng) for _ in range(300)])
    assert np.all(drawn[:, 3] == 5) and np.all(drawn[:, 1] != 5)
    assert len(np.unique(drawn[:, 0])) == 10 and len(np.unique(drawn[:, 1])) == 11
    drawn = np.stack([filled(open_prompt, rng) for _ in range(300)])
    assert np.all(drawn[:, :2] == (1, 5)) and len(np.unique(drawn[:, 3])) == 11
