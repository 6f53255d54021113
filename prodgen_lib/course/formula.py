"""A formula of a docstring, as a programmer types it, in the LaTeX that notebooks set."""

from __future__ import annotations

import re
import unicodedata

SIGNS = {
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "η": "eta"},
    **{
        "θ": "theta",
        "λ": "lambda",
        "μ": "mu",
        "ν": "nu",
        "π": "pi",
        "ρ": "rho",
        "σ": "sigma",
        "φ": "varphi",
    },
    **{"ψ": "psi", "Φ": "Phi", "Σ": "Sigma", "Δ": "Delta", "∇": "nabla", "∂": "partial"},
    **{"·": "cdot", "×": "times", "←": "leftarrow", "→": "rightarrow", "≤": "leq", "≥": "geq"},
    **{"∞": "infty", "⟨": "langle", "⟩": "rangle", "‖": "Vert", "…": "dots", "≠": "neq"},
    **{"{": "{", "}": "}", "½": "tfrac{1}{2}"},
}
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀ", [*"0123456789-+", r"\top "], strict=True))
NAMED = ("log", "exp", "det", "max", "min", "tr", "softplus")
INDEX = re.compile(r"[a-z0-9]{1,2}")
TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<word>[A-Za-z]\w*(?<!_))|(?P<number>\d+(?:\.\d+)?)|(?P<under>_\w+)"
    rf"|(?P<raised>[{''.join(RAISED)}]+)|\^(?P<power>\w|½)|√(?P<root>\w+)"
    r"|(?P<plain>[-+=/,.:;()\[\]|!<>])|(?P<sign>.)",
    re.ASCII,
)
SOURCE = re.compile(r"\s{2,}\((?P<remark>[^()]*(?:arXiv|,)[^()]*)\)$")


def display(lines: list[str]) -> str | None:
    """Lines as one displayed formula, a remark at a line's end below it; None if one is none."""
    remarks = [found["remark"] for line in lines if (found := SOURCE.search(line))]
    rows = [latex(SOURCE.sub("", line).strip()) for line in lines]
    if None in rows:
        return None
    inner = rows[0] if len(rows) == 1 else gathered(rows)
    return "\n\n".join([f"$${inner}$$", *(f"({remark})" for remark in remarks)])


def gathered(rows: list[str]) -> str:
    """Rows one below the other, all beginning at the left."""
    return r"\begin{aligned}" + r" \\ ".join(f"& {row}" for row in rows) + r"\end{aligned}"


def latex(text: str) -> str | None:
    """One line of a formula; None where it holds a sign that has no name here."""
    before, root, after = text.partition("√(")
    if root:
        end = _closing(after)
        three = latex(before), latex(after[:end]), latex(after[end + 1 :])
        return None if None in three else r"{} \sqrt{{{}}} {}".format(*three).strip()
    parts: list[str] = []
    for token in TOKEN.finditer(unicodedata.normalize("NFD", text)):  # ȳ becomes y and a bar
        part = _part(token, called=token.string[token.end() : token.end() + 1] == "(")
        if part is None:
            return None
        parts.append(part)
    return _joined(parts)


def _closing(text: str) -> int:
    """Where the bracket ends that opened just before the text."""
    depth = 1
    for place, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if not depth:
            return place
    return len(text)


def _part(token: re.Match, *, called: bool) -> str | None:
    kind, text = token.lastgroup, token[token.lastgroup]
    match kind:
        case "space":
            return {1: " ", 2: r"\ "}.get(len(text), r"\qquad ")
        case "word":
            return _word(text, called=called)
        case "number" | "plain":
            return text
        case "under":
            return f"_{{{text[1:]}}}"
        case "raised":
            return f"^{{{''.join(RAISED[one] for one in text).strip()}}}"
        case "power":
            return f"^{{{'1/2' if text == '½' else text}}}"
        case "root":
            return rf"\sqrt{{{text}}}"
    if text == "\u0304":
        return "BAR"
    return f"\\{SIGNS[text]} " if text in SIGNS else None


def _word(text: str, *, called: bool) -> str:
    """A variable with its index, a function's name, or words."""
    stem, _, index = text.rpartition("_")
    if stem and INDEX.fullmatch(index):
        return f"{_word(stem, called=False)}_{{{index}}}"
    if len(text) == 1:
        return text
    if re.fullmatch(r"[A-Z]\d", text):
        return f"{text[0]}_{text[1]}"
    if text in NAMED[:3]:
        return f"\\{text} "
    if called or text in NAMED:
        name = text.replace("_", r"\_")
        return rf"\operatorname{{{name}}}"
    return r"\_".join(rf"\text{{{part}}}" for part in text.split("_"))


def _joined(parts: list[str]) -> str:
    line = "".join(parts)
    line = re.sub(r"(\w)BAR", r"\\bar{\1}", line)
    line = re.sub(r"\\sigma \\text\{(\w\w)\}", r"\\sigma_{\1}", line)  # σxy
    line = re.sub(r"\\sigma ([xy])", r"\\sigma_{\1}", line)
    line = re.sub(r"\\Sigma _\{([ijk])\}", r"\\sum_{\1}", line)  # over an index, it is a sum
    line = re.sub(r"(?<=\}) (?=\\text|\\operatorname|[A-Za-z0-9(\[])", r"\\ ", line)
    line = re.sub(r"(?<=[\w)\]|]) (?=\\text)", r"\\ ", line)
    line = re.sub(r"(\\text\{[^{}]*\}) (?=\\Vert|\|)", r"\1\\ ", line)
    line = re.sub(r"(?<=\w)\}\\ \\text\{(?=\w)", " ", line) if "text" in line else line
    return re.sub(r" +", " ", line).strip()
