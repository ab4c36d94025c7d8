"""The editor of a definition: its page, and what its script asks while somebody works: save, check, try out, publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, g, render_template
from werkzeug.wrappers import Response

from builder import impact
from builder.beside import all_together, as_read, solving, what_changes
from builder.differences import Shown, differences, labels_of
from builder.drafts import ANY_FOLDER, FOLDER_OF, LARGEST, WORKSPACE, Opened, loaded, open_draft, problems_of, read_body
from builder.flowing import effect as flow_effect
from builder.forming.effect import sentences as of_values_and_users
from builder.forming.effect import users
from builder.linting import advice
from builder.pages.editor_data import editor_data
from builder.pages.frame import address, as_text, asked_bytes, check_app, json_block, kind_of, link, moment, plain_json, written
from builder.role_names import role_names
from builder.words import KIND_NAMES, PUBLIC_LINK
from runtime.definitions import reasons, versions
from runtime.definitions.model import FormulaUse
from runtime.errors import DefinitionProblems, FormulaProblems, NotFound, Problem, Refused, Stale
from runtime.formulas import Scope, check
from runtime.formulas.types import described
from runtime.records import authoring, publishing
from runtime.records.preparing import prepare
from runtime.pages.web import designer_only, reader, reading, workspace, writing
from runtime.system import jobs
from runtime.system.tables import job as job_table
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.recomputing import KIND as RECOMPUTE

blueprint = Blueprint("editor", __name__)

PLACE = f"/build/<app>/<{ANY_FOLDER}:folder>/<key>"
EVERYTHING = frozenset({"person", "dimension", "effects"})


@blueprint.get(PLACE)
@designer_only
def page(app: str, folder: str, key: str) -> str:
    return opened_page(app, kind_of(folder), key, "builder/editor.html")


def opened_page(app: str, kind: str, key: str, template: str, more: Callable[[Act], dict[str, Any]] = lambda act: {}) -> str:
    """The page of a definition's draft; `more` is what a designer's script is given beside what every editor has, its texts among it."""
    with reading() as act:
        if kind != "app":
            check_app(act, app)
        opened = open_draft(act, kind, key)
        broken = act.catalogue.broken.get((kind, key))
        given, extra = {**editor_data(act, app, opened, _saved(opened)), **_state(act, app, opened.body)}, more(act)
        given |= {**extra, "texts": {**given["texts"], **extra.get("texts", {})}}
        return render_template(
            template,
            app=app,
            kind=KIND_NAMES[kind],
            key=key,
            given=json_block(given),
            broken=broken,
            opened=opened,
            here=given["here"],
            label=as_text(opened.body.get("label")) or key,
        )


def _state(act: Act, app: str, body: Any) -> dict[str, Any]:
    """What is wrong with a body, and what might be better; `beside` are other drafts that solve what is wrong."""
    definition, problems = loaded(body), problems_of(act, body)
    others = solving(act, None if app == WORKSPACE else app, body, problems)
    return {
        "problems": [] if others else written(problems),
        "beside": [_other(app, each) for each in others],
        "advice": written(advice(definition, act.catalogue)) if definition is not None else [],
    }


def _other(app: str, draft: versions.Draft) -> dict[str, Any]:
    """A draft that is published with the one of the page, as the page shows it and names it again."""
    return {
        "kind": draft.kind,
        "key": draft.key,
        "edit": draft.edit,
        "stamp": draft.updated_at,
        "label": as_text(draft.body.get("label")) or draft.key,
        "word": reader().say(KIND_NAMES[draft.kind]),
        "href": address(app, draft.kind, draft.key),
    }


def _saved(opened: Opened) -> dict[str, Any] | None:
    if opened.draft is None:
        return None
    return {
        "time": moment(opened.draft.updated_at),
        "who": reader().person_name(opened.draft.author),
        "mine": opened.draft.author == g.person.id,
        "based_on": opened.draft.based_on,
    }


# -- saving -----------------------------------------------------------------------------------------------------------------------
def sent_object() -> dict[str, Any]:
    """What the script sent: an object. Raises Refused."""
    sent = read_body(asked_bytes(LARGEST))
    if not isinstance(sent, dict):
        raise Refused([Problem("", _("A definition is a JSON object with kind and key."))])
    return sent


def body_of(sent: dict[str, Any]) -> dict[str, Any]:
    body = sent.get("body")
    if not isinstance(body, dict):
        raise Refused([Problem("", _("A definition is a JSON object with kind and key."))])
    return body


@blueprint.put(f"{PLACE}/draft")
@designer_only
def save(app: str, folder: str, key: str) -> Any:
    """Keeps the draft, however faulty. Answers 409 with the other draft when somebody else saved or published in between."""
    kind, sent = kind_of(folder), sent_object()
    body = body_of(sent)
    with writing() as act:
        opened = open_draft(act, kind, key)
        if not _is_what_was_read(opened, sent):
            return _overtaken(opened)
        try:
            edit = versions.save_draft(act, kind, key, body, opened.edit)
        except Stale:
            return _overtaken(open_draft(act, kind, key))
        saved = {
            "time": moment(act.micros),
            "who": g.person.name,
            "mine": True,
            "based_on": opened.draft.based_on if opened.draft else act.catalogue.versions.get((kind, key)),
        }
        return plain_json({"edit": edit, "stamp": act.micros, "saved": saved, **_state(act, app, body)})


def _is_what_was_read(opened: Opened, sent: dict[str, Any]) -> bool:
    """Whether draft and live version are still those the page began from."""
    return (sent.get("edit"), sent.get("stamp"), sent.get("live")) == (
        opened.edit,
        opened.draft.updated_at if opened.draft else 0,
        opened.live.version if opened.live else None,
    )


def _overtaken(opened: Opened) -> Any:
    newest = opened.draft or opened.live
    at = opened.draft.updated_at if opened.draft else opened.live.at if opened.live else 0
    return plain_json(
        {
            "detail": reader().say(_("Somebody else changed this draft in the meantime. Look at their version before you save yours.")),
            "body": opened.body,
            "edit": opened.edit,
            "stamp": opened.draft.updated_at if opened.draft else 0,
            "live": opened.live.version if opened.live else None,
            "live_body": opened.live.body if opened.live else None,
            "next": opened.next_version,
            "who": reader().person_name(newest.author if newest else None),
            "time": moment(at),
            "saved": _saved(opened),
        },
        409,
    )


# -- checking ---------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/formula")
@designer_only
def formula(app: str, folder: str, key: str) -> Response:
    """Checks one formula as it is typed: {path, text, body} → {type} or {problems: [{message, position, length}]}."""
    sent = sent_object()
    path, text = sent.get("path"), sent.get("text")
    if not isinstance(path, str) or not isinstance(text, str):
        raise Refused([Problem("text", _("Write a formula."))])
    with reading() as act:
        use, catalogue = use_at(act, body_of(sent), path, text)
        try:
            found = check(text, scope_of(use, catalogue), use.expect)
        except FormulaProblems as error:
            return plain_json(
                {
                    "problems": [
                        {"message": reader().say(each.message), "position": each.position, "length": each.length} for each in error.problems
                    ]
                }
            )
        return plain_json({"type": reader().say(described(found.type)), "problems": []})


def scope_of(use: FormulaUse, catalogue: Any) -> Scope:
    return Scope(catalogue, use.form, use.subform, use.names, use.allow, use.own_rows, reader().language)


def use_at(act: Act, body: dict[str, Any], path: str, text: str) -> tuple[FormulaUse, Any]:
    """What the formula at a path may use; where the draft cannot be read yet, as much as its form tells."""
    definition = loaded(_with(body, path.split("/"), text))
    if definition is not None:
        catalogue = act.catalogue.with_definitions([definition])
        for use in definition.formulas(catalogue):
            if use.path == path:
                return use, catalogue
    form = body.get("key") if body.get("kind") == "form" else body.get("form")
    return FormulaUse(path, text, form if isinstance(form, str) and form in act.catalogue.forms else None, allow=EVERYTHING), act.catalogue


def _with(here: Any, path: list[str], text: str) -> Any:
    """A copy of a body with this text at a path, where there is such a place."""
    if not path:
        return text
    name, *rest = path
    if isinstance(here, dict):
        return {**here, name: _with(here.get(name), rest, text)}
    if isinstance(here, list) and name.isdecimal() and int(name) < len(here):
        return [*here[: int(name)], _with(here[int(name)], rest, text), *here[int(name) + 1 :]]
    return here


# -- publishing -------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/preview")
@designer_only
def preview(app: str, folder: str, key: str) -> Response:
    """What publishing the sent body would change and do."""
    kind, body = kind_of(folder), body_of(sent_object())
    with reading() as act:
        opened = open_draft(act, kind, key)
        authoring.require_forms(act, body)
        state = _state(act, app, body)
        others = as_read(act, state["beside"])
        bodies, alone = all_together(act, body, others), all_together(act, body)
        different = differences(opened.live.body if opened.live else None, body, role_names(act))
        effect = [] if state["problems"] else [reader().say(each) for each in _effect(act, kind, body)]
        return plain_json(
            {
                "changes": [{"path": each.path, "message": reader().say(each.message)} for each in different],
                "effect": effect,
                "together": [f"{reader().say(KIND_NAMES[each['kind']])} · {as_text(each['label'])}" for each in alone[1:]],
                "users": [] if state["problems"] or kind != "form" else _users(act, app, body),
                "following": [link(act, app, each["kind"], each["key"]) for each in _following(act, bodies)],
                "reason": [] if state["problems"] else _reasons(act, bodies),
                **state,
                "beside": [
                    shown | {"changes": [reader().say(one) for one in what_changes(act, each)]}
                    for shown, each in zip(state["beside"], others, strict=True)
                ],
                "problems": [each | _elsewhere(act, app, each["path"]) for each in state["problems"]],
                "live": opened.live.version if opened.live else None,
                "next": opened.next_version,
                "based_on": opened.draft.based_on if opened.draft else None,
            }
        )


def _reasons(act: Act, bodies: list[dict[str, Any]]) -> list[str]:
    """What publishing asks a written reason for, in sentences."""
    return [reader().say(each.sentence) for each in reasons.open_needs(act, versions.load_all(bodies))]


def _effect(act: Act, kind: str, body: dict[str, Any]) -> list[Message]:
    if kind == "tier_model":
        found = impact.tier_impact(act, body)
        return [impact.in_words(found), *([impact.extent(found)] if found.sampled < found.population else [])]
    if kind == "workflow":
        return flow_effect.sentences(act, body)
    if kind != "form":
        return []
    found = impact.form_impact(act, body)
    sentences = [_("{count} records are kept as they are.", count=f"{found.records:,}")] if found.records else []
    live = act.catalogue.forms.get(str(body.get("key")))
    labels = {each.key: each.label for each in live.fields} | labels_of(body) if live is not None else labels_of(body)
    if found.added:
        sentences.append(_("New columns: {fields}. They begin empty, or with their default value.", fields=Shown(list(found.added), labels)))
    if found.removed:
        sentences.append(_("No longer shown: {fields}. Their values are kept and come back with the field.", fields=Shown(list(found.removed), labels)))
    sentences += [_("{key} is called {now} from then on. Its values stay.", key=key, now=now) for key, now in found.renamed]
    return [*sentences, *of_values_and_users(act, body, reader())]


@blueprint.post(f"{PLACE}/publish")
@designer_only
def publish(app: str, folder: str, key: str) -> Any:
    """Publishes the draft that the page shows, with those shown beside it; answers with its version and the ratings that this set in motion."""
    kind, sent = kind_of(folder), sent_object()
    note = sent.get("note")
    with reading() as act:
        draft = open_draft(act, kind, key).draft
        wanted = [] if draft is None else all_together(act, draft.body, as_read(act, sent.get("beside")))
        is_long = publishing.is_long(act, wanted)
    if not is_long:
        prepare(workspace(), g.person, wanted)
    with writing("publish") as act:
        versions.lock(act)  # what somebody else is publishing this moment is read, not overwritten
        opened = open_draft(act, kind, key)
        if not _is_what_was_read(opened, sent):
            return _overtaken(opened)
        if opened.draft is None:
            raise Refused([], _("There is no draft to publish."))
        earlier = set(_ratings(act))
        sent_note = note.strip()[:500] or None if isinstance(note, str) else None
        why = sent.get("reason")
        bodies = all_together(act, opened.draft.body, as_read(act, sent.get("beside")))
        if is_long:
            _require_sound(act, bodies)
            number = publishing.later(act, bodies, sent_note, why if isinstance(why, str) else None)
            return plain_json(
                {"version": opened.next_version - 1, "next": opened.next_version, "jobs": [number], "later": True, "body": None}
            )
        published, *_others = versions.publish(act, bodies, sent_note, reason=why if isinstance(why, str) else None)
        return plain_json(
            {
                "version": published[2],
                "next": published[2] + 1,
                "jobs": [each for each in _ratings(act) if each not in earlier],
                "body": opened.draft.body,
            }
        )


def _require_sound(act: Act, bodies: list[dict[str, Any]]) -> None:
    """Raises what publishing would."""
    versions.ask_publishing(act, bodies)
    problems = versions.dry_run(act, bodies)
    if problems:
        raise DefinitionProblems(problems)


def _elsewhere(act: Act, app: str, path: str) -> dict[str, str]:
    """Where a problem of another definition is solved."""
    kind, colon, key = path.partition("/")[0].partition(":")
    return {"href": link(act, app, kind, key)["href"]} if colon and kind in FOLDER_OF else {}


def _users(act: Act, app: str, body: dict[str, Any]) -> list[dict[str, str]]:
    """Who reads a field that goes or gets another type, as links."""
    names, links = users(act, body)
    word = reader().say(PUBLIC_LINK)
    public = [{"kind": word, "icon": "world", "label": each.label, "href": f"/build/{app}/public/{each.id}"} for each in links]
    return [*(link(act, app, *each) for each in names), *public]


def _following(act: Act, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What names a field that gets another key, as it will name it."""
    try:
        return versions.whole(act, bodies)[len(bodies) :]
    except DefinitionProblems:
        return []


def _ratings(act: Act) -> list[int]:
    """The ratings of everybody that were queued in this instant."""
    mine = sa.and_(job_table.c.kind == RECOMPUTE, job_table.c.created_at == act.micros)
    return list(act.connection.execute(sa.select(job_table.c.id).where(mine).order_by(job_table.c.id)).scalars())


# -- tier models ------------------------------------------------------------------------------------------------------------------
@blueprint.post("/build/<app>/tiers/<key>/impact")
@designer_only
def try_out(app: str, key: str) -> Response:
    """How many would move if the sent body were published now, or what keeps it from being tried out; nothing is written."""
    body = body_of(sent_object())
    if body.get("kind") != "tier_model" or body.get("key") != key:
        raise Refused([Problem("key", _("Kind and key cannot change: a key is chosen once."))])
    with reading() as act:
        authoring.require_saving(act, "tier_model", key, body)
        authoring.require_forms(act, body)
        problems = problems_of(act, body)
        if problems:
            return plain_json({"problems": written(problems)})
        found = impact.tier_impact(act, body)
        return plain_json(
            {
                "population": found.population,
                "sampled": found.sampled,
                "margin": found.margin,
                "up": found.up,
                "down": found.down,
                "entered": found.entered,
                "left": found.left,
                "changed": found.changed,
                "matrix": found.matrix,
                "sentence": reader().say(impact.in_words(found)),
                "tiers": [
                    {
                        "tier": each.key,
                        "label": reader().say(each.label) if isinstance(each.label, Message) else reader().shown(each.label),
                        "color": each.color,
                        "rank": each.rank,
                        "now": each.now,
                        "then": each.then,
                    }
                    for each in found.tiers
                ],
            }
        )


@blueprint.get("/build/<app>/jobs/<int:number>")
@designer_only
def progress(app: str, number: int) -> Response:
    """How far a rating after publishing is."""
    with reading() as act:
        row = jobs.find(act.connection, number)
        if row.kind not in (RECOMPUTE, publishing.KIND):
            raise NotFound(_("There is no such job."))
        counts = json.loads(row.result) if row.result else {}
        message = json.loads(row.message) if row.message else None
        moved = sum(int(counts.get(name, 0)) for name in ("first", "up", "down", "left", "moved"))
        return plain_json(
            {
                "state": row.state,
                "done": row.done,
                "total": row.total,
                "moved": moved,
                "counts": counts,
                "message": reader().shown(message) if message else None,
            }
        )
