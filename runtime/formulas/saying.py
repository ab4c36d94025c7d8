"""A checked tree written out again: for reading, with labels and the signs of school, or as a formula of another form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_currency

from runtime.definitions.model import LocalText
from runtime.definitions.types import Type
from runtime.formulas import tree
from runtime.formulas.arithmetic import plain
from runtime.formulas.scope import SYSTEM_LABELS, Found, Place, Relation, Scope
from runtime.formulas.tokens import quoted
from runtime.formulas.tree import OWN_ROWS, Node
from runtime.texts import _, in_language

SIGNS = {"*": "×", "/": "÷", "-": "−", "==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}
STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, "minus": 8}
"""How tightly an operator binds; what binds less than its surroundings stands in brackets."""

Pieces = list[Any]
Leaf = Callable[[Node], Pieces | None]


@dataclass(frozen=True)
class Phrase:
    """Words of which some differ from language to language."""

    pieces: tuple[Any, ...]

    def in_language(self, language: str) -> str:
        return "".join(str(in_language(each, language)) for each in self.pieces)


@dataclass(frozen=True)
class Shown:
    """A value of a type, written as each language writes it. `name` is what a person, a record or an option is called, `unit` that of
    the field it stands in."""

    value: Any
    type: Type
    zone: ZoneInfo
    name: Any = None
    unit: Any = None

    def in_language(self, language: str) -> str:
        if self.value is None or self.value == ():
            return _("blank").in_language(language)
        if self.name is not None:
            return str(in_language(self.name, language))
        unit = str(in_language(self.unit, language)) if self.unit else ""
        return f"{self._plain(self.value, language)}{' ' if unit not in ('', '%') else ''}{unit}"

    def _plain(self, value: Any, language: str) -> str:
        if isinstance(value, bool):
            return (_("yes") if value else _("no")).in_language(language)
        if isinstance(value, Decimal):
            return self._money(value, language) if self.type.kind == "money" else grouped(value)
        if isinstance(value, datetime):
            return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"
        if isinstance(value, timedelta):
            return span(value).in_language(language)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, tuple):
            return str(in_language([str(each) for each in value], language))
        return f"“{value}”" if self.type.kind == "text" else str(value)

    def _money(self, value: Decimal, language: str) -> str:
        currency = self.type.currency or "CNY"
        locale = "zh_CN" if language == "zh" or currency == "CNY" else "en_US"  # ¥, in English too
        return format_currency(value, currency, locale=locale, decimal_quantization=False)


def grouped(number: Decimal) -> str:
    """12,486.5: with commas, without superfluous zeros."""
    whole, dot, rest = plain(number).partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole not in ("-0", "-") else f"{whole}{dot}{rest}"


def span(duration: timedelta) -> Any:
    """3 days, 5 h, or both."""
    hours = Decimal(duration // timedelta(microseconds=1)) / Decimal(3_600_000_000)
    if duration % timedelta(days=1) == timedelta(0):
        return _("{days} days", days=duration.days)
    return _("{hours} h", hours=grouped(round(hours, 2)))


# -- from a tree to words -------------------------------------------------------------------------------------------------------
class Writer:
    """Writes trees of one scope. `leaf` gives the pieces of a node that is not to be taken apart; it is asked first about each. `stored`:
    by keys, as a formula is stored."""

    def __init__(self, scope: Scope, leaf: Leaf | None = None, stored: bool = False):
        self.scope, self.leaf, self.stored = scope, leaf, stored
        self.signs = {} if stored else SIGNS

    def phrase(self, node: Node) -> Phrase:
        return Phrase(tuple(self.write(node, 0)))

    def write(self, node: Node, around: int) -> Pieces:
        found = self.leaf(node) if self.leaf is not None else None
        return found if found is not None else getattr(self, f"_{type(node).__name__.lower()}")(node, around)

    def inside(self, node: Node) -> Pieces:
        """A node's own operator with its operands, even where `leaf` would answer for the whole."""
        return getattr(self, f"_{type(node).__name__.lower()}")(node, 0)

    def _in_brackets(self, pieces: Pieces, strength: int, around: int) -> Pieces:
        return ["(", *pieces, ")"] if strength < around else pieces

    def _literal(self, node: tree.Literal, around: int) -> Pieces:
        if isinstance(node.value, bool):
            return ["TRUE" if node.value else "FALSE"]
        return [quoted(node.value) if isinstance(node.value, str) else plain(node.value)]

    def _field(self, node: tree.Field, around: int) -> Pieces:
        return self._dotted((*node.relation, node.key))

    def _path(self, node: tree.Path, around: int) -> Pieces:
        return self._dotted((*node.relation, *node.reference.split("."), node.key))

    def _name(self, node: tree.Name, around: int) -> Pieces:
        return [node.name]

    def _dotted(self, names: tuple[str, ...]) -> Pieces:
        labels = list(names) if self.stored else labels_of(names, self.scope)
        return [piece for number, each in enumerate(labels) for piece in ((".", each) if number else (each,))]

    def _operation(self, node: tree.Operation, around: int) -> Pieces:
        own = STRENGTH[node.operator]
        left, right = self.write(node.left, own), self.write(node.right, own + 1)
        return self._in_brackets([*left, f" {self.signs.get(node.operator, node.operator)} ", *right], own, around)

    def _negative(self, node: tree.Negative, around: int) -> Pieces:
        own = STRENGTH["minus"]
        return self._in_brackets([self.signs.get("-", "-"), *self.write(node.operand, own)], own, around)

    def _compare(self, node: tree.Compare, around: int) -> Pieces:
        own = STRENGTH["compare"]
        left, right = self._beside(node.left, node.right, own + 1), self._beside(node.right, node.left, own + 1)
        return self._in_brackets([*left, f" {self.signs.get(node.operator, node.operator)} ", *right], own, around)

    def _logic(self, node: tree.Logic, around: int) -> Pieces:
        own = STRENGTH[node.operator]
        parts = [self.write(each, own + 1) for each in node.operands]
        return self._in_brackets(_joined(parts, f" {node.operator} "), own, around)

    def _not(self, node: tree.Not, around: int) -> Pieces:
        own = STRENGTH["not"]
        return self._in_brackets(["not ", *self.write(node.operand, own)], own, around)

    def _within(self, node: tree.Within, around: int) -> Pieces:
        own = STRENGTH["compare"]
        options = _joined([self._beside(each, node.operand, 0) for each in node.options], ", ")
        return self._in_brackets([*self.write(node.operand, own + 1), " in (", *options, ")"], own, around)

    def _among(self, node: tree.Among, around: int) -> Pieces:
        own = STRENGTH["compare"]
        found = [*self._beside(node.operand, node.list, own + 1), " in ", *self.write(node.list, own + 1)]
        return self._in_brackets(found, own, around)

    def _choose(self, node: tree.Choose, around: int) -> Pieces:
        parts = [self.write(each, 0) for case in node.cases for each in case]
        if len(node.cases) > 1 and node.otherwise is not None:
            parts.append(["TRUE"])
        if node.otherwise is not None:
            parts.append(self.write(node.otherwise, 0))
        return ["IF(" if len(node.cases) == 1 else "IFS(", *_joined(parts, ", "), ")"]

    def _call(self, node: tree.Call, around: int) -> Pieces:
        arguments = node.arguments[:-1] if node.function in ("QUANTILE_BAND", "PERCENT_RANK") else node.arguments
        return [f"{node.function}(", *_joined([self.write(each, 0) for each in arguments], ", "), ")"]

    def _aggregate(self, node: tree.Aggregate, around: int) -> Pieces:
        parts = [self.write(node.value, 0) if node.value is not None else self._dotted(node.relation)]
        if node.argument is not None:
            parts.append(self.write(node.argument, 0))
        for name, part in (("where", node.where), ("on", node.on), ("by", node.by)):
            if part is not None:
                parts.append([f"{name}=", *self.write(part, 0)])
        parts += [
            [f"{name}={value}"]
            for name, value in (("days", node.days), ("months", node.months), ("before", node.before or None))
            if value is not None
        ]
        return [f"{node.function}(", *_joined(parts, ", "), ")"]

    def _beside(self, node: Node, other: Node, around: int) -> Pieces:
        """An operand; a text beside a field with options is the option's label."""
        if isinstance(node, tree.Literal) and isinstance(node.value, str) and not self.stored:
            label = option_label(node.value, other, self.scope)
            if label is not None:
                return [label]
        return self.write(node, around)


def _joined(parts: list[Pieces], between: str) -> Pieces:
    return [piece for number, part in enumerate(parts) for piece in ((between, *part) if number else part)]


# -- labels ---------------------------------------------------------------------------------------------------------------------
def labels_of(names: tuple[str, ...], scope: Scope) -> list[Any]:
    """The labels of a path of keys, as far as it can be followed."""
    place, found = scope.place, []
    if names[0] == OWN_ROWS and scope.own_rows:
        names = names[1:]
    for name in names:
        meant = place.find(name, None) if place is not None else None
        if place is None or not isinstance(meant, Found):
            found.append(name)
            continue
        found.append(_label(meant))
        place = _behind(meant, place)
    return found or [name for name in names]


def _label(meant: Found) -> Any:
    if meant.relation is not None:
        return meant.relation.label
    return LocalText(**SYSTEM_LABELS[meant.key]) if meant.system else meant.field.label


def _behind(meant: Found, place: Place) -> Place | None:
    if meant.relation is not None:
        return place.beyond(meant.relation)
    if getattr(meant.field, "type", "") != "reference" or meant.field.form not in place.catalogue.forms:
        return None
    return Place(place.catalogue, place.catalogue.forms[meant.field.form])


def field_of(node: Node, scope: Scope) -> Any:
    """The definition of the field that a node reads, or None."""
    if not isinstance(node, (tree.Field, tree.Path)):
        return None
    place: Place | None = scope.place
    between = node.reference.split(".") if isinstance(node, tree.Path) else []
    for name in (*(each for each in node.relation if each != OWN_ROWS), *between):
        meant = place.find(name, None) if place is not None else None
        place = _behind(meant, place) if place is not None and isinstance(meant, Found) else None
    meant = place.find(node.key, None) if place is not None else None
    return meant.field if isinstance(meant, Found) else None


def option_label(key: str, node: Node, scope: Scope) -> Any:
    """What an option is called of the field that a node reads."""
    field = field_of(node, scope)
    return None if field is None else options_of(field, scope).get(key)


def options_of(field: Any, scope: Scope) -> dict[str, Any]:
    """Labels of the options by key; those of tiers and tags stand in their definitions."""
    if field.type == "tier":
        model = scope.catalogue.tier_models.get(field.tier_model)
        return {each.key: each.label for each in model.tiers} if model is not None else {}
    if field.type == "tags":
        tags = scope.catalogue.tag_sets.get(field.tag_set)
        return {each.key: each.label for each in tags.tags} if tags is not None else {}
    return {each.key: each.label for each in getattr(field, "options", ())}


# -- the rows of an aggregate as a filter ---------------------------------------------------------------------------------------
def rows_filter(node: tree.Aggregate, relation: Relation, record: int, window: tuple[date, date] | None, scope: Scope) -> str | None:
    """A formula of the related form that finds the rows an aggregate counts; None where its conditions cannot be said there."""
    if len(node.relation) != 1 or relation.reference is None:
        return None
    parts = [f"{relation.reference}.id == {record}"]
    if window is not None and isinstance(node.on, tree.Field) and node.on.type.kind == "date":
        parts += [f"{node.on.key} {sign} DATE({day.year}, {day.month}, {day.day})" for sign, day in zip((">=", "<="), window, strict=True)]
    elif window is not None:
        return None
    if node.where is not None:
        turned = _turned(node.where, relation.reference)
        if turned is None:
            return None
        inner = replace(scope, form=relation.form, subform=None)
        written = Writer(inner, stored=True).write(turned, STRENGTH["and"] + 1)
        parts.append("".join(str(each) for each in written))
    return " and ".join(parts)


def _turned(node: Node, reference: str) -> Any:
    """A condition on related rows as a condition of their own form; None where it reads what cannot be reached from there."""
    if isinstance(node, (tree.Name, tree.Aggregate)):
        return None
    if isinstance(node, tree.Field):
        return replace(node, relation=()) if node.relation else tree.Path(node.type, reference, node.key)
    if isinstance(node, tree.Path):
        if node.relation:
            return replace(node, relation=())
        return None if "." in node.reference else replace(node, reference=f"{reference}.{node.reference}")
    changed: dict[str, Any] = {}
    for name in node.__dataclass_fields__:
        value = _each_turned(getattr(node, name), reference)
        if value is _NOT_SAID:
            return None
        changed[name] = value
    return replace(node, **changed)


_NOT_SAID = object()


def _each_turned(value: Any, reference: str) -> Any:
    if isinstance(value, Node):
        turned = _turned(value, reference)
        return _NOT_SAID if turned is None else turned
    if isinstance(value, tuple):
        parts = tuple(_each_turned(each, reference) for each in value)
        return _NOT_SAID if any(each is _NOT_SAID for each in parts) else parts
    return value
