"""Segments where conditions are picked: an entry beside the fields, and chips that name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.errors import FormulaProblems, Problem, Refused
from runtime.formulas.definitions import formula
from runtime.formulas.parts import joined, parts
from runtime.formulas.tree import Call, Not
from runtime.pages.rule_words import in_words
from runtime.pages.web import reader
from runtime.texts import Message, _

KEY = "IN_SEGMENT"
"""Stands among the keys of fields; no field can be called so."""
OPERATORS: dict[str, Message] = {"in": _("belongs to"), "not_in": _("does not belong to")}


def pickable(catalogue: Catalogue, form: Form) -> list[dict[str, Any]]:
    """The entry for the dialog that adds a condition, where the form has segments."""
    options = [{"key": each.key, "label": reader().shown(each.label)} for each in catalogue.segments.values() if each.form == form.key]
    operators = [{"key": key, "label": reader().say(words), "value": True} for key, words in OPERATORS.items()]
    return (
        [{"key": KEY, "label": reader().say(_("Segment")), "options": options, "kind": "choice", "operators": operators}] if options else []
    )


def picked(catalogue: Catalogue, form: Form, operator: str, value: str) -> str:
    """A picked condition as a formula. Raises Refused."""
    segment = catalogue.segments.get(value)
    if segment is None or segment.form != form.key or operator not in OPERATORS:
        raise Refused([Problem("value", _("Choose a segment."))])
    return f"{'not ' if operator == 'not_in' else ''}IN_SEGMENT('{value}')"


def with_condition(text: str, added: str) -> str:
    """A filter with one more condition that must hold."""
    try:
        return joined([*parts(text), added]) if text.strip() else added
    except FormulaProblems:
        return f"({text}) and {added}"


def chips(catalogue: Catalogue, form: Form, text: str, address: Callable[[str | None], str]) -> list[dict[str, Any]]:
    """A filter as chips: one for each condition that asks for a segment, and one for all the rest; `address` is the list by another filter."""
    try:
        every = parts(text)
    except FormulaProblems:
        every = [text]
    words = {each: _words(catalogue, form, each) for each in every}
    rest = [each for each in every if words[each] is None]
    found = [
        {"sentence": _joined(rest) if len(rest) < len(every) else text, "remove": address(_joined([each for each in every if words[each]]))}
    ]
    named = [
        {"sentence": said, "remove": address(_joined([other for other in every if other != each]))} for each, said in words.items() if said
    ]
    return [*(found if rest else []), *named]


def _joined(conditions: list[str]) -> str | None:
    return joined(conditions) if conditions else None


def _words(catalogue: Catalogue, form: Form, text: str) -> str | None:
    """A condition that asks for a segment, in words; None for any other."""
    try:
        asked = formula(catalogue, form.key, text, allow=frozenset({"person"}), expect=("boolean",))
    except FormulaProblems:
        return None
    called = asked.tree.operand if isinstance(asked.tree, Not) else asked.tree
    return in_words(catalogue, form.key, asked) if isinstance(called, Call) and called.function == KEY else None
