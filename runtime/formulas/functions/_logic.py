"""What functions of logic share."""

from __future__ import annotations

from runtime.formulas.functions.base import same_type
from runtime.formulas.tree import Choose, Node
from runtime.formulas.types import adapted
from runtime.texts import _

CONDITION = ("boolean", "blank")


def choice_of(cases: list[tuple[Node, Node]], otherwise: Node | None) -> Node:
    """The first case that holds. Raises Trouble where the results have no common type."""
    values = adapted([value for __, value in cases] + ([otherwise] if otherwise is not None else []))
    type = same_type(values, _("All results need one type, such as all texts or all numbers."))
    return Choose(
        type,
        tuple((condition, value) for (condition, __), value in zip(cases, values, strict=False)),
        values[-1] if otherwise is not None else None,
    )
