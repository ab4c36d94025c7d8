"""Other drafts of an app that solve what keeps a draft from being published: they are published together with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from builder.differences import differences
from builder.role_names import role_names
from runtime.definitions import versions
from runtime.definitions.companions import Name, companions
from runtime.definitions.loading import is_elsewhere, left_faulty
from runtime.errors import NotFound, Problem, Refused
from runtime.records import authoring
from runtime.system.workspace import Act
from runtime.texts import Message, _

Json = dict[str, Any]


def drafts_of(act: Act, own: str | None) -> list[versions.Draft]:
    """The drafts of an app and of no app that the person may change; for the workspace all."""
    return [
        each
        for each in versions.drafts(act.connection)
        if (own is None or each.body.get("app") in (own, None) and (each.kind != "app" or each.key == own))
        and authoring.may_change(act, each.kind, each.key, each.body.get("app"))
    ]


def solving(act: Act, own: str | None, body: Json, problems: list[Problem]) -> list[versions.Draft]:
    """The drafts with which this body can be published although it alone cannot; none where its problems are its own, or stay.

    Those that the problems name and what these name in turn, and with them the drafts of what would be shown as broken otherwise; where
    that is not enough, all drafts of the app.
    """
    if not problems or not all(map(is_elsewhere, problems)):
        return []
    mine = (body.get("kind"), body.get("key"))
    others = {(each.kind, each.key): each for each in drafts_of(act, own) if (each.kind, each.key) != mine}
    chosen: set[Name] = set()
    while named := {_owner(each) for each in problems} & (others.keys() - chosen):
        chosen |= named
        problems = _problems(act, body, others, chosen)
    if problems:
        return list(others.values()) if others and not _problems(act, body, others, others) else []
    mended = chosen | _mended(act, body, others, chosen)
    return _in_order(others, chosen if _problems(act, body, others, mended) else mended)


def _in_order(others: dict[Name, versions.Draft], chosen: Collection[Name]) -> list[versions.Draft]:
    return [each for name, each in others.items() if name in chosen]


def _problems(act: Act, body: Json, others: dict[Name, versions.Draft], chosen: Collection[Name]) -> list[Problem]:
    return versions.dry_run(act, all_together(act, body, _in_order(others, chosen)))


def _mended(act: Act, body: Json, others: dict[Name, versions.Draft], chosen: Collection[Name]) -> set[Name]:
    """The other drafts whose live versions this would break; publishing them as well mends it."""
    wanted = act.catalogue.with_definitions(versions.load_all(all_together(act, body, _in_order(others, chosen))))
    live = {name: act.catalogue.of_kind(name[0]).get(name[1]) for name in others.keys() - chosen}
    return {name for name, each in live.items() if each is not None and left_faulty(each, act.catalogue, wanted)}


def _owner(problem: Problem) -> Name:
    kind, _colon, key = problem.path.partition("/")[0].partition(":")
    return kind, key


def all_together(act: Act, body: Json, others: Iterable[versions.Draft] = ()) -> list[Json]:
    """A draft, and what is published with it: the others, and of each what it names and was never published. The draft itself comes first."""
    found: dict[Name, Json] = {}
    for each in (body, *(other.body for other in others)):
        for one in (each, *(companion.body for companion in companions(act, each))):
            found.setdefault((str(one.get("kind")), str(one.get("key"))), one)
    return list(found.values())


def what_changes(act: Act, draft: versions.Draft) -> list[Message]:
    """What publishing a draft would change, in sentences."""
    try:
        live = versions.find_version(act.connection, draft.kind, draft.key).body
    except NotFound:
        live = None
    return [each.message for each in differences(live, draft.body, role_names(act))]


def as_read(act: Act, read: Any) -> list[versions.Draft]:
    """The drafts that a page showed beside its own: [{kind, key, label, edit, stamp}]. Raises Refused where one is another now, or gone."""
    return [_same(act, each) for each in read if isinstance(each, dict)] if isinstance(read, list) else []


def _same(act: Act, read: Json) -> versions.Draft:
    draft = versions.find_draft(act.connection, str(read.get("kind")), str(read.get("key")))
    if draft is None or (draft.edit, draft.updated_at) != (read.get("edit"), read.get("stamp")):
        label = str(read.get("label") or read.get("key"))[:200]
        raise Refused(
            [],
            _("Somebody changed or published “{label}” in the meantime, so nothing is published. Look at what changes now.", label=label),
        )
    return draft
