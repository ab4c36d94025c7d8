"""What a word or a path of words in a formula refers to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from runtime.definitions.types import CHOICE, LIST, Type
from runtime.formulas import parse, tree
from runtime.formulas.functions.base import SHELF
from runtime.formulas.scope import Ambiguous, Found, Place, Relation, folded, place_of, similar, system_type
from runtime.formulas.tree import Node
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.formulas.checking import Checker

STORED_LIMIT = 9 * 10**15
"""Stored numbers and amounts are at most this many of their smallest unit; SQL relies on it."""


@dataclass(frozen=True)
class Row:
    """The related rows an aggregate looks at; `places` are those on the way to them, outermost first."""

    relation: tuple[str, ...]
    places: tuple[Place, ...]


class WordReader:
    def __init__(self, checker: Checker):
        self.checker = checker
        self.scope = checker.scope

    def read(self, written: parse.Word, row: Row | None) -> Node:
        extra = self._extra(written)
        if extra is not None:
            return extra
        if self.scope.own_rows:
            return self._own_row(written, row)
        place = self._place(written)
        found = self.find(written, 0, place)
        if found.relation is not None:
            return self._related(written, found.relation, row)
        return self._field(written, 0, found, place, ())

    def _extra(self, written: parse.Word) -> Node | None:
        if not self.scope.extra:
            return None
        for name in (".".join(written.parts), folded(".".join(written.parts))):
            if name in self.scope.extra:
                for part, place in zip(name.split("."), written.places, strict=True):
                    self.checker.names[place] = part
                return tree.Name(self.scope.extra[name], name)
        return None

    def _place(self, written: parse.Word) -> Place:
        place = self.scope.place
        if place is None:
            raise self.checker.report(written, self._unknown(written.parts[0], list(self.scope.extra)))
        return place

    def _own_row(self, written: parse.Word, row: Row | None) -> Node:
        place = self._place(written)
        found = self.find(written, 0, place)
        if row is None:
            raise self.checker.report(
                written,
                _(
                    "The value of {name} differs from record to record; use an aggregate such as SUM({name}) or COUNT(record).",
                    name=written.parts[0],
                ),
            )
        if found.relation is not None:
            raise self.checker.report(
                written, _("Figures over all records use their own fields; {name} are other records.", name=found.key)
            )
        return self._field(written, 0, found, place, (tree.OWN_ROWS,))

    def _related(self, written: parse.Word, relation: Relation, row: Row | None) -> Node:
        """`orders.amount` and `orders.items.quantity` inside an aggregate."""
        if row is None:
            raise self.checker.report(
                written,
                _(
                    "There are many {name}; say what you want of them: COUNT({name}), SUM({name}.field) or MAX({name}.field).",
                    name=relation.name,
                ),
            )
        place = self._place(written)
        path: tuple[str, ...] = ()
        number = 0
        current: Relation | None = relation
        while current is not None:
            path = (*path, current.name)
            place = place.beyond(current)
            number += 1
            if number == len(written.parts):
                raise self.checker.report(written, _("Say which field of {name} is meant: {name}.field.", name=".".join(path)))
            found = self.find(written, number, place)
            current = found.relation
        return self._field(written, number, found, place, path)

    def relation_of(self, written: parse.Word) -> tuple[tuple[str, ...], tuple[Place, ...]] | None:
        """The relation a word begins with (names and places of its levels), or None. Reports nothing."""
        if ".".join(written.parts) in self.scope.extra or self.scope.place is None:
            return None
        if self.scope.own_rows:
            return (tree.OWN_ROWS,), (self.scope.place,)
        place, path, places = self.scope.place, (), ()
        for part in written.parts:
            found = place.find(part, self.scope.language)
            if not isinstance(found, Found) or found.relation is None:
                break
            place = place.beyond(found.relation)
            path, places = (*path, found.relation.name), (*places, place)
        return (path, places) if path else None

    def is_relation(self, written: parse.Word) -> bool:
        """Whether a word is a relation and nothing more: the argument of COUNT(orders)."""
        if self.scope.own_rows:
            return written.parts == (tree.OWN_ROWS,)
        found = self.relation_of(written)
        return found is not None and len(found[0]) == len(written.parts)

    def note_relation(self, written: parse.Word, relation: tuple[str, ...]) -> None:
        for place, name in zip(written.places, relation, strict=False):
            self.checker.names[place] = name

    # -- fields --------------------------------------------------------------------------------------------------------------
    def find(self, written: parse.Word, number: int, place: Place) -> Found:
        word = written.parts[number]
        found = place.find(word, self.scope.language)
        if isinstance(found, Ambiguous):
            raise self.checker.report(
                self._part(written, number),
                _(
                    "The name {name} means several fields: {keys}. Write the key of the one you mean.",
                    name=word,
                    keys=", ".join(found.keys),
                ),
            )
        if found is None:
            words = [*place.words(), *(self.scope.extra if number == 0 else ())]
            raise self.checker.report(self._part(written, number), self._unknown(word, words))
        self.checker.names[written.places[number]] = found.key
        return found

    def _part(self, written: parse.Word, number: int) -> parse.Written:
        if len(written.parts) == 1:
            return written
        if number == 0:
            return parse.Written(written.start, written.start + len(written.parts[0]))
        if number == len(written.parts) - 1:
            return parse.Written(written.end - len(written.parts[number]), written.end)
        return written

    def _unknown(self, word: str, words: list[str]) -> Message:
        if word.upper() in SHELF:
            return _("{name} is a function and needs brackets: {signature}.", name=word.upper(), signature=SHELF[word.upper()].signature())
        near = similar(word, words)
        if near is not None:
            return _("There is no field called {name} here. Did you mean {near}?", name=word, near=near)
        return _("There is no field called {name} here. Texts stand in quotation marks, labels with spaces in braces.", name=word)

    def _field(self, written: parse.Word, number: int, found: Found, place: Place, relation: tuple[str, ...]) -> Node:
        """The field at part `number`, or what lies behind it if it is a reference and the path goes on."""
        if number == len(written.parts) - 1:
            type, bound = self._typed(written, number, found, place)
            return tree.Field(type, found.key, relation, system=found.system, parent=found.parent and not found.system, bound=bound)
        steps: list[str] = []
        while number < len(written.parts) - 1:
            if found.system or getattr(found.field, "type", None) != "reference":
                raise self.checker.report(
                    self._part(written, number),
                    _(
                        "The field {name} is no reference to another record, so nothing can follow after the point.",
                        name=written.parts[number],
                    ),
                )
            steps.append(found.key)
            if len(steps) > 2:
                raise self.checker.report(written, _("A path goes over two references at most. Put a formula field into the form between."))
            target = place.catalogue.forms.get(found.field.form)
            if target is None:
                raise self.checker.report(
                    written, _("The form {form}, to which {name} refers, does not exist.", form=found.field.form, name=found.key)
                )
            place, number = place_of(place.catalogue, target), number + 1
            found = self.find(written, number, place)
            if found.relation is not None:
                raise self.checker.report(
                    written, _("Behind a reference only fields can be read, not the many records of {name}.", name=found.key)
                )
        type, bound = self._typed(written, number, found, place)
        return tree.Path(type, ".".join(steps), found.key, relation, bound)

    def _typed(self, written: parse.Word, number: int, found: Found, place: Place) -> tuple[Type, tree.Bound]:
        if found.key not in place.typed:
            try:
                place.typed[found.key] = typed(found, place)
            except NotImplementedError:
                raise self.checker.report(
                    self._part(written, number), _("The field {name} holds nothing a formula can compute with.", name=found.key)
                ) from None
        return place.typed[found.key]


def typed(found: Found, place: Place) -> tuple[Type, tree.Bound]:
    """Raises NotImplementedError for a field without a value."""
    if found.system:
        return system_type(found.key, place.form.key), None
    type = found.field.formula_type()
    return with_options(found.field, type, place.catalogue), stored_bound(found.field, type)


def with_options(field: Any, type: Type, catalogue: Any) -> Type:
    """Tags and tiers with the keys their definitions name, so that a slip of the pen is found."""
    if field.type == "tier" and (model := catalogue.tier_models.get(field.tier_model)):
        return CHOICE(tuple(each.key for each in model.tiers))
    if field.type == "tags" and (tags := catalogue.tag_sets.get(field.tag_set)):
        return LIST(CHOICE(tuple(each.key for each in tags.tags)))
    return type


def stored_bound(field: Any, type: Type) -> tree.Bound:
    """Least and greatest stored integer of a number or amount that sets limits of its own; of a text (0, greatest length)."""
    if type.kind == "text":
        return (0, field.max_length) if hasattr(field, "max_length") else None
    least, most = getattr(field, "min", None), getattr(field, "max", None)
    if type.kind not in ("number", "money") or (least is None and most is None):
        return None
    return _limits(least, most, type.scale)


@lru_cache(maxsize=1_000)
def _limits(least: Any, most: Any, scale: int) -> tuple[int, int]:
    factor = 10**scale
    return (
        int(Decimal(least) * factor) if least is not None else -STORED_LIMIT,
        int(Decimal(most) * factor) if most is not None else STORED_LIMIT,
    )
