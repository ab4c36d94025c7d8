"""Tiering: bands, tags and segments."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, CHOICE, NUMBER, TEXT
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.functions.base import NUMBER_KINDS, SHELF, Function, Parameter, Trouble, register, require_numbers
from runtime.formulas.scope import similar
from runtime.formulas.tree import Call, Field, Literal, Node, literal_value
from runtime.formulas.types import adapted
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer


@register
class Band(Function):
    """Cuts a number into bands: 1 below the first cut, 2 from the first cut on, and so on. The cuts are written out, in rising order.

    >>> BAND(amount, 100, 200, 300)
    2
    >>> BAND(100, 100, 200)
    2
    >>> BAND(nothing, 100)
    blank
    """

    name, label, result_type, limits, cost = "BAND", {"zh": "分档", "en": "Band"}, NUMBER(0), (1, 300), 1
    parameters, repeats, one_scale = (Parameter("number", NUMBER_KINDS), Parameter("cut", NUMBER_KINDS)), 1, True

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        arguments = adapted(arguments)
        cuts = [literal_value(each) for each in arguments[1:]]
        for number, cut in enumerate(cuts):
            if not isinstance(cut, Decimal):
                raise Trouble(_("Cuts are written out as numbers."), number + 1)
        if any(isinstance(a, Decimal) and isinstance(b, Decimal) and a >= b for a, b in pairwise(cuts)):
            raise Trouble(_("Write the cuts in rising order."))
        return arguments

    def cost_of(self, call: Call) -> int:
        return len(call.arguments)

    def run(self, *arguments: Any) -> Decimal:
        return Decimal(1 + sum(arguments[0] >= cut for cut in arguments[1:]))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        number, *cuts = writer.same_scale(operands)
        steps = [(number >= cut, pieces.whole(band)) for band, cut in reversed(list(enumerate(cuts, 2)))]
        return sa.case((number.is_(None), sa.null()), *steps, else_=pieces.whole(1))


@register
class DimensionBand(Function):
    """The band that a dimension of the tier model has given this record; blank while the dimension is missing.
    Only in floors, ceilings and freezes of the same model.

    >>> DIMENSION_BAND('referral') >= 4
    TRUE
    """

    name, label, group, result_type, limits = (
        "DIMENSION_BAND",
        {"zh": "维度档位", "en": "Band of a dimension"},
        "dimension",
        NUMBER(0),
        (0, 300),
    )
    parameters, needs_values = (Parameter("dimension", ("text",), constant=True),), True

    def run(self, *arguments: Any) -> Decimal | None:
        band = arguments[0].dimension_band(arguments[1])
        return None if band is None else Decimal(band)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.dimension_band(operands[0].value)


class OfList(Function):
    """A condition on a field with several values: constants, of people and records their numbers, or a list about the person who asks.
    Blank holds nothing."""

    result_type, blank = BOOLEAN, "own"
    parameters, repeats = (Parameter("list", ("list",)), Parameter("value", ("text", "list"))), 1

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        item = arguments[0].type.item
        if not isinstance(arguments[0], Field):
            raise Trouble(_("Name a field with several values, or the tags."), 0)
        constants = [each for each in arguments[1:] if not asks_who(each)]
        if item is not None and item.kind in ("member", "record"):
            require_numbers(constants)
        elif any(not isinstance(literal_value(each), str) for each in constants):
            raise Trouble(_("Write the values out, in quotation marks."), 1)
        for number, each in enumerate(arguments[1:], 1):
            value = literal_value(each)
            if item is not None and item.options and value is not None and value not in item.options:
                near = similar(str(value), list(item.options))
                raise Trouble(
                    _("There is no option {value} here. Did you mean {near}?", value=value, near=near)
                    if near
                    else _("There is no option {value} here; choose one of {options}.", value=value, options=", ".join(item.options[:12])),
                    number,
                )
        return arguments

    def knows(self, argument: Node) -> bool:
        return asks_who(argument)

    def parts(self, writer: Writer, operands: tuple[Operand, ...]) -> list[Any]:
        field = operands[0].node
        assert isinstance(field, Field)
        source, item = writer.source_of(field), field.type.item
        texts = [text for each in operands[1:] for text in (_asked(each.node, source) if asks_who(each.node) else [each.value])]
        numbers = item is not None and item.kind in ("member", "record")
        return [source.list_contains(field.key, int(text) if numbers else text) for text in texts]


def asks_who(node: Node) -> bool:
    """Whether it is a list about the person who asks, which is known before any record is looked at."""
    return isinstance(node, Call) and SHELF[node.function].group == "person" and node.type.kind == "list"


def _asked(node: Node, source: Any) -> Sequence[Any]:
    assert isinstance(node, Call)
    return SHELF[node.function].run(source)


def _texts(arguments: Sequence[Any]) -> list[str]:
    return [str(text) for each in arguments for text in (each if isinstance(each, tuple) else (each,))]


@register
class HasAny(OfList):
    """True if a field with several values (or the tags) holds at least one of the values.

    >>> HAS_ANY(tags, 'vip', 'loyal')
    TRUE
    """

    name, label = "HAS_ANY", {"zh": "包含任一", "en": "Has any of"}

    def run(self, *arguments: Any) -> bool:
        held = _texts(arguments[0] or ())
        return any(each in held for each in _texts(arguments[1:]))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return sa.or_(sa.false(), *self.parts(writer, operands))


@register
class HasAll(OfList):
    """True if a field with several values (or the tags) holds all of the values.

    >>> HAS_ALL(tags, 'vip', 'loyal')
    FALSE
    """

    name, label = "HAS_ALL", {"zh": "包含全部", "en": "Has all of"}

    def run(self, *arguments: Any) -> bool:
        held = _texts(arguments[0] or ())
        return all(each in held for each in _texts(arguments[1:]))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return sa.and_(sa.true(), *self.parts(writer, operands))


@register
class InSegment(Function):
    """True if the record belongs to a segment.

    >>> IN_SEGMENT('vip_at_risk')
    TRUE
    """

    name, label, result_type, needs_values = "IN_SEGMENT", {"zh": "属于人群", "en": "In segment"}, BOOLEAN, True
    parameters = (Parameter("segment", ("text",), constant=True),)

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        key = str(literal_value(arguments[0]))
        segments = {each.key for each in scope.catalogue.segments.values() if each.form == scope.form}
        if key not in segments:
            near = similar(key, sorted(segments))
            raise Trouble(
                _("There is no segment {key} of this form. Did you mean {near}?", key=key, near=near)
                if near
                else _("There is no segment {key} of this form; make it first.", key=key),
                0,
            )
        return arguments

    def run(self, *arguments: Any) -> bool:
        return bool(arguments[0].in_segment(arguments[1]))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.segment(operands[0].value)


class OfPopulation(Function):
    """The place of a field's value among all records, by stored cut points: how many of them it has reached."""

    needs_values = uses_day = True
    first: ClassVar[int]
    """The result of a value that has reached no cut point."""

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        field = arguments[0]
        if not isinstance(field, Field) or field.relation or field.system or field.parent:
            raise Trouble(_("Name a field of this form; cut points are stored for fields."), 0)
        # the cut points are looked up by the field's key, so the call carries it
        return [*arguments, Literal(TEXT, field.key)]

    def run(self, *arguments: Any) -> Decimal | None:
        values, value, key = arguments[0], arguments[1], arguments[-1]
        cuts = values.cuts(key, self.parts(arguments[2:-1]))
        return None if cuts is None else Decimal(self.first + sum(cut is not None and value >= cut for cut in cuts))

    def parts(self, given: Sequence[Any]) -> int:
        """Into how many parts the population is cut."""
        raise NotImplementedError

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        parts = self.parts([each.literal for each in operands[1:-1]])
        return writer.source.cuts_reached(operands[-1].value, parts, operands[0].sql) + pieces.whole(self.first)


@register
class QuantileBand(OfPopulation):
    """The band of a field's value among all records, in bands of equal size counted from the least; equal values share a band.
    It reads the cut points that the last full recompute has stored, and is blank before it.

    >>> QUANTILE_BAND(amount, 5)
    3
    """

    name, label, result_type, limits, cost = "QUANTILE_BAND", {"zh": "分位档", "en": "Quantile band"}, NUMBER(0), (1, 100), 3
    parameters, first = (Parameter("field", NUMBER_KINDS), Parameter("bands", ("number",), constant=True, least=2, most=100)), 1

    def parts(self, given: Sequence[Any]) -> int:
        return int(given[0])


@register
class PercentRank(OfPopulation):
    """The place of a field's value among all records in percent, 0 to 99: at least so many of a hundred records have a smaller value.
    Equal values share a place. It reads the cut points that the last full recompute has stored, and is blank before it.

    >>> PERCENT_RANK(amount)
    50
    """

    name, label, result_type, limits, cost = "PERCENT_RANK", {"zh": "百分位", "en": "Percentile"}, NUMBER(0), (0, 99), 3
    parameters, first = (Parameter("field", NUMBER_KINDS),), 0

    def parts(self, given: Sequence[Any]) -> int:
        return 100


@register
class TierAt(Function):
    """The tier that a record had by a model at the end of a day; blank if it had none.

    >>> TIER_AT('loyalty', DATE(2024, 3, 1))
    'gold'
    >>> TIER_AT('loyalty', DATE(2023, 1, 1))
    blank
    """

    name, label, needs_values, beyond_record, cost = "TIER_AT", {"zh": "当日层级", "en": "Tier on a day"}, True, True, 2
    parameters = (Parameter("model", ("text",), constant=True), Parameter("date", ("date",)))

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        key = str(literal_value(arguments[0]))
        models = {each.key: each for each in scope.catalogue.tier_models.values() if each.form == scope.form}
        if key not in models:
            near = similar(key, sorted(models))
            raise Trouble(
                _("There is no tier model {key} of this form. Did you mean {near}?", key=key, near=near)
                if near
                else _("There is no tier model {key} of this form; make it first.", key=key),
                0,
            )
        return arguments

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        model, day = self.prepared(arguments, scope)
        tiers = scope.catalogue.tier_models[str(literal_value(model))].tiers
        return Call(CHOICE(tuple(each.key for each in tiers)), self.name, (model, day))

    def run(self, *arguments: Any) -> str | None:
        return arguments[0].tier_at(arguments[1], arguments[2])

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.tier_at(operands[0].value, operands[1].sql)
