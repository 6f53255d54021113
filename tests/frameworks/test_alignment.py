"""Words and pictures: what is learnt, what is refused, and the network that ships."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import prodgen_lib
from prodgen_lib.data import load
from prodgen_lib.plain.prompts import prompts, words
from prodgen_lib.plain.retrieval import retrieval, say_the_same, swap_colours
from prodgen_lib.plain.sentences import NotUnderstood, sentence

FILE = Path(prodgen_lib.__file__).parent / "weights" / "alignment_studio.safetensors"


@pytest.fixture
def alignment(fw):
    """The module under test."""
    return importlib.import_module(f"prodgen_lib.{fw.name}.alignment")


@pytest.fixture(scope="module")
def unseen():
    return load("catalogue", count=300, split="test")


def test_the_loss_by_hand(fw, alignment):
    t = fw.bridge.to_tensor
    pictures, texts = t([[3, 0], [0, 1]]), t([[1, 0], [1, 0]])
    right = np.log(1 + np.exp(-1.0))  # cosines 1 and 0 in one column, twice 1 and 0 in the other
    by_picture, by_text = np.log(2), (right + np.log(1 + np.exp(1.0))) / 2
    value = float(alignment.contrastive_loss(pictures, texts, t(0.0)))
    assert value == pytest.approx((by_picture + by_text) / 2, rel=1e-5)
    alone = alignment.contrastive_loss(pictures, texts, t(0.0), same=t(np.ones((2, 2))) > 0)
    assert float(alone) == pytest.approx(0, abs=1e-6)


def test_it_learns_and_the_same_seed_learns_the_same(alignment):
    data = load("catalogue", count=40)
    options = {"steps": 40, "batch_size": 32, "progress": False, "learning_rate": 4e-3}
    calls = []
    one = alignment.train(
        data.images, prompts(data), on_step=lambda *call: calls.append(call), **options
    )
    assert one.history["loss"][-3:].mean() < 0.8 * one.history["loss"][0]
    assert [step for step, *_ in calls] == list(range(40))
    again = alignment.train(data.images, prompts(data), **options)
    assert np.allclose(one.history["loss"], again.history["loss"], rtol=1e-3)


def test_a_bag_of_words_does_not_see_their_order_and_a_transformer_does(alignment):
    texts = ["a red striped mug with blue", "a blue striped mug with red"]
    for kind, alike in (("bag", True), ("transformer", False)):
        one, other = alignment.embed_texts(alignment.Alignment(kind), texts)
        assert np.allclose(one, other, atol=1e-5) == alike
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="no text encoder 'words'; known are transformer, bag"):
        alignment.Alignment("words")


def test_padding_changes_nothing(fw, alignment):
    model = alignment.Alignment()
    cgan = importlib.import_module(f"prodgen_lib.{fw.name}.cgan")
    ids = importlib.import_module("prodgen_lib.plain.sentences").encode_all(["a red mug"])
    values = fw.bridge.weights(model)
    changed = values | {n: v.copy() for n, v in values.items() if n.endswith("embeddings")}
    for name in changed:
        if name.endswith("embeddings"):
            changed[name][3 if len(changed[name]) == 16 else 0 :][:1] = 9.0  # place 4, and word 0
    before = fw.bridge.to_numpy(model.texts(cgan.to_labels(ids)))
    fw.bridge.set_weights(model, changed)
    assert np.allclose(before, fw.bridge.to_numpy(model.texts(cgan.to_labels(ids))), atol=1e-5)


def test_what_does_not_fit_is_named(alignment, unseen):
    model = alignment.Alignment()
    with pytest.raises(ValueError, match="2 pictures and 1 sentences"):
        alignment.score(model, unseen.images[:2], ["a red mug"])
    with pytest.raises(NotUnderstood, match="kettle"):
        alignment.score(model, unseen.images[:1], ["a red kettle"])
    with pytest.raises(ValueError, match="candidates for 1 sentences, and 2"):
        alignment.rerank(model, unseen.images[None, :3], ["a red mug", "a blue mug"])
    with pytest.raises(ValueError, match="300 examples and 2 rows"):
        alignment.train(unseen.images, prompts(unseen)[:2])


def test_the_network_that_ships_finds_pictures_and_binds_colours(alignment, unseen):
    model, asked = alignment.load_alignment(), prompts(unseen)
    told = alignment.embed_texts(model, [words(prompt) for prompt in asked])
    shown = alignment.embed_pictures(model, unseen.images)
    found = retrieval(told @ shown.T, say_the_same(asked))
    assert found[1] > 0.85 and found[5] > 0.98
    swapped = [words(prompt) for prompt in swap_colours(asked)]
    right = alignment.score(model, unseen.images, [words(prompt) for prompt in asked])
    assert (right > alignment.score(model, unseen.images, swapped)).mean() > 0.9


def test_the_best_of_several_is_the_one_that_was_asked_for(alignment, unseen):
    model, asked = alignment.load_alignment(), prompts(unseen)[:20]
    order = (np.arange(20)[:, None] + np.arange(4)) % 20
    picked, best = alignment.rerank(
        model, unseen.images[order], [sentence(prompt) for prompt in asked]
    )
    assert best.dtype == np.int64 and (best == 0).mean() > 0.9
    assert np.array_equal(picked[best == 0], unseen.images[:20][best == 0])


def test_the_file_is_small():
    assert FILE.stat().st_size <= 250_000


def test_both_frameworks_score_alike(unseen):
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    texts = [words(prompt) for prompt in prompts(unseen)]
    ours, theirs = (
        module.score(module.load_alignment(), unseen.images, texts)
        for module in (
            importlib.import_module(f"prodgen_lib.{name}.alignment")
            for name in ("torch", "tensorflow")
        )
    )
    assert np.abs(ours - theirs).max() < 1e-4
