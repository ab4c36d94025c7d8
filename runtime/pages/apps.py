"""The home of an app: the blocks that its definition names, or the usual ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, g, render_template
from markupsafe import Markup

from runtime.definitions.home import USUAL
from runtime.errors import NotFound, TierloomError
from runtime.pages import shell
from runtime.pages.cells import title_of
from runtime.pages.columns import columns_of
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may, sees
from runtime.records import drafts, query
from runtime.reports.dashboards import figures_of
from runtime.system.tables import automation_run, import_file, person
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.explaining import distribution
from runtime.tiers.seeing import sees_tiers
from runtime.views import saved

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
        blocks: list[Any] = [each for each in found.home or USUAL if shell.for_person(each.for_)]
        drawn = [(each, facts) for each in blocks if (facts := HOW[each.block](act, found, each)) is not None]
        return render_template(
            "app_home.html",
            app=found,
            blocks=drawn,
            sides=any(each.place == "side" for each, _facts in drawn),
            may_design=may(g.person, "build", app=found.key),
            unfinished=len(drafts.of_person(act)),
        )


# -- the blocks: what each shows, None where there is nothing for the person ----------------------------------------------------------
def _tiers(act: Act, app: Any, block: Any) -> dict[str, Any] | None:
    models = _models(act, app)
    if not models:
        return None
    model = models[0]
    form = act.catalogue.forms[model.form]
    field = next((each.key for each in form.fields if each.stores == "rated" and getattr(each, "tier_model") == model.key), None)
    owner = (
        model.workload.owner
        if model.workload and model.workload.owner
        else next((each.key for each in form.fields if each.type == "member"), None)
    )
    if not block.mine or field is None or owner is None or not may(g.person, "view", model.form, None, owner):
        return {"model": model, "tier_field": field or "tier", "spread": distribution(act, model.key), "mine": None}
    counted = dict(query.tally(act, form.key, field, also=[f"{owner} == CURRENT_USER()"]))
    total = sum(counted.values())
    tiers = [
        {
            "key": each.key,
            "label": reader().shown(each.label),
            "rank": model.ranks[each.key],
            "color": each.color,
            "count": counted.get(each.key, 0),
            "share": counted.get(each.key, 0) / total if total else 0,
        }
        for each in reversed(model.ranked)
    ]
    return {"model": model, "tier_field": field, "spread": {"total": total, "tiers": tiers}, "mine": owner}


def _models(act: Act, app: Any) -> list[Any]:
    return [model for form in _forms(act, app) for model in act.catalogue.models_of(form) if sees_tiers(act, model)]


def _chart(act: Act, app: Any, block: Any) -> dict[str, Any] | None:
    """One tile of a dashboard, as its own page shows it."""
    found = act.catalogue.dashboards.get(block.dashboard)
    if found is None or block.tile >= len(found.parts):
        return None
    part: Any = found.parts[block.tile]
    figures = figures_of(act, found.model_copy(update={"parts": (part,)}))[0]
    drawing = None if figures.figures is None else part.drawing(act, figures.figures, reader(), app.key)
    return {
        "label": reader().shown(part.label),
        "drawing": drawing,
        "trouble": figures.trouble,
        "id": f"home-{block.dashboard}-{block.tile}",
    }


def _list(act: Act, app: Any, block: Any) -> dict[str, Any] | None:
    """The first records of a view: their names and a few fields."""
    view = act.catalogue.views.get(block.view)
    if view is None or not saved.is_for(act, view) or not may(g.person, "view", view.form):
        return None
    form = act.catalogue.forms[view.form]
    columns = [key for key in (view.columns or query.default_columns(act, form)) if key in form.by_key and sees(g.person, form.key, key)]
    try:
        page = query.page(
            act,
            form.key,
            sort=view.sort,
            columns=list(dict.fromkeys([form.title, *columns[:4]])),
            limit=block.rows,
            trusted=[view.filter] if view.filter else [],
        )
    except TierloomError:
        return None  # it names what is no longer there; the design says so
    shown = columns_of(act.catalogue, form, page, app.key, [key for key in columns[:4] if key != form.title][:3])
    base = f"/apps/{app.key}/{form.key}"
    rows = [
        {"href": f"{base}/{each.id}", "name": title_of(form, each), "facts": [Markup(column.html(each)) for column in shown]}
        for each in page.records
    ]
    return {"label": reader().shown(view.label), "href": f"{base}?view={block.view}", "rows": rows, "more": page.next is not None}


def _shortcuts(act: Act, app: Any, block: Any) -> dict[str, Any] | None:
    items = [
        item for each in block.items if _leads_somewhere(each, act) and (item := shell.menu_item(app, each, act.catalogue)) is not None
    ]
    return {"items": items} if items else None


def _leads_somewhere(item: str, act: Act) -> bool:
    kind, key = item.split(":", 1)
    form = key if kind == "form" else act.catalogue.views[key].form if kind == "view" and key in act.catalogue.views else None
    return form is None or may(g.person, "view", form)


HOW: dict[str, Callable[[Act, Any, Any], dict[str, Any] | None]] = {
    "welcome": lambda act, app, block: {},
    "shortcuts": _shortcuts,
    "tasks": lambda act, app, block: {"follow_ups": _follow_ups(act, app)},
    "tiers": _tiers,
    "chart": _chart,
    "list": _list,
    "next": lambda act, app, block: {"nexts": found} if (found := _nexts(act, app, _models(act, app))) else None,
    "records": lambda act, app, block: {"forms": found} if (found := _counts(act, app)) else None,
}


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
    if form is None or "due_at" not in form.by_key or not may(g.person, "view", "follow_up", None, "due_at"):
        return []
    shown = [key for key in ("customer", "note", "due_at", "owner", "done") if key in form.by_key]
    ends = "done" in form.by_key and form.by_key["done"].formula_type().kind == "boolean"
    open_only = "not done" if ends and may(g.person, "view", "follow_up", None, "done") else None
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
