"""Conditions as spreadsheets write them: SUMIF and its kin. Each is another spelling of an aggregate with where=.

A criterion is a value (equal to it) or a text that begins with a comparison: '>=100'. Dates and wildcards belong into where=.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from runtime.formulas import parse
from runtime.formulas.functions.base import SCALAR, Function, Parameter, register
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.formulas.aggregation import AggregateReader

COMPARED = re.compile(r"(>=|<=|<>|!=|==|=|>|<)\s*(.*)", re.DOTALL)
SAID = {"<>": "!=", "=": "=="}
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?")
VALUE, FIELD, CRITERION = Parameter("value", SCALAR), Parameter("field", SCALAR), Parameter("criterion", SCALAR)


class Spelling(Function):
    """An aggregate written in another way. `stands_for` names it."""

    family = "conditional"
    aggregate = only_rows = True
    blank = "own"
    stands_for: ClassVar[str]

    def spelled_out(self, written: parse.Called, reader: AggregateReader) -> parse.Called:
        """The same as a call of the aggregate. Raises Problem."""
        value, pairs = self.parts(written.arguments)
        if len(pairs) % 2:
            raise reader.checker.report(written, _("{name} takes pairs: a field, then its criterion.", name=self.name))
        conditions = [self._condition(field, criterion, reader) for field, criterion in list(pairwise(pairs))[::2]]
        return self._call(written, self._rows(value, reader) if self.stands_for == "COUNT" else value, conditions)

    def parts(self, given: Sequence[parse.Written]) -> tuple[parse.Written, Sequence[parse.Written]]:
        """(what is summed, fields and criteria in turn)."""
        return given[0], given[1:]

    def _call(self, written: parse.Called, value: parse.Written, conditions: list[parse.Written]) -> parse.Called:
        conditions += [each for name, each in written.keywords if name == "where"]
        where = conditions[0] if len(conditions) == 1 else parse.Linked(written.start, written.end, "and", tuple(conditions))
        keywords = [each for each in written.keywords if each[0] != "where"]
        if conditions:
            keywords.append(("where", where))
        return parse.Called(written.start, written.end, self.stands_for, written.place, (value,), tuple(keywords))

    def _rows(self, value: parse.Written, reader: AggregateReader) -> parse.Written:
        """The records whose field is named, which COUNT counts."""
        found = reader.checker.words.relation_of(value) if isinstance(value, parse.Word) else None
        if found is None or not isinstance(value, parse.Word):
            raise reader.checker.report(value, _("{name} takes fields of related records, such as orders.status.", name=self.name))
        own = reader.checker.scope.own_rows
        return parse.Word(value.start, value.end, found[0], () if own else value.places[: len(found[0])])

    def _condition(self, field: parse.Written, criterion: parse.Written, reader: AggregateReader) -> parse.Written:
        operator, wanted = "==", criterion
        if isinstance(criterion, parse.Constant) and isinstance(criterion.value, str):
            said = COMPARED.fullmatch(criterion.value)
            if said is not None:
                operator, wanted = SAID.get(said[1], said[1]), _constant(said[2], criterion)
            wrong = _trouble(wanted)
            if wrong is not None:
                raise reader.checker.report(criterion, wrong)
        return parse.Compared(criterion.start, criterion.end, (operator,), (field, wanted))


def _constant(text: str, place: parse.Written) -> parse.Written:
    if not NUMBER.fullmatch(text):
        return parse.Constant(place.start, place.end, text)
    number = parse.Constant(place.start, place.end, Decimal(text.removeprefix("-")))
    return parse.Signed(place.start, place.end, "-", number) if text.startswith("-") else number


def _trouble(wanted: parse.Written) -> Message | None:
    value = wanted.value if isinstance(wanted, parse.Constant) else None
    if value == "":
        return _("Ask for blanks by name: where=ISEMPTY(orders.status).")
    if isinstance(value, str) and ("*" in value or "?" in value):
        return _("Wildcards have no meaning here; write where=CONTAINS(orders.no, 'part') or where=STARTSWITH(…).")
    return None


class If(Spelling):
    """`SUMIF(field, criterion, [value])`."""

    parameters: ClassVar[tuple[Parameter, ...]] = (FIELD, CRITERION, VALUE)
    optional = 1

    def parts(self, given: Sequence[parse.Written]) -> tuple[parse.Written, Sequence[parse.Written]]:
        return given[2] if len(given) == 3 else given[0], given[:2]


class Ifs(Spelling):
    """`SUMIFS(value, field, criterion, …)`."""

    parameters: ClassVar[tuple[Parameter, ...]] = (VALUE, FIELD, CRITERION)
    repeats = 2


@register
class SumIf(If):
    """The sum over the related records that meet a criterion, as in a spreadsheet: the field that is asked, the criterion, the value that
    is summed (else the field itself). The same as `SUM(value, where=…)`.

    >>> SUMIF(orders.status, 'done', orders.amount)
    150.25
    >>> SUMIF(orders.amount, '>=50')
    150.25
    """

    name, label, stands_for = "SUMIF", {"zh": "条件求和", "en": "Sum if"}, "SUM"


@register
class SumIfs(Ifs):
    """The sum over the related records that meet all criteria: the value first, then pairs of field and criterion.

    >>> SUMIFS(orders.amount, orders.status, 'done', orders.amount, '<100')
    50.25
    """

    name, label, stands_for = "SUMIFS", {"zh": "多条件求和", "en": "Sum if all"}, "SUM"


@register
class CountIf(If):
    """How many related records meet a criterion. The same as `COUNT(orders, where=…)`.

    >>> COUNTIF(orders.status, 'draft')
    2
    >>> COUNTIF(orders.amount, '<>100')
    3
    """

    name, label, stands_for = "COUNTIF", {"zh": "条件计数", "en": "Count if"}, "COUNT"
    parameters, optional = (FIELD, CRITERION), 0


@register
class CountIfs(Ifs):
    """How many related records meet all criteria, given as pairs of field and criterion.

    >>> COUNTIFS(orders.status, 'done', orders.amount, '>50')
    2
    """

    name, label, stands_for = "COUNTIFS", {"zh": "多条件计数", "en": "Count if all"}, "COUNT"
    parameters, repeats = (FIELD, CRITERION), 2

    def parts(self, given: Sequence[parse.Written]) -> tuple[parse.Written, Sequence[parse.Written]]:
        return given[0], given


@register
class AverageIf(If):
    """The average over the related records that meet a criterion, with 6 decimals; of none it is blank.

    >>> AVERAGEIF(orders.status, 'done', orders.amount)
    75.125
    """

    name, label, stands_for = "AVERAGEIF", {"zh": "条件平均", "en": "Average if"}, "AVG"


@register
class AverageIfs(Ifs):
    """The average over the related records that meet all criteria: the value first, then pairs of field and criterion.

    >>> AVERAGEIFS(orders.amount, orders.status, 'done', orders.amount, '>60')
    100
    """

    name, label, stands_for = "AVERAGEIFS", {"zh": "多条件平均", "en": "Average if all"}, "AVG"


@register
class MaxIfs(Ifs):
    """The greatest value of the related records that meet all criteria; of none it is blank.

    >>> MAXIFS(orders.paid_on, orders.status, 'draft')
    2024-03-01
    """

    name, label, stands_for = "MAXIFS", {"zh": "条件最大", "en": "Greatest if all"}, "MAX"


@register
class MinIfs(Ifs):
    """The least value of the related records that meet all criteria; of none it is blank.

    >>> MINIFS(orders.amount, orders.status, 'done')
    50.25
    """

    name, label, stands_for = "MINIFS", {"zh": "条件最小", "en": "Least if all"}, "MIN"


@register
class SumProduct(Spelling):
    """The sum of the products of several values of each related record. The same as `SUM(a * b)`.

    >>> SUMPRODUCT(orders.items.quantity, orders.items.price) == 91
    TRUE
    """

    name, label, stands_for = "SUMPRODUCT", {"zh": "乘积求和", "en": "Sum of products"}, "SUM"
    parameters, repeats = (Parameter("value", ("number", "money")), Parameter("factor", ("number", "money"))), 1

    def spelled_out(self, written: parse.Called, reader: AggregateReader) -> parse.Called:
        product = written.arguments[0]
        for each in written.arguments[1:]:
            product = parse.Joined(written.start, written.end, "*", product, each)
        return parse.Called(written.start, written.end, "SUM", written.place, (product,), written.keywords)
