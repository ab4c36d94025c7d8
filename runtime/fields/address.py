"""Address: a region with the street and house, kept as one text: 广东省/深圳市/南山区 科技园路 1 号."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError
from runtime.fields import _regions
from runtime.fields._columns import ColumnField
from runtime.fields._entries import AddressField, control
from runtime.fields._texts import text_of
from runtime.texts import Message, _

LONGEST = 300
PARTS = ("province", "city", "district")
KEYS = {*PARTS, "detail"}


@FIELD_TYPES.register
class Address(ColumnField):
    type: Literal["address"] = "address"
    detail: bool = Field(True, title="Ask for street and house")
    whole: bool = Field(False, title="Both parts are needed")

    family, icon = "contact", "map-pin"
    title, about = _("Address"), _("A region with street and house number.")
    widget = "address"
    parts = True
    operators = ("contains", "not_contains", "starts_with", "is", "is_not", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """What stood in the two boxes, an object with province, city, district and detail, or one text that begins with a region."""
        if isinstance(raw, Mapping):
            return self._from_object(raw)
        if isinstance(raw, (list, tuple)):
            return self._from_boxes(raw)
        text = text_of(raw)
        if text is None:
            return None
        region, detail = split(_fitting(" ".join(text.split())))
        return joined(region, detail) if region else _unfolded(text)

    def _from_object(self, given: Mapping[str, Any]) -> str | None:
        if unknown := sorted(str(each) for each in given if each not in KEYS):
            raise FieldError(_("An address has no {keys}. It takes province, city, district and detail.", keys=unknown))
        names = [text for each in PARTS if (text := text_of(given.get(each)))]
        detail = _one_line(given.get("detail"))
        return joined(_regions.find(_fitting("/".join(names))), detail) if names else _unfolded(detail) or None

    def _from_boxes(self, boxes: Any) -> str | None:
        if len(boxes) > 2:
            raise FieldError(_("An address has two parts: the region, then street and house."))
        texts = [*boxes, None, None]
        region = text_of(texts[0])
        detail = _one_line(texts[1])
        return joined(_regions.find(_fitting(region)), detail) if region else _unfolded(detail) or None

    def check(self, value: str) -> list[Message]:
        region, detail = split(value)
        wrong: list[Message] = []
        if self.whole and not region:
            wrong.append(_("Choose the region too."))
        if self.whole and self.detail and not detail:
            wrong.append(_("Give street and house too."))
        if detail and not self.detail:
            wrong.append(_("Give the region alone, without street and house."))
        return wrong

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, AddressField, validators, reader, detail=self.detail)

    def to_entry(self, value: str | None, reader: Reader) -> list[str]:
        return list(split(value or ""))

    def display(self, value: str | None, reader: Reader) -> str:
        region, detail = split(value or "")
        if reader.language == "zh":
            return f"{region.replace('/', '')}{detail}"
        return ", ".join(each for each in (region.replace("/", " / "), detail) if each)

    def masked(self, value: str | None) -> str:
        """The region may be seen, the house not."""
        region, detail = split(value or "")
        return f"{region.replace('/', '')}{'••••' if detail or region else ''}"

    def in_file(self, value: str, reader: Reader) -> str:
        return value

    def to_json(self, value: str | None) -> dict[str, str] | None:
        if value is None:
            return None
        region, detail = split(value)
        names = region.split("/") if region else []
        middle = [] if len(names) != 2 or _is_city(region) else [""]
        found = dict(zip(PARTS, [*names[:1], *middle, *names[1:]], strict=False))
        return {key: each for key, each in {**found, "detail": detail}.items() if each}

    def schema(self) -> dict[str, Any]:
        name = {"type": "string", "minLength": 1, "maxLength": 20}
        detail = {"type": "string", "maxLength": LONGEST - 70}
        shape = {
            "type": "object",
            "properties": {**dict.fromkeys(PARTS, name), **({"detail": detail} if self.detail else {})},
            "additionalProperties": False,
            "minProperties": 1,
            "format": "cn-address",
        }
        if self.whole:
            shape["required"] = ["province", "detail"] if self.detail else ["province"]
        return self.or_blank(shape)

    def search_text(self, value: str | None) -> str:
        return (value or "").replace("/", "").replace(" ", "")


def split(value: str) -> tuple[str, str]:
    """(region, the rest). What begins with no region is the rest alone."""
    head, _space, tail = value.partition(" ")
    if head in _regions.known() or (head.count("/") in (1, 2) and head.split("/")[0] in _regions.known()):
        return head, tail
    return "", value


def joined(region: str, detail: str) -> str | None:
    return f"{region} {detail}".strip() or None


def _unfolded(text: str) -> str:
    """An address written without blanks: 广东省深圳市南山区科技园路1号. The longest beginning that is a region is taken for it."""
    line = _one_line(text)
    for end in range(min(len(line), 40), 2, -1):
        try:
            region = _regions.find(line[:end])
        except FieldError:
            continue
        if _regions.is_whole(region, line[:end]):
            return joined(region, line[end:].strip()) or line
    return line


def _is_city(region: str) -> bool:
    return _regions.level_of(region) == 2


def _one_line(raw: Any) -> str:
    return _fitting(" ".join((text_of(raw) or "").split()))


def _fitting(text: str) -> str:
    if len(text) > LONGEST - 70:
        raise FieldError(_("Give at most {most} characters; these are {count}.", most=LONGEST - 70, count=len(text)))
    return text
