"""Serial number: counted by the gateway when a record is made, such as {kind}-{yyyy}{#####} with a new count each year."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import KEY, FieldKey
from runtime.definitions.naming import Names
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import ReadOnlyField, control
from runtime.fields._texts import text_of
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

LONGEST = 100
IN_A_NUMBER = ("choice", "cascading", "text", "date", "region")
"""Types of fields whose values may stand in a number."""
LONGEST_VALUE = 20
COUNTED = re.compile(r"yyyy|yy|mm|dd|#{1,12}")
PLACE = re.compile(rf"\{{({COUNTED.pattern}|{KEY.strip('^$')})\}}")
NEEDED = {"none": (), "year": ("y",), "month": ("y", "mm"), "day": ("y", "mm", "dd")}
"""What a pattern must say so that a counter that starts anew never repeats a number."""


@FIELD_TYPES.register
class Serial(ColumnField):
    type: Literal["serial"] = "serial"
    pattern: Annotated[str, Names(within=PLACE)] = Field("{#####}", min_length=3, max_length=LONGEST, title="Pattern")
    """Text with the places {yyyy}, {yy}, {mm}, {dd}, keys of fields, and one counter {#####}, as wide as it has signs or wider."""
    reset: Literal["none", "year", "month", "day"] = Field("none", title="Count anew each")
    start: int = Field(1, ge=1, le=10**12, title="First number")
    each: Annotated[FieldKey, Names()] | None = Field(None, title="Count for each value of")
    """A field in the pattern; each of its values has a count of its own."""
    unique: bool = Field(True, title="No two records alike")

    family, icon = "computed", "number"
    title, about = _("Serial number"), _("Counted when the record is made.")
    widget = "readonly"
    operators = ("is", "is_not", "contains", "starts_with", "any_of", "blank", "not_blank")
    writable = False
    without = ("required", "default", "mask")

    def assign(self, counter: int, day: date, values: Mapping[str, Any] | None = None) -> str:
        """The number of a record made on `day` with these values; `counter` is the next of `counter_name`, from 1."""
        count = counter + self.start - 1
        return PLACE.sub(lambda place: _filled(place[1], count, day, values or {}), self.pattern)

    def counter_name(self, form: str, day: date, values: Mapping[str, Any] | None = None) -> str:
        """The name of the counter that a record made on `day` with these values takes its number from."""
        value = "" if self.each is None else _written((values or {}).get(self.each))
        return self._name(form, f"{day.year:04}", f"{day.month:02}", f"{day.day:02}", value)

    def read(self, form: str, number: str) -> tuple[str, int] | None:
        """The counter and count behind a number that an import brings, so that the counter can go on after it; None for another pattern."""
        found = re.fullmatch(self._expression(), number)
        if found is None:
            return None
        parts = found.groupdict()
        year = parts.get("yyyy") or (f"20{parts['yy']}" if "yy" in parts else "")
        value = parts.get(f"of_{self.each}", "") if self.each is not None else ""
        return self._name(form, year, parts.get("mm", ""), parts.get("dd", ""), value), max(int(parts["counter"]) - self.start + 1, 0)

    def _name(self, form: str, year: str, month: str, day: str, value: str) -> str:
        period = {"none": "", "year": year, "month": year + month, "day": year + month + day}[self.reset]
        return f"serial:{form}.{self.key}:{period}" + (f":{value}" if self.each is not None else "")

    def _expression(self) -> str:
        parts: list[str] = []
        end, seen = 0, set()
        for place in PLACE.finditer(self.pattern):
            parts.append(re.escape(self.pattern[end:place.start()]))
            name, expected = _expected(place[1])
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{expected})")
            seen.add(name)
            end = place.end()
        return "".join(parts) + re.escape(self.pattern[end:])

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        return None if text is None else " ".join(text.split())

    def check(self, value: str) -> list[Message]:
        if len(value) > LONGEST:
            return [_("Give at most {most} characters; these are {count}.", most=LONGEST, count=len(value))]
        return []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, ReadOnlyField, [], reader)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "maxLength": LONGEST, "readOnly": True}

    def search_text(self, value: str | None) -> str:
        return value or ""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        places = PLACE.findall(self.pattern)
        if sum(place.startswith("#") for place in places) != 1:
            yield Problem("pattern", _("A pattern has one counter, like {example}.", example="C{yyyy}{#####}"))
        if re.search(r"[{}]", PLACE.sub("", self.pattern)):
            yield Problem("pattern", _("Only these places are known: {places}.", places="{yyyy} {yy} {mm} {dd} {####}"))
        named = [place for place in places if not COUNTED.fullmatch(place)]
        for key in named:
            yield from self._field_problems(form, key)
        if self.each is not None and self.each not in named:
            yield Problem("each", _("Numbers would repeat: the pattern must show the field for whose values it is counted, as {example}.",
                                    example=f"{{{self.each}}}"))
        if any(not any(place.startswith(part) for place in places) for part in NEEDED[self.reset]):
            yield Problem("reset", _("Numbers would repeat: the pattern must show the period after which the count starts anew."))


    def _field_problems(self, form: Form, key: str) -> Iterator[Problem]:
        field = form.field(key)
        if field is None:
            yield Problem("pattern", _("This form has no field with the key {key}.", key=key))
        elif field.stores != "column" or field.type not in IN_A_NUMBER:
            yield Problem("pattern", _("The field {key} cannot stand in a number. Use a choice, a text or a date.", key=key))


def _expected(place: str) -> tuple[str, str]:
    """(name, expression) of a place in a number that an import brings."""
    if place.startswith("#"):
        return "counter", f"[0-9]{{{len(place)},15}}"
    if COUNTED.fullmatch(place):
        return place, f"[0-9]{{{len(place)}}}"
    return f"of_{place}", f".{{0,{LONGEST_VALUE}}}?"


def _written(value: Any) -> str:
    """A value as it stands in a number: without blanks, days as 20240131."""
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    return "".join(str("" if value is None else value).split())[:LONGEST_VALUE]


def _filled(place: str, counter: int, day: date, values: Mapping[str, Any]) -> str:
    if place.startswith("#"):
        return str(counter).zfill(len(place))
    if not COUNTED.fullmatch(place):
        return _written(values.get(place))
    return {"yyyy": f"{day.year:04}", "yy": f"{day.year % 100:02}", "mm": f"{day.month:02}", "dd": f"{day.day:02}"}[place]
