"""A formula said in other words: where a field has another key, its formulas name it by that, and mean the same.

A word may be a field of many forms, an option or a name of an aggregate. Which of them means the renamed field is not guessed: of the
wordings with the fewest changes the first is taken that can be read in the renamed forms and has the same tree as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import FormulaUse
from runtime.errors import FormulaProblems
from runtime.formulas.definitions import of_use
from runtime.formulas.tokens import tokenize
from runtime.formulas.tree import to_json

Words = Mapping[str, tuple[str, ...]]
"""A word → the words that may stand for it now."""
MOST_WORDINGS = 4_096


def reworded(use: FormulaUse, then_use: FormulaUse, before: Catalogue, then: Catalogue, words: Words) -> str | None:
    """The text of a formula in `then`, where the fields have their new keys; None where it is broken before, or no wording means the same."""
    try:
        tree = to_json(of_use(before, use).tree)
        tokens = [each for each in tokenize(use.text).all if each.kind in ("word", "text")]
        places = [(each.start, each.end, each.kind, words[str(each.value)]) for each in tokens if str(each.value) in words]
    except FormulaProblems:
        return None
    meant = _same(tree, words)
    for text in _wordings(use.text, places):
        try:
            found = of_use(then, replace(then_use, text=text))
        except FormulaProblems:
            continue
        if _same(to_json(found.tree), words) == meant:
            return text
    return None


def _wordings(text: str, places: list[tuple[int, int, str, tuple[str, ...]]]) -> Iterator[str]:
    """Those with the fewest changes first."""
    chosen = product(*((None, *new) for _start, _end, _kind, new in places))
    some = [each for each, _number in zip(chosen, range(MOST_WORDINGS), strict=False)]
    for new in sorted(some, key=lambda each: sum(word is not None for word in each)):
        yield _said(
            text, [(start, end, kind, word) for (start, end, kind, _new), word in zip(places, new, strict=True) if word is not None]
        )


def _said(text: str, changes: list[tuple[int, int, str, str]]) -> str:
    for start, end, kind, word in reversed(changes):
        inner = (start + 1, end - 1) if kind == "text" else (start, end)
        text = text[: inner[0]] + word + text[inner[1] :]
    return text


def _same(tree: Any, words: Words) -> Any:
    """The tree with one word for each field, whichever key it has."""
    one = {each: min((word, *new)) for word, new in words.items() for each in (word, *new)}

    def walked(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walked(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [walked(each) for each in value]
        return ".".join(one.get(part, part) for part in value.split(".")) if isinstance(value, str) else value

    return walked(tree)
