"""Dictionaries of tags: asking for a tag and deciding about it, looking after tags, many records at once, and how useful tags are."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import Call, Param, Shape, page
from runtime.definitions.model import Key
from runtime.errors import NotFound
from runtime.records import query
from runtime.system import clock
from runtime.tags import bulk, curating, journal, references, requests, undoing, usefulness, verdicts
from runtime.texts import _

Family = Literal["attribute", "behaviour", "potential", "campaign", "control"]
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class Label(Shape):
    zh: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    en: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class Wording(Shape):
    """A tag as it is asked for. `expires`: the last day of a temporary tag."""

    label: Annotated[str, Field(min_length=1, max_length=200)] | Label
    meaning: Words
    use: Words
    family: Family = "attribute"
    standing: Literal["core", "temporary"] = "core"
    expires: Annotated[date, Field(strict=False)] | None = None
    rule: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Why it is needed although the dictionary is full."""


class Approval(Shape):
    """Settings that are given stand in the place of those asked for. `owner`: who looks after the tag, as role:KEY or user:E-MAIL."""

    label: Annotated[str, Field(min_length=1, max_length=200)] | Label | None = None
    meaning: Words | None = None
    use: Words | None = None
    family: Family | None = None
    owner: Annotated[str, Field(pattern=r"^(role|user):.+$", max_length=300)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class Refusal(Shape):
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class Request(Shape):
    """`tag` is the key that it got; `answer` why it was refused."""

    id: str
    tag_set: str
    state: Literal["open", "approved", "refused", "withdrawn"]
    label: str | dict[str, str]
    meaning: str | dict[str, str]
    use: str | dict[str, str]
    family: str
    standing: str
    expires: str | None
    reason: str | None
    asked_by: str
    asked_at: str
    decided_by: str | None
    decided_at: str | None
    answer: str | None
    tag: str | None


class Requests(Shape):
    items: tuple[Request, ...]
    next: int | None


STATE = Param("state", {"type": "string", "enum": list(requests.STATES)}, "Only requests that are in this state.")


def ask(call: Call, tag_set: str) -> dict[str, Any]:
    wanted = call.body.model_dump(mode="json", exclude_none=True)
    reason = wanted.pop("reason", None)
    return _request(requests.find(call.act, requests.ask(call.act, tag_set, wanted, reason)))


def asked(call: Call, tag_set: str) -> dict[str, Any]:
    tags = requests.set_of(call.act, tag_set)
    state, limit = call.query.get("state"), call.query["limit"]
    states = (state,) if state else requests.STATES
    found = requests.listed(call.act, tags, states, call.query.get("cursor"), limit + 1)
    return page([_request(each) for each in found[:limit]], found[limit - 1].id if len(found) > limit else None)


def approve(call: Call, tag_set: str, id: int) -> dict[str, Any]:
    _within(call, tag_set, id)
    wanted = call.body.model_dump(mode="json", exclude_none=True) if call.body else {}
    reason = wanted.pop("reason", None)
    requests.approve(call.act, id, wanted, reason)
    return _request(requests.find(call.act, id))


def refuse(call: Call, tag_set: str, id: int) -> dict[str, Any]:
    _within(call, tag_set, id)
    requests.refuse(call.act, id, call.body.reason)
    return _request(requests.find(call.act, id))


def _within(call: Call, tag_set: str, number: int) -> None:
    tags, found = requests.set_of(call.act, tag_set), requests.find(call.act, number)
    if found.tag_set != tags.key:
        raise NotFound(_("There is no such request for a tag."))


def _request(found: requests.Request) -> dict[str, Any]:
    words = found.wording
    return {
        "id": str(found.id),
        "tag_set": found.tag_set,
        "state": found.state,
        "label": words["label"],
        "meaning": words["meaning"],
        "use": words["use"],
        "family": words.get("family", "attribute"),
        "standing": words.get("standing", "core"),
        "expires": words.get("expires"),
        "reason": found.reason,
        "asked_by": str(found.person),
        "asked_at": _at(found.at),
        "decided_by": None if found.decided_by is None else str(found.decided_by),
        "decided_at": _at(found.decided_at),
        "answer": found.answer,
        "tag": found.tag,
    }


def _at(micros: int | None) -> Any:
    at = clock.from_micros(micros)
    return None if at is None else instant(at)


# -- looking after tags -----------------------------------------------------------------------------------------------------------
class Into(Shape):
    """`rewrite`: definitions that name the tag name the other one from then on; without it they refuse the merge."""

    into: Key
    rewrite: bool = False


class Names(Shape):
    aliases: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=50)]


class Reason(Shape):
    reason: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class Change(Shape):
    """Something that was done and can be taken back. `job` is given while it is still under way."""

    id: str
    tag_set: str
    kind: str
    tag: str | None
    state: Literal["running", "done", "stopped", "undoing", "undone"]
    records: int
    by: str
    at: str
    job: str | None


class Use(Shape):
    kind: str
    key: str
    path: str
    exact: bool
    """Whether a merge can rewrite it."""


class Uses(Shape):
    items: tuple[Use, ...]
    next: None


def used(call: Call, tag_set: str, tag: str) -> dict[str, Any]:
    tags = requests.set_of(call.act, tag_set)
    if tag not in tags.by_key:
        raise NotFound(_("The dictionary “{name}” has no tag {tag}.", name=tags.label, tag=tag))
    requests.need_approver(call.act, tags)
    found = references.references(call.act.catalogue, tags, tag)
    return page([{"kind": each.kind, "key": each.key, "path": each.path, "exact": each.exact} for each in found])


def merge(call: Call, tag_set: str, tag: str) -> dict[str, Any]:
    return _change(call, curating.merge(call.act, tag_set, tag, call.body.into, call.body.rewrite))


def name(call: Call, tag_set: str, tag: str) -> dict[str, Any]:
    return _change(call, curating.rename(call.act, tag_set, tag, list(call.body.aliases)))


def archive(call: Call, tag_set: str, tag: str) -> dict[str, Any]:
    return _change(call, curating.archive(call.act, tag_set, tag))


def restore(call: Call, tag_set: str, tag: str) -> dict[str, Any]:
    return _change(call, curating.restore(call.act, tag_set, tag, call.body.reason if call.body else None))


def undo(call: Call, tag_set: str, id: int) -> dict[str, Any]:
    _own(call, tag_set, id)
    undoing.start(call.act, id)
    return _change(call, id)


def change(call: Call, tag_set: str, id: int) -> dict[str, Any]:
    _own(call, tag_set, id)
    return _change(call, id)


def _own(call: Call, tag_set: str, number: int) -> None:
    tags, found = requests.set_of(call.act, tag_set), journal.find(call.act, number)
    if found.tag_set != tags.key:
        raise NotFound(_("There is no such change of tags."))


def _change(call: Call, number: int) -> dict[str, Any]:
    found = journal.find(call.act, number)
    return {
        "id": str(found.id),
        "tag_set": found.tag_set,
        "kind": found.kind,
        "tag": found.tag,
        "state": found.state,
        "records": int(found.payload.get("records") or 0),
        "by": str(found.person),
        "at": _at(found.at),
        "job": str(found.job) if found.job is not None and found.state in ("running", "undoing") else None,
    }


# -- many records -----------------------------------------------------------------------------------------------------------------
class Many(Shape):
    """Records by id, or all that meet a `filter`. `take`: they lose the tag. `dry_run` only counts."""

    tag: Annotated[str, Field(min_length=1, max_length=100)]
    take: bool = False
    records: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9]{1,16}$")], ...], Field(max_length=10_000)] = ()
    filter: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    dry_run: bool = False


class Counted(Shape):
    """`changed` get or lose the tag, `same` are so already, `ruled` have it by its rule, `kept` may not be changed by the caller."""

    changed: int
    same: int
    ruled: int
    kept: int
    change: Change | None


def many(call: Call, tag_set: str) -> dict[str, Any]:
    tags, wanted = requests.set_of(call.act, tag_set), call.body
    found = tags.find(wanted.tag)
    key = found.key if found is not None else wanted.tag
    limit = bulk.MOST + 1
    records = query.ids(call.act, tags.form, wanted.filter, limit=limit) if wanted.filter else [int(each) for each in wanted.records]
    counted = bulk.preview(call.act, tag_set, key, wanted.take, records)
    number = None if wanted.dry_run else bulk.start(call.act, tag_set, key, wanted.take, records, wanted.reason)
    return {
        "changed": counted.changed,
        "same": counted.same,
        "ruled": counted.ruled,
        "kept": counted.kept,
        "change": None if number is None else _change(call, number),
    }


# -- how useful -------------------------------------------------------------------------------------------------------------------
class Figures(Shape):
    """`coverage`: share of the living records; `entropy` and what is `own` of it in bits; `overlap` with the `nearest` tag; the difference that
    the tag makes to the share of records for which the fact holds, with its interval at 95 %."""

    tag: str
    records: int
    coverage: float
    entropy: float
    own: float
    nearest: str | None
    overlap: float | None
    last_given: str | None
    given_30_days: int
    consumers: tuple[str, ...]
    difference: float | None
    low: float | None
    high: float | None
    verdict: Literal["merge", "split", "drop", "idle", "keep"] | None
    reason: str | None


class Meter(Shape):
    at: str | None
    records: int
    outcome: str | None
    items: tuple[Figures, ...]
    next: None


class Fact(Shape):
    """The fact that tags are compared by: a formula that is true or false."""

    outcome: Annotated[str, Field(min_length=1, max_length=2000)] | None = None


class Queued(Shape):
    job: str


def useful(call: Call, tag_set: str) -> dict[str, Any]:
    tags = requests.set_of(call.act, tag_set)
    requests.need_approver(call.act, tags)
    meter = usefulness.newest(call.act, tags)
    if meter is None:
        return {"at": None, "records": 0, "outcome": None, **page([])}
    judged = {each.tag: each for each in verdicts.verdicts(tags, meter)}
    return {
        "at": _at(meter.at),
        "records": meter.population,
        "outcome": meter.outcome,
        **page([_figures(call, each, judged.get(key)) for key, each in meter.tags.items()]),
    }


def measure(call: Call, tag_set: str) -> dict[str, Any]:
    tags = requests.set_of(call.act, tag_set)
    requests.need_approver(call.act, tags)
    outcome = call.body.outcome if call.body else None
    if outcome:
        usefulness.check(call.act, tags, outcome)
    return {"job": str(usefulness.queue(call.act, tag_set, outcome))}


def _figures(call: Call, each: usefulness.Figures, verdict: verdicts.Verdict | None) -> dict[str, Any]:
    nearest = each.nearest[0] if each.nearest else None
    return {
        "tag": each.tag,
        "records": each.records,
        "coverage": each.coverage,
        "entropy": each.entropy,
        "own": each.own,
        "nearest": nearest[0] if nearest else None,
        "overlap": nearest[2] if nearest else None,
        "last_given": _at(each.last),
        "given_30_days": each.given_30,
        "consumers": [f"{kind}:{key}" for kind, key in each.consumers],
        **{name: getattr(each.lift, name) if each.lift else None for name in ("difference", "low", "high")},
        "verdict": verdict.what if verdict else None,
        "reason": call.say(verdict.reason) if verdict else None,
    }
