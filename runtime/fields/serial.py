"""Serial number: counted by the gateway when a record is made, such as C2024{#####} with a new count each year."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import ReadOnlyField, control
from runtime.fields._texts import text_of
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

LONGEST = 60
PLACE = re.compile(r"\{(yyyy|yy|mm|dd|#{1,12})\}")
NEEDED = {"none": (), "year": ("y",), "month": ("y", "mm"), "day": ("y", "mm", "dd")}
"""What a pattern must say so that a counter that starts anew never repeats a number."""


@FIELD_TYPES.register
class Serial(ColumnField):
    type: Literal["serial"] = "serial"
    pattern: str = Field("{#####}", min_length=3, max_length=LONGEST, title="Pattern")
    """Text with the places {yyyy}, {yy}, {mm}, {dd} and one counter {#####}, as wide as it has signs or wider."""
    reset: Literal["none", "year", "month", "day"] = Field("none", title="Count anew each")
    unique: bool = Field(True, title="No two records alike")

    widget = "readonly"
    operators = ("is", "is_not", "contains", "starts_with", "any_of", "blank", "not_blank")
    writable = False
    without = ("required", "default", "mask")

    def assign(self, counter: int, day: date) -> str:
        """The number of a record made on `day`; `counter` is the next of `counter_name`."""
        return PLACE.sub(lambda place: _filled(place[1], counter, day), self.pattern)

    def counter_name(self, form: str, day: date) -> str:
        """The name of the counter that a record made on `day` takes its number from."""
        return self._name(form, f"{day.year:04}", f"{day.month:02}", f"{day.day:02}")

    def read(self, form: str, number: str) -> tuple[str, int] | None:
        """The counter and count behind a number that an import brings, so that the counter can go on after it; None for another pattern."""
        found = re.fullmatch(self._expression(), number)
        if found is None:
            return None
        parts = found.groupdict()
        year = parts.get("yyyy") or (f"20{parts['yy']}" if "yy" in parts else "")
        return self._name(form, year, parts.get("mm", ""), parts.get("dd", "")), int(parts["counter"])

    def _name(self, form: str, year: str, month: str, day: str) -> str:
        period = {"none": "", "year": year, "month": year + month, "day": year + month + day}[self.reset]
        return f"serial:{form}.{self.key}:{period}"

    def _expression(self) -> str:
        parts: list[str] = []
        end, seen = 0, set()
        for place in PLACE.finditer(self.pattern):
            parts.append(re.escape(self.pattern[end:place.start()]))
            name, width = ("counter", f"{len(place[1])},15") if place[1].startswith("#") else (place[1], str(len(place[1])))
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>[0-9]{{{width}}})")
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
        if any(not any(place.startswith(part) for place in places) for part in NEEDED[self.reset]):
            yield Problem("reset", _("Numbers would repeat: the pattern must show the period after which the count starts anew."))


def _filled(place: str, counter: int, day: date) -> str:
    if place.startswith("#"):
        return str(counter).zfill(len(place))
    return {"yyyy": f"{day.year:04}", "yy": f"{day.year % 100:02}", "mm": f"{day.month:02}", "dd": f"{day.day:02}"}[place]
