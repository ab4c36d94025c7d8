"""The steps of one tried run, one after the other: what each changes, whom it would tell, and what it would send."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Doing
from runtime.automation.reader import MessageReader
from runtime.automation.run_rows import note
from runtime.automation.trouble import Ends, Waits
from runtime.automation.words import arm_words, form_label
from runtime.definitions.automation import Automation
from runtime.definitions.step import in_definition
from runtime.errors import TierloomError
from runtime.people.may import may
from runtime.records.lookup import NoLookup
from runtime.records.query import people_names, titles
from runtime.system.tables import event, notification
from runtime.texts import _, shown

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_STEPS = 300
"""So many steps of one run are tried, those in loops counted each time."""


@dataclass
class Line:
    """One step: `state` done, skipped, failed, prepared (it would be sent) or waits. Texts are in the reader's language."""

    path: str
    place: str
    """Where the step stands in the definition."""
    type: str
    words: str
    state: str
    message: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """{label, title, form, record, kind, fields: [{label, before, after}]}"""
    messages: list[dict[str, str]] = field(default_factory=list)
    """{to, subject, body}"""
    sends: list[dict[str, str]] = field(default_factory=list)
    """{name, value}: what else would leave the house."""


def steps_of(act: Act, row: sa.Row[Any], draft: Automation, language: str) -> Iterator[Line]:
    """Each step as soon as it has been tried. Ends after one that failed or ends the run; one that waits is passed by."""
    results: dict[str, dict[str, Any]] = {}
    for path, place, step in itertools.islice(_open_steps(draft.steps, "", "steps/", results), MOST_STEPS):
        line, result, goes_on = _one(Doing(act.workspace, row, draft, path, act), place, step, language)
        yield line
        if not goes_on:
            return
        results[path] = result


def _open_steps(steps: Any, prefix: str, place: str, results: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """Path in the run, place in the definition, and step, as the engine would come to them; `results` says which arm, and how often a loop."""
    for number, step in enumerate(steps):
        path, here = f"{prefix}{number}", f"{place}{number}"
        yield path, here, step
        arm = results.get(path, {}).get("arm")
        if arm is None:
            continue
        inside, within = step.arms().get(arm, ()), f"{here}/{in_definition(arm)}/"
        for time in range(results[path].get("times", 0)) if step.repeats else [None]:
            yield from _open_steps(inside, f"{path}/{arm}/" if time is None else f"{path}/{arm}/{time}/", within, results)


def _one(doing: Doing, place: str, step: Any, language: str) -> tuple[Line, dict[str, Any], bool]:
    """What one step does, its result, and whether the run goes on."""
    act = doing.act
    line = Line(doing.path, place, step.type, _capital(step.sentence(language, act.catalogue, doing.form)), "done")
    marks = [act.connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0 for table in (event, notification)]
    goes_on, result = True, {}
    try:
        with act.connection.begin_nested():
            try:
                result = (step.prepare(doing) if step.outside else step.run(doing)) or {}
            except Waits as waits:
                line.state, line.message, result = "waits", waits.reason.in_language(language), waits.keep
            except Ends as ends:
                goes_on, line.state = False, "failed" if ends.failed else "done"
                line.message = ends.reason.in_language(language) if ends.reason is not None else ""
    except TierloomError as error:
        line.state, line.message = "failed", error.message.in_language(language)
        return line, {}, False
    note(act, doing.run, doing.path, step.type, "skipped" if doing.skipped else "done", result, doing.skipped)
    if step.outside:
        line.state = "prepared"
        line.messages, line.sends = _letters(result), _sends(result)
    if "arm" in result:
        line.message = arm_words(result).in_language(language)
    if doing.skipped is not None:
        line.state, line.message = "skipped", doing.skipped.in_language(language)
    line.changes = list(_changes(act, marks[0], language))
    line.messages += _told(act, marks[1])
    return line, result, goes_on


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# -- what a step changed ----------------------------------------------------------------------------------------------------------
def _changes(act: Act, since: int, language: str) -> Iterator[dict[str, Any]]:
    """What the events since then tell, before and after: of fields that whoever tries it out may see."""
    for row in act.connection.execute(sa.select(event).where(event.c.id > since).order_by(event.c.id)):
        payload = json.loads(row.payload)
        items = [(row.record, payload)] if row.records is None else payload.get("items", [])
        for record, item in items:
            found = _change(act, row, record, item, language)
            if found is not None:
                yield found


def _change(act: Act, row: Any, record: int | None, item: dict[str, Any], language: str) -> dict[str, Any] | None:
    if record is None or row.form not in act.catalogue.forms or not may(act.person, "view", row.form, record):
        return None
    title = titles(act, {row.form: {record}}).get((row.form, record), "")
    label = shown(form_label(row.form, act.catalogue), language)
    found = {"form": row.form, "record": record, "title": title, "label": label, "kind": row.kind, "fields": []}
    if row.kind == "record_created":
        found["fields"] = list(_fields(act, row.form, record, {key: (None, new) for key, new in item.get("values", {}).items()}, language))
    elif row.kind == "record_updated":
        found["fields"] = list(_fields(act, row.form, record, item.get("changes", {}), language))
    elif row.kind == "tags_changed":
        found["fields"] = list(_tags(act, item, language))
    elif row.kind == "tier_changed":
        found["fields"] = list(_tier(act, item, language))
    return found if found["fields"] or row.kind not in ("record_updated", "tags_changed") else None


def _fields(act: Act, form: str, record: int, changes: dict[str, Any], language: str) -> Iterator[dict[str, str]]:
    known, reader, lookup = act.catalogue.forms[form].by_key, MessageReader(act, language), NoLookup(act.zone)

    def written(key: str, value: Any) -> str:
        if value is None or value == [] or not known[key].writable:
            return "" if value in (None, []) else str(value)
        return known[key].display(known[key].parse(value, lookup), reader)

    for key, (old, new) in changes.items():
        if key in known and may(act.person, "view", form, record, key):
            before, after = written(key, old), written(key, new)
            if before or after:
                yield {"label": shown(known[key].label, language), "before": before, "after": after}


def _tags(act: Act, item: dict[str, Any], language: str) -> Iterator[dict[str, str]]:
    reader, tag_set = MessageReader(act, language), item.get("tag_set", item.get("set", ""))
    for name, side in (("added", "after"), ("removed", "before")):
        for tag in item.get(name, ()):
            yield {"label": _("Tag").in_language(language), "before": "", "after": "", side: reader.tag_label(tag_set, str(tag))}


def _tier(act: Act, item: dict[str, Any], language: str) -> Iterator[dict[str, str]]:
    reader, model = MessageReader(act, language), item.get("model", "")
    before, after = (reader.tier_label(model, item[name]) if item.get(name) else "" for name in ("from", "to"))
    yield {"label": _("Tier").in_language(language), "before": before, "after": after}


# -- whom it tells, and what it sends ---------------------------------------------------------------------------------------------
def _told(act: Act, since: int) -> list[dict[str, str]]:
    rows = act.connection.execute(sa.select(notification).where(notification.c.id > since).order_by(notification.c.id)).all()
    names = people_names(act, [row.person for row in rows])
    return [{"to": names.get(row.person, ""), "subject": row.subject, "body": row.body or ""} for row in rows]


def _letters(prepared: dict[str, Any]) -> list[dict[str, str]]:
    found = prepared.get("letters")
    given = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [
        {"to": _masked(str(each.get("to", ""))), "subject": str(each.get("subject", "")), "body": str(each.get("body", ""))}
        for each in given
    ]


def _masked(address: str) -> str:
    """The first letter and the house of an address: enough to see who is meant."""
    name, at, house = address.partition("@")
    return f"{name[:1]}***@{house}" if at else address


def _sends(prepared: dict[str, Any]) -> list[dict[str, str]]:
    """What an outside step has made ready, but for letters, as plain texts."""
    return [
        {"name": name, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
        for name, value in prepared.items()
        if name not in ("letters", "gives") and value not in (None, "", [], {})
    ]
