"""What the automation designer's script asks while somebody works: the draft in words, dry runs, the last runs. Nothing is written."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g
from werkzeug.wrappers import Response

from builder.automating.presenting import slice_json, tried_json
from builder.automating.words import draft_in_words
from builder.drafts import problems_of
from builder.pages.editor import sent_object
from builder.pages.frame import check_app, moment, plain_json, written
from builder.pages.sent import draft_in, number_in
from runtime.automation import log
from runtime.automation.dry_run import Case, in_force, try_cases, try_record
from runtime.automation.replaying import cannot_replay, case_again, case_now, forgotten, period, replay
from runtime.definitions.automation import Automation
from runtime.definitions.companions import companions
from runtime.definitions.loading import load
from runtime.errors import Problem, Refused
from runtime.pages.run_words import state_of
from runtime.pages.web import designer_only, reader, reading, workspace
from runtime.people.may import may, require
from runtime.records import authoring, query
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("automation_designer", __name__)

PLACE = "/build/<app>/automations/<key>"
MOST_CASES = 30
LAST = 20


# -- what was sent ----------------------------------------------------------------------------------------------------------------
def readable(act: Act, body: dict[str, Any]) -> tuple[Automation, list[Any]] | Response:
    """The draft and what would be published with it, or what keeps it from being tried out. Raises NotAllowed for whoever could not publish it."""
    authoring.require_saving(act, "automation", str(body["key"]), body)
    problems = problems_of(act, body)
    if problems:
        return plain_json({"problems": written(problems)})
    draft, beside = load(body), [each.definition for each in companions(act, body)]
    authoring.require_publishing(act, [draft, *beside])
    assert isinstance(draft, Automation)
    return draft, beside


# -- words ------------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/words")
@designer_only
def words(app: str, key: str) -> Response:
    """The draft in words: {draft} → {sentence, trigger, form, steps, names}."""
    body = draft_in(sent_object(), "automation", key)
    with reading() as act:
        authoring.require_saving(act, "automation", key, body)
        return plain_json(draft_in_words(body, act.catalogue, _say, reader().language))


def _say(text: Any) -> str:
    return reader().say(text)


# -- dry runs ---------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/dry-run/record")
@designer_only
def try_one(app: str, key: str) -> Response:
    """One chosen record: {draft, record, anyway} → a tried case."""
    sent = sent_object()
    body, record = draft_in(sent, "automation", key), number_in(sent, "record")
    with reading() as act:
        found = readable(act, body)
        if isinstance(found, Response):
            return found
        draft, beside = found
        form = draft.trigger.form_key(act.catalogue)
        if form is not None:
            if record is None or form not in act.catalogue.forms:
                raise Refused([Problem("record", _("Choose a record."))])
            require(g.person, "view", form, record)
        case = case_now(act, draft, record if form is not None else None)
        tried = try_record(workspace(), g.person, draft, beside, case, reader().language, sent.get("anyway") is True)
        return plain_json(_tried(act, draft, [tried])[0])


@blueprint.post(f"{PLACE}/dry-run/records")
@designer_only
def try_several(app: str, key: str) -> Response:
    """Several chosen records, one after the other: {draft, records} → {tried}."""
    sent = sent_object()
    body, given = draft_in(sent, "automation", key), sent.get("records")
    with reading() as act:
        found = readable(act, body)
        if isinstance(found, Response):
            return found
        draft, beside = found
        form = draft.trigger.form_key(act.catalogue)
        if not isinstance(given, list) or form not in act.catalogue.forms:
            raise Refused([Problem("records", _("Choose a record."))])
        records = [number_in({"record": each}, "record") for each in given[:MOST_CASES] if each is not None]
        for each in records:
            require(g.person, "view", form, each)
        cases = [case_now(act, draft, each) for each in dict.fromkeys(records)]
        tried = try_cases(workspace(), g.person, draft, beside, cases, reader().language)
        return plain_json({"tried": _tried(act, draft, tried), "of": len(cases)})


@blueprint.post(f"{PLACE}/dry-run/past")
@designer_only
def replay_past(app: str, key: str) -> Response:
    """One slice of a past period: {draft, period, begin} → {matched, runs, skipped, failed, reasons, samples, next, done, of}."""
    sent = sent_object()
    body, wanted, begin = draft_in(sent, "automation", key), str(sent.get("period")), sent.get("begin")
    with reading() as act:
        found = readable(act, body)
        if isinstance(found, Response):
            return found
        draft, beside = found
        why = cannot_replay(draft)
        since, until = period(act, wanted)
        answer = {
            "since": reader().datetime(since),
            "until": reader().datetime(until),
            "impossible": None if why is None else _say(why),
            "forgotten": None if (kept := forgotten(act, draft, since)) is None else reader().datetime(kept),
        }
        if why is not None:
            return plain_json(answer)
        part = replay(in_force(act, draft, beside), draft, wanted, begin if isinstance(begin, str) else "", reader().language)
        return plain_json({**answer, **slice_json(part)})


@blueprint.post(f"{PLACE}/dry-run/cases")
@designer_only
def play(app: str, key: str) -> Response:
    """A sample of what a replay found, with all steps, in order of time: {draft, cases} → {tried}."""
    sent = sent_object()
    body, given = draft_in(sent, "automation", key), sent.get("cases")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Refused([Problem("cases", _("This is needed."))])
    with reading() as act:
        found = readable(act, body)
        if isinstance(found, Response):
            return found
        draft, beside = found
        cases = [_case(in_force(act, draft, beside), draft, each) for each in given[:MOST_CASES]]
        tried = try_cases(workspace(), g.person, draft, beside, cases, reader().language)
        return plain_json({"tried": _tried(act, draft, tried), "of": len(cases)})


def _case(act: Act, draft: Automation, given: dict[str, Any]) -> Case:
    record = number_in(given, "record")
    form = draft.trigger.form_key(act.catalogue)
    if record is not None and form is not None:
        require(g.person, "view", form, record)
    return case_again(act, draft, record if form is not None else None, number_in(given, "event"), number_in(given, "at"))


def _tried(act: Act, draft: Automation, found: list[Any]) -> list[dict[str, Any]]:
    form = draft.trigger.form_key(act.catalogue) or ""
    records = {each.case.record for each in found if each.case.record is not None}
    titles = query.titles(act, {form: records}) if form in act.catalogue.forms else {}
    answers = []
    for each in found:
        title = titles.get((form, each.case.record), "") if each.case.record is not None else ""
        answers.append(tried_json(each, title, None if each.case.at is None else moment(clock.to_micros(each.case.at)), _say))
    return answers


# -- the last runs ----------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{PLACE}/runs")
@designer_only
def last_runs(app: str, key: str) -> Response:
    """The last runs of what is live, for the tab beside the flow; the log itself has all of them."""
    with reading() as act:
        own = check_app(act, app)
        authoring.require_saving(act, "automation", key)
        found = log.runs(act, key, limit=LAST, of_designer=True)
        wanted: dict[str, set[int]] = {}
        for each in found.runs:
            if each.form in act.catalogue.forms and each.record is not None and may(g.person, "view", each.form, each.record):
                wanted.setdefault(each.form, set()).add(each.record)
        titles = query.titles(act, wanted)
        home = own or next(iter(act.catalogue.apps), None)
        return plain_json(
            {
                "counts": found.counts,
                "log": f"/apps/{home}/-/runs?automation={key}" if home is not None else None,
                "runs": [
                    {
                        "href": f"/apps/{home}/-/runs/{each.id}" if home is not None else None,
                        "title": titles.get((each.form, each.record), f"#{each.record}") if each.form and each.record is not None else "",
                        "state": state_of(each.state),
                        "reason": reader().shown(each.reason) if each.reason else "",
                        "at": reader().datetime(each.started_at or each.created_at),
                    }
                    for each in found.runs
                ],
            }
        )
