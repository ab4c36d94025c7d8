"""Values that conform to a schema as field types write them, for property tests; and settings of every type, drawn at random."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema
from hypothesis import strategies as st

from tests import makers

Json = dict[str, Any]
LETTERS = st.characters(exclude_categories=["Cc", "Cs", "Cn"])
WORDS = st.characters(categories=["Lu", "Ll", "Lo", "Nd"])
FORMATS: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}+08:00"),
    "phone": st.integers(13_800_000_000, 13_899_999_999).map(str) | st.just("+8613812342046"),
    "uri": st.from_regex(r"https?://[a-z]{1,9}\.cn(/[a-z0-9]{0,9}){0,3}", fullmatch=True),
    "cn-identity": st.sampled_from(["11010519491231002X", "440524188001010014"]),
    "cn-credit-code": st.sampled_from(["91350100M000100Y43", "91330106MA27XYQY02"]),
    "cn-region": st.sampled_from(["北京市", "北京市/朝阳区", "广东省/深圳市/南山区", "河南省/济源市"]),
    "cn-region-province": st.sampled_from(["北京市", "广东省"]),
    "cn-region-city": st.sampled_from(["北京市/朝阳区", "广东省/深圳市"]),
    "cn-region-district": st.sampled_from(["北京市/朝阳区", "广东省/深圳市/南山区", "河南省/济源市"]),
    "cn-address": st.sampled_from([
        {"province": "北京市", "district": "朝阳区", "detail": "建国路 1 号"}, {"province": "广东省", "city": "深圳市", "district": "南山区", "detail": "1 号"},
        {"province": "北京市"}, {"detail": "某处 3 楼"},
    ]),
    "ean-13": st.sampled_from(["6901234567892", "4006381333931"]),
    "bank-card": st.sampled_from(["6222021234567894", "4111111111111111"]),
}
"""Formats that a general validator passes by: a value of such a format is more than its letters."""


def conforming(schema: Json) -> st.SearchStrategy[Any]:
    """Values that a validator of JSON Schema 2020-12 lets pass, of every kind the schema allows."""
    if "anyOf" in schema:
        rest = {key: each for key, each in schema.items() if key != "anyOf"}
        return st.one_of([conforming({**rest, **each}) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") in FORMATS and schema["format"] not in ("date-time", "uri", "phone"):
        allowed = jsonschema.Draft202012Validator({key: each for key, each in schema.items() if key != "type"}).is_valid
        nothing = st.none() if "null" in schema["type"] else st.nothing()
        return nothing | (_days(schema) if schema["format"] == "date" else FORMATS[schema["format"]].filter(allowed))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_MAKERS[kind](schema) for kind in kinds])


def _text(schema: Json) -> st.SearchStrategy[str]:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    least, most = schema.get("minLength", 0), schema.get("maxLength", 300)
    if "pattern" in schema:
        whole = schema["pattern"].startswith("^")
        found = st.from_regex(schema["pattern"], fullmatch=True) if whole else st.text(WORDS, min_size=least, max_size=min(most, least + 30))
        return found.filter(lambda text: least <= len(text) <= most and "\n" not in text)
    return st.text(LETTERS, min_size=least, max_size=min(most, least + 40))


def _days(schema: Json) -> st.SearchStrategy[str]:
    least, most = schema.get("formatMinimum", "0001-01-01"), schema.get("formatMaximum", "9999-12-31")
    return st.dates(date.fromisoformat(least), date.fromisoformat(most)).map(str)


def _integer(schema: Json) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum", -(2**53)), schema.get("maximum", 2**53))


def _number(schema: Json) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum", -(10.0**15)), schema.get("maximum", 10.0**15)
    whole = st.integers(-int(-least // 1), int(most // 1)) if -int(-least // 1) <= int(most // 1) else st.nothing()
    return whole if schema.get("multipleOf") == 1 else whole | st.floats(float(least), float(most), allow_nan=False)


def _list(schema: Json) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    return st.lists(conforming(schema["items"]), min_size=least, max_size=min(schema.get("maxItems", 5), least + 4),
                    unique_by=repr if schema.get("uniqueItems") else None)


def _object(schema: Json) -> st.SearchStrategy[Json]:
    needed = {key: conforming(schema["properties"][key]) for key in schema.get("required", ())}
    others = {key: conforming(each) for key, each in schema["properties"].items() if key not in needed and not each.get("readOnly")}
    found = st.fixed_dictionaries(needed, optional=others)
    return found.filter(lambda value: len(value) >= schema.get("minProperties", 0))


_MAKERS: dict[str, Any] = {
    "string": _text, "integer": _integer, "number": _number, "array": _list, "object": _object,
    "null": lambda _schema: st.none(), "boolean": lambda _schema: st.booleans(),
}  # fmt: skip


# -- settings ---------------------------------------------------------------------------------------------------------------------
def settings_of(name: str) -> st.SearchStrategy[Json]:
    """A field of a type, with settings drawn at random; the definition has no problems of its own."""
    common = {"required": st.booleans()} if name not in WITHOUT_REQUIRED else {}
    own = SETTINGS.get(name, {})
    fixed: Json = FIXED.get(name, {})
    return st.fixed_dictionaries({}, optional={**common, **own}).map(lambda drawn: _ordered(makers.field(name, "it", **fixed, **drawn)))


WITHOUT_REQUIRED = {"formula", "lookup", "rollup", "tags", "tier", "section_text", "query_panel", "button", "serial",
                    "approval_state", "approval_node", "approval_handlers"}
FIXED: dict[str, Json] = {
    "choice": {"options": makers.options("new", "steady", "lost")},
    "multi_choice": {"options": makers.options("tea", "coffee", "juice")},
    "cascading": {"tree": makers.tree()},
    "reference": {"form": "customer"},
    "multi_reference": {"form": "customer"},
    "linked_choice": {"form": "drinks", "field": "name", "other": True},
    "query_panel": {"form": "order", "theirs": "phone", "ours": "mobile"},
    "button": {"automation": "send"},
    "formula": {"formula": "1"},
    "lookup": {"reference": "customer", "field": "name", "result": "text"},
    "rollup": {"relation": "orders", "field": "amount"},
    "tags": {"tag_set": "customer_tags"},
    "tier": {"tier_model": "value"},
    "approval_state": {"workflow": "flow"},
    "approval_node": {"workflow": "flow"},
    "approval_handlers": {"workflow": "flow"},
    "serial": {"pattern": "C{#####}"},
    "subform": {"fields": [
        makers.text("product", required=True), makers.money("price", min=0, max=99), makers.choice("stage"), makers.day("sent_on"),
        makers.checkbox("sent"), makers.field("rating", "stars"), makers.formula("twice", "price * 2", result="money", currency="CNY"),
    ]},
}  # fmt: skip
BOUND = st.integers(-1500, 1500)


def _bounds(scale: int = 0) -> Json:
    bound = BOUND.map(lambda units: str(Decimal(units).scaleb(-scale)))
    return {"min": bound, "max": bound}


SETTINGS: dict[str, Json] = {
    "text": {"min_length": st.integers(1, 6), "max_length": st.integers(6, 60),
             "format": st.sampled_from(["none", "cn_uscc", "cn_id", "cn_postcode", "bank_card"])},
    "long_text": {"max_length": st.integers(1, 60)},
    "number": {"decimals": st.just(2), **_bounds(2)},
    "money": {"currency": st.sampled_from(["CNY", "USD"]), **_bounds(2)},
    "percent": {"decimals": st.just(1), **_bounds(1)},
    "slider": {"min": st.integers(-20, 0).map(str), "max": st.integers(10, 90).map(str), "step": st.sampled_from(["1", "5", "2"])},
    "rating": {"stars": st.integers(2, 10)},
    "time": {"min": st.just("08:30"), "max": st.just("18:00"), "step": st.sampled_from([1, 15])},
    "duration": {"min": st.integers(0, 30), "max": st.integers(40, 3000)},
    "date": {"min": st.just("2020-03-05"), "max": st.just("2027-11-30")},
    "multi_choice": {"least": st.integers(1, 2), "most": st.integers(2, 3)},
    "choice": {"other": st.booleans()},
    "cascading": {"exact": st.booleans()},
    "subform": {"min_rows": st.integers(1, 2), "max_rows": st.integers(2, 4)},
    "address": {"detail": st.booleans(), "whole": st.booleans()},
    "region": {"exact": st.booleans(), "level": st.sampled_from(["province", "city", "district"])},
    "id_number": {"old": st.booleans()},
    "barcode": {"kind": st.sampled_from(["any", "ean13"])},
    "members": {"most": st.integers(1, 5)},
    "multi_reference": {"most": st.integers(1, 5)},
        "formula": {"result": st.sampled_from(["number", "text", "boolean", "date", "datetime", "member", "choice"])},
}


def _ordered(field: Json) -> Json:
    """With the lower bound below the upper one."""
    if "min" in field and "max" in field and field["type"] in ("number", "money", "percent"):
        field["min"], field["max"] = sorted((field["min"], field["max"]), key=Decimal)
    return field
