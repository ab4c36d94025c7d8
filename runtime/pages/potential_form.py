"""The settings of a model of potential as a page's form: what can be chosen, and the definition that comes of what was chosen."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.datastructures import MultiDict

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.potential import KINDS_OF_FEATURE
from runtime.pages.web import reader
from runtime.texts import Message, _

Json = dict[str, Any]
WAYS: dict[str, Message] = {
    "purchases": _("Repeat purchases and their worth"),
    "outcome": _("The chance of a yes, such as another order or a lost customer"),
}
SPARE_ROWS = 3
WHOLE = re.compile(r"^\d{1,6}$")


def beginning(form: str, way: str, app: str | None) -> Json:
    """A new model before anything is chosen."""
    learn: Json = {"by": way, "features": []} if way == "outcome" else {"by": "purchases"}
    return {"kind": "potential", "key": "", "label": "", "form": form, "horizon_days": 90, "learn": learn, **({"app": app} if app else {})}


def purchase_fields(catalogue: Catalogue, form: str) -> list[dict[str, Any]]:
    """For each relation of a form its date fields and its amount fields, as (value, label)."""
    found = []
    for name, (other_key, reference) in catalogue.relations_to(form).items():
        other = catalogue.forms[other_key]
        dates, amounts = (
            [
                (f"{name}.{each.key}", reader().shown(each.label))
                for each in other.fields
                if each.stores in ("column", "computed") and each.formula_type().kind in kinds
            ]
            for kinds in (("date", "datetime"), ("number", "money"))
        )
        if dates:
            label = f"{reader().shown(other.label)} ({reader().shown(other.by_key[reference].label)})"
            found.append({"label": label, "dates": dates, "amounts": amounts})
    return found


def proposals(catalogue: Catalogue, form: Form, taken: set[str]) -> list[dict[str, str]]:
    """Figures that can be taken with a tick: fields of the form, and what is counted of its related records up to a day."""
    found = [
        (each.key, reader().shown(each.label))
        for each in form.fields
        if each.stores in ("column", "computed") and each.formula_type().kind in KINDS_OF_FEATURE
    ]
    for name, (other_key, _reference) in catalogue.relations_to(form.key).items():
        other = catalogue.forms[other_key]
        day = other.event_date or next((each.key for each in other.fields if each.type == "date"), None)
        if day is None:
            continue
        label, on = reader().shown(other.label), f"on={name}.{day}"
        found += [
            (f"COUNT({name}, {on}, days=90)", reader().say(_("{form}: how many in 90 days", form=label))),
            (f"COUNT({name}, {on}, days=365)", reader().say(_("{form}: how many in a year", form=label))),
            (f"DAYS_SINCE(MAX({name}.{day}, {on}))", reader().say(_("{form}: days since the last one", form=label))),
        ]
        money = next((each.key for each in other.fields if each.stores == "column" and each.type == "money"), None)
        if money is not None:
            found.append((f"SUM({name}.{money}, {on}, days=365)", reader().say(_("{form}: value in a year", form=label))))
    return [{"value": text, "label": label} for text, label in found if text not in taken]


def rows_of(body: Json) -> list[Json]:
    """The figures of a regression as rows of the page, with some to fill in."""
    given = [
        {"key": each.get("key", ""), "label": reader().shown(each["label"]) if each.get("label") else "", "value": each.get("value", "")}
        for each in body.get("learn", {}).get("features", ())
    ]
    return [*given, *({"key": "", "label": "", "value": ""} for _row in range(SPARE_ROWS))]


def chosen(sent: MultiDict[str, str], before: Json, offered: dict[str, str]) -> Json:
    """The definition as it was filled in; what cannot be read is left as it was written, so that checking says what is wrong."""
    learn = _purchases(sent) if before["learn"]["by"] == "purchases" else _outcome(sent, before, offered)
    body = {
        **before,
        "label": _label(before.get("label"), sent.get("label", "").strip()),
        "horizon_days": _whole(sent.get("horizon_days", "")),
    }
    return {**body, "learn": learn}


def _purchases(sent: MultiDict[str, str]) -> Json:
    relation, _dot, day = sent.get("date", "").partition(".")
    other, _dot, amount = sent.get("amount", "").partition(".")
    learn: Json = {"by": "purchases", "relation": relation, "date": day, **_filled(sent, "where")}
    if amount:
        learn["amount"] = amount if other == relation else f"{other}_{amount}"
    learn["lifetime_years"] = _whole(sent.get("lifetime_years", "3"))
    learn["discount_percent"] = sent.get("discount_percent", "10").strip()
    return learn


def _outcome(sent: MultiDict[str, str], before: Json, offered: dict[str, str]) -> Json:
    old = {each.get("key"): each.get("label") for each in before["learn"].get("features", ())}
    features: list[Json] = []
    for key, label, value in zip(sent.getlist("key"), sent.getlist("name"), sent.getlist("value"), strict=False):
        if value.strip():
            known = key if key in old else _free(f"f{len(features) + 1}", {*old, *(each["key"] for each in features)})
            features.append({"key": known, "label": _label(old.get(key), label.strip() or value.strip()[:80]), "value": value.strip()})
    for value in sent.getlist("take"):
        if value in offered:
            taken = {*old, *(each["key"] for each in features)}
            features.append({"key": _free(f"f{len(features) + 1}", taken), "label": offered[value], "value": value})
    return {"by": "outcome", "outcome": sent.get("outcome", "").strip(), **_filled(sent, "population"), "features": features}


def _filled(sent: MultiDict[str, str], name: str) -> Json:
    text = sent.get(name, "").strip()
    return {name: text} if text else {}


def _whole(text: str) -> Any:
    text = text.strip()
    return int(text) if WHOLE.match(text) else text


def _label(before: Any, text: str) -> Any:
    """A text in the language of the page; what stands in the other language stays."""
    return {**before, reader().language: text} if isinstance(before, dict) and text else text


def free_key(label: str, taken: set[str]) -> str:
    """A key made of a name: small letters, digits, Chinese characters and _."""
    key = re.sub(r"[^a-z0-9\u3400-\u9fff]+", "_", label.lower()).strip("_")[:36].strip("_")
    return _free(key if re.match(r"[a-z\u3400-\u9fff]", key) else f"potential_{key}".strip("_")[:36], taken)


def _free(key: str, taken: set[str]) -> str:
    number, found = 1, key
    while found in taken:
        number += 1
        found = f"{key}_{number}"
    return found
