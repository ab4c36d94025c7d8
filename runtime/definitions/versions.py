"""Drafts and versions. Publishing is one transaction: all definitions of a set or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions import reasons
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.kinds import KINDS
from runtime.definitions.loading import check, load
from runtime.definitions.model import Definition
from runtime.errors import DefinitionProblems, NotFound, Problem, Refused, Stale
from runtime.system import audit
from runtime.system.database import to_json
from runtime.system.tables import definition, definition_draft, definition_version, role, workspace_setting
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

APPLY: list[Callable[[Act, Catalogue, list[Definition]], None]] = []
"""What publishing sets in motion, in this order and in its transaction: columns, first values, cut points … Each gets the act (with the new
catalogue), the catalogue before, and what was published. Filled by runtime/kinds.py in plain sight."""


MAY_SAVE: list[Callable[[Act, str, str, dict[str, Any] | None], None]] = []
"""Asked before a draft is changed: (act, kind, key, new body). Raises NotAllowed. Filled by runtime/kinds.py in plain sight."""
MAY_PUBLISH: list[Callable[[Act, list[Definition]], None]] = []
"""The same before a set is published."""
FOLLOWERS: list[Callable[[Act, list[Definition]], list[dict[str, Any]]]] = []
"""What has to be published together with a set, such as what names a field that the set renames. Filled by runtime/kinds.py in plain sight."""
SET_ASIDE = _("A draft that was set aside.")
"""The note of a version that was never live."""


@dataclass(frozen=True)
class Draft:
    kind: str
    key: str
    body: dict[str, Any]
    based_on: int | None
    author: int | None
    updated_at: int
    edit: int


@dataclass(frozen=True)
class Version:
    kind: str
    key: str
    version: int
    body: dict[str, Any]
    author: int | None
    at: int
    note: str | None
    live: bool


def save_draft(act: Act, kind: str, key: str, body: dict[str, Any], edit: int | None = None) -> int:
    """Keeps a draft, however incomplete. `edit` is the number of the draft that was read (0 for none): somebody else's later one is not overwritten.
    Gives the new number."""
    if kind not in KINDS:
        raise NotFound(_("There is no kind of definition called {kind}; choose one of {kinds}.", kind=kind, kinds=", ".join(KINDS)))
    if body.get("kind") != kind or body.get("key") != key:
        raise Refused([Problem("key", _("Kind and key cannot change: a key is chosen once."))])
    _ask(act, kind, key, body)
    row_id = _row(act, kind, key)
    present = act.connection.execute(sa.select(definition_draft.c.edit).where(definition_draft.c.definition == row_id)).scalar() or 0
    if edit is not None and edit != present:
        raise Stale(
            _("Somebody else changed this draft in the meantime. Look at their version before you save yours."),
            find_draft(act.connection, kind, key),
        )
    values = {
        "body": to_json(body),
        "author": act.person.id,
        "updated_at": act.micros,
        "edit": present + 1,
        "based_on": _live_version(act, row_id),
    }
    if present:
        values.pop("based_on")
        act.connection.execute(definition_draft.update().where(definition_draft.c.definition == row_id).values(**values))
    else:
        act.connection.execute(definition_draft.insert().values(definition=row_id, **values))
    return present + 1


def find_draft(connection: sa.Connection, kind: str, key: str) -> Draft | None:
    return next(iter(drafts(connection, kind, key)), None)


def drafts(connection: sa.Connection, kind: str | None = None, key: str | None = None) -> list[Draft]:
    """All drafts, or those of one kind or one definition."""
    query = (
        sa.select(definition.c.kind, definition.c.key, definition_draft)
        .join(definition_draft, definition_draft.c.definition == definition.c.id)
        .order_by(definition.c.id)
    )
    if kind is not None:
        query = query.where(definition.c.kind == kind)
    if key is not None:
        query = query.where(definition.c.key == key)
    return [
        Draft(row.kind, row.key, json.loads(row.body), row.based_on, row.author, row.updated_at, row.edit)
        for row in connection.execute(query)
    ]


def _ask(act: Act, kind: str, key: str, body: dict[str, Any] | None = None) -> None:
    for may_save in MAY_SAVE:
        may_save(act, kind, key, body)


def discard_draft(act: Act, kind: str, key: str) -> None:
    _ask(act, kind, key)
    row_id = _row(act, kind, key)
    act.connection.execute(definition_draft.delete().where(definition_draft.c.definition == row_id))


def set_aside(act: Act, kind: str, key: str) -> int | None:
    """Keeps a draft as a version that was never live, so that work can begin anew from the live one; gives its number, None without a draft."""
    draft = find_draft(act.connection, kind, key)
    if draft is None:
        return None
    row_id = _row(act, kind, key)
    number = _next_number(act, row_id)
    act.connection.execute(
        definition_version.insert().values(
            definition=row_id,
            version=number,
            body=to_json(draft.body),
            author=draft.author,
            at=act.micros,
            note=str(SET_ASIDE),
            revision=act.catalogue.revision,
        )
    )
    discard_draft(act, kind, key)
    return number


def take_up(act: Act, kind: str, key: str, number: int) -> int:
    """Makes any version the draft again; the present draft is set aside first. Gives the draft's number."""
    wanted = find_version(act.connection, kind, key, number)
    set_aside(act, kind, key)
    return save_draft(act, kind, key, wanted.body)


def _next_number(act: Act, row_id: int) -> int:
    return (
        act.connection.execute(
            sa.select(sa.func.max(definition_version.c.version)).where(definition_version.c.definition == row_id)
        ).scalar()
        or 0
    ) + 1


def versions(connection: sa.Connection, kind: str, key: str) -> list[Version]:
    """Every published version, newest first."""
    query = (
        sa.select(definition.c.kind, definition.c.key, definition.c.version.label("live"), definition_version)
        .join(definition_version, definition_version.c.definition == definition.c.id)
        .where(definition.c.kind == kind, definition.c.key == key)
        .order_by(definition_version.c.version.desc())
    )
    return [
        Version(row.kind, row.key, row.version, json.loads(row.body), row.author, row.at, row.note, row.version == row.live)
        for row in connection.execute(query)
    ]


def find_version(connection: sa.Connection, kind: str, key: str, number: int | None = None) -> Version:
    """One version, the live one without `number`."""
    for version in versions(connection, kind, key):
        if version.version == number or (number is None and version.live):
            return version
    raise NotFound(_("There is no published {kind} with the key {key}.", kind=kind, key=key))


def authors(connection: sa.Connection, kind: str) -> dict[str, int | None]:
    """Who published the live version of each definition of a kind."""
    live = (definition_version.c.definition == definition.c.id) & (definition_version.c.version == definition.c.version)
    query = sa.select(definition.c.key, definition_version.c.author).join(definition_version, live).where(definition.c.kind == kind)
    return {key: author for key, author in connection.execute(query)}


def load_all(bodies: Iterable[Any]) -> list[Definition]:
    """Loads a set; the problems of all of them are raised together, each under `kind:key/`."""
    loaded: list[Definition] = []
    problems: list[Problem] = []
    for body in bodies:
        try:
            loaded.append(load(body))
        except DefinitionProblems as error:
            name = f"{body.get('kind')}:{body.get('key')}" if isinstance(body, dict) else "?"
            problems += [each.under(name) for each in error.problems]
    if problems:
        raise DefinitionProblems(problems)
    return loaded


def publish(
    act: Act,
    bodies: Iterable[dict[str, Any]],
    note: str | None = None,
    decided: bool = False,
    reason: str | None = None,
    asked: bool | None = None,
) -> list[tuple[str, str, int]]:
    """Publishes a set as a whole: checks it, writes new versions of what really changed, and sets everything in motion that follows.

    Gives (kind, key, version) of each. Raises DefinitionProblems with all problems; then nothing has changed. `decided`: another rule than
    the right to build has allowed it, such as the approval of a tag. `reason`: why something that looks like an oversight is right
    (runtime/definitions/reasons.py); `asked`: whether it is refused without one where one is needed, usually if a person publishes.
    """
    given = list(bodies)
    lock(act)
    wanted, given = len(given), whole(act, given)
    loaded, problems = checked(act.catalogue, given)
    if not decided:
        _ask_all(act, loaded[:wanted])
    if problems:
        raise DefinitionProblems(problems)
    if (act.person.id > 0 and not decided) if asked is None else asked:
        reasons.require(act, loaded, reason)
    before = act.catalogue
    needs = reasons.all_needs(act, loaded)
    revision = _next_revision(act)
    published: list[tuple[str, str, int]] = []
    changed: list[Definition] = []
    for body, each in zip(given, loaded, strict=True):
        row_id = _row(act, each.kind, each.key)
        live = _live_body(act, row_id)
        if live is not None and live[1] == to_json(body):
            published.append((each.kind, each.key, live[0]))
            act.connection.execute(definition_draft.delete().where(definition_draft.c.definition == row_id))
            continue
        number = _next_number(act, row_id)
        earlier = reasons.given(act, each.kind, each.key)
        act.connection.execute(
            definition_version.insert().values(
                definition=row_id, version=number, body=to_json(body), author=act.person.id, at=act.micros, note=note, revision=revision
            )
        )
        act.connection.execute(definition.update().where(definition.c.id == row_id).values(version=number))
        act.connection.execute(definition_draft.delete().where(definition_draft.c.definition == row_id))
        reasons.keep(act, row_id, number, [need for need in needs if (need.kind, need.key) == (each.kind, each.key)], earlier, reason)
        audit.note(act, "publish", f"{each.kind}:{each.key}", version=number, note=note)
        published.append((each.kind, each.key, number))
        changed.append(each)
    _make_roles(act, changed)
    act.catalogue = _in_force(act, given, changed, revision)
    for apply in APPLY:
        apply(act, before, changed)
    return published


def whole(act: Act, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A set, and behind it what has to follow it. Raises DefinitionProblems for what cannot be loaded."""
    if "formerly" not in to_json(bodies):
        return bodies
    loaded = load_all(bodies)
    return [*bodies, *(each for follow in FOLLOWERS for each in follow(act, loaded))]


def checked(catalogue: Catalogue, bodies: list[dict[str, Any]]) -> tuple[list[Definition], list[Problem]]:
    """A set loaded, and what is wrong with it; worked out once for a set and a revision. Raises DefinitionProblems for what cannot be loaded."""
    text, kept = to_json(bodies), catalogue.memo.get("checked")
    if kept is None or kept[0] != text:
        loaded = load_all(bodies)
        kept = catalogue.memo["checked"] = (text, loaded, check(loaded, catalogue))
    return kept[1], kept[2]


def look_ahead(catalogue: Catalogue, bodies: list[dict[str, Any]], then: Catalogue) -> None:
    """Keeps the catalogue that publishing a set will make, with what is compiled for it."""
    catalogue.memo["ahead"] = (to_json(bodies), then)


def _in_force(act: Act, given: list[dict[str, Any]], changed: list[Definition], revision: int) -> Catalogue:
    """The catalogue after these were published: the one made ready for it, or the present one with them."""
    text, then = act.catalogue.memo.get("ahead", ("", None))
    found = then if then is not None and text == to_json(given) else act.catalogue.with_definitions(changed)
    ids, numbers = _names(act)
    ordered = {f"{kind}s": dict(sorted(found.of_kind(kind).items(), key=lambda each: ids[kind, each[0]])) for kind in KINDS}
    names = {(each.kind, each.key) for each in changed}
    broken = {name: reason for name, reason in act.catalogue.broken.items() if name not in names}
    live = {name: number for name, number in numbers.items() if name not in broken}
    return replace(found, **ordered, revision=revision, ids=ids, versions=live, broken=broken)


def _names(act: Act) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """The number and the live version of everything that was published."""
    query = sa.select(definition).where(definition.c.version.is_not(None)).order_by(definition.c.id)
    rows = act.connection.execute(query).all()
    return {(row.kind, row.key): row.id for row in rows}, {(row.kind, row.key): row.version for row in rows}


def ask_publishing(act: Act, bodies: Iterable[dict[str, Any]]) -> None:
    """Raises NotAllowed where the person of the act may not publish the set, DefinitionProblems where it cannot be read."""
    _ask_all(act, load_all(bodies))


def ask_reason(act: Act, bodies: Iterable[dict[str, Any]], reason: str | None) -> None:
    """Raises ReasonNeeded where publishing the set needs a written reason and there is none."""
    reasons.require(act, load_all(bodies), reason)


def _ask_all(act: Act, loaded: list[Definition]) -> None:
    for may_publish in MAY_PUBLISH:
        may_publish(act, loaded)


def lock(act: Act) -> None:
    """From here to the end of the act nobody else publishes, and the act knows what was published before."""
    lock_revision(act.connection)
    act.refresh()


def lock_revision(connection: sa.Connection) -> None:
    connection.execute(workspace_setting.update().where(workspace_setting.c.name == "revision").values(value=workspace_setting.c.value))


def restore(act: Act, kind: str, key: str, number: int, note: str | None = None) -> list[tuple[str, str, int]]:
    """Publishes an older version again, as a new version; no column and no value is lost."""
    body = as_restored(act, kind, key, number)
    audit.note(act, "version_restored", f"{kind}:{key}", version=number)
    return publish(act, [body], note or str(_("Restored version {number}.", number=number)), asked=False)


def as_restored(act: Act, kind: str, key: str, number: int) -> dict[str, Any]:
    """What restoring a version publishes. Raises NotFound."""
    old = find_version(act.connection, kind, key, number)
    live = next((each.body for each in versions(act.connection, kind, key) if each.live), None)
    return KINDS[kind].restored(old.body, live)


def dry_run(act: Act, bodies: Iterable[dict[str, Any]]) -> list[Problem]:
    """The problems publishing would find; nothing is changed."""
    try:
        return check(load_all(whole(act, list(bodies))), act.catalogue)
    except DefinitionProblems as error:
        return error.problems


def _row(act: Act, kind: str, key: str) -> int:
    found = act.connection.execute(sa.select(definition.c.id).where(definition.c.kind == kind, definition.c.key == key)).scalar()
    if found is None:
        found = act.take_ids("definition")
        act.connection.execute(definition.insert().values(id=found, kind=kind, key=key))
    return found


def _live_version(act: Act, row_id: int) -> int | None:
    return act.connection.execute(sa.select(definition.c.version).where(definition.c.id == row_id)).scalar()


def _live_body(act: Act, row_id: int) -> tuple[int, str] | None:
    row = act.connection.execute(
        sa.select(definition_version.c.version, definition_version.c.body)
        .join(definition, (definition.c.id == definition_version.c.definition) & (definition.c.version == definition_version.c.version))
        .where(definition.c.id == row_id)
    ).first()
    return None if row is None else (row.version, row.body)


def _next_revision(act: Act) -> int:
    revision = act.catalogue.revision + 1
    changed = act.connection.execute(workspace_setting.update().where(workspace_setting.c.name == "revision").values(value=str(revision)))
    if not changed.rowcount:
        act.connection.execute(workspace_setting.insert().values(name="revision", value=str(revision)))
    return revision


def _make_roles(act: Act, changed: list[Definition]) -> None:
    wanted = {key for each in changed for key in each.roles()}
    known = set(act.connection.execute(sa.select(role.c.key)).scalars()) if wanted else set()
    for key in sorted(wanted - known):
        act.connection.execute(role.insert().values(key=key, label=None, wanted=1))
