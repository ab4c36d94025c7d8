"""A new tag is asked for and approved: who may ask says what it means and is for, who may approve publishes it or says why not."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions import versions
from runtime.definitions.loading import load
from runtime.definitions.tag_set import TagSet, folded
from runtime.errors import DefinitionProblems, NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may
from runtime.people.person import Person
from runtime.system import audit
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.tables import person, tag_request
from runtime.tags import publishing
from runtime.tags.assigning import is_one_of
from runtime.tags.telling import approvers, home, tell
from runtime.texts import LANGUAGES, Message, _, shown

if TYPE_CHECKING:
    from runtime.system.workspace import Act

SETTINGS = ("label", "family", "standing", "owner", "meaning", "use", "rule", "expires", "aliases")
STATES = ("open", "approved", "refused", "withdrawn")


@dataclass(frozen=True)
class Request:
    """`wording`: the settings of the tag that is asked for, as a tag of a definition has them, without a key."""

    id: int
    tag_set: str
    state: str
    wording: dict[str, Any]
    reason: str | None
    person: int
    at: int
    decided_by: int | None
    decided_at: int | None
    answer: str | None
    tag: str | None


# -- who ----------------------------------------------------------------------------------------------------------------------------
def may_request(who: Person, tags: TagSet) -> bool:
    """Those whom the dictionary names and those who approve; where it names nobody, whoever may change a record of the form."""
    return may_approve(who, tags) or (is_one_of(who, tags.may_request) if tags.may_request else may(who, "edit", tags.form))


def may_approve(who: Person, tags: TagSet) -> bool:
    """Those whom the dictionary names, and builders."""
    return is_one_of(who, tags.may_approve)


def need_approver(act: Act, tags: TagSet) -> None:
    if not may_approve(act.person, tags):
        raise NotAllowed(_("You may not change this dictionary. Ask one of those who approve its tags."))


def set_of(act: Act, tag_set: str) -> TagSet:
    """The dictionary, if the person may see its form."""
    tags = act.catalogue.tag_sets.get(tag_set)
    if tags is None or not may(act.person, "view", tags.form):
        raise NotFound(_("There is no tag set with the key {key}.", key=tag_set))
    return tags


# -- reading ------------------------------------------------------------------------------------------------------------------------
def find(act: Act, number: int) -> Request:
    row = act.connection.execute(sa.select(tag_request).where(tag_request.c.id == number)).first()
    if row is None:
        raise NotFound(_("There is no such request for a tag."))
    return _request(row)


def listed(act: Act, tags: TagSet, states: tuple[str, ...] = STATES, before: int | None = None, limit: int = 50) -> list[Request]:
    """The newest first: all for those who approve, their own for others."""
    own = tag_request.c
    query = sa.select(tag_request).where(own.tag_set == tags.key, own.state.in_(states)).order_by(own.id.desc()).limit(limit)
    if not may_approve(act.person, tags):
        query = query.where(own.person == act.person.id)
    return [_request(row) for row in act.connection.execute(query if before is None else query.where(own.id < before))]


def open_count(act: Act, sets: list[TagSet]) -> int:
    """How many requests wait for this person."""
    keys = {each.key for each in sets if may_approve(act.person, each)}
    if not keys:
        return 0
    statement = prepared(act.catalogue.memo, "open tag requests", act.connection.dialect, _open_counts)
    return sum(count for tag_set, count in statement.all(act.connection) if tag_set in keys)


def _open_counts() -> sa.Select[Any]:
    waiting = tag_request.c.state == sa.literal_column("'open'")
    return sa.select(tag_request.c.tag_set, sa.func.count()).where(waiting).group_by(tag_request.c.tag_set)


def _request(row: Any) -> Request:
    values = dict(row._mapping)
    return Request(**{**values, "wording": json.loads(values["wording"])})


def is_full(tags: TagSet) -> bool:
    return tags.used >= tags.most


# -- asking -------------------------------------------------------------------------------------------------------------------------
def ask(act: Act, tag_set: str, wording: dict[str, Any], reason: str | None = None) -> int:
    """Asks for a tag; gives the number of the request. Raises Refused with everything that is wrong, NotAllowed."""
    tags = set_of(act, tag_set)
    if not may_request(act.person, tags):
        raise NotAllowed(_("You may not ask for tags of this dictionary. Ask one of those who may."))
    versions.lock(act)
    tags = act.catalogue.tag_sets[tag_set]
    wanted = checked(act, tags, wording, reason)
    number = act.take_ids("tag_request")
    act.connection.execute(
        tag_request.insert().values(
            id=number, tag_set=tag_set, state="open", wording=to_json(wanted), reason=reason or None, person=act.person.id, at=act.micros
        )
    )
    audit.note(act, "tag_requested", f"tag_set:{tag_set}", request=number, label=wanted["label"])
    full = (
        _("The dictionary is full ({used} of {most}): {reason}", used=tags.used, most=tags.most, reason=reason) if is_full(tags) else None
    )
    subject = _("{name} asks for the tag “{tag}”", name=act.person.name, tag=wanted["label"])
    tell(act, approvers(act, tags), f"tag_request:{number}", subject, full, home(act, tags, "/requests"))
    return number


def checked(act: Act, tags: TagSet, wording: dict[str, Any], reason: str | None, own: int | None = None) -> dict[str, Any]:
    """The wording without blanks. Raises Refused: shape, what must be said, names in use or asked for, the limit; `own` is the request itself."""
    wanted = {name: value for name, value in wording.items() if value not in (None, "", (), [])}
    problems = [Problem(name, _("There is no setting of this name here.")) for name in wanted if name not in SETTINGS]
    for name in ("label", "meaning", "use"):
        if name not in wanted:
            problems.append(Problem(name, _("This is needed.")))
    if not problems:
        problems = [*_shape(tags, wanted), *_over(act, wanted)]
    if is_full(tags) and not reason:
        problems.append(Problem("reason", full_sentence(tags)))
    if problems:
        raise Refused(problems)
    names = {f"label/{number}": name for number, name in enumerate(_labels(wanted))}
    names |= {f"aliases/{number}": name for number, name in enumerate(wanted.get("aliases", ()))}
    try:
        publishing.check_names(tags, names)
    except Refused as error:
        raise Refused([Problem(each.path.partition("/")[0], each.message) for each in error.problems]) from None
    _not_asked_for(act, tags, names.values(), own)
    return wanted


def full_sentence(tags: TagSet) -> Message:
    return _(
        "The dictionary holds {used} of {most} tags. Say why one more is needed, or have one archived first.",
        used=tags.used,
        most=tags.most,
    )


def _shape(tags: TagSet, wanted: dict[str, Any]) -> list[Problem]:
    body = {"kind": "tag_set", "key": tags.key, "label": "x", "form": tags.form, "tags": [{"key": "x", **wanted}]}
    try:
        load(body)
    except DefinitionProblems as error:
        return [Problem(each.path.removeprefix("tags/0/"), each.message) for each in error.problems]
    if wanted.get("standing") == "temporary" and "expires" not in wanted and "rule" not in wanted:
        return [Problem("expires", _("A temporary tag needs the day on which it ends."))]
    return []


def _over(act: Act, wanted: dict[str, Any]) -> list[Problem]:
    try:
        over = date.fromisoformat(str(wanted.get("expires", act.today))) < act.today
    except ValueError:
        return []  # told by its shape
    return [Problem("expires", _("This day is over. Choose today or a later one."))] if over else []


def _labels(wanted: dict[str, Any]) -> list[str]:
    label = wanted["label"]
    return [label] if isinstance(label, str) else [label[each] for each in LANGUAGES if label.get(each)]


def _not_asked_for(act: Act, tags: TagSet, names: Any, own: int | None) -> None:
    mine = {folded(name) for name in names}
    waiting = sa.select(tag_request).where(tag_request.c.tag_set == tags.key, tag_request.c.state == "open").order_by(tag_request.c.id)
    for row in act.connection.execute(waiting):
        if row.id == own:
            continue
        for name in _labels(json.loads(row.wording)):
            if folded(name) in mine:
                raise Refused([Problem("label", _("Somebody has asked for “{name}” already. Wait for the answer.", name=name))])


# -- deciding -----------------------------------------------------------------------------------------------------------------------
def approve(act: Act, number: int, wording: dict[str, Any] | None = None, reason: str | None = None) -> str:
    """Publishes the next version of the dictionary with the tag, in the given wording or as it was asked for; gives the tag's key."""
    request, tags = _open(act, number)
    reason = reason or request.reason
    wanted = checked(act, tags, {**request.wording, **(wording or {})}, reason, own=number)
    key = free_key(tags, wanted["label"], number)
    body = {"key": key, **wanted, "owner": wanted.get("owner") or _owner(act, request.person)}
    if is_full(tags):
        body["exception"] = reason
    names = {row.id: row.name for row in act.connection.execute(sa.select(person.c.id, person.c.name).where(person.c.id == request.person))}
    note = _(
        "Tag “{tag}”: asked for by {asker}, approved by {approver}.",
        tag=wanted["label"],
        asker=names.get(request.person, ""),
        approver=act.person.name,
    )
    publishing.publish(act, {("tag_set", tags.key): publishing.adding({name: value for name, value in body.items() if value})}, note)
    _decide(act, number, "approved", tag=key)
    audit.note(act, "tag_approved", f"tag_set:{tags.key}", tag=key, request=number, asked_by=request.person)
    subject = _("The tag “{tag}” is approved", tag=wanted["label"])
    changed = wanted != request.wording
    body_text = _("Its wording was changed; look it up before you give it.") if changed else None
    tell(act, {request.person}, f"tag_request:{number}:approved", subject, body_text, home(act, act.catalogue.tag_sets[tags.key]))
    return key


def refuse(act: Act, number: int, reason: str) -> None:
    """Says no, and why."""
    request, tags = _open(act, number)
    if not reason.strip():
        raise Refused([Problem("reason", _("Say why, so that the next request can be better."))])
    _decide(act, number, "refused", answer=reason.strip())
    audit.note(act, "tag_refused", f"tag_set:{tags.key}", request=number, reason=reason.strip())
    subject = _("The tag “{tag}” was not approved", tag=request.wording["label"])
    tell(act, {request.person}, f"tag_request:{number}:refused", subject, reason.strip(), home(act, tags, "/requests"))


def withdraw(act: Act, number: int) -> None:
    """Takes one's own request back."""
    request = find(act, number)
    if request.person != act.person.id:
        raise NotAllowed(_("Only who asked for a tag takes the request back."))
    _still_open(act, request)
    _decide(act, number, "withdrawn")


def _open(act: Act, number: int) -> tuple[Request, TagSet]:
    """An open request and its dictionary, for somebody who may decide; nobody else decides until the act ends."""
    tags = set_of(act, find(act, number).tag_set)
    need_approver(act, tags)
    versions.lock(act)
    request = find(act, number)
    _still_open(act, request)
    return request, act.catalogue.tag_sets[request.tag_set]


def _still_open(act: Act, request: Request) -> None:
    if request.state == "open":
        return
    who = act.connection.execute(sa.select(person.c.name).where(person.c.id == request.decided_by)).scalar()
    raise Refused([], _("This request was decided already by {name}.", name=who or "Tierloom"))


def _decide(act: Act, number: int, state: str, **values: Any) -> None:
    act.connection.execute(
        tag_request.update()
        .where(tag_request.c.id == number)
        .values(state=state, decided_by=act.person.id, decided_at=act.micros, **values)
    )


def _owner(act: Act, number: int) -> str | None:
    email = act.connection.execute(sa.select(person.c.email).where(person.c.id == number)).scalar()
    return f"user:{email}" if email else None


def free_key(tags: TagSet, label: Any, number: int) -> str:
    """A key made of the label that no tag of the dictionary has or is called by."""
    text = unicodedata.normalize("NFKC", shown(label, "en")).lower()
    key = re.sub(r"[^a-z0-9\u3400-\u9fff]+", "_", text).strip("_")[:30].strip("_")
    key = key if re.match(r"[a-z\u3400-\u9fff]", key) else f"tag_{key or number}"[:30]
    own = {folded(name) for name in _labels({"label": label})}
    tried = [key, *(f"{key}_{count}" for count in range(2, 1000))]
    return next(each for each in tried if each not in tags.by_key and (folded(each) not in tags.by_name or folded(each) in own))
