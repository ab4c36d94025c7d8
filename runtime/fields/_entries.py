"""Entry controls. They hold what was typed as it was typed; reading and checking is the field type's part alone."""
from __future__ import annotations

from typing import Any

from wtforms import FieldList, StringField
from wtforms.fields import SelectMultipleField
from wtforms.fields.choices import SelectChoice

from runtime.definitions.field_type import FieldType, Reader
from runtime.fields._options import Option
from runtime.texts import shown


class Flags:
    """Says something to the browser (required, maxlength …) and refuses nothing itself."""

    def __init__(self, **flags: Any):
        self.field_flags = {name: value for name, value in flags.items() if value is not None}

    def __call__(self, form: Any, field: Any) -> None:
        """The field type has checked already."""


def control(kind: FieldType, field: Any, validators: list[Any], reader: Reader, flags: dict[str, Any] | None = None,
            **settings: Any) -> Any:
    """An unbound WTForms field with the label and help of a field type."""
    said = [*validators, Flags(**flags)] if flags else validators
    return field(shown(kind.label, reader.language), said, description=shown(kind.help, reader.language), **settings)


def choices(options: tuple[Option, ...], reader: Reader) -> list[SelectChoice]:
    return [SelectChoice(option.key, shown(option.label, reader.language)) for option in options]


class SearchedField(StringField):
    """A person or record, searched for while typing. `title` is the name of what is chosen now."""

    title = ""


class RowsField(FieldList):
    """Rows of a sub-form; its first arguments are those of every other field."""

    def __init__(self, label: Any = None, validators: Any = None, unbound_field: Any = None, **settings: Any):
        super().__init__(unbound_field, label, validators, **settings)


class SeveralField(SelectMultipleField):
    """Several options; a text that was refused stays what it is."""

    def process_data(self, value: Any) -> None:
        self.data = [str(each) for each in value] if isinstance(value, (list, tuple)) else []


class ReadOnlyField(StringField):
    """A value that is shown and not entered. `shown` is its display."""

    shown = ""
