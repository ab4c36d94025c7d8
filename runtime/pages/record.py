"""A record: who, tier and why, what to do next, what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request

from runtime.definitions.form import Form
from runtime.errors import NotFound, Refused
from runtime.pages.apps import find_app
from runtime.pages.buttons import buttons_of
from runtime.pages.entry_layout import arranged
from runtime.pages.cells import cell, tag_facts, title_of, visible
from runtime.pages.comments import talk_of
from runtime.pages.locks import lock_shown
from runtime.pages.wordings import has_wordings
from runtime.pages.lists import find_form
from runtime.pages.ownership import ownership_of
from runtime.pages.potential_card import potential_cards
from runtime.pages import follow_ups, portrait, tier_acts
from runtime.pages.tier_card import tier_card
from runtime.pages.tier_past import badge_of
from runtime.pages.record_flows import acts_of, flows_of
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.quality import merging
from runtime.records import derived, gateway, history, merged, query
from runtime.records.lookup import NoLookup
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.tags import assigning
from runtime.definitions.service_plan import channel_name
from runtime.texts import Message, _
from runtime.tiers.seeing import sees_tiers

blueprint = Blueprint("record", __name__)

SHOWN = 40
SOURCES = {
    "import": _("import"),
    "automation": _("automation"),
    "api": _("interface"),
    "schedule": _("nightly run"),
    "publish": _("new tier model"),
    "undo": _("undo"),
}
DOORS = {**SOURCES, "form": _("page"), "public_form": _("public form"), "workflow": _("workflow"), "merge": _("merge")}


@dataclass
class Happening:
    """One line of the timeline."""

    at: datetime
    kind: str
    icon: str
    text: str
    who: str = ""
    details: list[tuple[str, str, str]] = field(default_factory=list)
    """(what, before, after) of changed fields."""
    href: str = ""
    figure: str = ""
    tiers: tuple[Any, Any] | None = None
    door: str = ""
    undo: str = ""
    """The address that takes a change back."""


@blueprint.get("/apps/<app>/<form>/<int:record>")
@signed_in
def show(app: str, form: str, record: int) -> Any:
    """A record that was merged leads to the one that stayed; ?own=1 shows it as it lies in the trash."""
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        found = query.get(act, form, record, deleted=True)
        into = merged.survivor_of(act, form, record) if found.deleted_at is not None else None
        into = into if into is not None and may(g.person, "view", form, into) else None
        if into is not None and "own" not in request.args:
            flash(reader().say(_("“{record}” was merged into this one.", record=title_of(definition, found))))
            return redirect(f"/apps/{app}/{form}/{into}", 303)
        model = act.catalogue.model_of(form)
        model = model if model is not None and sees_tiers(act, model, record) else None
        related = related_lists(act, app, definition, record)
        happened = timeline(act, app, definition, found, related, request.args.get("tab", "all"))
        card = tier_card(act, model, found, app) if model is not None and found.deleted_at is None else None
        plan, filled = _plan(model, found, definition), quality(definition, found)
        alive = found.deleted_at is None
        here = f"/apps/{app}/{form}/{record}"
        return render_template(
            "record.html",
            worth=portrait.worth(act, app, definition, found) if alive else None,
            next_steps=portrait.steps(act, definition, found, here, card, plan, related, filled) if alive else [],
            app=found_app,
            form=definition,
            record=found,
            name=title_of(definition, found),
            into=into,
            card=card,
            model=model,
            parts=arranged(sections(act, app, definition, found)),
            panels=[each for each in visible(definition, record) if each.type == "query_panel"],
            buttons=buttons_of(app, definition, record) if found.deleted_at is None else [],
            related=related,
            happened=happened[:SHOWN],
            talk=talk_of(act, definition, found),
            wordings=has_wordings(act, form),
            lock=lock_shown(act, form, record),
            tab=request.args.get("tab", "all"),
            tags=_tags(act, definition, found),
            addable=_addable(act, definition, found),
            plan=plan,
            channel_name=channel_name,
            cadence=follow_ups.card(act, app, model, record, _tier_of(definition, found)) if alive else None,
            potential=potential_cards(act, definition, found) if found.deleted_at is None else [],
            quality=filled,
            waiting=derived.is_waiting(act, form, record),
            may_edit=may(g.person, "edit", form, record),
            may_tag=any(each.stores == "assigned" and may(g.person, "edit", form, record, each.key) for each in definition.fields),
            may_delete=may(g.person, "delete", form, record),
            follow_up=_follow_up(related),
            now=act.now,
            quick=_quick(definition, found),
            ownership=ownership_of(act, app, definition, found),
            flows=flows_of(act, form, record),
        )


def sections(act: Act, app: str, form: Form, record: Record) -> list[dict[str, Any]]:
    """The fields by section, without those that have a place of their own on the page."""
    named: dict[str, set[int]] = {}
    for each in form.fields:
        for target, other in each.records(record.values[each.key]) if record.values.get(each.key) else ():
            named.setdefault(target, set()).add(other)
    titles = query.titles(act, named)
    seen = {each.key for each in visible(form, record.id)}
    found = []
    for section in form.sections:
        lines = []
        for key in section.fields:
            field_type = form.by_key[key]
            if key in seen and field_type.stores not in ("assigned", "rated", "rows", "nothing"):
                lines.append(
                    {
                        "label": field_type.label,
                        "cell": cell(form, record, key, app, titles),
                        "key": key,
                        "type": field_type.type,
                    }
                )
        found.append({"label": section.section, "lines": lines, "fields": lines, "tab": section.tab, "divider": section.divider})
    return found


def related_lists(act: Act, app: str, form: Form, record: int) -> list[dict[str, Any]]:
    """The records of other forms that point at this one: the newest few of each, and how many there are."""
    found = []
    for name, (other_key, reference) in act.catalogue.relations_to(form.key).items():
        if not may(g.person, "view", other_key, None, reference):
            continue
        other = act.catalogue.forms[other_key]
        rows, count = query.related(act, other_key, reference, record)
        found.append(
            {
                "name": name,
                "form": other,
                "page": rows,
                "count": count,
                "reference": reference,
                "href": f"/apps/{app}/{other_key}",
                "new": f"/apps/{app}/{other_key}/new?{reference}={record}",
            }
        )
    return found


def timeline(act: Act, app: str, form: Form, record: Record, related: list[dict[str, Any]], tab: str) -> list[Happening]:
    """What happened, newest first: changes, moves between tiers, and what belongs to the record."""
    found: list[Happening] = []
    if tab in ("all", "changes"):
        found += [Happening(**each) for each in acts_of(act, form.key, record.id)]
        found += [
            happening
            for row in query.history(act, form.key, record.id, limit=SHOWN)
            if (happening := _change(act, app, form, row)) is not None
        ]
        found += [happening for row in merged.taken_over(act, form.key, record.id) for happening in _merges(act, app, form, row)]
    if tab in ("all", "tier"):
        found += _moves(act, form, record)
        found += [Happening(**each) for each in tier_acts.happened(act, form, record.id)]
    for each in related:
        if tab in ("all", each["name"]):
            found += [_belonging(app, each["form"], other) for other in each["page"]]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _change(act: Act, app: str, form: Form, row: Any) -> Happening | None:
    at = clock.from_micros(row.at)
    assert at is not None
    who = reader().person_name(row.person) if row.person else reader().say(SOURCES.get(row.source, _("Tierloom")))
    door = reader().say(DOORS[row.source]) if row.source in DOORS and row.person else ""
    changes = form.as_called_now(json.loads(row.changes))
    if row.action == "tags":
        seen = {key: each for key, each in changes.items() if may(g.person, "view", form.key, row.record, key)}
        return _tag_change(at, who, form, seen) if seen else None
    if row.action != "update":
        words = {"create": _("added this record"), "delete": _("put this record into the trash"), "restore": _("brought this record back")}
        return Happening(
            at,
            row.action,
            {"create": "plus", "delete": "trash", "restore": "arrow-back-up"}.get(row.action, "pencil"),
            reader().say(words.get(row.action, _("changed this record"))),
            who,
            door=door,
        )
    details = []
    for key, (old, new) in changes.items():
        field_type = form.by_key.get(key)
        if field_type is not None and may(g.person, "view", form.key, row.record, key):
            details.append((reader().shown(field_type.label), _written(field_type, old), _written(field_type, new)))
    if not details:
        return None
    undo = f"/apps/{app}/{form.key}/{row.record}/changes/{row.id}/undo" if history.can_be_taken_back(act, form.key, row) else ""
    return Happening(at, "update", "pencil", reader().say(_("changed")), who, details, door=door, undo=undo)


def _tag_change(at: datetime, who: str, form: Form, changes: dict[str, Any]) -> Happening:
    """What was added and removed between the tags before and after."""
    parts = []
    for key, (before, after) in changes.items():
        tag_set = getattr(form.by_key.get(key), "tag_set", key)
        for sentence, keys in (
            (_("added the tag {tags}"), [each for each in after or () if each not in (before or ())]),
            (_("removed the tag {tags}"), [each for each in before or () if each not in (after or ())]),
        ):
            if keys:
                parts.append(reader().say(Message(sentence.text, {"tags": [reader().tag_label(tag_set, each) for each in keys]})))
    return Happening(at, "tag", "tag", " · ".join(parts), who)


def _written(field_type: Any, stored: Any) -> str:
    """A value of the history as it would be shown; one that cannot be read any more is shown as it stands."""
    if stored in (None, [], ""):
        return "—"
    if field_type.stores == "rows":
        return reader().say(_("{count} rows", count=len(stored)))
    try:
        return field_type.display(field_type.parse(stored, NoLookup(reader().zone)), reader()) or "—"
    except (Refused, ValueError, TypeError):
        return str(stored)
    except Exception as error:
        if not hasattr(error, "message"):
            raise
        return str(stored)


def _merges(act: Act, app: str, form: Form, row: Any) -> Iterator[Happening]:
    """That another record went into this one, and that this was taken back."""
    other = query.titles(act, {form.key: {row.other}}).get((form.key, row.other), f"#{row.other}")
    for at, person, sentence in (
        (clock.from_micros(row.at), row.person, _("merged “{record}” into this one", record=other)),
        (clock.from_micros(row.undone_at), row.undone_by, _("took the merge with “{record}” back", record=other)),
    ):
        if at is not None:
            own = f"/apps/{app}/{form.key}/{row.other}" + ("?own=1" if row.undone_at is None else "")
            undo = f"/apps/{app}/-/merges/{row.id}/undo" if merging.may_be_undone(act, row) else ""
            yield Happening(at, "merge", "git-merge", reader().say(sentence), reader().person_name(person), href=own, undo=undo)


def _moves(act: Act, form: Form, record: Record) -> list[Happening]:
    """Its own moves, and those of the records that were merged into it."""
    gone = [row.other for row in merged.taken_over(act, form.key, record.id) if row.undone_at is None]
    titles = query.titles(act, {form.key: set(gone)})
    found = _moves_of(act, form, record.id)
    for other in gone:
        found += [replace(each, text=f"{each.text} · {titles.get((form.key, other), '')}") for each in _moves_of(act, form, other)]
    return found


def _moves_of(act: Act, form: Form, record: int) -> list[Happening]:
    model = act.catalogue.model_of(form.key)
    found: list[Happening] = []
    if model is None or not sees_tiers(act, model, record):
        return found
    for row in query.tier_moves(act, form.key, record, SHOWN):
        at = clock.from_micros(row.valid_from)
        assert at is not None
        before, after = badge_of(act, model, row.tier_from), badge_of(act, model, row.tier_to)
        scores = " → ".join(f"{score / 10_000:.2f}" for score in (row.score_from, row.score_to) if score is not None)
        cause = {"publish": _("new tier model"), "schedule": _("nightly run"), "import": _("import")}.get(row.source)
        kind = "up" if row.cause in ("up", "first") else "down"
        found.append(
            Happening(
                at,
                kind,
                "stairs-up" if kind == "up" else "stairs-down",
                scores,
                reader().say(cause) if cause else "",
                tiers=(before, after),
            )
        )
    return found


def _belonging(app: str, form: Form, record: Record) -> Happening:
    at = record.created_at
    if form.event_date and record.values.get(form.event_date) is not None:
        day = record.values[form.event_date]
        at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 12, tzinfo=reader().zone)
    amount = next(
        (
            each
            for each in form.fields
            if each.stores in ("column", "computed") and each.formula_type().kind == "money" and record.values.get(each.key) is not None
        ),
        None,
    )
    texts = [
        each.display(record.values[each.key], reader())
        for each in form.fields
        if each.type in ("choice", "long_text") and record.values.get(each.key)
    ][:2]
    return Happening(
        at,
        "belongs",
        form.icon or "file-text",
        f"{reader().shown(form.label)} {title_of(form, record)}",
        "",
        href=f"/apps/{app}/{form.key}/{record.id}",
        figure=amount.display(record.values[amount.key], reader()) if amount else "",
        details=[("", "", " · ".join(texts))] if texts else [],
    )


def _tags(act: Act, form: Form, record: Record) -> list[dict[str, Any]]:
    found = []
    for each in form.fields:
        if each.stores == "assigned" and may(g.person, "view", form.key, record.id, each.key):
            found += tag_facts(act.catalogue, getattr(each, "tag_set"), record.values.get(each.key))
    return found


def _addable(act: Act, form: Form, record: Record) -> list[dict[str, str]]:
    found = act.catalogue.tag_set_of(form.key)
    field_type = next((each for each in form.fields if each.stores == "assigned"), None)
    if found is None or field_type is None or not may(g.person, "edit", form.key, record.id, field_type.key):
        return []
    has = record.values.get(field_type.key) or ()
    return [
        {"key": tag.key, "label": reader().shown(tag.label), "meaning": reader().shown(tag.meaning)}
        for tag in found.tags
        if not tag.archived and tag.key not in has
    ]


def _plan(model: Any, record: Record, form: Form) -> Any:
    tier = _tier_of(form, record)
    return model.plans.get(tier) if model is not None and tier is not None else None


def _tier_of(form: Form, record: Record) -> str | None:
    field_type = next((each for each in form.fields if each.stores == "rated"), None)
    return record.values.get(field_type.key) if field_type is not None else None


def quality(form: Form, record: Record) -> int | None:
    """Share of the quality fields that are filled, 0 to 100."""
    keys = [key for key in form.quality_fields if may(g.person, "view", form.key, record.id, key)]
    if not keys:
        return None
    return 100 * sum(1 for key in keys if record.values.get(key) not in (None, ())) // len(keys)


def _follow_up(related: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((each for each in related if each["form"].key == "follow_up"), None)


def _quick(form: Form, record: Record) -> dict[str, str]:
    """What one can do from the phone at once."""
    found = {}
    for each in form.fields:
        value = record.values.get(each.key)
        if value and each.type in ("phone", "email") and may(g.person, "view", form.key, record.id, each.key):
            found.setdefault(each.type, str(value))
    return found


@blueprint.post("/apps/<app>/<form>/<int:record>/delete")
@signed_in
def delete(app: str, form: str, record: int) -> Any:
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        gateway.delete(act, form, record)
    flash({"text": reader().say(_("The record is in the trash.")), "undo": f"/apps/{app}/{form}/{record}/restore"})  # type: ignore[arg-type]
    return go_to(f"/apps/{app}/{form}")


@blueprint.post("/apps/<app>/<form>/<int:record>/restore")
@signed_in
def restore(app: str, form: str, record: int) -> Any:
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        gateway.restore(act, form, record)
    flash(reader().say(_("The record is back.")), "good")
    return go_to(f"/apps/{app}/{form}/{record}")


@blueprint.post("/apps/<app>/<form>/<int:record>/changes/<int:number>/undo")
@signed_in
def undo_change(app: str, form: str, record: int, number: int) -> Any:
    """Sets back the values before one change; what stands in the way is said over the page."""
    try:
        with writing("undo") as act:
            find_app(act, app)
            find_form(act, form)
            history.take_back(act, form, record, number)
        flash(reader().say(_("The change is taken back.")), "good")
    except Refused as refusal:
        for problem in refusal.problems:
            flash(reader().say(problem.message), "bad")
    return go_to(f"/apps/{app}/{form}/{record}?tab=changes")


@blueprint.post("/apps/<app>/<form>/<int:record>/tags")
@signed_in
def change_tags(app: str, form: str, record: int) -> Any:
    """Adds or removes one tag."""
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        if request.form.get("remove"):
            assigning.remove(act, form, record, request.form["remove"])
        elif request.form.get("tag"):
            assigning.assign(act, form, record, request.form["tag"])
        else:
            raise NotFound(_("Choose a tag first."))
    return go_to(f"/apps/{app}/{form}/{record}")
