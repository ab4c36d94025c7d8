"""The tag dictionary of an app in plain language: what each tag means and is for, who looks after it, and who gets it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, render_template, request

from runtime.automation.people import in_words as who_in_words
from runtime.definitions.tag_set import Tag, TagSet, folded
from runtime.errors import FormulaProblems
from runtime.formulas.definitions import formula
from runtime.pages.apps import find_app
from runtime.pages.rule_words import in_words
from runtime.pages.tag_frame import Frame, frame, pill
from runtime.pages.tag_usefulness import NAMES, TONES
from runtime.pages.web import reader, reading, signed_in
from runtime.people import accounts
from runtime.records.guard import seen_ids
from runtime.records.tables import tables_of
from runtime.system.tables import tag_assignment
from runtime.system.workspace import Act
from runtime.tags import usefulness
from runtime.tags.assigning import tag_fields
from runtime.tags.references import consumers
from runtime.tags.verdicts import Verdict, verdicts
from runtime.texts import _

blueprint = Blueprint("tag_dictionary", __name__)


@blueprint.get("/apps/<app>/-/tags")
@signed_in
def dictionary(app: str) -> str:
    """One dictionary of the app: ?set= and, of its tags, those with the words of ?q= in name, meaning or use."""
    searched = " ".join(request.args.get("q", "").split())[:100]
    with reading() as act:
        here = frame(act, app)
        if here is None:
            return render_template("tag_dictionary.html", app=find_app(act, app), here=None, set=None)
        counts, judged = _counts(act, here.set), _judged(act, here)
        lines = [_line(act, here, tag, counts, judged) for tag in here.set.tags if _has(tag, searched)]
        return render_template(
            "tag_dictionary.html",
            app=here.app,
            searched=searched,
            here=here,
            set=here.set,
            form=here.form,
            lines=[each for each in lines if not each["archived"]],
            archived=[each for each in lines if each["archived"]],
            judged=bool(judged),
            rights=[
                (reader().say(label), people(act, here.set, who))
                for label, who in (
                    (_("May ask for tags"), here.set.may_request),
                    (_("May approve tags"), here.set.may_approve),
                    (_("May give tags"), here.set.may_assign),
                    (_("May take tags off"), here.set.may_remove),
                )
                if who
            ],
        )


def _has(tag: Tag, words: str) -> bool:
    """Whether each of the words stands somewhere in a tag, in any language and case."""
    said = [
        each for one in (tag.meaning, tag.use) if one is not None for each in ([one] if isinstance(one, str) else (one.zh, one.en)) if each
    ]
    text = folded(" ".join((*tag.names, *said)))
    return all(word in text for word in folded(words).split())


def _judged(act: Act, here: Frame) -> dict[str, Verdict]:
    """What the newest figures say of each tag, for those who look after the dictionary."""
    meter = usefulness.newest(act, here.set) if here.approves else None
    return {each.tag: each for each in verdicts(here.set, meter)} if meter is not None else {}


def _counts(act: Act, tags: TagSet) -> dict[str, int]:
    """How many living records have each tag, of those that the person sees with their tags."""
    main, given = tables_of(act.catalogue)[tags.form].main, tag_assignment.c
    seen = seen_ids(act, tags.form, *tag_fields(act, tags))
    rows = act.connection.execute(
        sa.select(given.tag, sa.func.count())
        .join(main, main.c.id == given.record)
        .where(given.form == tags.form, given.tag_set == tags.key, given.removed_at.is_(None), main.c.deleted_at.is_(None))
        .where(*([] if seen is None else [given.record.in_(seen)]))
        .group_by(given.tag)
    )
    return {tag: count for tag, count in rows}


def _line(act: Act, here: Frame, tag: Tag, counts: dict[str, int], judged: dict[str, Verdict]) -> dict[str, Any]:
    field = next(
        (each.key for each in here.form.fields if each.stores == "assigned" and getattr(each, "tag_set") == here.set.key),
        None,
    )
    words, text = _rule(act, here.set, tag)
    verdict = judged.get(tag.key)
    return {
        **pill(tag),
        "aliases": tag.aliases,
        "meaning": reader().shown(tag.meaning) if tag.meaning else "",
        "use": reader().shown(tag.use) if tag.use else "",
        "owner": people(act, here.set, (tag.owner,)) if tag.owner else "",
        "rule": words,
        "formula": text,
        "count": counts.get(tag.key, 0),
        "archived": tag.archived,
        "until": tag.expires,
        "over": tag.expires is not None and tag.expires < act.today,
        "into": reader().shown(here.set.final(tag).label) if tag.merged_into else None,
        "used": len(consumers(act.catalogue, here.set)[tag.key]),
        "verdict": {"what": reader().say(NAMES[verdict.what]), "tone": TONES[verdict.what], "reason": reader().say(verdict.reason)}
        if verdict
        else None,
        "page": here.href(f"/of/{tag.key}"),
        "href": f"/apps/{here.app.key}/{here.set.form}?{urlencode({'where': f'{field}|has|{tag.key}'})}" if field is not None else None,
    }


def _rule(act: Act, tags: TagSet, tag: Tag) -> tuple[str | None, str | None]:
    """The rule in words, and as it stands."""
    if tag.rule is None:
        return None, None
    try:
        return in_words(act.catalogue, tags.form, formula(act.catalogue, tags.form, tag.rule, expect=("boolean",))), tag.rule
    except FormulaProblems:
        return None, tag.rule


def people(act: Act, tags: TagSet, who: tuple[str, ...]) -> str:
    """People, roles by their names where they have one."""
    roles = accounts.known_roles(act.connection)
    words = []
    for each in who:
        sort, _colon, name = each.partition(":")
        named = sort == "role" and str(roles.get(name, name)) != name
        words.append(reader().say(roles[name] if named else who_in_words(each, tags.form, act.catalogue)))
    return ("、" if reader().language == "zh" else ", ").join(words)
