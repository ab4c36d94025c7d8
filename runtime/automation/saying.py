"""Conditions of an automation in words: labels for keys, and the values that were read where a run is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runtime.definitions.step import every, in_order
from runtime.errors import TierloomError
from runtime.formulas import tree
from runtime.formulas.definitions import formula
from runtime.formulas.saying import STRENGTH, Pieces, Writer
from runtime.formulas.scope import Scope
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.automation import Automation
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.step import Names

ALLOWED = frozenset({"person", "effects"})
BETWEEN: dict[str, Message] = {"and": _(" and "), "or": _(" or ")}
NOT_SO: Message = _("not ")
ONE_OF: Message = _(" is one of ")
BARE = re.compile(r"\w+")


class Words(Writer):
    """The labelled formula with the words of the language between its parts."""

    def _logic(self, node: tree.Logic, around: int) -> Pieces:
        own = STRENGTH[node.operator]
        parts = [self.write(each, own + 1) for each in node.operands]
        joined = [piece for number, part in enumerate(parts) for piece in ((BETWEEN[node.operator], *part) if number else part)]
        return self._in_brackets(joined, own, around)

    def _not(self, node: tree.Not, around: int) -> Pieces:
        own = STRENGTH["not"]
        return self._in_brackets([NOT_SO, *self.write(node.operand, own)], own, around)

    def _within(self, node: tree.Within, around: int) -> Pieces:
        options = [self._beside(each, node.operand, 0) for each in node.options]
        joined = [piece for number, part in enumerate(options) for piece in ((BETWEEN["or"], *part) if number else part)]
        return self._in_brackets([*self.write(node.operand, STRENGTH["compare"] + 1), ONE_OF, *joined], STRENGTH["compare"], around)


def condition_in_words(text: str, form: str | None, names: Names, catalogue: Catalogue, language: str) -> str:
    """A condition with labels for keys; as it is written where it cannot be read any more."""
    try:
        asked = formula(catalogue, form, text, names, ALLOWED)
    except TierloomError:
        return text
    scope = Scope(catalogue, form, None, names, ALLOWED, False, language)
    return Words(scope).phrase(asked.tree).in_language(language)


def with_conditions_said(text: str, automation: Automation, language: str, catalogue: Catalogue) -> str:
    """A sentence about an automation or one of its steps with the conditions that stand in it said in words."""
    form, names = automation.trigger.form_key(catalogue), known_names(automation, catalogue)
    for each in sorted(set(_conditions(automation)), key=len, reverse=True):
        if each in text:
            words = condition_in_words(each, form, names, catalogue, language)
            # a name alone stands for itself only, not as a part of other words
            text = re.sub(rf"(?<!\w){each}(?!\w)", lambda _found, words=words: words, text) if BARE.fullmatch(each) else text.replace(each, words)
    return text


def known_names(automation: Automation, catalogue: Catalogue) -> Names:
    """Everything that conditions of the automation may name beside fields, wherever they stand."""
    form = automation.trigger.form_key(catalogue)
    found = dict(automation.trigger.names(catalogue))
    inside = [automation.steps, *(arm for _path, step in every(automation.steps) for arm in step.arms().values())]
    for steps in inside:
        for _number, step, known in in_order(steps, form, found, catalogue):
            found = {**found, **known, **(step.gives(form, known, catalogue) if step.key is not None else {})}
    return found


def _conditions(automation: Automation) -> Iterator[str]:
    parts: list[Any] = [automation, automation.trigger]
    for _path, step in every(automation.steps):
        parts += [step, *getattr(step, "else_if", ())]
    for part in parts:
        for name in ("when", "becomes"):
            found = getattr(part, name, None)
            if isinstance(found, str) and found.strip():
                yield found
