"""The checked tree of a formula: the one form all readers share (evaluation, SQL, dependencies, explanation, browser).

Nodes are frozen, every node knows its type. `to_json` and `from_json` are the stored form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any

from runtime.definitions.types import BOOLEAN, Type

Bound = tuple[int, int] | None
OWN_ROWS = "record"
"""The relation of formulas over a form's own records (dashboards): each record is a row."""


@dataclass(frozen=True, slots=True)
class Node:
    type: Type


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number (Decimal), text or truth as written."""

    value: Decimal | str | bool


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A field of this record, or with `relation` of the related row that an aggregate looks at.

    `parent`: a field of the record to which the row of a sub-form belongs. `bound`: least and greatest stored integer, where known.
    """

    key: str
    relation: tuple[str, ...] = ()
    system: bool = False
    parent: bool = False
    bound: Bound = None


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A field of the record a reference points at. Two references in a row are written `order.customer`."""

    reference: str
    key: str
    relation: tuple[str, ...] = ()
    bound: Bound = None


@dataclass(frozen=True, slots=True)
class Name(Node):
    """An extra name that the place of use brings, such as `score` or `previous.stage`."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """Arithmetic or the joining of texts: + - * / % &."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negative(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`operator` is and / or."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Within(Node):
    """Whether a value is one of a few constants: `tier in ('gold', 'diamond')`."""

    operand: Node
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Among(Node):
    """Whether a list holds a value: `'vip' in tags`, `owner in MY_REPORTS()`."""

    operand: Node
    list: Node


@dataclass(frozen=True, slots=True)
class Choose(Node):
    """The value of the first case whose condition holds, else `otherwise` (blank without one). IF, IFS, SWITCH and `a if c else b`."""

    cases: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the shelf, by its canonical name."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """One value over related rows. Without `value` rows are counted. `event_dates`: (level, field) whose later days a run for another
    day leaves out. `before`: how many windows before the present one. `argument`: a constant after the value, as in LARGE(x, 2)."""

    function: str
    relation: tuple[str, ...]
    value: Node | None = None
    where: Node | None = None
    on: Node | None = None
    days: int | None = None
    months: int | None = None
    by: Node | None = None
    event_dates: tuple[Node, ...] = ()
    before: int = 0
    argument: Node | None = None


NODES: dict[str, type[Node]] = {
    each.__name__: each
    for each in (Literal, Field, Path, Name, Operation, Negative, Compare, Logic, Not, Within, Among, Choose, Call, Aggregate)
}


def truth(value: bool) -> Literal:
    return Literal(BOOLEAN, value)


def children(node: Node) -> list[Node]:
    """The nodes right below."""
    found: list[Node] = []
    for name in _parts(type(node)):  # type: ignore[arg-type]
        value = getattr(node, name)
        if value.__class__ is tuple:
            found += _nodes(value)
        elif value is not None:
            found.append(value)
    return found


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    """The fields of a node that may hold nodes."""
    return tuple(each.name for each in fields(kind) if "Node" in str(each.type))


def _nodes(values: tuple[Any, ...]) -> Iterator[Node]:
    for each in values:
        if isinstance(each, Node):
            yield each
        elif each.__class__ is tuple:
            yield from _nodes(each)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, each before what is below it."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += children(here)[::-1]


def is_constant(node: Node) -> bool:
    """Whether a node is made of literals and operators only, so that its type may follow the other side's."""
    return isinstance(node, Literal) or (isinstance(node, (Negative, Operation)) and all(is_constant(each) for each in children(node)))


def literal_value(node: Node) -> Decimal | str | bool | None:
    """The value of a literal, also with a minus before it; None for everything else."""
    if isinstance(node, Negative):
        value = literal_value(node.operand)
        return -value if isinstance(value, Decimal) else None
    return node.value if isinstance(node, Literal) else None


# -- JSON -----------------------------------------------------------------------------------------------------------------------
def to_json(node: Node) -> dict[str, Any]:
    """The stored form. What equals a default is left out."""
    found: dict[str, Any] = {"node": type(node).__name__, "type": type_to_json(node.type)}
    for each in fields(node):
        value = getattr(node, each.name)
        if each.name != "type" and value != each.default:
            found[each.name] = _value_to_json(value)
    return found


def from_json(stored: dict[str, Any]) -> Node:
    kind = NODES[stored["node"]]
    values = {name: _value_from_json(value) for name, value in stored.items() if name not in ("node", "type")}
    if kind is Choose and "otherwise" not in values:
        values["otherwise"] = None
    return kind(type=type_from_json(stored["type"]), **values)


def type_to_json(type: Type) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": type.kind}
    if type.kind in ("number", "money"):
        found["scale"] = type.scale
    for name in ("currency", "form"):
        if getattr(type, name):
            found[name] = getattr(type, name)
    if type.options:
        found["options"] = list(type.options)
    if type.item:
        found["item"] = type_to_json(type.item)
    return found


def type_from_json(stored: dict[str, Any]) -> Type:
    item = stored.get("item")
    return Type(
        stored["kind"],
        stored.get("scale", 0),
        stored.get("currency"),
        stored.get("form"),
        tuple(stored.get("options", ())),
        type_from_json(item) if item else None,
    )


def _value_to_json(value: Any) -> Any:
    if isinstance(value, Node):
        return to_json(value)
    if isinstance(value, Decimal):
        return {"number": str(value)}
    if isinstance(value, tuple):
        return [_value_to_json(each) for each in value]
    return value


def _value_from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return Decimal(value["number"]) if "number" in value else from_json(value)
    if isinstance(value, list):
        return tuple(_value_from_json(each) for each in value)
    return value
