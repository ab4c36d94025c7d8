"""Who can see this, and why: of a record, of a person, and of both together. For those who administer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from runtime.errors import FormulaProblems, NotFound
from runtime.pages.apps import find_app
from runtime.pages.cells import title_of
from runtime.pages.lists import find_form
from runtime.pages.rule_words import in_words
from runtime.pages.web import builder_only, reader, reading
from runtime.people import accounts
from runtime.people.person import Person
from runtime.people.rights import Grant
from runtime.records import query
from runtime.records.guard import condition
from runtime.records.tables import tables_of
from runtime.records.why import DOING, LEVELS, Why, who_sees, why
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("rights", __name__)

MOST = 300
"""People looked at in one page; the search finds the others."""


@blueprint.get("/apps/<app>/<form>/<int:record>/rights")
@builder_only
def of_record(app: str, form: str, record: int) -> str:
    """Who sees a record: ?q= people by name; with ?person= why that one may or may not."""
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        found = query.get(act, form, record, deleted=True)
        words, chosen = request.args.get("q", "").strip()[:100], request.args.get("person", type=int)
        people = _people(act, words)
        seers, others = who_sees(act, people[:MOST], form, record)
        person = next((each for each in people if each.id == chosen), None) or (None if chosen is None else _known(act, chosen))
        return render_template(
            "rights_record.html",
            app=found_app,
            form=definition,
            record=found,
            what=title_of(definition, found),
            seers=[
                {"person": each.person, "sources": [_source(act, form, one) for one in each.sources], "may": _listed(each.actions)}
                for each in seers
            ],
            others=others,
            left=max(0, len(people) - MOST),
            words=words,
            why=None if person is None else _told(act, form, why(act, person, form, record)),
        )


@blueprint.get("/admin/people/<int:person_id>/rights")
@builder_only
def of_person(person_id: int) -> str:
    """What a person may with each form, and by which permission sets."""
    with reading() as act:
        someone = _known(act, person_id)
        lines: list[dict[str, Any]] = [
            {"form": form, "why": _told(act, key, why(act, someone, key)), "href": _list_of(act, form)}
            for key, form in act.catalogue.forms.items()
            if key in tables_of(act.catalogue)
        ]
        return render_template(
            "rights_person.html",
            someone=someone,
            seen=[each for each in lines if each["why"]["sources"]],
            closed=[each["form"] for each in lines if not each["why"]["sources"]],
        )


def _people(act: Act, words: str) -> list[Person]:
    """Active people whose name or address has all the words."""
    wanted = words.casefold().split()
    every = [each.person for each in accounts.everybody(act.connection) if each.person.active]
    return [each for each in every if all(word in f"{each.name} {each.email}".casefold() for word in wanted)]


def _known(act: Act, person_id: int) -> Person:
    found = accounts.by_id(act.connection, person_id)
    if found is None:
        raise NotFound(_("This person is not known here."))
    return found


def _list_of(act: Act, form: Any) -> str | None:
    app = form.app or next(
        (each.key for each in act.catalogue.apps.values() if any(f"form:{form.key}" in part.items for part in each.menu)), None
    )
    return f"/apps/{app}/{form.key}" if app is not None else None


def _told(act: Act, form: str, found: Why) -> dict[str, Any]:
    """An explanation in the reader's words."""
    say = reader().say
    return {
        "person": found.person,
        "sources": [_source(act, form, each) for each in found.sources],
        "verdicts": [
            {"action": each.action, "doing": say(DOING[each.action]), "allowed": each.allowed, "why": [say(one) for one in each.why]}
            for each in found.verdicts
        ],
        "may": _listed(tuple(each.action for each in found.verdicts if each.allowed)),
        "fields": [
            {"label": reader().shown(each.field.label), "level": each.level, "word": say(LEVELS[each.level]), "why": say(each.why)}
            for each in found.fields
        ],
    }


def _source(act: Act, form: str, source: Any) -> dict[str, Any]:
    label = reader().say(source.label) if isinstance(source.label, Message) else reader().shown(source.label)
    app = act.catalogue.permission_sets[source.key].app if source.key is not None else None
    return {
        "label": label,
        "href": f"/build/{app or '-'}/access/{source.key}" if source.key is not None else None,
        "named": source.named,
        "rows": rows_in_words(act, form, source.grant),
        "holds": source.holds,
        "may": _listed(tuple(each for each in DOING if each in source.grant.actions)),
    }


def rows_in_words(act: Act, form: str, grant: Grant) -> str | None:
    """The condition on the rows as a sentence, or as it stands; None where every record is meant."""
    if grant.rows is None:
        return None
    try:
        return in_words(act.catalogue, form, condition(act, form, grant)) or grant.rows
    except FormulaProblems:
        return grant.rows


def _listed(actions: tuple[str, ...]) -> str:
    return ("、" if reader().language == "zh" else ", ").join(reader().say(DOING[each]) for each in actions)
