from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.common import held, ids, inside, probabilities, turned

STATES = 23  # a prime, so that every token moves the state at every place


def cases(rng: np.random.Generator) -> list[Case]:
    """Low and high temperatures, few and many tokens; uniform numbers that no rounding decides."""

    def draw(
        name: str, rows: int, words: int, drawn: int, temperature: float, *, first: int = 4
    ) -> Case:
        size = first + 6
        table = rng.normal(0, 1.5, (STATES, size))
        table[:, :first] += 1.5  # words are likely
        certain = 60 * np.eye(size)[rng.integers(first, size, STATES)]
        prompt = rng.integers(0, first, (rows, words))
        uniform, tokens = np.zeros((rows, drawn)), prompt
        for column in uniform.T:
            told = table[states(tokens)[:, -1]]
            shares = probabilities(told, temperature, allowed=np.arange(size) >= first)
            column[:], _ = inside(rng, shares)
            token = (shares.cumsum(axis=1) > column[:, None]).argmax(axis=1)
            tokens = np.concatenate([tokens, token[:, None]], axis=1)
        arrays = floats(table=table, certain=certain, uniform=uniform)
        return Case(name, arrays | {"prompt": prompt, "first": first, "temperature": temperature})

    other = draw("tensors that lie otherwise", 3, 2, 5, 1.5)
    other.inputs["turned"] = True
    return [
        draw("six tokens, temperature 0.5", 4, 3, 6, 0.5),
        draw("eight tokens, temperature 2", 5, 2, 8, 2.0, first=6),
        draw("one picture, twelve tokens", 1, 4, 12, 1.0),
        draw("one token for each picture", 6, 2, 1, 0.7),
        other,
    ]


def states(tokens: np.ndarray) -> np.ndarray:
    """Where each place stands in a table: all tokens so far and their places have a say in it."""
    return np.cumsum((tokens + 1) * (1 + np.arange(tokens.shape[1])), axis=1) % STATES


def table_network(look: ModuleType, table: np.ndarray) -> Callable:
    """A network in closed form: what it says at a place stands in a table, by the tokens so far."""

    def network(tokens):
        numbers = np.asarray(tokens)
        if numbers.ndim != 2 or numbers.dtype.kind != "i" or numbers.shape[1] == 0:
            raise Complaint(
                f"The network is shown {numbers.dtype} of shape {numbers.shape}; expected ids, "
                "(N, places), with at least one place.",
                f"给网络看的是形状为 {numbers.shape} 的 {numbers.dtype}；应为 id，(N, places)，"
                "至少一个位置。",
            )
        return look.tensor(table[states(numbers)])

    return network


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The tokens that come of a network that is certain, and of one that is not."""
    look, inputs = probe(framework), case.inputs
    answer, changed = guarded(answer)
    whole = look.tensor(inputs["prompt"], "int64")
    prompt, uniform = whole, look.tensor(inputs["uniform"])
    if inputs.get("turned"):
        prompt, uniform = held(look, inputs["prompt"], "int64"), turned(look, inputs["uniform"])

    def drawn(table: str) -> np.ndarray:
        options = {"first": inputs["first"], "temperature": inputs["temperature"]}
        found = ids(answer(table_network(look, inputs[table]), prompt, uniform, **options), whole)
        if found.ndim != 2 or len(found) != len(inputs["prompt"]):
            raise Complaint(
                f"The answer's shape is {found.shape}; expected a row for each of the prompts.",
                f"答案的形状是 {found.shape}；每个提示应有一行。",
            )
        return found

    return {"certain": drawn("certain"), "drawn": drawn("table"), STAYS: changed()}


def conclude(seen: Observation, case: Case) -> Observation:
    """How many tokens there are; the last of them, and how many are words.

    What stands in front, such as the prompt, is told by their number alone.
    """
    asked = case.inputs["uniform"].shape
    certain, drawn = (_last(seen[name], asked) for name in ("certain", "drawn"))
    return {
        "number of tokens": np.array([seen[name].shape[1] for name in ("certain", "drawn")]),
        "tokens of a network that is certain": certain,
        "words among the tokens": (drawn < case.inputs["first"]).sum(),
        "tokens": drawn,
        STAYS: seen[STAYS],
    }


def _last(tokens: np.ndarray, asked: tuple[int, int]) -> np.ndarray:
    """The last of the tokens, as many as were asked for; where there are fewer, -1 in front."""
    last = np.full(asked, -1)
    count = min(asked[1], tokens.shape[1])
    last[:, asked[1] - count :] = tokens[:, tokens.shape[1] - count :]
    return last
