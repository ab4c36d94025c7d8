"""Lists: from texts to lists and back. Not in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.definitions.types import LIST, TEXT, Type
from runtime.formulas.functions.base import TEXT_KINDS, Bound, Function, Parameter, register
from runtime.formulas.functions._texts import TEXT_
from runtime.formulas.tree import Call, Node

LIST_ = Parameter("list", ("list",))


class OfLists(Function):
    family, in_sql = "lists", False
    not_in_sql = "SQLite has no lists of texts in an order"

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return None


@register
class Split(OfLists):
    """The parts of a text between a separator, as a list: for use after `in`, in INDEX and in JOIN.

    >>> INDEX(SPLIT('2026/11/21', '/'), 2)
    '11'
    >>> 'b' in SPLIT('a,b,c', ',')
    TRUE
    """

    name, label, result_type = "SPLIT", {"zh": "拆分", "en": "Split"}, LIST(TEXT)
    parameters = (TEXT_, Parameter("separator", TEXT_KINDS))

    def run(self, *arguments: Any) -> tuple[str, ...]:
        return tuple(arguments[0].split(arguments[1])) if arguments[1] else (arguments[0],)


@register
class Index(OfLists):
    """The entry at a place of a list (the first is 1); blank if the list is shorter.

    >>> INDEX(tags, 1)
    'vip'
    >>> INDEX(tags, 2)
    blank
    """

    name, label = "INDEX", {"zh": "取第几个", "en": "Entry of a list"}
    parameters = (LIST_, Parameter("place", ("number",), constant=True, least=1, most=10_000))

    def result(self, arguments: list[Node]) -> Type:
        return arguments[0].type.item or TEXT

    def run(self, *arguments: Any) -> Any:
        values, place = arguments[0], int(arguments[1])
        return values[place - 1] if place <= len(values) else None


@register
class Union(OfLists):
    """The entries of several lists as one list, each once, in the order in which they come first.

    >>> JOIN(UNION(tags, colors, SPLIT('new,vip', ',')), '+')
    'vip+new'
    """

    name, label, blank = "UNION", {"zh": "合并去重", "en": "Union"}, "own"
    parameters, repeats = (LIST_,), 1

    def result(self, arguments: list[Node]) -> Type:
        types = {each.type for each in arguments}
        return arguments[0].type if len(types) == 1 else LIST(TEXT)

    def run(self, *arguments: Any) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(each for values in arguments for each in values or ()))
