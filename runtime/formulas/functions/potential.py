"""What models of potential say of a record."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runtime.definitions.types import NUMBER, TEXT
from runtime.formulas.functions.base import Function, Parameter, Trouble, register
from runtime.formulas.scope import similar
from runtime.formulas.tree import Literal, Node, literal_value
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer

FIGURES = {"purchases": ("orders", "active", "worth", "lifetime"), "outcome": ("chance",)}
"""What can be asked of a model beside its main figure, by what it learns from."""
MAIN = "figure"
MOST = 10**15


@register
class PotentialOf(Function):
    """What a model of potential expects of the record: the value of its purchases in the coming days, or the chance of a yes in percent.
    Named after the model: 'orders' how many purchases it expects, 'active' the chance in percent that the record still buys, 'worth' the
    expected value of one purchase, 'lifetime' that of all coming ones discounted, 'chance' that of a yes. Worked out every night; blank while
    the model is not switched on. In a run for another day it is still the newest figure.

    >>> POTENTIAL('repeat')
    88.5
    >>> POTENTIAL('repeat', 'active')
    75
    >>> POTENTIAL('repeat', 'worth')
    blank
    """

    name, label, family, needs_values, uses_day = "POTENTIAL", {"zh": "潜力", "en": "Potential"}, "tiering", True, True
    result_type, limits = NUMBER(4), (-MOST, MOST)
    parameters, optional = (Parameter("model", ("text",), constant=True), Parameter("figure", ("text",), constant=True)), 1

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        key = str(literal_value(arguments[0]))
        models = {each.key: each for each in scope.catalogue.potentials.values() if each.form == scope.form}
        if key not in models:
            near = similar(key, sorted(models))
            raise Trouble(
                _("There is no model of potential {key} of this form. Did you mean {near}?", key=key, near=near)
                if near
                else _("There is no model of potential {key} of this form; make it first.", key=key),
                0,
            )
        return [arguments[0], self._figure(arguments, FIGURES[models[key].learn.by])]

    def _figure(self, arguments: list[Node], known: tuple[str, ...]) -> Node:
        """The figure that is asked for, as the tables call it."""
        if len(arguments) == 1:
            return Literal(TEXT, MAIN)
        if literal_value(arguments[1]) not in known:
            raise Trouble(_("This model knows {figures}.", figures=", ".join(f"'{each}'" for each in known)), 1)
        return arguments[1]

    def run(self, *arguments: Any) -> Decimal | None:
        return arguments[0].potential(arguments[1], arguments[2])

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.potential(operands[0].value, operands[1].value)
