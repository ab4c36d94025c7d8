"""Aggregates: calls whose arguments speak of related rows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from runtime.definitions.types import NUMBER, Type
from runtime.formulas import parse, tree
from runtime.formulas.functions.base import SHELF, Function, Parameter, Trouble
from runtime.formulas.functions.conditional import Spelling
from runtime.formulas.tree import Node
from runtime.formulas.types import described
from runtime.formulas.words import Row
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.checking import Checker

COUNTING = ("COUNT",)
ORDERING = ("FIRST", "LAST", "JOIN")
WINDOWS = ("days", "months")
MOST = {"days": 36_600, "months": 1_200, "before": 60}
FURTHEST = {"days": 73_200, "months": 2_400}
"""How far back a window before the present one may begin."""


def parts(written: parse.Written) -> Iterator[parse.Written]:
    """The parts right below."""
    for name in written.__dataclass_fields__:
        value = getattr(written, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, tuple):
                each = each[-1]
            if isinstance(each, parse.Written):
                yield each


class AggregateReader:
    def __init__(self, checker: Checker):
        self.checker = checker
        self._known: dict[int, bool] = {}

    def is_one(self, function: Function, written: parse.Called) -> bool:
        """Whether a call of SUM, MAX … goes over related rows (or is meant to)."""
        if not getattr(function, "aggregate", False):
            return False
        if id(written) not in self._known:
            self._known[id(written)] = self._goes_over_rows(function, written)
        return self._known[id(written)]

    def _goes_over_rows(self, function: Function, written: parse.Called) -> bool:
        if getattr(function, "only_rows", False) or written.keywords:
            return True
        return any(True for each in written.arguments for __ in self._row_words(each))

    def _row_words(self, written: parse.Written) -> Iterator[parse.Word]:
        """Words that speak of related rows, not counting those of aggregates further inside."""
        if isinstance(written, parse.Word):
            if self.checker.words.relation_of(written) is not None:
                yield written
            return
        if isinstance(written, parse.Called) and self.is_one(self.checker._function(written), written):
            return
        for each in parts(written):
            yield from self._row_words(each)

    def read(self, function: Function, written: parse.Called, row: Row | None) -> Node:
        if row is not None:
            raise self.checker.report(
                written, _("An aggregate cannot stand inside another one. Put the inner one into a formula field of the related form.")
            )
        if isinstance(function, Spelling):
            self.checker._check_arity(function, written)
            written = function.spelled_out(written, self)
            function = SHELF[written.name]
        keywords = dict(written.keywords)
        if len(keywords) < len(written.keywords):
            raise self.checker.report(written, _("An argument stands there twice."))
        argument = self._argument(function, written)
        inside = self._row(function, written)
        value = self._value(function, written.arguments[0], inside)
        where = self._where(keywords.get("where"), inside)
        on = self._day(keywords.get("on"), inside)
        window = {name: self._whole(keywords.get(name), name) for name in WINDOWS}
        before = self._before(keywords.get("before"), window)
        by = self._by(function, keywords.get("by"), inside)
        if window["days"] is not None and window["months"] is not None:
            raise self.checker.report(keywords["months"], _("Give days or months, not both."))
        event_dates = () if on is not None else self._event_dates(inside)
        if on is None and any(window.values()):
            if not event_dates:
                raise self.checker.report(
                    written, _("A window needs to know which date counts: add on={name}.field.", name=".".join(inside.relation))
                )
            on = event_dates[-1]
        found = tree.Aggregate(
            self._type(function, written, value),
            function.name,
            inside.relation,
            value,
            where,
            on,
            window["days"],
            window["months"],
            by,
            event_dates,
            before,
            argument,
        )
        return self._composed(function, written, found)

    def _composed(self, function: Function, written: parse.Called, found: tree.Aggregate) -> Node:
        """The aggregate, or what a function makes of it: GROWTH is two sums."""
        if self.checker.scope.own_rows and (not function.sql_over_possible() or hasattr(function, "sql_alone")):
            raise self.checker.report(
                written, _("{name} cannot be worked out over all records; use SUM, AVG, MIN, MAX or COUNT here.", name=function.name)
            )
        try:
            return function.composed(found)  # type: ignore[attr-defined]
        except Trouble as trouble:
            raise self.checker.report(written, trouble.message) from None

    def _argument(self, function: Function, written: parse.Called) -> Node | None:
        """The constant after the value, where the function takes one."""
        parameter = getattr(function, "argument", None)
        if len(written.arguments) == (1 if parameter is None else 2):
            return None if parameter is None else self._constant(parameter, written.arguments[1])
        if parameter is None:
            message = _("{name} over records takes one value and then where=, on=, days= or months=.", name=function.name)
        else:
            message = _(
                "{name} over records takes a value and “{argument}”, and then where=, on=, days= or months=.",
                name=function.name,
                argument=parameter.name,
            )
        raise self.checker.report(written, message)

    def _constant(self, parameter: Parameter, written: parse.Written) -> Node:
        node = self.checker.read(written)
        wrong = parameter.problem(node)
        if wrong is not None:
            raise self.checker.report(written, wrong)
        return node

    def _row(self, function: Function, written: parse.Called) -> Row:
        """The rows that are meant: the longest relation that is named; all others must lie on the way to it."""
        found = [
            (word, self.checker.words.relation_of(word))
            for each in (*written.arguments, *(value for __, value in written.keywords))
            for word in self._row_words(each)
        ]
        reached = [(word, *relation) for word, relation in found if relation is not None]
        if not reached:
            raise self.checker.report(written, _("{name} goes over related records; name them: {name}(orders.amount).", name=function.name))
        __, longest, places = max(reached, key=lambda each: len(each[1]))
        for word, relation, __ in reached:
            if longest[: len(relation)] != relation:
                raise self.checker.report(
                    word,
                    _(
                        "One aggregate looks at one kind of record; {one} and {other} do not go together.",
                        one=".".join(longest),
                        other=".".join(relation),
                    ),
                )
        if len(longest) > 2:
            raise self.checker.report(
                written, _("An aggregate reaches two levels deep at most. Put a formula field into the form between.")
            )
        return Row(longest, places)

    def _value(self, function: Function, written: parse.Written, row: Row) -> Node | None:
        if isinstance(written, parse.Word) and self.checker.words.is_relation(written):
            self.checker.words.note_relation(written, row.relation)
            if function.name in COUNTING:
                return None
            raise self.checker.report(
                written, _("Say of which field: {name}({relation}.field).", name=function.name, relation=".".join(row.relation))
            )
        node = self.checker.read(written, row)
        if node.type.kind not in function.value_kinds:  # type: ignore[attr-defined]
            raise self.checker.report(written, _("{name} does not work on {what}.", name=function.name, what=described(node.type)))
        return node

    def _where(self, written: parse.Written | None, row: Row) -> Node | None:
        return None if written is None else self.checker.condition(written, self.checker.read(written, row))

    def _day(self, written: parse.Written | None, row: Row) -> Node | None:
        if written is None:
            return None
        node = self.checker.read(written, row)
        if node.type.kind not in ("date", "datetime"):
            raise self.checker.report(written, _("on= needs a date; this is {what}.", what=described(node.type)))
        return node

    def _by(self, function: Function, written: parse.Written | None, row: Row) -> Node | None:
        if written is None:
            return None
        if function.name not in ORDERING:
            raise self.checker.report(written, _("by= belongs to FIRST, LAST and JOIN: it says by what the rows are put in order."))
        node = self.checker.read(written, row)
        if node.type.kind not in ("number", "money", "date", "datetime", "duration", "text"):
            raise self.checker.report(
                written, _("Rows cannot be put in order by {what}; choose a number, a date or a text.", what=described(node.type))
            )
        return node

    def _whole(self, written: parse.Written | None, name: str) -> int | None:
        if written is None:
            return None
        value = written.value if isinstance(written, parse.Constant) else None
        if not isinstance(value, Decimal) or value != int(value) or not 1 <= value <= MOST[name]:
            raise self.checker.report(written, _("Write {name}= as a whole number from 1 to {most}.", name=name, most=MOST[name]))
        return int(value)

    def _before(self, written: parse.Written | None, window: dict[str, int | None]) -> int:
        """How many windows before the present one are meant."""
        before = self._whole(written, "before") or 0
        if written is None:
            return 0
        if not any(window.values()):
            raise self.checker.report(written, _("before=1 means the window before the present one; add days= or months=."))
        if any(length * (before + 1) > FURTHEST[name] for name, length in window.items() if length is not None):
            raise self.checker.report(written, _("This window would lie too far back; take fewer days, months or windows."))
        return before

    def _event_dates(self, row: Row) -> tuple[Node, ...]:
        """The dates that tell when the rows count, one for each level that names one."""
        found: list[Node] = []
        for number, place in enumerate(row.places):
            key = getattr(place.form, "event_date", None)
            field = place.form.field(key) if key is not None and place.subform is None else None
            if key is not None and field is not None and field.formula_type().kind in ("date", "datetime"):
                found.append(tree.Field(field.formula_type(), key, row.relation[: number + 1]))
        return tuple(found)

    def _type(self, function: Function, written: parse.Called, value: Node | None) -> Type:
        try:
            return function.result([value] if value is not None else []) if value is not None else NUMBER(0)
        except Trouble as trouble:
            raise self.checker.report(written, trouble.message) from None
