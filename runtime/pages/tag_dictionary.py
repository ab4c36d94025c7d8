"""The tag dictionary of an app in plain language: what each tag means and is for, who looks after it, and who gets it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, g, render_template, request

from runtime.automation.people import in_words as who_in_words
from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import FormulaProblems, NotFound
from runtime.formulas.definitions import formula
from runtime.pages.apps import find_app
from runtime.pages.cells import FAMILIES
from runtime.pages.rule_words import in_words
from runtime.pages.web import reader, reading, signed_in
from runtime.people import accounts
from runtime.people.may import may
from runtime.records.tables import tables_of
from runtime.system.tables import tag_assignment
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("tag_dictionary", __name__)

KINDS: dict[str, Message] = {
    "attribute": _("attribute"),
    "behaviour": _("behaviour"),
    "potential": _("potential"),
    "campaign": _("campaign"),
    "control": _("control group"),
}


@blueprint.get("/apps/<app>/-/tags")
@signed_in
def dictionary(app: str) -> str:
    """One dictionary of the app: ?set="""
    with reading() as act:
        found_app = find_app(act, app)
        sets = sets_of(act, app)
        chosen = _chosen(sets, request.args.get("set"))
        if chosen is None:
            return render_template("tag_dictionary.html", app=found_app, set=None)
        living = [tag for tag in chosen.tags if not tag.archived]
        counts = _counts(act, chosen)
        return render_template(
            "tag_dictionary.html",
            app=found_app,
            set=chosen,
            form=act.catalogue.forms[chosen.form],
            lines=[_line(act, app, chosen, tag, counts) for tag in living],
            archived=[_line(act, app, chosen, tag, counts) for tag in chosen.tags if tag.archived],
            used=len([tag for tag in living if tag.family != "control"]),
            sets=[{"label": each.label, "href": f"/apps/{app}/-/tags?set={each.key}", "active": each is chosen} for each in sets],
            rights=[
                (reader().say(label), _people(act, chosen, who))
                for label, who in (
                    (_("May ask for tags"), chosen.may_request),
                    (_("May approve tags"), chosen.may_approve),
                    (_("May give tags"), chosen.may_assign),
                    (_("May take tags off"), chosen.may_remove),
                )
                if who
            ],
        )


def sets_of(act: Act, app: str) -> list[TagSet]:
    return [
        each
        for each in act.catalogue.tag_sets.values()
        if each.app in (None, app) and each.form in tables_of(act.catalogue) and may(g.person, "view", each.form)
    ]


def _chosen(sets: list[TagSet], key: str | None) -> TagSet | None:
    if key is None:
        return sets[0] if sets else None
    found = next((each for each in sets if each.key == key), None)
    if found is None:
        raise NotFound(_("There is no tag set with the key {key}.", key=key))
    return found


def _counts(act: Act, tags: TagSet) -> dict[str, int]:
    """How many living records have each tag."""
    main, given = tables_of(act.catalogue)[tags.form].main, tag_assignment.c
    rows = act.connection.execute(
        sa.select(given.tag, sa.func.count())
        .join(main, main.c.id == given.record)
        .where(given.form == tags.form, given.tag_set == tags.key, given.removed_at.is_(None), main.c.deleted_at.is_(None))
        .group_by(given.tag)
    )
    return {tag: count for tag, count in rows}


def _line(act: Act, app: str, tags: TagSet, tag: Tag, counts: dict[str, int]) -> dict[str, Any]:
    field = next(
        (each.key for each in act.catalogue.forms[tags.form].fields if each.stores == "assigned" and getattr(each, "tag_set") == tags.key),
        None,
    )
    words, text = _rule(act, tags, tag)
    return {
        "key": tag.key,
        "label": reader().shown(tag.label),
        "family": FAMILIES.get(tag.family, tag.family),
        "kind": reader().say(KINDS[tag.family]),
        "temporary": tag.standing == "temporary",
        "meaning": reader().shown(tag.meaning) if tag.meaning else "",
        "use": reader().shown(tag.use) if tag.use else "",
        "owner": _people(act, tags, (tag.owner,)) if tag.owner else "",
        "rule": words,
        "formula": text,
        "count": counts.get(tag.key, 0),
        "until": tag.expires,
        "over": tag.expires is not None and tag.expires < act.today,
        "href": f"/apps/{app}/{tags.form}?{urlencode({'where': f'{field}|has|{tag.key}'})}" if field is not None else None,
    }


def _rule(act: Act, tags: TagSet, tag: Tag) -> tuple[str | None, str | None]:
    """The rule in words, and as it stands."""
    if tag.rule is None:
        return None, None
    try:
        return in_words(act.catalogue, tags.form, formula(act.catalogue, tags.form, tag.rule, expect=("boolean",))), tag.rule
    except FormulaProblems:
        return None, tag.rule


def _people(act: Act, tags: TagSet, who: tuple[str, ...]) -> str:
    """People, roles by their names where they have one."""
    roles = accounts.known_roles(act.connection)
    words = []
    for each in who:
        sort, _colon, name = each.partition(":")
        named = sort == "role" and str(roles.get(name, name)) != name
        words.append(reader().say(roles[name] if named else who_in_words(each, tags.form, act.catalogue)))
    return ("、" if reader().language == "zh" else ", ").join(words)
