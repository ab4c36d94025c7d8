"""What the workflow designer's script asks while somebody works: the draft in words, simulations, who else is here. Nothing is written."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g
from werkzeug.wrappers import Response

from builder.drafts import problems_of
from builder.flowing.presenting import instant, simulated
from builder.flowing.words import draft_in_words
from builder.pages.editor import sent_object
from builder.pages.frame import plain_json, written
from builder.pages.present import sign_of_life
from builder.pages.sent import draft_in, number_in
from runtime.definitions.loading import load
from runtime.definitions.workflow import Workflow
from runtime.errors import Problem, Refused
from runtime.pages.web import designer_only, reader, reading
from runtime.people.may import require
from runtime.records import authoring
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.workflow.simulating import simulate

blueprint = Blueprint("workflow_designer", __name__)

PLACE = "/build/<app>/workflows/<key>"


def _say(text: Any) -> str:
    return reader().say(text) if isinstance(text, Message) else reader().shown(text)


@blueprint.post(f"{PLACE}/words")
@designer_only
def words(app: str, key: str) -> Response:
    """The draft in words: {draft} → {nodes: [{label, lines, people}]}."""
    body = draft_in(sent_object(), "workflow", key)
    with reading() as act:
        authoring.require_saving(act, "workflow", key, body)
        return plain_json(draft_in_words(act, body, reader().language))


@blueprint.post(f"{PLACE}/simulate")
@designer_only
def simulation(app: str, key: str) -> Response:
    """The draft played through: {draft, starter, record, values, decisions?} → {visits, end, stopped}, or {problems} of the draft."""
    sent = sent_object()
    body, starter, record, values = draft_in(sent, "workflow", key), number_in(sent, "starter"), number_in(sent, "record"), sent.get("values")
    if not isinstance(values, dict) or not all(isinstance(each, (str, int, float, bool, type(None), list)) for each in values.values()):
        raise Refused([Problem("values", _("Fill in values for the simulation."))])
    decisions = sent.get("decisions", {})
    if not isinstance(decisions, dict) or not all(isinstance(each, str) for each in decisions.values()):
        raise Refused([Problem("decisions", _("Choose what is decided at each node."))])
    with reading() as act:
        flow = _readable(act, body)
        if isinstance(flow, Response):
            return flow
        require(g.person, "view", flow.form, record)
        found = simulate(act, flow, starter or g.person.id, record, values, reader().language, decisions)
        return plain_json(simulated(act, flow, found, _say, instant(reader().datetime)))


def _readable(act: Act, body: dict[str, Any]) -> Workflow | Response:
    authoring.require_saving(act, "workflow", str(body["key"]), body)
    problems = problems_of(act, body)
    if problems:
        return plain_json({"problems": written(problems)})
    flow = load(body)
    authoring.require_publishing(act, [flow])
    assert isinstance(flow, Workflow)
    return flow


@blueprint.post(f"{PLACE}/presence")
@designer_only
def present(app: str, key: str) -> Response:
    """A sign of life: {place, gone?} → who else has the draft open, and which saving of it is the newest."""
    return sign_of_life("workflow", key, sent_object())
