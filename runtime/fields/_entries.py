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


class SearchedSeveralField(SeveralField):
    """Several people or records, searched for while typing. `chosen` are (value, name) of what is chosen now."""

    chosen: tuple[tuple[str, str], ...] = ()


class PartsField(StringField):
    """Several controls of one name; `data` is the list of what stands in them."""

    @property
    def texts(self) -> list[str]:
        """What stands in each control, at least two."""
        given = list(self.data) if isinstance(self.data, (list, tuple)) else [self.data]
        return [*("" if each is None else str(each) for each in given), "", ""]


class RegionField(StringField):
    """A place, typed or chosen step by step, `depth` steps deep."""

    def __init__(self, label: Any = None, validators: Any = None, depth: int = 3, **settings: Any):
        super().__init__(label, validators, **settings)
        self.depth = depth


class StepsField(StringField):
    """An option of a tree; `steps` are (key, depth from 1, label), each before those below it."""

    def __init__(self, label: Any = None, validators: Any = None, steps: Any = (), **settings: Any):
        super().__init__(label, validators, **settings)
        self.steps = list(steps)


class OtherField(PartsField):
    """One of the options, or a text of one's own in the last control."""

    def __init__(self, label: Any = None, validators: Any = None, options: Any = (), buttons: bool = True, **settings: Any):
        super().__init__(label, validators, **settings)
        self.options, self.buttons = list(options), buttons

    @property
    def chosen(self) -> str:
        """The option that is chosen; nothing where a text of one's own stands."""
        found = [text for text in self.texts if text]
        return found[-1] if found and found[-1] in {each.value for each in self.options} else ""

    @property
    def own(self) -> str:
        found = [text for text in self.texts if text]
        return found[-1] if found and not self.chosen else ""


class WordsField(StringField):
    """No control at all: words between others."""

    def __init__(self, label: Any = None, validators: Any = None, words: str = "", look: str = "plain", **settings: Any):
        super().__init__(label, validators, **settings)
        self.words, self.look = words, look


class PanelField(StringField):
    """No control: `address` is where the page asks for what it shows, or sends what is pressed."""

    address = ""


class AddressField(PartsField):
    """A region, and with `detail` the rest of the address."""

    def __init__(self, label: Any = None, validators: Any = None, detail: bool = True, **settings: Any):
        super().__init__(label, validators, **settings)
        self.detail = detail


class ReadOnlyField(StringField):
    """A value that is shown and not entered. `shown` is its display."""

    shown = ""
