"""Texts with places: “{name} is due on {due_on}”. What stands in a place is a formula, shown as its field shows it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runtime.definitions.field_type import FieldType, Reader
from runtime.definitions.model import LocalText
from runtime.definitions.places import PLACE, formulas_in, places
from runtime.definitions.types import Type
from runtime.formulas import tree
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.texts import _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.records.values import RecordValues

__all__ = ["PLACE", "as_shown", "filled", "formulas_in", "json_value", "places"]


def filled(text: str | LocalText | None, values: RecordValues, names: dict[str, Type], reader: Reader) -> str:
    """The text in the reader's language, its places filled from a record."""
    catalogue = values.act.catalogue
    form = values.form.key if values.form is not None else None

    def fill(match: re.Match[str]) -> str:
        wanted = formula(catalogue, form, match[1].strip(), names, frozenset({"person"}))
        return as_shown(evaluate(wanted, values), wanted.tree, wanted.type, form, catalogue, reader, names)

    return PLACE.sub(fill, shown(text, reader.language))


def as_shown(
    value: Any, node: tree.Node, kind: Type, form: str | None, catalogue: Catalogue, reader: Reader, names: dict[str, Type] | None = None
) -> str:
    """A value as its field shows it, or in the plain way of its type."""
    field = _field_of(node, form, catalogue, names or {})
    if value is None or value == ():
        return ""
    if field is not None:
        return field.display(value, reader)
    return _plainly(value, kind, reader)


def _field_of(node: tree.Node, form: str | None, catalogue: Catalogue, names: dict[str, Type]) -> FieldType | None:
    if isinstance(node, tree.Name) and not node.name.startswith("previous."):
        key, _dot, field = node.name.partition(".")
        whole = names.get(key)
        return catalogue.forms[str(whole.form)].field(field) if whole is not None and whole.kind == "record" and field else None
    if form is None:
        return None
    if isinstance(node, tree.Field) and not node.relation and not node.system:
        return catalogue.forms[form].field(node.key)
    if isinstance(node, tree.Name) and node.name.startswith("previous."):
        return catalogue.forms[form].field(node.name.removeprefix("previous."))
    if isinstance(node, tree.Path) and not node.relation:
        for step in node.reference.split("."):
            form = getattr(catalogue.forms[form].field(step), "form", None) if form is not None else None
        return catalogue.forms[form].field(node.key) if form is not None else None
    return None


def _plainly(value: Any, kind: Type, reader: Reader) -> str:
    if isinstance(value, bool):
        return reader.say(_("yes") if value else _("no"))
    if kind.kind == "money":
        return reader.money(value, kind.currency)
    if isinstance(value, Decimal):
        return reader.number(value, max(0, -int(value.normalize().as_tuple().exponent)))
    if isinstance(value, datetime):
        return reader.datetime(value)
    if isinstance(value, date):
        return reader.date(value)
    if kind.kind == "member":
        return reader.person_name(value)
    if kind.kind == "record" and kind.form is not None:
        return reader.record_title(kind.form, value)
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return str(value)


def json_value(value: Any) -> Any:
    """A formula's value as JSON: exact numbers as texts, days and instants in ISO."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, tuple):
        return [json_value(each) for each in value]
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)
