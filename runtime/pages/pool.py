"""/apps/{app}/-/pool/{form}: the records without an owner, claimed one by one or several at once; one's own, and what happened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, render_template, request

from runtime.definitions.form import Form
from runtime.errors import Refused
from runtime.ownership import claims, pool, reclaiming
from runtime.pages.apps import find_app
from runtime.pages.columns import columns_of
from runtime.pages.lists import find_form
from runtime.pages.ownership import event
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("pool", __name__)

ROWS = 50
TABS: dict[str, Message] = {"pool": _("In the pool"), "mine": _("Mine"), "history": _("What happened")}


@blueprint.get("/apps/<app>/-/pool/<form>")
@signed_in
def page(app: str, form: str) -> str:
    tab = request.args.get("tab", "pool")
    tab = tab if tab in TABS else "pool"
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        settings = pool.pool_of(act, form)
        pool.require_sight(act, form)
        words = request.args.get("q", "").strip()[:100]
        condition = pool.in_pool(settings) if tab == "pool" else f"{settings.owner} == CURRENT_USER()"
        found = None
        if tab != "history":
            found = query.page(
                act, form, search=words or None, trusted=[condition], sort=["id"], limit=ROWS, cursor=request.args.get("cursor")
            )
        back = reclaiming.going_back(act, form, g.person.id) if tab == "mine" else {}
        claiming = may(g.person, "claim", form)
        base = f"/apps/{app}/-/pool/{form}"
        return render_template(
            "pool.html",
            app=found_app,
            form=definition,
            base=base,
            tab=tab,
            tabs=[
                {"label": label, "href": base if key == "pool" else f"{base}?tab={key}", "active": key == tab}
                for key, label in TABS.items()
            ],
            lines=_lines(act, definition, found, app, back) if found is not None else [],
            next=found.next if found is not None else None,
            events=_events(act, definition) if tab == "history" else [],
            words=words,
            claiming=claiming,
            standing=pool.standing(act, form, g.person.id) if claiming else None,
        )


def _lines(act: Act, form: Form, found: query.Page, app: str, back: dict[int, Any]) -> list[dict[str, Any]]:
    """Each record with its title and a few facts, masked ones as their masks."""
    columns = columns_of(act.catalogue, form, found, app)
    title = next((each for each in columns if each.key == form.title), None)
    facts = [each for each in columns if each.fact and each is not title][:5]
    return [
        {
            "id": each.id,
            "href": f"/apps/{app}/{form.key}/{each.id}",
            "name": (title.text(each) if title else "") or f"#{each.id}",
            "facts": " · ".join(text for fact in facts if (text := fact.text(each))),
            "back": back.get(each.id),
            "claimable": may(g.person, "claim", form.key, each.id),
        }
        for each in found.records
    ]


def _events(act: Act, form: Form) -> list[dict[str, Any]]:
    """The newest, of those records that the reader sees with their owner."""
    seen = pool.seen_events(act, form.key, ROWS)
    titles = query.titles(act, {form.key: {row.record for row in seen}})
    reader().know_people(row.person for row in seen)
    return [{**event(row), "name": titles.get((form.key, row.record), f"#{row.record}"), "record": row.record} for row in seen]


@blueprint.post("/apps/<app>/-/pool/<form>/claim")
@signed_in
def claim(app: str, form: str) -> Any:
    picked = [int(each) for each in request.form.getlist("id") if each.isdecimal() and len(each) < 17]
    if not picked:
        raise Refused([], _("Pick at least one record first."))
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        found = claims.claim(act, form, picked)
    if found.records:
        one, several = _("1 record is yours now."), _("{count} records are yours now.", count=len(found.records))
        flash(reader().say(one if len(found.records) == 1 else several), "good")
    for message in dict.fromkeys(found.refused.values()):
        count = sum(1 for each in found.refused.values() if each == message)
        flash(reader().say(message if count == 1 else _("{count} records: {reason}", count=count, reason=message)), "care")
    if len(picked) == 1 and found.records:
        return go_to(f"/apps/{app}/{form}/{picked[0]}")
    return go_to(f"/apps/{app}/-/pool/{form}")
