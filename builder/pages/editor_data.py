"""What the editor's script starts with: the draft, its schema, the names it may suggest, and all its words."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from builder import segment_words
from builder.drafts import Opened
from builder.flowing.names import KINDS as NODE_KINDS
from builder.pages.frame import address, as_text, link
from builder.uses import field_uses, link_uses, used_by
from builder.words import CHOICES, KIND_NAMES, PUBLIC_LINK, SETTINGS, THINGS, settings_of
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.loading import schema
from runtime.pages.web import reader
from runtime.people import accounts
from runtime.people.may import may
from runtime.people.organisation import organisation_of
from runtime.system.tables import person_group, role
from runtime.system.workspace import Act
from runtime.texts import Message, _

MOST_PEOPLE = 500
TEXTS: dict[str, Message] = {
    "add": _("Add {thing}"),
    "entry": _("entry"),
    "up": _("Move up"),
    "down": _("Move down"),
    "remove": _("Remove"),
    "close": _("Close"),
    "undo": _("Undo"),
    "redo": _("Redo"),
    "form_tab": _("Form"),
    "json_tab": _("JSON"),
    "problems_tab": _("Problems"),
    "all_tab": _("All settings"),
    "set_tab": _("Who may do what"),
    "ps_begin": _("Begin with"),
    "ps_begin_submit": _("Submit only"),
    "ps_begin_own": _("Add and manage own records"),
    "ps_begin_add_view": _("Add, and see all"),
    "ps_begin_manage": _("Manage all"),
    "ps_begin_look": _("See all"),
    "ps_who": _("Who"),
    "ps_add_who": _("Add somebody"),
    "ps_nobody": _("Nobody yet: this set gives rights to no one."),
    "ps_in_field": _("whoever stands in “{field}” of the record"),
    "ps_fields": _("Fields of the record"),
    "ps_what": _("What they may do"),
    "ps_view_ticked": _("Whoever may do anything may also see."),
    "ps_rows": _("With which records"),
    "ps_rows_all": _("All records"),
    "ps_rows_own": _("Their own: “{field}” is the person"),
    "ps_rows_team": _("Their own and those of the people they lead: by “{field}”"),
    "ps_rows_made": _("Those that they added"),
    "ps_rows_formula": _("Another condition"),
    "ps_field_rights": _("What they see of each field"),
    "ps_others": _("All other fields"),
    "ps_inherits": _("as all others: {level}"),
    "ps_new_fields": _("A field added later counts among all other fields."),
    "ps_on": _("This set is on"),
    "ps_off": _("This set is switched off and gives no rights"),
    "uses_tab": _("Used by"),
    "saved": _("Draft saved {time}"),
    "saving": _("Saving …"),
    "unsaved": _("Not saved: {why}"),
    "live_only": _("Live version {version}, no draft"),
    "never": _("Not published yet"),
    "publish": _("Publish v{version} …"),
    "publish_now": _("Publish"),
    "publish_title": _("Publish {name}"),
    "note": _("Note for the history"),
    "reason": _("Reason"),
    "reason_needed": _("This needs a written reason"),
    "reason_help": _("It is kept with the version and shown to everybody who looks at the tier."),
    "changes": _("What changes"),
    "effect": _("What it does"),
    "no_changes": _("Nothing differs from the live version."),
    "blocked": _("{n} problems have to be solved first."),
    "blocked_one": _("1 problem has to be solved first."),
    "blocked_elsewhere": _("Where other drafts of the app solve this already, publish all of them together."),
    "publish_all": _("Look at all drafts"),
    "beside": _("Other drafts that are published with it, because they need it or it needs them"),
    "open_draft": _("Open this draft"),
    "publish_with": _("Publish, with {n} drafts: {names}"),
    "publish_with_one": _("Publish, with 1 draft: {names}"),
    "cancel": _("Cancel"),
    "no_problems": _("No problems. This can be published."),
    "problems_head": _("Have to be solved"),
    "advice_head": _("Worth a thought"),
    "json_label": _("The whole draft as JSON"),
    "json_bad": _("This is no JSON yet: {reason}. The form keeps the last readable state."),
    "json_object": _("A definition is a JSON object with kind and key."),
    "not_a_form": _("This part has another shape than the form can show. Change it in the JSON."),
    "unknown": _("There is no setting of this name."),
    "as_default": _("as usual: {value}"),
    "choose": _("Choose"),
    "choose_type": _("Type"),
    "stale_title": _("Somebody else saved this draft"),
    "stale_text": _("{who} saved it at {time}. Nothing of yours is lost: choose which one goes on."),
    "stale_places": _("{who} saved it at {time}. Both of you changed what stands here; whatever only one of you changed is kept either way."),
    "stale_mine": _("yours: {value}"),
    "stale_theirs": _("{who}: {value}"),
    "stale_more": _("and {n} more"),
    "take_theirs": _("Go on with theirs"),
    "keep_mine": _("Go on with mine"),
    "gives": _("gives {type}"),
    "checking": _("checking …"),
    "moved_up": _("Moved up to place {n}"),
    "moved_down": _("Moved down to place {n}"),
    "removed": _("Removed"),
    "added": _("Added"),
    "more_settings": _("More settings"),
    "name_key": _("Name of the entry"),
    "used_by_none": _("Nothing uses it yet."),
    "field_used_by": _("Used by {names}"),
    "key_fixed": _("The key was chosen once and stays."),
    "weight": _("Weight"),
    "cut_n": _("{name}: cut {n}"),
    "better": _("Better is"),
    "missing": _("If missing"),
    "tier": _("Tier"),
    "from": _("From score"),
    "keep_from": _("Keep from"),
    "add_cut": _("Add a cut"),
    "remove_cut": _("Remove the last cut"),
    "now": _("Now"),
    "then": _("After"),
    "impact_sample": _("By a sample of {sampled} out of {population}; a share is exact to ± {margin} percentage points."),
    "impact_wait": _("Working it out …"),
    "matrix": _("Rows: the tier now. Columns: the tier after publishing."),
    "job_running": _("Rating all customers …"),
    "job_progress": _("{done} of {total}"),
    "job_done_none": _("Published. Nobody changed tier."),
    "job_done_one": _("Published. 1 customer moved."),
    "job_done": _("Published. {n} customers moved."),
    "job_failed": _("Published, but the rating stopped: {reason}"),
    "see_tiers": _("See the tier overview"),
    "published": _("Published as version {version}."),
    "versions": _("Versions"),
    "zh": _("Chinese"),
    "en": _("English"),
    "together": _("Published together with it, because it needs them and they were never published"),
    "values_running": _("Reading values under their new type. Until this is done, the version before is in force."),
    "values_stop": _("Do not publish"),
    "values_stop_help": _("The version before stays in force, and the draft stays. What has been read is kept, so that publishing it later goes on from there."),
    "values_stopped": _("Not published: it was stopped. The version before is in force, and the draft is still here."),
    "values_done": _("Published."),
    "values_failed": _("Not published: {reason}"),
    "look_at_users": _("Look at them before:"),
    "following": _("Reworded and published with it, because a field gets another key"),
    "older_base": _("The draft began from version {base}; version {live} was published meanwhile. Publishing takes its changes back."),
    "live_v": _("live v{version}"),
    "fx_help": _("Fields and functions"),
    "fx_copy": _("Copy the formula"),
    "fx_completions": _("Suggestions"),
    "fx_over_rows": _("over many records: where=, on=, days=, months="),
    "fx_names": _("Known here"),
    "fx_family": _("Functions: {family}"),
    "fx_pick": _("Insert"),
    "fx_try": _("Try it out"),
    "fx_search": _("Find a field or function"),
    "fx_nothing": _("Nothing here is called “{wanted}”."),
    "fx_record": _("For this record"),
    "fx_record_search": _("Search a record"),
    "fx_no_records": _("No record found."),
    "fx_no_record": _("This formula belongs to no record, so there is no result to show."),
    "fx_faulty": _("The result comes once the formula can be read."),
    "fx_show_rows": _("Show them in the list"),
    "fx_more_rows": _("and {n} more"),
}


def editor_data(act: Act, app: str, opened: Opened, saved: dict[str, Any] | None) -> dict[str, Any]:
    """Everything as plain JSON, texts in the reader's language."""
    say, catalogue = reader().say, act.catalogue
    here = address(app, opened.kind, opened.key)
    live = catalogue.of_kind(opened.kind).get(opened.key)
    users = used_by(catalogue).get((opened.kind, opened.key), [])
    return {
        "kind": opened.kind,
        "key": opened.key,
        "here": here,
        "app": app,
        "language": reader().language,
        "schema": _schema(opened.kind),
        "body": opened.body,
        "live_body": opened.live.body if opened.live else None,
        "live": opened.live.version if opened.live else None,
        "next": opened.next_version,
        "edit": opened.edit,
        "stamp": opened.draft.updated_at if opened.draft else 0,
        "saved": saved,
        "settings": {name: say(message) for name, message in SETTINGS.items()},
        "titles": settings_of(opened.kind),
        "choices": {name: say(message) for name, message in CHOICES.items()},
        "things": {name: say(message) for name, message in THINGS.items()},
        "texts": {name: say(message) for name, message in (TEXTS | (segment_words.TEXTS if opened.kind == "segment" else {})).items()},
        "known": known(act, catalogue) | (whom(act, catalogue) if opened.kind == "permission_set" else owners(act) if opened.kind == "automation" else {}),
        "uses": [link(act, app, *each) for each in users],
        "field_uses": _field_uses(act, app, live) if opened.kind == "form" and live is not None else {},
        "relations": relations(act, opened.key) if opened.kind == "form" else [],
    }


def relations(act: Act, form: str) -> list[dict[str, str]]:
    """By what names a form's records call the records that point at them, each with its form; only of forms that somebody may see."""
    shown, forms = reader().shown, act.catalogue.forms
    return [
        {"key": name, "label": f"{shown(forms[other].label)} ({shown(forms[other].by_key[field].label)})", "form": other}
        for name, (other, field) in act.catalogue.relations_to(form).items()
        if may(act.person, "view", other)
    ]


def _field_uses(act: Act, app: str, form: Form) -> dict[str, list[dict[str, str]]]:
    """Who names each field, as links: definitions and public links."""
    found = {key: [link(act, app, *each) for each in names] for key, names in field_uses(act.catalogue, form).items()}
    word = reader().say(PUBLIC_LINK)
    for key, each in ((key, each) for key, some in link_uses(act, form).items() for each in some):
        found.setdefault(key, []).append({"kind": word, "icon": "world", "label": each.label, "href": f"/build/{app}/public/{each.id}"})
    return found


def _schema(kind: str) -> dict[str, Any] | None:
    try:
        return schema(kind)
    except RuntimeError:  # nothing stands on a shelf that this kind needs
        return None


def known(act: Act, catalogue: Catalogue) -> dict[str, Any]:
    """Names that a field may suggest: of forms and their fields, of models, dictionaries, roles."""

    def named(things: Any) -> list[dict[str, str]]:
        return [{"key": each.key, "label": reader().shown(each.label)} for each in things]

    forms = [each for each in catalogue.forms.values() if may(act.person, "view", each.key)]
    return {
        "form": named(forms),
        "tier_model": named(catalogue.tier_models.values()),
        "tag_set": named(catalogue.tag_sets.values()),
        "app": named(catalogue.apps.values()),
        "segment": named(catalogue.segments.values()),
        "automation": named(catalogue.automations.values()),
        "workflow": named(catalogue.workflows.values()),
        "nodes": {flow.key: [{"key": each.key, "label": _node_name(each)} for each in flow.nodes] for flow in catalogue.workflows.values()},
        "fields": {form.key: named(form.fields) for form in forms},
        "tiers": {model.key: named(model.tiers) for model in catalogue.tier_models.values()},
        "tags": {tags.key: named(tags.tags) for tags in catalogue.tag_sets.values()},
        "who": [f"role:{key}" for key in act.connection.execute(sa.select(role.c.key).order_by(role.c.key)).scalars()],
        "menu": [
            {"key": f"{kind}:{each.key}", "label": f"{reader().say(KIND_NAMES[kind])} · {as_text(_plain(each.label))}"}
            for kind in ("form", "view", "dashboard")
            for each in catalogue.of_kind(kind).values()
        ],
    }


def owners(act: Act) -> dict[str, Any]:
    """Beside roles the people in whose name an automation can run: oneself, for those who build the whole workspace everybody."""
    roles = [f"role:{key}" for key in act.connection.execute(sa.select(role.c.key).order_by(role.c.key)).scalars()]
    people = [each.person for each in accounts.everybody(act.connection) if each.person.active] if act.person.is_builder else [act.person]
    return {"who": [*(f"user:{each.email}" for each in people[:MOST_PEOPLE]), *roles]}


def whom(act: Act, catalogue: Catalogue) -> dict[str, Any]:
    """Whom a permission set can name: roles, departments, groups and people; and the fields of each form in which people stand."""
    say = reader().say
    its = organisation_of(act.connection)
    roles = accounts.known_roles(act.connection)
    named = [
        *[(f"role:{key}", say(label) if isinstance(label, Message) else label, say(_("Roles"))) for key, label in roles.items()],
        *[(f"department:{each.key}", its.path(each.id), say(_("Departments"))) for each, _depth in its.walk()],
        *[
            (f"group:{row.id}", row.name, say(_("Groups")))
            for row in act.connection.execute(sa.select(person_group).order_by(person_group.c.name))
        ],
        *[(f"user:{each.person.email}", each.person.name, say(_("People"))) for each in accounts.everybody(act.connection)[:MOST_PEOPLE]],
    ]
    return {
        "whom": [{"key": key, "label": label, "group": group} for key, label, group in named],
        "members": {
            form.key: [{"key": each.key, "label": reader().shown(each.label)} for each in form.fields if each.type == "member"]
            for form in catalogue.forms.values()
        },
    }


def form_fields(act: Act) -> dict[str, list[dict[str, Any]]]:
    """The fields that somebody may see of each form, as conditions, rights and settings of a designer name them."""
    return {
        form.key: [_field(each, act) for each in form.fields if may(act.person, "view", form.key, None, each.key)]
        for form in act.catalogue.forms.values()
        if may(act.person, "view", form.key)
    }


def _field(field: Any, act: Act) -> dict[str, Any]:
    """Of a sub-form its columns too."""
    return {
        "key": field.key,
        "label": reader().shown(field.label),
        "type": field.type,
        "result": field.formula_type().kind if field.stores not in ("rows", "nothing") else "rows",
        "form": getattr(field, "form", None),
        "writable": field.writable and field.stores in ("column", "many"),
        "required": bool(getattr(field, "required", False)),
        "options": [{"key": each.key, "label": as_text(_plain(each.label))} for each in _options(field, act)],
        "columns": [_field(each, act) for each in field.fields] if field.type == "subform" else [],
        "lines": [{"key": each.key, "label": reader().shown(each.label), "writable": each.writable} for each in field.lines().values()],
    }


def _options(field: Any, act: Act) -> list[Any]:
    """What a value can be: options of its own, or the tiers or tags it is made of."""
    if field.type == "tier" and field.tier_model in act.catalogue.tier_models:
        return list(act.catalogue.tier_models[field.tier_model].tiers)
    if field.type == "tags" and field.tag_set in act.catalogue.tag_sets:
        return list(act.catalogue.tag_sets[field.tag_set].tags)
    return [each for each in getattr(field, "options", ()) or () if hasattr(each, "key")]


def _node_name(node: Any) -> str:
    return reader().shown(node.label) if node.label is not None else reader().say(NODE_KINDS.get(node.type, node.type))


def _plain(text: Any) -> Any:
    return text if isinstance(text, str) else {"zh": text.zh, "en": text.en}
