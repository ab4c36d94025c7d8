"""What SQL can do exactly: static bounds of every number, and the size of the expression.

A bound is the least and the greatest integer at the scale of the node; for texts (0, greatest length). What could pass 2^61, needs more
than eight decimals or repeats its parts too often is left to the evaluation record by record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from runtime.formulas import tree
from runtime.formulas.arithmetic import LONGEST_RESULT
from runtime.formulas.functions.base import SHELF, Bound
from runtime.formulas.sql_pieces import DAY_MICROS, Division, LARGEST_QUOTIENT, SQL_LIMIT, quotient_factor
from runtime.formulas.types import DIVISION_SCALE, MOST_SCALE
from runtime.formulas.words import STORED_LIMIT

MOST_COST = 100
"""Beyond it, writing and reading the SQL would take longer than evaluating a record many times."""
MOST_COST_OF_FIGURES = 600
"""Of figures over all records, which are one statement and have no other way."""
MOST_HEIGHT = 60
"""The parser of SQLite before 3.46 keeps at most 100 open signs; the statement around the formula needs some of them."""
WHOLE_LIMIT = 10**12
LONGEST_TEXT = 1_000_000
COUNTS = (0, 10**9)
"""How many rows an aggregate may see."""
SUMS = (10**17, 10**16, 10**15, 10**14, 10**13, 10**12)
"""What a sum may be assumed to stay below: the largest of these with which the rest of the formula is exact. The statement fails
beyond it."""
SHORT_SUM = 10**14
"""Tried first where something is divided: up to this an amount is divided in one step, so its sum is written once or twice only."""


class NotInSql(Exception):
    """Some part cannot be written as exact SQL."""


@dataclass(frozen=True)
class Plan:
    """The assumptions with which a formula is exact in SQL; the statement checks them, and fails where they do not hold.

    `sum_limit`: no sum is larger. `limit_fields`: whether numbers and amounts are taken to be below 10^12 whole units.
    """

    sum_limit: int
    limit_fields: bool


def plan(node: tree.Node) -> Plan | None:
    """How a formula is written as SQL, or None where it has to be evaluated record by record."""
    divides = any(isinstance(each, tree.Operation) and each.operator == "/" for each in tree.walk(node))
    for assumed in product((False, True), (SHORT_SUM, *SUMS) if divides else SUMS):
        try:
            return _tried(node, Plan(assumed[1], assumed[0]))
        except TooLarge:
            continue
        except NotInSql:
            return None
    return None


def _tried(node: tree.Node, wanted: Plan) -> Plan | None:
    """Raises TooLarge or NotInSql."""
    if node.type.kind == "list":
        raise NotInSql()
    bounds = Bounds(wanted)
    bounds.of(node)
    most = MOST_COST_OF_FIGURES if any(map(_over_own_rows, tree.walk(node))) else MOST_COST
    return wanted if bounds.cost(node) <= most and height(node) <= MOST_HEIGHT else None


class TooLarge(Exception):
    """A number could pass 2^61."""


class Bounds:
    def __init__(self, plan: Plan):
        self.plan = plan
        self._known: dict[int, Bound] = {}

    def of(self, node: tree.Node) -> Bound:
        """Raises TooLarge or NotInSql. Every node below is looked at, once."""
        if id(node) not in self._known:
            self._known[id(node)] = self._checked(node)
        return self._known[id(node)]

    def _checked(self, node: tree.Node) -> Bound:
        found = getattr(self, f"of_{type(node).__name__}")(node)
        if node.type.kind in ("number", "money", "duration", "date", "datetime") and found is not None:
            if node.type.kind in ("number", "money") and node.type.scale > MOST_SCALE:
                raise NotInSql()
            if max(abs(found[0]), abs(found[1])) > SQL_LIMIT:
                raise TooLarge()
        if node.type.kind == "text" and found is not None and found[1] > LONGEST_RESULT and self._grows(node, found[1]):
            raise NotInSql()
        return found

    def _grows(self, node: tree.Node, length: int) -> bool:
        """Whether a text may become longer than every text it is made of: only the evaluation knows how long it really is."""
        below = [self.of(each) or (0, 0) for each in tree.children(node) if each.type.kind == "text"]
        return bool(below) and length > max(each[1] for each in below)

    def at_scale(self, node: tree.Node, scale: int) -> tuple[int, int]:
        """The bound of a number brought to another scale."""
        found = self.of(node) or default_bound(node)
        if scale < node.type.scale:
            factor = 10 ** (node.type.scale - scale)
            return found[0] // factor - 1, found[1] // factor + 1
        found = (found[0] * 10 ** (scale - node.type.scale), found[1] * 10 ** (scale - node.type.scale))
        if max(abs(found[0]), abs(found[1])) > SQL_LIMIT:
            raise TooLarge()
        return found

    # -- nodes ---------------------------------------------------------------------------------------------------------------
    def of_Literal(self, node: tree.Literal) -> Bound:
        if isinstance(node.value, str):
            return (0, len(node.value))
        value = int(node.value.scaleb(node.type.scale)) if isinstance(node.value, Decimal) else 0
        return (value, value)

    def of_Field(self, node: tree.Field) -> Bound:
        return self.of_column(node)

    def of_Path(self, node: tree.Path) -> Bound:
        return self.of_column(node)

    def of_Name(self, node: tree.Name) -> Bound:
        return self.of_column(node)

    def of_column(self, node: tree.Node) -> Bound:
        found = getattr(node, "bound", None) or default_bound(node)
        limit = self.field_limit(node)
        return found if limit is None else (max(found[0], -limit), min(found[1], limit))

    def field_limit(self, node: tree.Node) -> int | None:
        """What a column is checked against, or None where that is not needed."""
        if not self.plan.limit_fields or node.type.kind not in ("number", "money"):
            return None
        found, limit = getattr(node, "bound", None) or default_bound(node), WHOLE_LIMIT * 10**node.type.scale
        return limit if max(abs(found[0]), abs(found[1])) > limit else None

    def of_Negative(self, node: tree.Negative) -> Bound:
        found = self.of(node.operand)
        return None if found is None else (-found[1], -found[0])

    def of_Operation(self, node: tree.Operation) -> Bound:
        if node.operator == "&":
            return self._joined(node)
        if node.type.kind not in ("number", "money"):
            return self._of_times(node)
        if {node.left.type.kind, node.right.type.kind} & {"date", "datetime", "duration"}:
            self.of(node.left), self.of(node.right)
            if node.operator == "/":
                return self._quotient(node)
            return (-4_000_000, 4_000_000)
        if node.operator == "/":
            return self._quotient(node)
        if node.operator == "*":
            a, b = self.of(node.left) or default_bound(node.left), self.of(node.right) or default_bound(node.right)
            products = [x * y for x in a for y in b]
            return min(products), max(products)
        a, b = self.at_scale(node.left, node.type.scale), self.at_scale(node.right, node.type.scale)
        if node.operator == "+":
            return a[0] + b[0], a[1] + b[1]
        if node.operator == "-":
            return a[0] - b[1], a[1] - b[0]
        most = max(abs(b[0]), abs(b[1]))
        return -most, most

    def _joined(self, node: tree.Operation) -> Bound:
        total = 0
        for each in (node.left, node.right):
            found = self.of(each)
            total += found[1] if found is not None and each.type.kind in ("text", "choice") else 40
        return (0, total)

    def _of_times(self, node: tree.Operation) -> Bound:
        a, b = self.of(node.left) or default_bound(node.left), self.of(node.right) or default_bound(node.right)
        if node.operator == "*":
            number = node.left if node.left.type.kind == "number" else node.right
            products = [x * y for x in a for y in b]
            if max(abs(each) for each in products) > SQL_LIMIT or number.type.scale > MOST_SCALE:
                raise TooLarge()
            return min(products) // 10**number.type.scale - 1, max(products) // 10**number.type.scale + 1
        if node.type.kind == "date":
            span = b if node.left.type.kind == "date" else a
            day = a if node.left.type.kind == "date" else b
            most = max(abs(span[0]), abs(span[1])) // DAY_MICROS + 1
            return day[0] - most, day[1] + most
        most = max(abs(end) for end in a) + max(abs(end) for end in b)
        return -most, most

    def _quotient(self, node: tree.Operation) -> Bound:
        a, b = self.of(node.left) or default_bound(node.left), self.of(node.right) or default_bound(node.right)
        division(a, node.left.type.scale, b, node.right.type.scale)
        most = quotient_limit(a, node.left.type.scale, b, node.right.type.scale)
        return (0 if a[0] >= 0 and b[0] >= 0 else -most), most

    def of_Compare(self, node: tree.Compare) -> Bound:
        if node.left.type.kind == "list" or node.right.type.kind == "list":
            raise NotInSql()
        self._together((node.left, node.right))
        return None

    def _together(self, nodes: Sequence[tree.Node]) -> None:
        """Numbers that meet are brought to one scale."""
        scale = max(each.type.scale for each in nodes)
        for each in nodes:
            if each.type.kind in ("number", "money"):
                self.at_scale(each, scale)
            else:
                self.of(each)

    def of_Logic(self, node: tree.Logic) -> Bound:
        for each in node.operands:
            self.of(each)
        return None

    def of_Not(self, node: tree.Not) -> Bound:
        self.of(node.operand)
        return None

    def of_Within(self, node: tree.Within) -> Bound:
        self._together((node.operand, *node.options))
        return None

    def of_Among(self, node: tree.Among) -> Bound:
        self.of(node.operand)
        if not isinstance(node.list, tree.Field) and not (
            isinstance(node.list, tree.Call) and node.list.function in ("MY_REPORTS", "MY_DEPARTMENTS")
        ):
            raise NotInSql()
        return None

    def of_Choose(self, node: tree.Choose) -> Bound:
        for condition, __ in node.cases:
            self.of(condition)
        values = [value for __, value in node.cases] + ([node.otherwise] if node.otherwise is not None else [])
        if node.type.kind == "list":
            raise NotInSql()
        return self._union(node, values)

    def _union(self, node: tree.Node, values: Sequence[tree.Node]) -> Bound:
        if node.type.kind in ("number", "money"):
            found: list[Bound] = [self.at_scale(each, node.type.scale) if each.type.kind != "blank" else self.of(each) for each in values]
        else:
            found = [self.of(each) for each in values]
        known = [each for each in found if each is not None]
        return (min(each[0] for each in known), max(each[1] for each in known)) if known else None

    def of_Call(self, node: tree.Call) -> Bound:
        function = SHELF[node.function]
        if not function.sql_possible(node) or node.type.kind == "list":
            raise NotInSql()
        if getattr(function, "lazy", False):
            return self._union(node, node.arguments)
        given = [
            None
            if function.knows(each)
            else self.of(each) or (default_bound(each) if each.type.kind in ("number", "money", "text") else None)
            for each in node.arguments
        ]
        if function.one_scale:
            self._together(node.arguments)
        found = function.bound(node, given)
        if found is None and node.type.kind in ("number", "money", "duration"):
            return default_bound(node)
        return found

    def of_Aggregate(self, node: tree.Aggregate) -> Bound:
        if not SHELF[node.function].sql_over_possible() or self._ordered_by_the_record(node):
            raise NotInSql()
        for each in (node.where, node.on, node.by, *node.event_dates):
            if each is not None:
                self.of(each)
        if node.value is None:
            return SHELF[node.function].limits
        inside = self.of(node.value)
        if node.function == "SUM":
            return (-self.plan.sum_limit, self.plan.sum_limit)
        if node.function == "AVG":
            return self._average(node, node.value, self.plan.sum_limit)
        if node.function == "MEDIAN":
            return self._average(node, node.value, 2 * max(map(abs, inside or default_bound(node.value))))
        return SHELF[node.function].limits or inside

    def _ordered_by_the_record(self, node: tree.Aggregate) -> bool:
        """Whether the order of the rows reads the record itself, which SQLite cannot do."""
        order = node.by or node.on
        if order is None or not hasattr(SHELF[node.function], "last"):
            return False
        return any(isinstance(each, (tree.Field, tree.Path)) and not each.relation for each in tree.walk(order))

    def _average(self, node: tree.Aggregate, value: tree.Node, most: int) -> Bound:
        division((-most, most), value.type.scale, COUNTS, 0)
        return -LARGEST_QUOTIENT * 10**DIVISION_SCALE, LARGEST_QUOTIENT * 10**DIVISION_SCALE

    # -- size ----------------------------------------------------------------------------------------------------------------
    def cost(self, node: tree.Node) -> int:
        """About how many parts the SQL will have. Aggregates count once each: what is needed again is worked out beside the statement."""
        aggregates = {id(each): each for each in tree.walk(node) if isinstance(each, tree.Aggregate)}
        return self._parts(node) + sum(map(self._inside, aggregates.values()))

    def _parts(self, node: tree.Node) -> int:
        return 1 if isinstance(node, tree.Aggregate) else 1 + repeats(node) * sum(map(self._parts, tree.children(node)))

    def _inside(self, node: tree.Aggregate) -> int:
        """The parts of an aggregate: its value is repeated, its conditions only where they are put into the value."""
        whole = sum(map(self._parts, tree.children(node)))
        if _over_own_rows(node) or node.value is None:
            return repeats(node) * whole
        return whole + (repeats(node) - 1) * self._parts(node.value)


def repeats(node: tree.Node) -> int:
    """How often SQL repeats the parts of a node."""
    if isinstance(node, tree.Call):
        return SHELF[node.function].cost_of(node)
    if isinstance(node, tree.Operation):
        times = 4 if node.type.kind in ("date", "datetime") else 2 if "duration" in (node.left.type.kind, node.right.type.kind) else 1
        return {"/": 5, "%": 3, "&": 3}.get(node.operator, times)
    if isinstance(node, tree.Aggregate):
        return {"SUM": 3, "AVG": 18}.get(node.function, 1)
    twice = isinstance(node, (tree.Compare, tree.Choose)) and any(each.type.kind == "boolean" for each in _values(node))
    return 2 if twice else 1


def height(node: tree.Node) -> int:
    """About how many signs of the SQL are open at its deepest place. Aggregates that are needed several times stand beside it."""
    beside = [each for each in needed_again(node) if not _over_own_rows(each)]
    return max([_height(node, {id(each) for each in beside}), *(AROUND + _height(each, set()) for each in beside)])


AROUND = 12
"""Signs around an aggregate that is worked out beside the statement."""


OF_A_TIME = 14
"""Signs around the day on which the clock of the workspace shows a time."""


def _height(node: tree.Node, beside: set[int]) -> int:
    if id(node) in beside:
        return 0
    return _levels(node) + max((_height(each, beside) for each in tree.children(node)), default=0)


def needed_again(node: tree.Node, again: bool = False) -> Iterator[tree.Aggregate]:
    """The aggregates that SQL would write several times."""
    if isinstance(node, tree.Aggregate):
        if again:
            yield node
        return
    for each in tree.children(node):
        yield from needed_again(each, again or repeats(node) > 1)


def _over_own_rows(node: tree.Node) -> bool:
    return isinstance(node, tree.Aggregate) and node.relation == (tree.OWN_ROWS,)


def _levels(node: tree.Node) -> int:
    """How many signs the SQL of a node opens around its parts."""
    if isinstance(node, tree.Call):
        function = SHELF[node.function]
        of_a_time = function.takes_day and node.arguments[0].type.kind == "datetime"
        return 4 + 6 * repeats(node).bit_length() + function.levels + (OF_A_TIME if of_a_time else 0)
    if isinstance(node, tree.Operation):
        return {"/": 22, "%": 8, "&": 18}.get(node.operator, 2 * repeats(node))
    if isinstance(node, tree.Aggregate):
        return 22 + SHELF[node.function].levels
    return {tree.Among: 12, tree.Choose: 6, tree.Compare: 4 * repeats(node), tree.Within: 6}.get(type(node), 2)


def _values(node: tree.Compare | tree.Choose) -> list[tree.Node]:
    """What a comparison compares, what a choice chooses from."""
    if isinstance(node, tree.Compare):
        return [node.left, node.right]
    return [value for __, value in node.cases] + ([node.otherwise] if node.otherwise is not None else [])


def default_bound(node: tree.Node) -> tuple[int, int]:
    """The bound of a value that sets no limits of its own."""
    kind = node.type.kind
    if kind in ("number", "money"):
        return -STORED_LIMIT, STORED_LIMIT
    if kind == "date":
        return -719_162, 2_932_896
    if kind == "datetime":
        return -719_162 * DAY_MICROS, 2_932_897 * DAY_MICROS
    if kind == "duration":
        return -4_000_000 * DAY_MICROS, 4_000_000 * DAY_MICROS
    return (0, LONGEST_TEXT) if kind == "text" else (0, 2**53)


def quotient_limit(a: tuple[int, int], a_scale: int, b: tuple[int, int], b_scale: int) -> int:
    """The greatest quotient in millionths: the dividend by the divisor nearest to zero, and never above the limit of quotients."""
    up, down = quotient_factor(a_scale, b_scale)
    nearest = min(abs(b[0]), abs(b[1])) if b[0] > 0 or b[1] < 0 else 1
    most = max(abs(a[0]), abs(a[1])) * up // (max(1, nearest) * down) + 1
    return min(most, LARGEST_QUOTIENT * 10**DIVISION_SCALE)


def division(a: tuple[int, int], a_scale: int, b: tuple[int, int], b_scale: int) -> Division:
    """The shortest exact way to write a division. Raises TooLarge where there is none."""
    up, down = quotient_factor(a_scale, b_scale)
    dividend, divisor = max(abs(a[0]), abs(a[1])), max(abs(b[0]), abs(b[1])) * down
    nearest = (min(abs(b[0]), abs(b[1])) if b[0] > 0 or b[1] < 0 else 1) * down
    guarded = dividend * up // max(1, nearest) > LARGEST_QUOTIENT * 10**DIVISION_SCALE
    if dividend * 2 * up + divisor <= SQL_LIMIT and divisor * 2 <= SQL_LIMIT and not guarded:
        return Division((), False, a[0] < 0)
    step = next((step for step in (10**6, 10**5, 10**4, 1000, 100, 10) if divisor * step * 2 + divisor <= SQL_LIMIT), None)
    if step is None:
        raise TooLarge()
    steps = []
    while up > 1:
        steps.append(min(step, up))
        up //= steps[-1]
    return Division(tuple(steps) or (1,), guarded, a[0] < 0)
