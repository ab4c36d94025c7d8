"""Location: a point on the earth with words for it, kept as one text: 114.057868,22.543099 市民中心."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import Model
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError, Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import PartsField, control
from runtime.fields._texts import half_width, text_of
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

FIGURE = r"[+-]?[0-9]{1,3}(?:\.[0-9]{0,15})?"
PAIR = re.compile(rf"({FIGURE})\s*[,，;\s]\s*({FIGURE})")
STORED = re.compile(r"(-?[0-9]{1,3}\.[0-9]{6}),(-?[0-9]{1,2}\.[0-9]{6})(?: (.+))?", re.S)
SIX = Decimal("0.000001")
LONGEST = 200
EARTH = 6_371_008
"""Mean radius in metres (IUGG)."""


class Point(Model):
    lng: Decimal = Field(ge=-180, le=180, title="Longitude")
    lat: Decimal = Field(ge=-90, le=90, title="Latitude")


class Circle(Point):
    metres: int = Field(ge=10, le=20_000_000, title="Metres around it")


@FIELD_TYPES.register
class Location(ColumnField):
    type: Literal["location"] = "location"
    within: Circle | None = Field(None, title="Only within a circle")
    by_hand: bool = Field(True, title="Coordinates may be typed")

    family, icon = "contact", "current-location"
    title, about = _("Location"), _("Where somebody is: the device says it, or it is typed.")
    widget = "location"
    parts = True
    operators = ("contains", "not_contains", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """What stood in the two boxes (longitude and latitude, words), an object with lng, lat and text, or one text."""
        if isinstance(raw, Mapping):
            return self._from_object(raw)
        if isinstance(raw, (list, tuple)):
            if len(raw) > 2:
                raise FieldError(_("A location has two parts: the coordinates, then words for the place."))
            texts = [*raw, None, None]
            return _kept(text_of(texts[0]), _one_line(texts[1]))
        text = text_of(raw)
        if text is None:
            return None
        found = PAIR.match(half_width(text))
        return _kept(found[0], _one_line(half_width(text)[found.end() :])) if found else _kept(text, "")

    def _from_object(self, given: Mapping[str, Any]) -> str | None:
        if sorted(given) not in (["lat", "lng"], ["lat", "lng", "text"]):
            raise FieldError(_("A location takes lng, lat and text."))
        return _kept(f"{_figure(given['lng'])},{_figure(given['lat'])}", _one_line(given.get("text")))

    def check(self, value: str) -> list[Message]:
        found = STORED.fullmatch(value)
        if found is None or self.within is None:
            return []
        away = metres_between(Decimal(found[1]), Decimal(found[2]), self.within.lng, self.within.lat)
        if away <= self.within.metres:
            return []
        return [
            _("This is {away} m from the place; at most {metres} m are allowed.", away=f"{round(away):,}", metres=f"{self.within.metres:,}")
        ]

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, PartsField, validators, reader)

    def to_entry(self, value: str | None, reader: Reader) -> list[str]:
        found = STORED.fullmatch(value or "")
        return [f"{found[1]}, {found[2]}", found[3] or ""] if found else [value or "", ""]

    def display(self, value: str | None, reader: Reader) -> str:
        found = STORED.fullmatch(value or "")
        if found is None:
            return value or ""
        point = f"{found[1]}, {found[2]}"
        if not found[3]:
            return point
        return f"{found[3]}（{point}）" if reader.language == "zh" else f"{found[3]} ({point})"

    def in_file(self, value: str, reader: Reader) -> str:
        return value

    def to_json(self, value: str | None) -> dict[str, Any] | None:
        found = STORED.fullmatch(value or "")
        if found is None:
            return None
        words = {"text": found[3]} if found[3] else {}
        return {"lng": float(found[1]), "lat": float(found[2]), **words}

    def schema(self) -> dict[str, Any]:
        sides = {"lng": {"type": "number", "minimum": -180, "maximum": 180}, "lat": {"type": "number", "minimum": -90, "maximum": 90}}
        text = {"type": "string", "maxLength": LONGEST}
        shape = {"type": "object", "properties": {**sides, "text": text}, "required": ["lng", "lat"], "additionalProperties": False}
        return self.or_blank(shape)

    def search_text(self, value: str | None) -> str:
        found = STORED.fullmatch(value or "")
        return found[3] or "" if found else ""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if not self.by_hand and self.default is not None:
            yield Problem("default", _("Coordinates that nobody may type cannot have a default. Leave one of the two out."))


NOT_A_PLACE = _("These are no coordinates. Write longitude and latitude, like 114.057868, 22.543099.")


def _kept(pair: str | None, words: str) -> str | None:
    if not pair and not words:
        return None
    found = PAIR.fullmatch(half_width(pair or "")) if len(pair or "") <= 60 else None
    if found is None:
        raise FieldError(NOT_A_PLACE if pair else _("Give the coordinates too, or let the device say where it is."))
    lng, lat = Decimal(found[1]), Decimal(found[2])
    if abs(lng) > 180 or abs(lat) > 90:
        raise FieldError(_("Longitude goes from -180 to 180, latitude from -90 to 90. Longitude stands first."))
    return f"{_six(lng)},{_six(lat)} {words}".rstrip()


def _six(degrees: Decimal) -> str:
    written = format(degrees.quantize(SIX), "f")
    return written.removeprefix("-") if not Decimal(written) else written


def _figure(raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal, str)):
        raise FieldError(NOT_A_PLACE)
    if isinstance(raw, str):
        return raw
    degrees = Decimal(str(raw))
    if not degrees.is_finite() or abs(degrees) > 180:
        raise FieldError(NOT_A_PLACE)
    return format(degrees.quantize(SIX), "f")


def _one_line(raw: Any) -> str:
    text = " ".join((text_of(raw) or "").split())
    if len(text) > LONGEST:
        raise FieldError(_("Give at most {most} characters; these are {count}.", most=LONGEST, count=len(text)))
    return text


def metres_between(lng: Decimal, lat: Decimal, other_lng: Decimal, other_lat: Decimal) -> float:
    """Along the great circle, by the haversine formula: good to 0.5 % anywhere."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lng - lng) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))
