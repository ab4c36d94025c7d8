"""Pairs of fields: one of another form's record that has to equal one of the record that is being filled in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from runtime.definitions.model import Model
from runtime.definitions.naming import PARENT, Names
from runtime.errors import FieldError, Problem
from runtime.texts import LANGUAGES, Message, _, shown

if TYPE_CHECKING:
    from runtime.definitions.field_type import FieldType, Lookup
    from runtime.definitions.form import Form

COMPARABLE = ("text", "choice", "number", "money", "date", "member")
WORDS = ("text", "choice")


class Pair(Model):
    theirs: str = Field(title="Field of that form")
    ours: Annotated[str, Names(rows=True)] = Field(title="Must equal this field here")
    """In the rows of a sub-form a field of the row; `parent.province` is one of the form itself."""


def comparable(theirs: FieldType, ours: FieldType) -> bool:
    one, other = theirs.formula_type(), ours.formula_type()
    if one.kind == "record":
        return bool(one == other)
    return one.kind in COMPARABLE and (one.kind == other.kind or (one.kind in WORDS and other.kind in WORDS))


def ours_of(pair: Pair, form: Form, rows: FieldType | None) -> FieldType | None:
    """The field here that a pair names; `rows`: the sub-form in whose rows it stands."""
    if rows is None:
        return form.field(pair.ours)
    return form.field(pair.ours.removeprefix(PARENT)) if pair.ours.startswith(PARENT) else rows.lines().get(pair.ours)


def rows_of(field: FieldType, form: Form) -> FieldType | None:
    """The sub-form in whose rows a field stands."""
    return next((each for each in form.fields if any(line is field for line in each.lines().values())), None)


def pair_problems(pairs: tuple[Pair, ...], field: FieldType, form: Form, other: Form) -> Iterator[Problem]:
    rows = rows_of(field, form)
    for number, pair in enumerate(pairs):
        theirs, ours = other.field(pair.theirs), ours_of(pair, form, rows)
        if theirs is None:
            yield Problem(f"pairs/{number}/theirs", _("The form {form} has no field with the key {key}.", form=other.label, key=pair.theirs))
        elif theirs.stores not in ("column", "computed") or theirs.mask:
            yield Problem(f"pairs/{number}/theirs", _("The field {field} cannot be compared. Choose one that holds a single value and is not masked.", field=theirs.label))
        elif ours is None:
            yield Problem(f"pairs/{number}/ours", _not_here(pair.ours, rows))
        elif ours is field:
            yield Problem(f"pairs/{number}/ours", _("A field cannot narrow itself. Choose another one."))
        elif ours.stores != "column" and not (ours.stores == "computed" and (rows is None or pair.ours.startswith(PARENT))):
            yield Problem(f"pairs/{number}/ours", _("The field {field} cannot be compared. Choose one that holds a single value and is not masked.", field=ours.label))
        elif not comparable(theirs, ours):
            yield Problem(f"pairs/{number}/ours", _("{field} and {other} do not hold the same kind of value.", field=ours.label, other=theirs.label))


def _not_here(ours: str, rows: FieldType | None) -> Message:
    if rows is None or ours.startswith(PARENT):
        return _("This form has no field with the key {key}.", key=ours.removeprefix(PARENT))
    return _("The rows have no field with the key {key}. A field of the form itself is written parent.{key}.", key=ours)


def equals(theirs: FieldType, ours: FieldType, value: Any, lookup: Lookup) -> tuple[Any, ...]:
    """The values over there that a value here equals: an option and a text mean the same by key or label."""
    one, other = theirs.formula_type().kind, ours.formula_type().kind
    if one == "choice" and other == "text":
        try:
            found = theirs.parse(value, lookup)
        except FieldError:
            return ()
        return () if found is None else (found,)
    if one == "text" and other == "choice":
        options = (each for each in getattr(ours, "options", ()) if each.key == value)
        return tuple(dict.fromkeys((value, *(shown(each.label, language) for each in options for language in LANGUAGES))))
    return (value,)
