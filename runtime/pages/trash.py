"""The trash of an app: deleted records of its forms, who deleted them and when, and the way back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, flash, g, render_template, request

from runtime.errors import NotFound, Refused, TierloomError
from runtime.pages.apps import find_app
from runtime.pages.cells import title_of
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.records import gateway, query
from runtime.records.merged import merges_of
from runtime.records.tables import tables_of
from runtime.system.sets import among
from runtime.system.tables import record_change
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("trash", __name__)

ROWS = 50
MOST_AT_ONCE = 1_000


@blueprint.get("/apps/<app>/-/trash")
@signed_in
def trash(app: str) -> str:
    """The deleted records of one form, the last deleted first: ?form=&cursor="""
    with reading() as act:
        found_app = find_app(act, app)
        counts = {form.key: _count(act, form.key) for form in forms_of(act, found_app)}
        chosen = request.args.get("form") or next((key for key, count in counts.items() if count), next(iter(counts), None))
        if chosen is not None and chosen not in counts:
            raise NotFound(_("There is no form with the key {key}.", key=chosen))
        tabs = [
            {
                "label": f"{reader().shown(act.catalogue.forms[key].label)} {_shown(count)}",
                "href": f"/apps/{app}/-/trash?form={key}",
                "active": key == chosen,
            }
            for key, count in counts.items()
            if count or key == chosen
        ]
        if chosen is None or not counts[chosen]:
            return render_template("trash.html", app=found_app, tabs=tabs, rows=[], form=None)
        form = act.catalogue.forms[chosen]
        page = query.page(
            act, chosen, columns=[form.title], sort=("-updated_at",), limit=ROWS, cursor=request.args.get("cursor"), deleted=True
        )
        who = _deleters(act, chosen, [each.id for each in page.records])
        reader().know_people(who.values())
        gone = _merged(act, app, form, [each.id for each in page.records])
        rows = [
            {
                "id": each.id,
                "title": title_of(form, each),
                "href": f"/apps/{app}/{chosen}/{each.id}",
                "at": each.deleted_at,
                "who": reader().person_name(who.get(each.id)),
                "merged": gone.get(each.id),
            }
            for each in page.records
        ]
        base = f"/apps/{app}/-/trash?form={chosen}"
        return render_template(
            "trash.html",
            app=found_app,
            tabs=tabs,
            rows=rows,
            form=form,
            may_restore=may(g.person, "delete", chosen),
            next_href=f"{base}&{urlencode({'cursor': page.next})}" if page.next else None,
            first_href=base if request.args.get("cursor") else None,
        )


@blueprint.post("/apps/<app>/-/trash/restore")
@signed_in
def restore(app: str) -> Any:
    """Brings the picked records of a form back; one whose place is taken stays, and the page says why."""
    form = request.form.get("form", "")
    picked = [int(each) for each in request.form.getlist("id") if each.isdecimal() and len(each) < 19][:MOST_AT_ONCE]
    if not picked:
        raise Refused([], _("Pick at least one record first."))
    with writing() as act:
        if form not in {each.key for each in forms_of(act, find_app(act, app))}:
            raise NotFound(_("There is no form with the key {key}.", key=form))
        back, kept = _restore(act, form, picked)
    if back:
        href = f"/apps/{app}/{form}/{back[0]}" if len(back) == 1 else f"/apps/{app}/{form}"
        text = _("The record is back.") if len(back) == 1 else _("{count} records are back.", count=len(back))
        flash({"text": reader().say(text), "href": href, "href_label": reader().say(_("Open"))}, "good")  # type: ignore[arg-type]
    for error in kept[:3]:
        flash(reader().say(error), "care")
    return go_to(f"/apps/{app}/-/trash?form={form}")


def forms_of(act: Act, app: Any) -> list[Any]:
    """The forms of an app that the person may see: those of its menu, then others that name it as their home."""
    listed = [item.removeprefix("form:") for section in app.menu for item in section.items if item.startswith("form:")]
    keys = dict.fromkeys([*listed, *(key for key, form in act.catalogue.forms.items() if form.app == app.key)])
    return [act.catalogue.forms[key] for key in keys if key in tables_of(act.catalogue) and may(g.person, "view", key)]


def _restore(act: Act, form: str, picked: list[int]) -> tuple[list[int], list[Any]]:
    back, kept = [], []
    for record in picked:
        try:
            with act.connection.begin_nested():
                gateway.restore(act, form, record)
            back.append(record)
        except TierloomError as error:
            act.workspace.ids.forget()  # a block of ids taken on the way went back with it
            kept.append(error.problems[0].message if isinstance(error, Refused) and error.problems else error.message)
    return back, kept


def _merged(act: Act, app: str, form: Any, records: list[int]) -> dict[int, dict[str, str]]:
    """Where the records that were merged went, and the way back."""
    found = merges_of(act, form.key, records)
    titles = query.titles(act, {form.key: {row.keep for row in found.values()}})
    return {
        record: {
            "name": titles.get((form.key, row.keep), f"#{row.keep}"),
            "href": f"/apps/{app}/{form.key}/{row.keep}",
            "undo": f"/apps/{app}/-/merges/{row.id}/undo",
        }
        for record, row in found.items()
    }


def _count(act: Act, form: str) -> int:
    return query.count(act, form, deleted=True)


def _shown(count: int) -> str:
    return f"{reader().number(query.COUNTED)}+" if count > query.COUNTED else reader().number(count)


def _deleters(act: Act, form: str, records: list[int]) -> dict[int, int]:
    """Who put each record into the trash last."""
    rows = act.connection.execute(
        sa.select(record_change.c.record, record_change.c.person)
        .where(record_change.c.form == form, record_change.c.action == "delete", among(record_change.c.record, records))
        .order_by(record_change.c.id)
    )
    return {record: person for record, person in rows}
