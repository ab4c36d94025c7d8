"""The home of an app: how customers are spread over the tiers, what changed, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, g, render_template

from runtime.errors import NotFound
from runtime.pages import shell
from runtime.pages.web import reading, signed_in
from runtime.people.may import may
from runtime.records import query
from runtime.system.tables import automation_run, import_file, person
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.explaining import distribution
from runtime.tiers.seeing import sees_tiers

blueprint = Blueprint("apps", __name__)


@dataclass(frozen=True)
class Next:
    label: Message
    hint: Message
    href: str
    icon: str


def find_app(act: Act, key: str) -> Any:
    """The app of an address, if the person works in it."""
    for app in shell.apps_of(g.person, act.catalogue):
        if app.key == key:
            return app
    raise NotFound(_("There is no such app, or you do not work in it."))


@blueprint.get("/apps/<app>")
@signed_in
def home(app: str) -> str:
    with reading() as act:
        found = find_app(act, app)
        models = [model for form in _forms(act, found) for model in act.catalogue.models_of(form) if sees_tiers(act, model)]
        spread = distribution(act, models[0].key) if models else None
        follow_ups = _follow_ups(act, found)
        tier_field = (
            next((each.key for each in act.catalogue.forms[models[0].form].fields if each.stores == "rated"), "tier") if models else "tier"
        )
        return render_template(
            "app_home.html",
            app=found,
            tier_field=tier_field,
            model=models[0] if models else None,
            spread=spread,
            follow_ups=follow_ups,
            nexts=_nexts(act, found, models),
            forms=_counts(act, found),
        )


def _forms(act: Act, app: Any) -> list[str]:
    listed = [item.removeprefix("form:") for section in app.menu for item in section.items if item.startswith("form:")]
    return [key for key in listed if key in act.catalogue.forms and may(g.person, "view", key)]


def _counts(act: Act, app: Any) -> list[dict[str, Any]]:
    found = []
    for key in _forms(act, app):
        count = query.count(act, key)
        form = act.catalogue.forms[key]
        found.append(
            {"form": form, "count": f"{query.COUNTED:,}+" if count > query.COUNTED else f"{count:,}", "href": f"/apps/{app.key}/{key}"}
        )
    return found


def _follow_ups(act: Act, app: Any) -> list[Any]:
    """What is due next, where the app keeps follow-ups."""
    form = act.catalogue.forms.get("follow_up")
    if form is None or "due_at" not in form.by_key or not may(g.person, "view", "follow_up"):
        return []
    shown = [key for key in ("customer", "note", "due_at", "owner", "done") if key in form.by_key]
    open_only = "not done" if "done" in form.by_key and form.by_key["done"].formula_type().kind == "boolean" else None
    page = query.page(act, "follow_up", filter=open_only, sort=("due_at",), columns=shown, limit=6)
    return [
        {
            "record": each,
            "customer": page.titles.get((getattr(form.by_key["customer"], "form"), each.values["customer"]))
            if each.values.get("customer")
            else None,
            "due": each.values.get("due_at"),
            "late": each.values.get("due_at") is not None and each.values["due_at"] < act.now,
            "note": each.values.get("note") or "",
            "href": f"/apps/{app.key}/{getattr(form.by_key['customer'], 'form')}/{each.values['customer']}"
            if each.values.get("customer")
            else f"/apps/{app.key}/follow_up/{each.id}",
        }
        for each in page.records
    ]


def _nexts(act: Act, app: Any, models: list[Any]) -> list[Next]:
    """Steps that tick themselves off: they vanish once done."""
    if not g.person.is_builder:
        return []
    connection, found = act.connection, []
    first = app.first_form()
    if (
        first
        and connection.execute(
            sa.select(import_file.c.id).where(import_file.c.form == first, import_file.c.state == "done").limit(1)
        ).first()
        is None
    ):
        found.append(
            Next(
                _("Import your own customers"),
                _("From Excel or CSV; columns are recognised by their names."),
                f"/apps/{app.key}/{first}/import",
                "file-import",
            )
        )
    if models and act.catalogue.versions.get(("tier_model", models[0].key), 1) == 1:
        found.append(
            Next(
                _("Review the tier model"),
                _("Move a border and see who would change tier before you publish."),
                f"/build/{app.key}/tiers/{models[0].key}",
                "adjustments",
            )
        )
    if connection.execute(sa.select(sa.func.count()).select_from(person)).scalar() == 1:
        found.append(Next(_("Invite colleagues"), _("They get a link and choose their own password."), "/admin/people", "user-plus"))
    if (
        connection.execute(sa.select(automation_run.c.id).where(automation_run.c.state == "done").limit(1)).first() is None
        and act.catalogue.automations
    ):
        found.append(Next(_("Switch on the first automation"), _("So that a tier changes what people do."), f"/build/{app.key}", "bolt"))
    return found
