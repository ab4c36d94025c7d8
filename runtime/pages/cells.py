"""How a value looks on a record's page, and what badges of tiers and pills of tags need to be drawn."""

from __future__ import annotations

from typing import Any

from flask import g

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.fields._files import Attached
from runtime.pages.files import shown as shown_file
from runtime.pages.web import reader
from runtime.people.may import sees
from runtime.records.rows import Record

FAMILIES = {"control": "attribute"}


def tier_facts(catalogue: Catalogue, model_key: str, tier: str | None) -> dict[str, Any] | None:
    """What a tier's badge needs: label, rank, count and colour."""
    model = catalogue.tier_models.get(model_key)
    if model is None or tier is None or tier not in model.by_key:
        return None
    found = model.by_key[tier]
    return {"key": tier, "label": reader().shown(found.label), "rank": model.ranks[tier], "count": len(model.tiers), "color": found.color}


def tag_facts(catalogue: Catalogue, tag_set: str, keys: Any) -> list[dict[str, Any]]:
    """What the pills of tags need; a tag that is defined no more shows its key."""
    found = catalogue.tag_sets.get(tag_set)
    pills = []
    for key in keys or ():
        tag = found.by_key.get(key) if found else None
        if tag is None:
            pills.append({"key": key, "label": key, "family": "attribute", "temporary": False, "until": None, "rule": False})
        else:
            pills.append(
                {
                    "key": key,
                    "label": reader().shown(tag.label),
                    "family": FAMILIES.get(tag.family, tag.family),
                    "temporary": tag.standing == "temporary",
                    "until": reader().date(tag.expires) if tag.expires else None,
                    "rule": tag.rule is not None,
                }
            )
    return pills


def visible(form: Form, record: int | None = None) -> list[Any]:
    """The fields of a form that the person may see, masked ones among them."""
    return [each for each in form.fields if sees(g.person, form.key, each.key, record)]


def cell(form: Form, record: Record, key: str, app: str, titles: dict[tuple[str, int], str]) -> dict[str, Any]:
    """{kind: text|link|person|choice|rows|blank, …} for one value on a record's page; tags and tiers have places of their own there."""
    field_type = form.by_key[key]
    value = record.values.get(key)
    if key in record.masked:
        return {"kind": "text", "text": record.masked[key]}
    if value is None or value == ():
        return {"kind": "blank"}
    if field_type.type == "reference":
        target = getattr(field_type, "form")
        return {"kind": "link", "text": titles.get((target, value), f"#{value}"), "href": f"/apps/{app}/{target}/{value}"}
    if field_type.type == "member":
        return {"kind": "person", "text": reader().person_name(value)}
    if field_type.stores == "rows":
        return {"kind": "rows", "rows": value}
    if field_type.type == "multi_reference":
        named = [(titles.get(each, f"#{each[1]}"), f"/apps/{app}/{each[0]}/{each[1]}") for each in field_type.records(value)]
        return {"kind": "links", "links": named}
    if isinstance(field_type, Attached):
        return {"kind": "files", "files": [shown_file(each) for each in value], "signed": field_type.type == "signature"}
    if field_type.type == "url":
        return {"kind": "link", "text": getattr(field_type, "words")(value, reader()), "href": value, "outside": True}
    if field_type.type == "choice":
        option = next((each for each in getattr(field_type, "options", ()) if each.key == value), None)
        return {"kind": "choice", "text": field_type.display(value, reader()), "color": getattr(option, "color", None)}
    drawn = field_type.drawn(value, reader())
    if drawn is not None:
        return {"kind": "drawn", "text": field_type.display(value, reader()), "picture": drawn}
    return {"kind": "text", "text": field_type.display(value, reader()), "long": field_type.type == "long_text"}


def title_of(form: Form, record: Record) -> str:
    field_type = form.by_key.get(form.title)
    value = record.values.get(form.title)
    return f"#{record.id}" if field_type is None or value is None else field_type.display(value, reader()) or f"#{record.id}"
