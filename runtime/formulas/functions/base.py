"""Function: what every function of the language states in one place: names, parameters, result, blanks, both ways of computing it.

The docstring is the user's reference; its first paragraph says what the function does. Lines that begin with `>>>` are examples and
run as tests on every
reader; the line below is the result as `shown_value` writes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from runtime.definitions.types import Type
from runtime.formulas.tree import Call, Node, literal_value
from runtime.formulas.types import adapted, any_of, common, described
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer

ANY = ("number", "money", "text", "boolean", "date", "datetime", "duration", "choice", "list", "member", "record", "blank")
SCALAR = tuple(kind for kind in ANY if kind != "list")
TEXT_KINDS = ("text", "choice")
NUMBER_KINDS = ("number", "money")
DAY_KINDS = ("date", "datetime")
ORDERED = ("number", "money", "date", "datetime", "duration", "text")
Bound = tuple[int, int] | None


class Trouble(Exception):
    """A function cannot take these arguments. `argument` is the number of the one to mark, None for the whole call."""

    def __init__(self, message: Message, argument: int | None = None):
        super().__init__(message)
        self.message = message
        self.argument = argument


@dataclass(frozen=True)
class Parameter:
    """`constant`: must be written as a literal, because SQL and checking need to know it."""

    name: str
    kinds: tuple[str, ...] = ANY
    constant: bool = False
    least: int | None = None
    most: int | None = None

    def problem(self, node: Node) -> Message | None:
        if node.type.kind not in self.kinds and not (node.type.kind == "blank" and not self.constant):
            return _(
                "“{name}” needs {wanted}, not {given}.",
                name=self.name,
                wanted=_either(any_of(dict.fromkeys(self.kinds))),
                given=described(node.type),
            )
        if not self.constant:
            return None
        value = literal_value(node)
        if value is None:
            return _("“{name}” must be written out here, not computed.", name=self.name)
        if isinstance(value, Decimal) and (
            value != int(value) or (self.least is not None and value < self.least) or (self.most is not None and value > self.most)
        ):
            return _("“{name}” is a whole number from {least} to {most}.", name=self.name, least=self.least, most=self.most)
        return None


def require_numbers(arguments: Sequence[Node], first: int = 1) -> None:
    """That people or records are named by their numbers. Raises Trouble."""
    for place, each in enumerate(arguments, first):
        text = literal_value(each)
        if not (isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= 16):
            raise Trouble(_("People and records are named by their numbers here, in quotation marks: {example}.", example="'7'"), place)


def _either(names: list[Message]) -> Message | list[Message]:
    return names[0] if len(names) == 1 else names


class Function:
    """Base of all functions. One class a function; `register` puts it on the shelf."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    label: ClassVar[dict[str, str]]
    family: ClassVar[str] = ""
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    optional: ClassVar[int] = 0
    """How many of the last parameters may be left out."""
    repeats: ClassVar[int] = 0
    """How many of the last parameters may come again and again."""
    group: ClassVar[str | None] = None
    """The restricted group it belongs to: only places that allow the group may use it."""
    blank: ClassVar[str] = "blank"
    """What a blank argument does: `blank` = the result is blank; `own` = said in the description."""
    uses_day: ClassVar[bool] = False
    beyond_record: ClassVar[bool] = False
    """Whether it reads what is no part of the record, its relations or the day."""
    needs_values: ClassVar[bool] = False
    """run() gets the record's values (clock, person, population) as its first argument."""
    result_type: ClassVar[Type | None] = None
    in_sql: ClassVar[bool] = True
    not_in_sql: ClassVar[str] = ""
    """Why it cannot be SQL, or cannot for some arguments: a remark for the reference."""
    takes_day: ClassVar[bool] = False
    """Its first argument is a day, or a time of which the day counts: its SQL is given the day."""
    one_scale: ClassVar[bool] = False
    """Whether its SQL brings all its numbers to one scale."""
    cost: ClassVar[int] = 1
    """How often the SQL repeats each argument: nested calls multiply, so a tower of them is not written as SQL."""
    levels: ClassVar[int] = 0
    """How many signs its SQL opens one inside of the other, beyond what its cost tells."""
    limits: ClassVar[Bound] = None
    """Least and greatest result of a function that gives a number."""

    # -- checking ------------------------------------------------------------------------------------------------------------
    def result(self, arguments: list[Node]) -> Type:
        assert self.result_type is not None
        return self.result_type

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        """A last look at the arguments, which may change them. Raises Trouble."""
        return adapted(arguments)

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        """The node this call becomes. Raises Trouble."""
        arguments = self.prepared(arguments, scope)
        return Call(self.result(arguments), self.name, tuple(arguments))

    def arity(self) -> tuple[int, int | None]:
        most = None if self.repeats else len(self.parameters)
        return len(self.parameters) - self.optional, most

    def parameter(self, number: int) -> Parameter:
        if number < len(self.parameters):
            return self.parameters[number]
        rest = self.parameters[-self.repeats :]
        return rest[(number - len(self.parameters)) % self.repeats]

    # -- computing -----------------------------------------------------------------------------------------------------------
    def run(self, *arguments: Any) -> Any:
        raise NotImplementedError

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        raise NotImplementedError

    def sql_possible(self, call: Call) -> bool:
        return self.in_sql

    def sql_over_possible(self) -> bool:
        """Whether it is SQL as an aggregate over related records."""
        return self.in_sql

    def knows(self, argument: Node) -> bool:
        """Whether its SQL takes an argument as what it is before any record is looked at."""
        return False

    def cost_of(self, call: Call) -> int:
        return self.cost

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        """Least and greatest result in smallest units, from those of the arguments; for texts the greatest length."""
        return self.limits

    # -- the reference -------------------------------------------------------------------------------------------------------
    @classmethod
    def description(cls) -> str:
        """The docstring without its examples."""
        lines = inspect.cleandoc(cls.__doc__ or "").split("\n")
        examples = [number for number, line in enumerate(lines) if line.startswith(">>>")]
        return "\n".join(lines[: examples[0]] if examples else lines).strip()

    @classmethod
    def examples(cls) -> list[tuple[str, str]]:
        """(formula, result as text) of every example."""
        lines = inspect.cleandoc(cls.__doc__ or "").split("\n")
        return [
            (line.removeprefix(">>>").strip(), lines[number + 1].strip()) for number, line in enumerate(lines) if line.startswith(">>>")
        ]

    @classmethod
    def signature(cls) -> str:
        """How it is called: `ROUND(number, [digits])`."""
        first_optional = len(cls.parameters) - cls.optional
        parts = [f"[{each.name}]" if number >= first_optional else each.name for number, each in enumerate(cls.parameters)]
        return f"{cls.name}({', '.join(parts)}{', …' if cls.repeats else ''})"


SHELF: dict[str, Function] = {}
"""Every function under its name and its aliases."""


def register(kind: type[Function]) -> type[Function]:
    """Class decorator: puts a function on the shelf."""
    function = kind()
    kind.family = kind.family or kind.__module__.rsplit(".", 1)[-1]
    for name in (kind.name, *kind.aliases):
        if name in SHELF:
            raise ValueError(f"two functions are called {name}")
        SHELF[name] = function
    return kind


def same_type(arguments: Sequence[Node], message: Message) -> Type:
    """The common type of the arguments. Raises Trouble."""
    type = common(arguments)
    if type is None:
        money = list(dict.fromkeys(described(each.type) for each in arguments if each.type.kind == "money"))
        if len(money) > 1:
            left, right = money[:2]
            raise Trouble(_("Currencies never mix: here {left} meets {right}. Convert one of them first.", left=left, right=right))
        raise Trouble(message)
    return type


def union_of(given: Sequence[Bound]) -> Bound:
    """The bound of “one of these”."""
    known = [each for each in given if each is not None]
    return (min(each[0] for each in known), max(each[1] for each in known)) if len(known) == len(given) and known else None


def blank_gives_blank(run: Callable[..., Any]) -> Callable[..., Any]:
    """run(), with a blank result as soon as one argument is blank."""

    def checked(*arguments: Any) -> Any:
        return None if None in arguments else run(*arguments)

    return checked


def shown_value(value: Any) -> str:
    """A result as examples write it."""
    if value is None:
        return "blank"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return f"'{value}'" if isinstance(value, str) else str(value)
