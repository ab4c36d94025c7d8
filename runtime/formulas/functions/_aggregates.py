"""What aggregates share."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runtime.definitions.types import Type
from runtime.formulas.arithmetic import EXACT, limited
from runtime.formulas.functions.base import NUMBER_KINDS, Bound, Function, Parameter, same_type, union_of
from runtime.formulas.tree import Aggregate, Call, Node
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer


class AggregateFunction(Function):
    """`over` gives the value of a list of rows' values in which no blank is; `sql_over` the same as an aggregate of SQL."""

    aggregate = True
    only_rows = False
    blank = "own"
    value_kinds: tuple[str, ...] = NUMBER_KINDS
    repeats = 1
    nothing: Any = None
    """The value of nothing at all."""
    argument: Parameter | None = None
    """A constant that follows the value when it goes over records; `over` gets it after the values."""

    def result(self, arguments: list[Node]) -> Type:
        return same_type(arguments, _("All values need one type, such as all numbers."))

    def over(self, values: list[Any], *argument: Any) -> Any:
        raise NotImplementedError

    def composed(self, found: Aggregate) -> Node:
        """What stands in the tree for an aggregate over records."""
        return found

    def sql_over(self, writer: Writer, value: Operand) -> Any:
        raise NotImplementedError

    def run(self, *arguments: Any) -> Any:
        found = [each for each in arguments if each is not None]
        return self.over(found) if found else self.nothing

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return union_of(given)


def total(values: Sequence[Decimal]) -> Decimal:
    """The exact sum."""
    found = Decimal(0)
    for each in values:
        found = EXACT.add(found, each)
    return limited(found)
