"""Rules of types: what may meet what, and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runtime.definitions.types import BLANK, DATE, DATETIME, DURATION, NUMBER, TEXT, Type
from runtime.formulas.tree import Literal, Negative, Node, Operation, is_constant, literal_value
from runtime.texts import Message, _

TEXTUAL = ("text", "choice")
NUMERIC = ("number", "money")
JOINABLE = ("text", "choice", "number", "money", "date", "blank")
DIVISION_SCALE = 6
MOST_SCALE = 8
"""Decimals of a number in SQL."""

NAMES: dict[str, Message] = {
    "number": _("a number"),
    "money": _("an amount of money"),
    "text": _("a text"),
    "boolean": _("true or false"),
    "date": _("a date"),
    "datetime": _("a date with time"),
    "duration": _("a duration"),
    "choice": _("a choice"),
    "list": _("a list"),
    "member": _("a person"),
    "record": _("a record"),
    "blank": _("nothing"),
}


def described(type: Type) -> Message:
    """A type in words: “a number”, “an amount of money (CNY)”."""
    if type.kind == "money":
        return _("an amount of money ({currency})", currency=type.currency or "?")
    return NAMES[type.kind]


def any_of(kinds: Iterable[str]) -> list[Message]:
    return [NAMES[kind] for kind in kinds]


def scaled(type: Type, scale: int) -> Type:
    return type if type.scale == scale else type.with_scale(scale)


def money_like(type: Type, node: Node) -> Node:
    """A constant in the type of the money it meets: its own decimals, the other's currency."""
    changed = replace(type, scale=node.type.scale)
    if isinstance(node, Negative):
        return replace(node, type=changed, operand=money_like(type, node.operand))
    if isinstance(node, Operation) and node.operator in ("+", "-"):
        return replace(node, type=changed, left=money_like(type, node.left), right=money_like(type, node.right))
    if isinstance(node, Literal):
        return replace(node, type=changed)
    return replace(node, type=changed)


def adapted(nodes: Sequence[Node]) -> list[Node]:
    """Constants take the type of the money they stand beside."""
    found = [node.type for node in nodes if node.type.kind == "money"]
    if not found:
        return list(nodes)
    money = found[0]
    return [money_like(money, node) if node.type.kind == "number" and is_constant(node) else node for node in nodes]


def common(nodes: Sequence[Node]) -> Type | None:
    """The type of “one of these values”, or None where they do not go together. Call `adapted` first."""
    types = [node.type for node in nodes if node.type.kind != "blank"]
    if not types:
        return BLANK
    first = types[0]
    if types.count(first) == len(types):
        return first
    if all(type.kind in TEXTUAL for type in types):
        return TEXT
    if any(type.kind != first.kind or type.currency != first.currency or type.form != first.form for type in types):
        return None
    if first.kind in NUMERIC:
        return scaled(first, max(type.scale for type in types))
    if first.kind == "list" and any(type.item and first.item and type.item.kind != first.item.kind for type in types):
        return None
    return first


def arithmetic(operator: str, left: Node, right: Node) -> Type | Message:
    """The type of an operation, or a sentence saying why there is none. Call `adapted` first for + and −."""
    a, b = left.type, right.type
    if operator == "&":
        return _joined(a, b)
    kinds = (a.kind, b.kind)
    if "text" in kinds or "choice" in kinds:
        if operator == "+":
            return _("+ adds numbers; join texts with &.")
        return _(
            "The operator {operator} does not work on {left} and {right}; VALUE(text) makes a number of a text.",
            left=described(a),
            right=described(b),
            operator=operator,
        )
    if "boolean" in kinds:
        return _("True or false is no number; use IF(condition, 1, 0).")
    result = _of_numbers(operator, a, b) or _of_times(operator, kinds, a, b)
    if result is None:
        return _cannot(operator, a, b)
    return result


def _joined(a: Type, b: Type) -> Type | Message:
    for type in (a, b):
        if type.kind not in JOINABLE:
            return _("& joins texts, numbers and dates; {what} cannot be joined.", what=described(type))
    return TEXT


def _of_numbers(operator: str, a: Type, b: Type) -> Type | Message | None:
    kinds = (a.kind, b.kind)
    if kinds == ("number", "number"):
        return NUMBER(_scale(operator, a, b))
    if kinds == ("money", "money"):
        if a.currency != b.currency:
            return _("Currencies never mix: here {left} meets {right}. Convert one of them first.", left=described(a), right=described(b))
        if operator in ("+", "-"):
            return scaled(a, max(a.scale, b.scale))
        return NUMBER(DIVISION_SCALE) if operator == "/" else None
    if kinds == ("money", "number") and operator in ("*", "/"):
        return scaled(a, _scale(operator, a, b))
    if kinds == ("number", "money") and operator == "*":
        return scaled(b, a.scale + b.scale)
    return None


def _of_times(operator: str, kinds: tuple[str, str], a: Type, b: Type) -> Type | None:
    if operator in ("+", "-") and kinds in (("date", "duration"), ("datetime", "duration")):
        return a
    if operator == "+" and kinds in (("duration", "date"), ("duration", "datetime")):
        return b
    if kinds == ("date", "date") and operator == "-":
        return NUMBER(0)
    if kinds == ("datetime", "datetime") and operator == "-":
        return DURATION
    if kinds == ("duration", "duration"):
        return {"+": DURATION, "-": DURATION, "/": NUMBER(DIVISION_SCALE)}.get(operator)
    if kinds in (("duration", "number"), ("number", "duration")) and operator == "*":
        return DURATION
    return None


def _scale(operator: str, a: Type, b: Type) -> int:
    if operator == "*":
        return a.scale + b.scale
    return DIVISION_SCALE if operator == "/" else max(a.scale, b.scale)


def _cannot(operator: str, a: Type, b: Type) -> Message:
    kinds = {a.kind, b.kind}
    if kinds & {"date", "datetime"} and "number" in kinds:
        return _("Days are added as DAYS(n) and hours as HOURS(n): date + DAYS(7).")
    if kinds == {"date", "datetime"}:
        return _("A date and a date with time do not meet; DATE(…) takes the day of a time.")
    if kinds == {"number", "money"} and operator in ("+", "-"):
        return _("An amount of money and a number do not meet; multiply the number by an amount first or use a money field.")
    return _("There is no {operator} between {left} and {right}.", left=described(a), operator=operator, right=described(b))


def comparison(operator: str, left: Node, right: Node) -> Message | None:
    """Why two values cannot be compared; None when they can. Call `adapted` first."""
    a, b = left.type, right.type
    for one, other in ((left, right), (right, left)):
        if (
            one.type.kind == "choice"
            and one.type.options
            and isinstance(value := literal_value(other), str)
            and value not in one.type.options
        ):
            return _("There is no option {value} here; choose one of {options}.", value=value, options=", ".join(one.type.options[:12]))
    if common([left, right]) is None:
        return _mismatch(a, b)
    kind = a.kind if a.kind != "blank" else b.kind
    if operator in ("==", "!="):
        return None
    if kind == "choice" or (b.kind == "choice"):
        return _("The options of a choice have no order; write in ('a', 'b') or ==.")
    if kind in ("boolean", "list", "member", "record"):
        return _("For {what} there is no order; only == and != can be used.", what=described(a))
    return None


def _mismatch(a: Type, b: Type) -> Message:
    kinds = {a.kind, b.kind}
    if kinds & {"date", "datetime"} and kinds & set(TEXTUAL):
        return _("A date is not compared with a text; write DATE(2026, 11, 21).")
    if kinds == {"date", "datetime"}:
        return _("A date and a date with time do not meet; DATE(…) takes the day of a time.")
    if kinds == {"number", "text"}:
        return _("A number is never equal to a text; take the quotation marks away, or use VALUE(text).")
    if "list" in kinds:
        return _("A list is asked with in: 'vip' in tags; or with HAS_ANY(tags, 'vip').")
    if kinds == {"money"}:
        return _("Currencies never mix: here {left} meets {right}. Convert one of them first.", left=described(a), right=described(b))
    return _("There is no comparing {left} with {right}.", left=described(a), right=described(b))


def fits(node: Node, wanted: Type) -> bool:
    """Whether a value can be stored in a field of type `wanted`."""
    given = node.type
    if given.kind == "blank":
        return True
    if wanted.kind == "text":
        return given.kind in TEXTUAL
    if wanted.kind == "choice":
        return given.kind in TEXTUAL
    if wanted.kind == "money":
        return (given.kind == "money" and (wanted.currency is None or given.currency == wanted.currency)) or (
            given.kind == "number" and is_constant(node)
        )
    if wanted.kind == "record":
        return given.kind == "record" and given.form == wanted.form
    return given.kind == wanted.kind


__all__ = ["DATE", "DATETIME", "DURATION", "adapted", "any_of", "arithmetic", "common", "comparison", "described", "fits", "money_like"]
