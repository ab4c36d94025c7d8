"""Texts with places: “{name} is due on {due_on}”. What stands in a place is a formula, shown as its field shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runtime.definitions.field_type import FieldType, Reader
from runtime.definitions.model import FormulaUse, LocalText
from runtime.definitions.types import Type
from runtime.formulas import tree
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.texts import LANGUAGES, _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.records.values import RecordValues

PLACE = re.compile(r"\{([^{}\n]{1,200})\}")


def places(text: str | LocalText | None) -> list[str]:
    """The formulas in the places of a text, in all its languages."""
    written = [text] if isinstance(text, str) else [shown(text, language) for language in LANGUAGES] if text is not None else []
    return list(dict.fromkeys(place.strip() for each in written for place in PLACE.findall(each)))


def formulas_in(path: str, text: str | LocalText | None, form: str | None, names: dict[str, Type]) -> Iterator[FormulaUse]:
    for place in places(text):
        yield FormulaUse(path, place, form, names=names, allow=frozenset({"person"}))


def filled(text: str | LocalText | None, values: RecordValues, names: dict[str, Type], reader: Reader) -> str:
    """The text in the reader's language, its places filled from a record."""
    catalogue = values.act.catalogue
    form = values.form.key if values.form is not None else None

    def fill(match: re.Match[str]) -> str:
        wanted = formula(catalogue, form, match[1].strip(), names, frozenset({"person"}))
        return as_shown(evaluate(wanted, values), wanted.tree, wanted.type, form, catalogue, reader)

    return PLACE.sub(fill, shown(text, reader.language))


def as_shown(value: Any, node: tree.Node, kind: Type, form: str | None, catalogue: Catalogue, reader: Reader) -> str:
    """A value as its field shows it, or in the plain way of its type."""
    field = _field_of(node, form, catalogue)
    if value is None or value == ():
        return ""
    if field is not None:
        return field.display(value, reader)
    return _plainly(value, kind, reader)


def _field_of(node: tree.Node, form: str | None, catalogue: Catalogue) -> FieldType | None:
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
