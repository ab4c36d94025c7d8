"""A form's definition as a form to fill in: a WTForms class to render, and what was posted as values and problems.

Every name begins with `f_`: a field keyed `validate`, `data` or `errors` would otherwise take the place of the form's own. WTForms only
renders. What was posted is read here and understood by the field types, as everywhere else; rules are the gateway's part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import wtforms
from wtforms.fields import BooleanField, Field, FieldList, RadioField, SelectMultipleField

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.form import Form
from runtime.errors import FieldError, Problem
from runtime.fields._entries import Flags, ReadOnlyField, SearchedField, SearchedSeveralField, control
from runtime.texts import Message, _

PREFIX = "f_"
SENDS_NOTHING = (BooleanField, RadioField, SelectMultipleField, FieldList)
"""Controls for which a browser sends nothing when nothing is chosen; for all others nothing sent means not asked."""
BLANK_ROW = "__row__"
LEFT_OUT = "_left_out"
"""Names of fields that stood on the page and were not asked: hidden or locked by a rule. They keep the value they have."""
NEEDED = _("This is needed.")
RowsHook = Callable[[FieldType, dict[int, dict[str, Any]]], list[dict[str, Any]]]


class Entry:
    """One filling-in of a form: `raw` as posted, `values` as understood, `problems` with their paths, and `form` to render, bound when it is first
    looked at: what was right at once is never rendered."""

    def __init__(
        self,
        kinds: Mapping[str, FieldType],
        bind: Callable[[], wtforms.Form],
        reader: Reader,
        raw: dict[str, Any],
        values: dict[str, Any],
        problems: Iterable[Problem] = (),
    ):
        self.kinds, self.reader, self.raw, self.values = kinds, reader, raw, values
        self._bind = bind
        self.problems: list[Problem] = []
        self.tell(problems)

    @cached_property
    def form(self) -> wtforms.Form:
        return self._bind()

    def __getitem__(self, key: str) -> Field:
        """The bound field of a key, ready for its macro."""
        return self.form[PREFIX + key]

    def __contains__(self, key: str) -> bool:
        return PREFIX + key in self.form

    @property
    def ok(self) -> bool:
        return not self.problems

    def errors_of(self, path: str) -> list[str]:
        """The sentences about a field (`name`) or a place in its rows (`items/0/price`), in the reader's language."""
        return [self.reader.say(each.message) for each in self.problems if each.path == path]

    def elsewhere(self) -> list[Problem]:
        """Problems that belong to no field on the page."""
        return [each for each in self.problems if self._place(each.path) is None]

    def links(self) -> dict[str, str]:
        """Path of a problem → `#id` of the control where it can be mended."""
        places = {each.path: self._place(each.path) for each in self.problems}
        return {path: f"#{field.id}" for path, field in places.items() if field is not None}

    def names(self) -> dict[str, str]:
        """Path of a problem → the name of the field that it is about; in rows also of the sub-form, and which row."""
        return {each.path: name for each in self.problems if (name := self._name(each.path))}

    def _name(self, path: str) -> str:
        field, (key, *rest) = self._place(path), path.split("/")
        if field is None:
            return ""
        if len(rest) == 0 or not rest[0].isdecimal():
            return str(field.label.text)
        rows, row = self[key].label.text, int(rest[0]) + 1
        if field is self[key]:
            return self.reader.say(_("{rows}, row {row}", rows=rows, row=row))
        return self.reader.say(_("{rows}, row {row}, {field}", rows=rows, row=row, field=field.label.text))

    def tell(self, problems: Iterable[Problem]) -> None:
        """Adds problems, such as those the gateway found, beside the fields they are about."""
        for problem in problems:
            if problem in self.problems:
                continue
            self.problems.append(problem)
            field = self._place(problem.path)
            if field is not None:
                field.errors = [*field.errors, self.reader.say(problem.message)]

    def _place(self, path: str) -> Any:
        """The control that a path means; for a row that is not there, its sub-form."""
        key, *rest = path.split("/")
        if key not in self:
            return None
        field = self[key]
        if isinstance(field, FieldList) and len(rest) == 2 and rest[0].isdecimal() and int(rest[0]) < len(field.entries):
            row = field.entries[int(rest[0])].form
            return row[PREFIX + rest[1]] if PREFIX + rest[1] in row else field
        return field


def form_class(form: Form, reader: Reader, editable: Collection[str] | None = None) -> type[wtforms.Form]:
    """The WTForms class of a form, its fields in the order of the definition. What may not be edited is shown as it is."""
    entries: dict[str, Any] = {}
    for kind in form.fields:  # WTForms orders by creation
        if _may_edit(kind, editable) or kind.stores == "nothing":
            entries[PREFIX + kind.key] = kind.entry([Flags(required=True)] if kind.required else [], reader)
        else:
            entries[PREFIX + kind.key] = control(kind, ReadOnlyField, [], reader)
    return type("EntryForm", (wtforms.Form,), entries)


def opened(
    form: Form,
    reader: Reader,
    values: Mapping[str, Any] | None = None,
    editable: Collection[str] | None = None,
    masked: Mapping[str, str] | None = None,
) -> Entry:
    """A form as it is first shown: with the values of a record, or with defaults that were worked out before.

    `masked`: what is shown of values that the reader may not see whole; those are not among `values`.
    """
    given = dict(values or {})
    shown = {key: form.by_key[key].to_entry(value, reader) for key, value in given.items() if key in form.by_key}
    return Entry(form.by_key, lambda: _bound(form, reader, editable, masked, shown, given), reader, {}, given)


def fill(
    form: Form,
    posted: Mapping[str, Any],
    lookup: Lookup,
    reader: Reader,
    values: Mapping[str, Any] | None = None,
    editable: Collection[str] | None = None,
    masked: Mapping[str, str] | None = None,
    quiet: bool = False,
    rows: RowsHook | None = None,
) -> Entry:
    """What was posted, understood. `values` are those of the record so far: fields that may not be edited show them.

    `quiet` says nothing of what is wrong: a draft is not finished. `rows` is given the rows of each sub-form by the numbers that they have
    on the page, and gives what counts as posted.

    A field that was not on the page stays out of `raw` and `values`; what was typed is kept in the form, however wrong.
    """
    raw: dict[str, Any] = {}
    left_out = {name for sent in _all(posted, LEFT_OUT) for name in str(sent).split()}
    for kind in form.fields:
        if _may_edit(kind, editable) and PREFIX + kind.key not in left_out:
            raw.update(_posted(kind, posted, PREFIX + kind.key, reader, rows))
    understood, problems = read(form, raw, lookup)
    before = dict(values or {})

    def bind() -> wtforms.Form:
        shown = {key: form.by_key[key].to_entry(value, reader) for key, value in before.items() if key in form.by_key}
        shown.update({key: _kept(form.by_key[key], given, lookup, reader) for key, given in raw.items()})
        return _bound(form, reader, editable, masked, shown, {**before, **understood})

    return Entry(form.by_key, bind, reader, raw, understood, () if quiet else problems)


def read(form: Form, raw: Mapping[str, Any], lookup: Lookup) -> tuple[dict[str, Any], list[Problem]]:
    """Raw values understood and checked, each by its field type. A field that a rule may hide is not demanded here."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, given in raw.items():
        kind = form.by_key[key]
        try:
            value = kind.parse(given, lookup)
        except FieldError as error:
            problems += error.problems or [Problem(key, error.message)]
            continue
        values[key] = value
        problems += [Problem(key, message) for message in _wrong(kind, value, key in form.shown_by_rule)]
    return values, problems


def _wrong(kind: FieldType, value: Any, hideable: bool) -> list[Message]:
    if not kind.is_blank(value):
        return kind.check(value)
    return [NEEDED] if kind.required and not hideable else []


def _may_edit(kind: FieldType, editable: Collection[str] | None) -> bool:
    return kind.writable and (editable is None or kind.key in editable)


# -- what a browser sends -------------------------------------------------------------------------------------------------------
def _posted(kind: FieldType, posted: Mapping[str, Any], name: str, reader: Reader, hook: RowsHook | None = None) -> dict[str, Any]:
    """The raw value under the field's key, or nothing if the page did not ask for it."""
    if kind.stores == "rows":
        found = _posted_rows(kind, posted, name)
        return {kind.key: list(found.values()) if hook is None else hook(kind, found)}
    sent = _all(posted, name)
    if kind.parts:
        return {kind.key: sent} if sent else {}
    field_class = kind.entry([], reader).field_class
    if issubclass(field_class, SelectMultipleField):
        return {kind.key: sent}
    if sent:
        return {kind.key: sent[-1]}
    if issubclass(field_class, BooleanField):
        return {kind.key: False}
    return {kind.key: None} if issubclass(field_class, SENDS_NOTHING) else {}


def _posted_rows(kind: FieldType, posted: Mapping[str, Any], name: str) -> dict[int, dict[str, Any]]:
    """Rows by the numbers in their names, `f_items-0-f_price`, in that order; numbers may have gaps."""
    expected = re.compile(rf"{re.escape(name)}-([0-9]{{1,9}})-{PREFIX}(.+)", re.S)
    rows: dict[int, dict[str, Any]] = {}
    for each in posted:
        found = expected.fullmatch(each)
        if found and found[2] in kind.lines() and kind.lines()[found[2]].writable and (sent := _all(posted, each)):
            rows.setdefault(int(found[1]), {})[found[2]] = sent if _several(kind.lines()[found[2]]) else sent[-1]
    unticked = {key: False for key, line in kind.lines().items() if line.widget == "checkbox"}
    return {number: {**unticked, **row} if _says_something(kind, row) else row for number, row in sorted(rows.items())}


def _several(line: FieldType) -> bool:
    """Whether its entry sends several texts under one name."""
    return line.parts or line.stores == "many"


def _says_something(kind: FieldType, row: dict[str, Any]) -> bool:
    """A row of which nothing but unticked boxes is left counts as blank, so the boxes are only added to others."""
    return any(any(value) if isinstance(value, list) else value not in ("", None) for value in row.values())


def _all(posted: Mapping[str, Any], name: str) -> list[Any]:
    if hasattr(posted, "getlist"):
        return posted.getlist(name)
    given = posted.get(name)
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


# -- the form to render ---------------------------------------------------------------------------------------------------------
def _kept(kind: FieldType, raw: Any, lookup: Lookup, reader: Reader) -> Any:
    """What stands in the control after posting: the value in its usual writing, or what was typed if it was refused."""
    try:
        return kind.to_entry(kind.parse(raw, lookup), reader)
    except FieldError:
        if kind.stores != "rows":
            return raw
        return [{PREFIX + key: _kept(kind.lines()[key], each, lookup, reader) for key, each in row.items()} for row in raw]


def _bound(
    form: Form,
    reader: Reader,
    editable: Collection[str] | None,
    masked: Mapping[str, str] | None,
    shown: Mapping[str, Any],
    values: Mapping[str, Any],
) -> wtforms.Form:
    bound = form_class(form, reader, editable)(data={PREFIX + key: value for key, value in shown.items()})
    for kind in form.fields:
        _equip(bound[PREFIX + kind.key], kind, values.get(kind.key), reader, (masked or {}).get(kind.key))
    return bound


def _equip(field: Any, kind: FieldType, value: Any, reader: Reader, mask: str | None = None) -> None:
    """Hangs on a bound field what its macro wants to know: kind, title of a reference, display of a read-only value, an empty row."""
    field.kind = kind
    if isinstance(field, ReadOnlyField):
        field.kind = SimpleNamespace(widget="readonly", key=kind.key, type=kind.type)
        field.data = field.shown = kind.display(value, reader) if mask is None else mask
    elif isinstance(field, SearchedField):
        field.title = kind.display(value, reader)
    elif isinstance(field, SearchedSeveralField):
        names = dict(zip(kind.to_entry(value, reader), getattr(kind, "names")(value, reader), strict=True))
        field.chosen = tuple((each, names.get(each, each)) for each in field.data or ())
    elif isinstance(field, FieldList):
        field.blank_row = field.unbound_field.args[0](prefix=f"{field.name}-{BLANK_ROW}-")
        _equip_row(field.blank_row, kind, {}, reader)
        for row, of_row in zip(field.entries, _rows(value, len(field.entries)), strict=True):
            _equip_row(row.form, kind, of_row, reader)


def rows_in(field: Any) -> Iterator[Any]:
    """The forms of a sub-form's rows, the blank one among them."""
    if isinstance(field, FieldList):
        yield field.blank_row
        yield from (each.form for each in field.entries)


def _equip_row(row: Any, kind: FieldType, values: Mapping[str, Any], reader: Reader) -> None:
    for key, line in kind.lines().items():
        _equip(row[PREFIX + key], line, values.get(key), reader)


def _rows(value: Any, count: int) -> Iterator[Mapping[str, Any]]:
    """The understood rows beside those in the form; blank ones were left out, so they fit only when none was."""
    rows = list(value or ())
    yield from (rows if len(rows) == count else [{}] * count)
