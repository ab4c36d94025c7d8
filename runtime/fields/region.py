"""Region: a province, city or district of China, kept by its names from the largest to the smallest."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError
from runtime.fields import _regions
from runtime.fields._columns import ColumnField
from runtime.fields._entries import RegionField, control
from runtime.fields._texts import text_of
from runtime.texts import Message, _

DEPTHS = {"province": 1, "city": 2, "district": 3}
LONGEST = 60
PATTERN = r"^[^/\s]{2,20}(/[^/\s]{2,20}){0,2}$"


@FIELD_TYPES.register
class Region(ColumnField):
    type: Literal["region"] = "region"
    level: Literal["province", "city", "district"] = Field("district", title="Down to")
    exact: bool = Field(False, title="Must go all the way down")

    family, icon = "contact", "map-2"
    title, about = _("Region"), _("Province, city and district, chosen one after the other.")
    widget = "region"
    operators = ("is", "is_not", "contains", "starts_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """A path of names, the same run together, a name that is the only one of its kind, or a code of GB/T 2260."""
        text = text_of(raw)
        if text is None:
            return None
        if len(text) > LONGEST:
            raise FieldError(_("Give at most {most} characters; these are {count}.", most=LONGEST, count=len(text)))
        return _regions.find(text)

    def check(self, value: str) -> list[Message]:
        depth = value.count("/") + 1
        if depth > DEPTHS[self.level]:
            return [_("Choose a province.") if self.level == "province" else _("Choose a province or a city.")]
        if self.exact and depth < DEPTHS[self.level] and any(each.startswith(f"{value}/") for each in _regions.known()):
            return [_("Choose further: this place has smaller ones.")]
        return []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, RegionField, validators, reader, depth=DEPTHS[self.level])

    def display(self, value: str | None, reader: Reader) -> str:
        return shown(value or "", reader)

    def schema(self) -> dict[str, Any]:
        named = PATTERN.replace("{0,2}", f"{{0,{DEPTHS[self.level] - 1}}}")
        format = f"cn-region-{self.level}" if self.exact else "cn-region"
        return self.or_blank({"type": "string", "minLength": 2, "maxLength": LONGEST, "pattern": named, "format": format})

    def search_text(self, value: str | None) -> str:
        return (value or "").replace("/", "")


def shown(path: str, reader: Reader) -> str:
    """广东省深圳市南山区; for readers of English the names stand apart."""
    return path.replace("/", "" if reader.language == "zh" else " / ")
