"""The lanes of a board and the groups of a list: the values of a field with few of them, in their own order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.errors import NotFound
from runtime.records import query
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.field_type import FieldType
    from runtime.definitions.form import Form
    from runtime.system.workspace import Act

MOST = 30
"""More lanes than this are no board."""
BLANK = "-"
"""How “no value” is called in an address; no option, tier or person is called so."""


@dataclass(frozen=True)
class Lane:
    """`key` is its value in an address, `value` as a record has it. `label` is what the definitions call it, None where the value says it."""

    key: str
    value: Any
    label: Any = None
    color: str | None = None


def lanes_of(
    act: Act, form: Form, key: str, search: str | None = None, also: Sequence[str] = (), trusted: Sequence[str] = ()
) -> tuple[list[Lane], bool]:
    """The lanes by a field, those without a value last, and whether there would be more. Only where the definitions do not name the values are
    the records asked which there are."""
    field = form.by_key[key]
    known = _known(act, field)
    if known is not None:
        return [*known, Lane(BLANK, None)], False
    found = sorted(query.tally(act, form.key, key, search, also, trusted), key=lambda each: -each[1])
    values = [value for value, _count in found if value is not None]
    named = {each.value: each for each in _options(field)}
    return [*[named.get(value, Lane(str(value), value)) for value in values[:MOST]], Lane(BLANK, None)], len(values) > MOST


def lane_at(act: Act, form: Form, key: str, name: str) -> Lane:
    """The lane with this name in an address. Raises NotFound for a name that no value of the field could have."""
    field = form.by_key[key]
    if name == BLANK:
        return Lane(BLANK, None)
    for each in _known(act, field) or _options(field):
        if each.key == name:
            return each
    if field.type != "member":
        return Lane(name, name)
    if not (name.isascii() and name.isdecimal() and len(name) < 17):
        raise NotFound(_("This list has no such group."))
    return Lane(name, int(name))


def _known(act: Act, field: FieldType) -> list[Lane] | None:
    """The lanes that the definitions name; None where only the records know."""
    if field.stores == "rated":
        model = act.catalogue.tier_models.get(getattr(field, "tier_model"))
        return [] if model is None else [Lane(each.key, each.key, each.label, each.color) for each in reversed(model.ranked)]
    if field.type == "checkbox":
        return [Lane("true", True), Lane("false", False)]
    if field.type == "choice" and not getattr(field, "other", False):
        options = _options(field)
        return options if len(options) <= MOST else None
    return None


def _options(field: FieldType) -> list[Lane]:
    return [Lane(each.key, each.key, each.label, getattr(each, "color", None)) for each in getattr(field, "options", ())]


def name_of(value: Any) -> str:
    """How a value is called in an address."""
    return BLANK if value is None else str(value).lower() if isinstance(value, bool) else str(value)
