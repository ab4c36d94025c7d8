"""Explanation: a result unfolded part by part, each with the value it had while the formula was worked out.

`explain` evaluates as `evaluate` does and notes every value on the way; what is not needed is not worked out and said to be so. Texts
are for both languages: `part.text.in_language("zh")`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from runtime.definitions.types import Type
from runtime.errors import FormulaProblems
from runtime.formulas import Formula, arithmetic, tree
from runtime.formulas.arithmetic import CannotCompute
from runtime.formulas.definitions import computed
from runtime.formulas.evaluate import NO_VALUE, Evaluator, guarded, in_order, program_of, window_of
from runtime.formulas.saying import Phrase, Pieces, Shown, Writer, field_of, options_of
from runtime.formulas.scope import Relation, Scope
from runtime.formulas.tree import Node
from runtime.formulas.uses import relation_at
from runtime.texts import Message, _

FIRST_ROWS = 5
LONGEST_SENTENCE = 90
DEEPEST = 4
"""How many computed fields are unfolded inside one another."""
ORDERINGS = ("<", "<=", ">", ">=")

Naming = Callable[[Type, Any], str | None]
"""What a person or a record is called, for `Type.kind` member and record."""


@dataclass(frozen=True)
class Row:
    """A row that counts. `record` is the number of the related record it is, or belongs to."""

    record: int | None
    value: Shown | None
    day: date | None


@dataclass(frozen=True)
class Rows:
    """What an aggregate looked at: `counted` of `seen` rows of a sub-form of the record's own or of another form. `first`: a few of them,
    those that decide the result before others."""

    relation: Relation
    own: bool
    seen: int
    counted: int
    window: tuple[date, date] | None
    first: tuple[Row, ...]
    node: tree.Aggregate


@dataclass(frozen=True)
class Part:
    """A part of a formula. `taken` is false where its value was not needed, and then it has none. `sentence` is a short part with values
    in place of names: `(20 − 15) ÷ 15 = 0.333333`."""

    text: Phrase
    type: Type
    value: Any
    shown: Shown
    taken: bool = True
    sentence: Phrase | None = None
    note: Message | None = None
    rows: Rows | None = None
    children: tuple[Part, ...] = ()

    def said(self, language: str) -> str | None:
        """The sentence, if it is short in this language."""
        text = self.sentence.in_language(language) if self.sentence is not None else None
        return text if text is not None and len(text) <= LONGEST_SENTENCE else None


def explain(formula: Formula, values: Any, scope: Scope, naming: Naming | None = None) -> Part:
    """How a formula's value comes about. The value of the whole equals `evaluate(formula, values)`. Raises CannotCompute as it does."""
    return _Explainer(values, scope, naming or (lambda type, value: None)).whole(formula, DEEPEST)


# -- noting values ----------------------------------------------------------------------------------------------------------------
@dataclass
class LookedRow:
    record: int | None
    day: date | None
    value: Any = None
    order: Any = None


@dataclass
class Looked:
    """What was seen while one aggregate was worked out."""

    rows: Any
    seen: int = 0
    day: Any = None
    found: list[LookedRow] = field(default_factory=list)

    def note(self, node: ast.expr, value: Any) -> None:
        if node is self.rows.on:
            self.day = value
        elif node is self.rows.value and self.found:
            self.found[-1].value = value
        elif node is self.rows.order and self.found:
            self.found[-1].order = value


class Tracer(Evaluator):
    """Evaluates and keeps what each part of the tree gave; inside an aggregate it keeps rows instead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[int, Any] = {}
        self.aggregates: dict[int, Looked] = {}
        self.looked: Looked | None = None

    def _eval(self, node: ast.expr) -> Any:
        value = super()._eval(node)
        if self.looked is not None:
            self.looked.note(node, value)
        elif hasattr(node, "of"):
            self.found[id(node.of)] = value
        return value

    def _eval_rows(self, rows: Any) -> Any:
        self.looked = self.aggregates[id(rows.node)] = Looked(rows)
        try:
            return super()._eval_rows(rows)
        finally:
            self.looked = None

    def _counts(self, rows: Any, window: tuple[date, date] | None) -> bool:
        assert self.looked is not None
        self.looked.seen += 1
        self.looked.day = None
        counts = super()._counts(rows, window)
        if counts:
            value = NO_VALUE if rows.value is None else None
            day = self.looked.day
            self.looked.found.append(LookedRow(self.rows[rows.node.relation].field("id"), day if isinstance(day, date) else None, value))
        return counts


# -- from values to parts -----------------------------------------------------------------------------------------------------------
class _Explainer:
    def __init__(self, values: Any, scope: Scope, naming: Naming):
        self.values, self.scope, self.naming = values, scope, naming

    def whole(self, formula: Formula, depth: int) -> Part:
        tracer = Tracer()
        value = guarded(lambda: tracer.compute(program_of(formula), self.values, formula.text))
        part = _Reader(self, tracer, depth).part(formula.tree)
        return replace(part, value=value, shown=self.shown(value, formula.tree))

    def shown(self, value: Any, node: Node) -> Shown:
        unit = getattr(field_of(node, self.scope), "unit", None) if node.type.kind in ("number", "money") else None
        return Shown(value, node.type, self.values.zone, self._name(value, node), unit)

    def _name(self, value: Any, node: Node) -> Any:
        if value is None:
            return None
        if node.type.kind in ("member", "record"):
            return self.naming(node.type, value)
        definition = field_of(node, self.scope)
        labels = options_of(definition, self.scope) if definition is not None else {}
        if isinstance(value, tuple):
            return [labels.get(each, str(each)) for each in value] if labels else None
        return labels.get(value) if isinstance(value, str) else None

    @cached_property
    def labelled(self) -> Writer:
        return Writer(self.scope)


class _Reader:
    """The parts of one worked-out formula."""

    def __init__(self, explainer: _Explainer, tracer: Tracer, depth: int):
        self.all, self.tracer, self.depth = explainer, tracer, depth

    def part(self, node: Node) -> Part:
        taken = id(node) in self.tracer.found
        value = self.tracer.found.get(id(node))
        shown = self.all.shown(value, node)
        text = self.all.labelled.phrase(node)
        if not taken:
            return Part(text, node.type, None, shown, False, note=_("Not needed here, so not worked out."))
        behind, note = self._behind(node, value)
        return Part(
            text,
            node.type,
            value,
            shown,
            sentence=self._sentence(node, shown),
            note=note or self._note(node, value),
            rows=self._rows(node, value),
            children=(*(self.part(each) for each in _parts(node)), *behind),
        )

    def _behind(self, node: Node, value: Any) -> tuple[tuple[Part, ...], Message | None]:
        """The formula of a computed field of this record, worked out anew."""
        place = self.all.scope.place
        own = isinstance(node, tree.Field) and not node.relation and not node.system and not node.parent
        if not own or place is None or place.subform is not None or not self.depth:
            return (), None
        try:
            formula = computed(place.catalogue, place.form).get(node.key)  # type: ignore[attr-defined]
            found = self.all.whole(formula, self.depth - 1) if formula is not None else None
        except FormulaProblems:  # another formula of a draft that is being written
            return (), None
        except CannotCompute as error:
            return (), error.message
        if found is None:
            return (), None
        note = None if _same(found.value, value) else _("Stored earlier; worked out anew it is {value}.", value=found.shown)
        return (found,), note

    # -- sentences ----------------------------------------------------------------------------------------------------------
    def _sentence(self, node: Node, shown: Shown) -> Phrase | None:
        if not isinstance(node, (tree.Operation, tree.Negative, tree.Compare, tree.Call)) or tree.is_constant(node):
            return None
        pieces = Writer(self.all.scope, self._with_value).inside(node)
        sign = " → " if node.type.kind == "boolean" else " = "
        return Phrase((*pieces, sign, shown))

    def _with_value(self, node: Node) -> Pieces | None:
        """What is read or worked out elsewhere by its value; arithmetic goes on."""
        if isinstance(node, (tree.Literal, tree.Operation, tree.Negative)):
            return None
        value = self.tracer.found.get(id(node))
        if id(node) not in self.tracer.found:
            return ["…"]
        shown = self.all.shown(value, node)
        return ["(", shown, ")"] if node.type.kind in ("number", "money") and value is not None and value < 0 else [shown]

    def _note(self, node: Node, value: Any) -> Message | None:
        parts = [self.tracer.found.get(id(each), NO_VALUE) for each in tree.children(node)]
        if isinstance(node, tree.Compare) and node.operator in ORDERINGS and None in parts:
            return _("A blank is neither larger nor smaller, so this does not hold.")
        if isinstance(node, tree.Aggregate):
            return self._note_of_rows(node, value)
        if value is not None or not parts:
            return None
        if isinstance(node, tree.Operation) and node.operator in ("/", "%") and None not in parts:
            return _("Division by zero gives blank.")
        if isinstance(node, tree.Choose):
            return _("No condition holds, and nothing is said for the rest.") if not self._held(node) else None
        return _("A part of it is blank, so the result is blank.") if None in parts else None

    def _held(self, node: tree.Choose) -> bool:
        values = [value for __, value in node.cases] + ([node.otherwise] if node.otherwise is not None else [])
        return any(id(each) in self.tracer.found for each in values)

    # -- rows ----------------------------------------------------------------------------------------------------------------
    def _note_of_rows(self, node: tree.Aggregate, value: Any) -> Message | None:
        looked = self.tracer.aggregates.get(id(node))
        if looked is None or any(each.value is not None for each in looked.found):
            return None
        return _("Nothing counts, so the result is blank.") if value is None else _("Nothing counts, so the result is 0.")

    def _rows(self, node: Node, value: Any) -> Rows | None:
        looked = self.tracer.aggregates.get(id(node)) if isinstance(node, tree.Aggregate) else None
        if looked is None or not isinstance(node, tree.Aggregate):
            return None
        filled = [each for each in looked.found if each.value is not None]
        relation = relation_at(node.relation, self.all.scope)
        first = tuple(self._row(node, each) for each in _foremost(looked.rows, filled, value)[:FIRST_ROWS])
        own = all(relation_at(node.relation[:n], self.all.scope).subform is not None for n in range(1, len(node.relation) + 1))
        return Rows(relation, own, looked.seen, len(filled), window_of(node, self.all.values.today), first, node)

    def _row(self, node: tree.Aggregate, row: LookedRow) -> Row:
        value = None if row.value is NO_VALUE or node.value is None else self.all.shown(row.value, node.value)
        return Row(row.record, value, row.day)


def _parts(node: Node) -> list[Node]:
    """What a part is made of, as far as it says more than its own text. What goes over rows is no part: it has many values."""
    if isinstance(node, tree.Aggregate):
        return []
    return [each for each in tree.children(node) if tree.literal_value(each) is None]


def _foremost(rows: Any, found: list[LookedRow], value: Any) -> list[LookedRow]:
    """FIRST and LAST in their order; of MIN and MAX the row with that value; else as they came."""
    if hasattr(rows.function, "last"):
        return [each for each, __ in in_order([(each, each.order) for each in found], rows.function.last)]
    if rows.function.name in ("MIN", "MAX"):
        return sorted(found, key=lambda each: each.value != value)
    return found


def _same(a: Any, b: Any) -> bool:
    return bool(arithmetic.equal(a, b))
