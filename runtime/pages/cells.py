"""How a value looks in a list or on a record: text, or a piece of page for tiers, tags, links and people."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import current_app, g
from markupsafe import Markup, escape

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.pages.web import reader
from runtime.people.may import may
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
    """The fields of a form that the person may see."""
    return [each for each in form.fields if may(g.person, "view", form.key, record, each.key)]


def cell(
    catalogue: Catalogue,
    form: Form,
    record: Record,
    key: str,
    app: str,
    titles: dict[tuple[str, int], str],
    people: dict[int, str],
    in_list: bool = True,
) -> dict[str, Any]:
    """{kind: text|tier|tags|link|person|choice|blank, …} for one value."""
    field_type = form.by_key.get(key)
    if field_type is None:
        return _system_cell(record, key, people)
    value = record.values.get(key)
    numeric = field_type.formula_type().kind in ("number", "money") if field_type.stores in ("column", "computed") else False
    if field_type.stores == "rated":
        return {
            "kind": "tier",
            "tier": tier_facts(catalogue, getattr(field_type, "tier_model"), value),
            "provisional": record.provisional,
            "grace": _grace(record.grace_until),
        }
    if field_type.stores == "assigned":
        return {"kind": "tags", "tags": tag_facts(catalogue, getattr(field_type, "tag_set"), value)}
    if value is None or value == ():
        return {"kind": "blank", "numeric": numeric}
    if field_type.type == "reference":
        target = getattr(field_type, "form")
        return {"kind": "link", "text": titles.get((target, value), f"#{value}"), "href": f"/apps/{app}/{target}/{value}"}
    if field_type.type == "member":
        return {"kind": "person", "text": people.get(value) or reader().person_name(value)}
    if field_type.stores == "rows":
        return {"kind": "rows", "rows": value}
    if field_type.type == "url":
        return {"kind": "link", "text": value, "href": value, "outside": True}
    kind = field_type.formula_type().kind
    if in_list and kind == "date":
        return {"kind": "text", "text": reader().ago(value), "hover": value.isoformat()}
    if in_list and kind == "money":
        return {
            "kind": "text",
            "text": reader().money(value, getattr(field_type, "currency", None), 0 if value == value.to_integral_value() else None),
            "numeric": True,
        }
    if field_type.type == "choice":
        option = next((each for each in getattr(field_type, "options", ()) if each.key == value), None)
        return {"kind": "choice", "text": field_type.display(value, reader()), "color": getattr(option, "color", None)}
    return {"kind": "text", "text": field_type.display(value, reader()), "numeric": numeric, "long": field_type.type == "long_text"}


def _system_cell(record: Record, key: str, people: dict[int, str]) -> dict[str, Any]:
    if key in ("created_at", "updated_at"):
        moment = getattr(record, key)
        return {"kind": "text", "text": reader().ago(moment), "hover": reader().full_datetime(moment)}
    if key in ("created_by", "updated_by"):
        return {"kind": "person", "text": people.get(getattr(record, key)) or reader().person_name(getattr(record, key))}
    return {"kind": "text", "text": str(getattr(record, "id" if key == "record" else key)), "numeric": True}


def _grace(until: date | None) -> int | None:
    return None if until is None else max(0, (until - reader().today).days)


BLANK = Markup('<span class="tl-quiet">—</span>')


def drawn(each: dict[str, Any], plain: bool = False) -> Markup:
    """A cell of a list as page. Lists draw thousands of these, so they are not macros; what repeats is drawn once a page."""
    kind = each["kind"]
    if kind == "blank":
        return BLANK
    if kind == "tier":
        return _drawn_once(("tier", each["tier"] and each["tier"]["key"], each["provisional"], each["grace"]), lambda: _piece("show", each))
    if kind == "tags":
        return (
            _drawn_once(("tags", tuple(tag["key"] for tag in each["tags"])), lambda: _piece("show", each)) if each["tags"] else Markup("")
        )
    if kind == "link" and not plain:
        outside = Markup(' rel="noopener noreferrer" target="_blank"') if each.get("outside") else ""
        return Markup('<a href="{}"{}>{}</a>').format(each["href"], outside, each["text"])
    if kind == "choice" and each["color"] and not plain:
        return _drawn_once(
            ("choice", each["color"], each["text"]),
            lambda: Markup('<span class="tl-option tier-{}">{}</span>').format(each["color"], each["text"]),
        )
    if each.get("long"):
        return Markup('<span class="tl-cut">{}</span>').format(each["text"])
    if each.get("hover"):
        return Markup('<span title="{}">{}</span>').format(each["hover"], each["text"])
    return escape(each.get("text", ""))


def drawn_score(score: float | None, color: str) -> Markup:
    """A score with its little bar."""
    if score is None:
        return Markup("")
    return _drawn_once(
        ("score", score, color),
        lambda: Markup('<span class="tl-score"><span class="tl-num">{:.2f}</span>{}</span>').format(
            score, _piece("score_bar", score, color)
        ),
    )


def _drawn_once(key: Any, draw: Any) -> Markup:
    kept = g.setdefault("drawn", {})
    if key not in kept:
        kept[key] = draw()
    return kept[key]


def _piece(macro: str, *given: Any) -> Markup:
    module = current_app.jinja_env.get_template("macros/cells.html" if macro == "show" else "macros/tiers.html").module
    return Markup(getattr(module, macro)(*given))


def title_of(form: Form, record: Record) -> str:
    field_type = form.by_key.get(form.title)
    value = record.values.get(form.title)
    return f"#{record.id}" if field_type is None or value is None else field_type.display(value, reader()) or f"#{record.id}"
