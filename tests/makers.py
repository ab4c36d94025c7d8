"""Small makers of definitions: a test shows only what it is about, the rest is made here.

    form_of(text("name", required=True), money("spend"))        a form with these fields
    catalogue_of(customer, order)                                the definitions in force
"""
from __future__ import annotations

import importlib
import pkgutil
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.kinds import KINDS
from runtime.definitions.loading import load
from runtime.definitions.model import Definition
from runtime.texts import Message, in_language

SHANGHAI = ZoneInfo("Asia/Shanghai")
Json = dict[str, Any]


NEEDED_BY = {"form": ("runtime.fields",), "automation": ("runtime.automation.triggers", "runtime.automation.steps"),
             "dashboard": ("runtime.reports.charts",)}


@cache
def fill_shelf(shelf: str) -> None:
    """Puts the kinds of a shelf on it; a test of fields need not wait for the others."""
    package = importlib.import_module(shelf)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{shelf}.{module.name}")


def definition(body: Json) -> Definition:
    """Any definition from its JSON."""
    for shelf in NEEDED_BY.get(body["kind"], ()):
        fill_shelf(shelf)
    return load(body)


# -- fields, as JSON ------------------------------------------------------------------------------------------------------------
def field(type: str, key: str, **settings: Any) -> Json:
    return {"type": type, "key": key, "label": key.capitalize(), **settings}


def text(key: str = "name", **settings: Any) -> Json:
    return field("text", key, **settings)


def long_text(key: str = "note", **settings: Any) -> Json:
    return field("long_text", key, **settings)


def number(key: str = "quantity", **settings: Any) -> Json:
    return field("number", key, **settings)


def money(key: str = "amount", **settings: Any) -> Json:
    return field("money", key, **{"currency": "CNY", **settings})


def day(key: str = "due_on", **settings: Any) -> Json:
    return field("date", key, **settings)


def instant(key: str = "due_at", **settings: Any) -> Json:
    return field("datetime", key, **settings)


def checkbox(key: str = "agreed", **settings: Any) -> Json:
    return field("checkbox", key, **settings)


def options(*keys: str) -> list[Json]:
    return [{"key": key, "label": {"zh": f"{key}的标签", "en": key.capitalize()}} for key in keys]


def choice(key: str = "stage", *keys: str, **settings: Any) -> Json:
    return field("choice", key, **{"options": options(*keys or ("new", "steady", "lost")), **settings})


def multi_choice(key: str = "interests", *keys: str, **settings: Any) -> Json:
    return field("multi_choice", key, **{"options": options(*keys or ("tea", "coffee", "juice")), **settings})


def phone(key: str = "mobile", **settings: Any) -> Json:
    return field("phone", key, **settings)


def email(key: str = "email", **settings: Any) -> Json:
    return field("email", key, **settings)


def url(key: str = "site", **settings: Any) -> Json:
    return field("url", key, **settings)


def serial(key: str = "no", pattern: str = "C{yyyy}{#####}", **settings: Any) -> Json:
    return field("serial", key, **{"pattern": pattern, "reset": "year", **settings})


def member(key: str = "owner", **settings: Any) -> Json:
    return field("member", key, **settings)


def reference(key: str = "customer", form: str = "customer", **settings: Any) -> Json:
    return field("reference", key, form=form, **settings)


def subform(key: str = "items", *fields: Json, **settings: Any) -> Json:
    return field("subform", key, fields=list(fields or (text("product", required=True), money("price"))), **settings)


def formula(key: str = "total", text: str = "1", **settings: Any) -> Json:
    return field("formula", key, formula=text, **settings)


def file(key: str = "papers", **settings: Any) -> Json:
    return field("file", key, **settings)


def image(key: str = "photos", **settings: Any) -> Json:
    return field("image", key, **settings)


def department(key: str = "team", **settings: Any) -> Json:
    return field("department", key, **settings)


def departments(key: str = "teams", **settings: Any) -> Json:
    return field("departments", key, **settings)


def lookup(key: str = "buyer", **settings: Any) -> Json:
    return field("lookup", key, **{"reference": "customer", "field": "name", "result": "text", **settings})


def rollup(key: str = "spend", **settings: Any) -> Json:
    return field("rollup", key, **{"relation": "orders", "field": "amount", "result": "money", "currency": "CNY", **settings})


def rich_text(key: str = "story", **settings: Any) -> Json:
    return field("rich_text", key, **settings)


def signature(key: str = "signed", **settings: Any) -> Json:
    return field("signature", key, **settings)


def tags(key: str = "tags", tag_set: str = "customer_tags", **settings: Any) -> Json:
    return field("tags", key, tag_set=tag_set, **settings)


def tier(key: str = "tier", tier_model: str = "value", **settings: Any) -> Json:
    return field("tier", key, tier_model=tier_model, **settings)


def tree() -> list[Json]:
    """A tree of options: tea and coffee, and kinds of both."""
    tea = [{"key": "green", "label": {"zh": "绿茶", "en": "Green"}}, {"key": "black", "label": {"zh": "红茶", "en": "Black"}}]
    coffee = [{"key": "beans", "label": {"zh": "咖啡豆", "en": "Beans"}}]
    return [{"key": "tea", "label": {"zh": "茶", "en": "Tea"}, "children": tea}, {"key": "coffee", "label": "Coffee", "children": coffee}]


# -- definitions ----------------------------------------------------------------------------------------------------------------
def form_json(*fields: Json, key: str = "customer", **settings: Any) -> Json:
    """A form's JSON; its title is the first field."""
    given = list(fields or (text(),))
    return {"kind": "form", "key": key, "label": key.capitalize(), "title": given[0].get("key"), "fields": given, **settings}


def form_of(*fields: Json, key: str = "customer", **settings: Any) -> Form:
    return definition(form_json(*fields, key=key, **settings))


def field_of(json: Json) -> FieldType:
    """One field's model."""
    return form_of(json, title=json["key"]).fields[0]


def tag_set_of(*keys: str, key: str = "customer_tags", form: str = "customer", **settings: Any) -> Definition:
    given = [{"key": each, "label": {"zh": f"{each}的标签", "en": each.capitalize()}} for each in keys or ("vip", "bargain")]
    return definition({"kind": "tag_set", "key": key, "label": key, "form": form, "tags": given, **settings})


def tier_model_of(*keys: str, key: str = "value", form: str = "customer", **settings: Any) -> Definition:
    """A tier model of one dimension; `keys` from the best tier down."""
    names = keys or ("gold", "silver", "basic")
    tiers = [{"key": each, "label": each.capitalize(), "from": 100 * (len(names) - 1 - place) // len(names)} for place,
             each in enumerate(names)]
    dimension = {"key": "spend", "label": "Spend", "weight": 100, "value": "1", "bands": {"by": "cuts", "cuts": [1, 2, 3, 4]}}
    return definition({"kind": "tier_model", "key": key, "label": key, "form": form, "dimensions": [dimension], "tiers": tiers, **settings})


def catalogue_of(*definitions: Definition | Json) -> Catalogue:
    """The definitions in force, from models or JSON."""
    loaded = [each if isinstance(each, Definition) else definition(each) for each in definitions]
    return Catalogue(revision=1, **{f"{kind}s": {each.key: each for each in loaded if each.kind == kind} for kind in KINDS})


# -- who reads, and where typed names lead --------------------------------------------------------------------------------------
class PlainReader:
    """A reader of either language who knows two people, two records and no database."""

    def __init__(self, language: str = "en", zone: ZoneInfo = SHANGHAI):
        self.language, self.zone = language, zone

    def money(self, value: Decimal, currency: str | None, scale: int = 2) -> str:
        return f"{'¥' if currency in (None, 'CNY') else currency}{value:,.{scale}f}"

    def number(self, value: Decimal, scale: int = 0) -> str:
        return f"{value:,.{scale}f}"

    def date(self, value: date) -> str:
        return value.isoformat()

    def datetime(self, value: datetime) -> str:
        return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def person_name(self, person: int) -> str:
        return {7: "Ning", 8: "Li"}.get(person, f"person {person}")

    def record_title(self, form: str, record: int) -> str:
        return {41: "Lin", 42: "Chen"}.get(record, f"#{record}")

    def departments(self) -> dict[str, str]:
        return {"north": "Sales / North", "south": "Sales / South"}

    def tag_label(self, tag_set: str, tag: str) -> str:
        return {"en": {"vip": "VIP", "bargain": "Discount buyer"}, "zh": {"vip": "贵宾", "bargain": "只买折扣"}}[self.language].get(tag,
                                                                                                                              tag)

    def tier_label(self, tier_model: str, tier: str) -> str:
        return {"en": {"gold": "Gold"}, "zh": {"gold": "金"}}[self.language].get(tier, tier)

    def say(self, message: Message) -> str:
        return str(in_language(message, self.language))


class PlainLookup:
    """Finds Ning (7) by e-mail, Lin (41) by number, and the tag vip."""

    def __init__(self, zone: ZoneInfo = SHANGHAI):
        self.zone = zone

    def person(self, text: str) -> int | None:
        return {"7": 7, "ning@example.com": 7, "Ning": 7, "8": 8}.get(text)

    def record(self, form: str, match: str | None, text: str) -> int | None:
        known = {"41": 41, "42": 42} | ({"C202400001": 41} if match else {})
        return known.get(text)

    def tag(self, tag_set: str, text: str) -> str | None:
        return {"vip": "vip", "贵宾": "vip", "bargain": "bargain", "Discount, buyer": "bargain"}.get(text)

    def department(self, text: str) -> str | None:
        return {"north": "north", "North": "north", "south": "south"}.get(text)

    def linked(self, field: Any, text: str) -> str | None:
        return text if text in ("Tea", "Coffee") else None

    def file(self, id: str, token: str) -> str | None:
        return token if token.count(":") > 1 else f"{id}:2048:Offer.pdf"
