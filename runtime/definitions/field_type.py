"""FieldType: what every type of field must be able to do. One file a type in runtime/fields/."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from markupsafe import Markup
from pydantic import Field

from runtime.definitions.model import FieldKey, FormulaText, FormulaUse, Model, Text
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


class Lookup(Protocol):
    """Finds what a typed text points at; None when nothing or more than one thing answers to it."""

    zone: ZoneInfo

    def person(self, text: str) -> int | None:
        """A person by id, e-mail or name."""

    def record(self, form: str, match: str | None, text: str) -> int | None:
        """A record of `form` by its id or, with `match`, by the value of that field. Digits alone may be either: an import tries the match
        value first, every other door the id."""

    def tag(self, tag_set: str, text: str) -> str | None:
        """The key of a tag by its key or label."""

    def department(self, text: str) -> str | None:
        """The key of a department by its key, name or path."""

    def linked(self, field: Any, text: str) -> str | None:
        """The value that a text means among those from which a linked choice is chosen."""

    def fits(self, form: str, field: Any, text: str, ours: Mapping[str, Any]) -> bool:
        """Whether the value of a linked choice of `form` fits what the fields beside it hold, by the words of its pairs."""

    def file(self, id: str, token: str) -> str | None:
        """The token of a file by its id, if the person may use it. `token`: what was given, which only a lookup without files believes."""


class Reader(Protocol):
    """Who reads: language, zone, and how figures and names are written for them."""

    language: str
    zone: ZoneInfo

    def money(self, value: Any, currency: str | None, scale: int = 2) -> str: ...
    def number(self, value: Any, scale: int = 0) -> str: ...
    def date(self, value: Any) -> str: ...
    def datetime(self, value: Any) -> str: ...
    def person_name(self, person: int) -> str: ...
    def record_title(self, form: str, record: int) -> str: ...
    def tag_label(self, tag_set: str, tag: str) -> str: ...
    def tier_label(self, tier_model: str, tier: str) -> str: ...
    def say(self, message: Message) -> str: ...


FAMILIES: dict[str, Message] = {
    "basic": _("Basic"),
    "contact": _("Contact and place"),
    "people": _("People"),
    "related": _("Other records"),
    "files": _("Files"),
    "computed": _("Fills itself"),
    "layout": _("Layout"),
}
"""The families of field types, in the order in which the designer shows them."""


class FieldType(Model):
    """A field of a form: its settings are the model's fields, its behaviour the methods below."""

    type: str
    key: FieldKey
    formerly: tuple[FieldKey, ...] = Field((), max_length=50, title="Former keys")
    """Keys that it had before: its values stay where they are, and its history is read on."""
    label: Text = Field(title="Label")
    help: Text | None = Field(None, title="Help text")
    required: bool = Field(False, title="Required")
    unique: bool = Field(False, title="No two records alike")
    default: FormulaText | None = Field(None, title="Default value")
    mask: bool = Field(False, title="Show masked")

    stores: ClassVar[str] = "column"
    """Where values live: column, many (several values), rows (a sub-form), computed (a formula), assigned (tags), rated (a tier),
    nothing (words between fields)."""
    widget: ClassVar[str] = "text"
    """The macro that renders its entry."""
    parts: ClassVar[bool] = False
    """Whether its entry has several controls of one name, whose texts `parse` gets as a list; they stand under one legend."""
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "blank", "not_blank")
    writable: ClassVar[bool] = True
    importable: ClassVar[bool] = True
    in_rows: ClassVar[bool] = True
    """Whether a row of a sub-form can hold it: there a field has one column, whatever `stores` says."""
    sortable: ClassVar[bool] = True
    without: ClassVar[tuple[str, ...]] = ()
    """Common settings that mean nothing for this type: required, unique, default, mask."""

    family: ClassVar[str] = "basic"
    """The heading of FAMILIES under which the designer offers it."""
    title: ClassVar[Message] = _("Field")
    about: ClassVar[Message] = _("Holds a value.")
    icon: ClassVar[str] = "forms"
    """A name of static/src/icons.txt."""

    @property
    def distinct(self) -> bool:
        """Whether no two living records may have the same value."""
        return self.unique

    # -- storage ------------------------------------------------------------------------------------------------------------
    def column_type(self) -> sa.types.TypeEngine[Any]:
        """The type of its column; numbers and money are integers of the smallest unit, days and instants are integers too."""
        return sa.Text()

    def signature(self) -> str:
        """Two definitions of a field with the same signature share one column; a changed signature is a changed type."""
        return self.type

    def to_column(self, value: Any) -> Any:
        return value

    def from_column(self, stored: Any) -> Any:
        return stored

    def as_called_now(self, value: Any) -> Any:
        """A value that the same type of field kept under other keys of its options; None where its values are no keys."""
        return None

    def loader(self) -> Callable[[Any], Any] | None:
        """What makes a value of a stored one that is not blank; None where they are the same."""
        return None if type(self).from_column is FieldType.from_column else self.from_column

    # -- meaning ------------------------------------------------------------------------------------------------------------
    def formula_type(self) -> Type:
        raise NotImplementedError

    def parse(self, raw: Any, lookup: Lookup) -> Any:
        """The value that a text from a page, a file or the API means, or a value as it is; blank is None. Raises FieldError."""
        raise NotImplementedError

    def check(self, value: Any) -> list[Message]:
        """What is wrong with a value that is not blank: bounds and formats."""
        return []

    # -- showing ------------------------------------------------------------------------------------------------------------
    def entry(self, validators: list[Any], reader: Reader) -> Any:
        """An unbound WTForms field for entering a value."""
        raise NotImplementedError

    def to_entry(self, value: Any, reader: Reader) -> Any:
        """The value as its entry control takes it."""
        return value

    def typed(self) -> dict[str, Any]:
        """How the browser reads what is typed, beside the formula type: `type` names a reader of static/src/formulas/reading.ts."""
        return {"type": self.type}

    def display(self, value: Any, reader: Reader) -> str:
        return "" if value is None else str(value)

    def drawn(self, value: Any, reader: Reader) -> Markup | None:
        """A value that is not blank as a picture on the record's page: a swatch, a QR code. None where its text says all."""
        return None

    def search_at(self, app: str, form: str) -> str | None:
        """Where a page asks while somebody types; `form`: the form it belongs to. None where nothing is searched for."""
        return None

    @property
    def asks(self) -> tuple[str, ...]:
        """The fields of the record being filled in that what is searched for depends on; in rows `parent.key` is one of the form itself."""
        return ()

    def in_file(self, value: Any, reader: Reader) -> str | None:
        """A value that is not blank as an exported file says it, so that an import reads it again; None: as its kind of value is usually written."""
        return None

    def masked(self, value: Any) -> str:
        """What somebody sees who may only know that there is a value."""
        return "" if self.is_blank(value) else "••••"

    def is_blank(self, value: Any) -> bool:
        """Nothing, or no values at all; false and zero are values."""
        return value is None or value == ()

    def to_json(self, value: Any) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        """JSON Schema 2020-12 of a value in the API."""
        return {"type": ["string", "null"]}

    def people(self, value: Any) -> Iterable[int]:
        """The people that a value names, so that a page finds all names at once."""
        return ()

    def records(self, value: Any) -> Iterable[tuple[str, int]]:
        """The records that a value names, by form and id."""
        return ()

    @property
    def names_others(self) -> bool:
        """Whether its values name people or records, so that a list need not ask each value."""
        return type(self).people is not FieldType.people or type(self).records is not FieldType.records

    def search_text(self, value: Any) -> str:
        """What can be searched for; empty = not searched."""
        return ""

    # -- checking the definition ----------------------------------------------------------------------------------------------
    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        """What is wrong with its settings beyond their shape; paths start at the field."""
        for name in self.without:
            if getattr(self, name) != type(self).model_fields[name].default:
                yield Problem(name, _("A field of the type {type} has no such setting. Leave it out.", type=self.type))

    def formulas(self, form: Form, catalogue: Catalogue, subform: str | None = None) -> Iterator[FormulaUse]:
        if self.default is not None:
            # a default is worked out before the record exists: it sees the values that are already entered
            yield FormulaUse("default", self.default, form.key, subform, self.formula_type(), allow=frozenset({"person", "effects"}))

    def lines(self) -> Mapping[str, FieldType]:
        """The fields of a sub-form's rows; empty for all others."""
        return {}
