"""Links in mails by which somebody decides what they are asked, without signing in: for workflows that allow it, for a while, once.

A link is a signed text and nothing is kept of it. It names a task, the person who is asked and since when; so it is worth nothing once the
task is decided, was given to somebody else, or was opened anew. Opening it decides nothing: only the button on its page does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer

from runtime.collaboration import telling
from runtime.errors import NotFound, Refused, Stale, TierloomError
from runtime.people.person import Person
from runtime.system.secrets import derive
from runtime.system.tables import workflow_run, workflow_task
from runtime.texts import Message, _
from runtime.workflow import keeping, running
from runtime.workflow.acting import DONE, ENDED, Acts
from runtime.workflow.state import Run, Task
from runtime.workflow.world import IN_TRASH, ActWorld

if TYPE_CHECKING:
    from runtime.definitions.workflow import Workflow
    from runtime.system.workspace import Act, Workspace

LASTS = 3 * 24 * 3600 * 1_000_000
"""How long a link works, from when the mail was made."""
PURPOSE = "approval by mail"
LONGEST = 500
MAY = ("approve", "reject", "return")
OFFER = _("Decide it here, without signing in, until {until}. Whoever has this link can: do not pass it on.\n{link}")


class Unknown(NotFound):
    def __init__(self) -> None:
        super().__init__(_("This link does not work. Open the newest mail about it, or sign in and look under “Approvals”."))


class Gone(TierloomError):
    """It was once good."""

    status = 410


@dataclass(frozen=True)
class Wanted:
    """What a link is for, as far as it still works."""

    task: int
    run: int
    row: Any
    state: Run
    flow: Workflow
    mine: Task
    node: Any
    person: Person


def allowed(act: Act, flow: Workflow) -> bool:
    """Whether links may decide: by the version a run began with, and by the one in force, so that it can be switched off at once."""
    current = act.catalogue.workflows.get(flow.key)
    return flow.mail_link == "without_sign_in" and current is not None and current.mail_link == "without_sign_in"


# -- made -------------------------------------------------------------------------------------------------------------------------------
def write(workspace: Workspace, task: int, person: int, since: int, until: int) -> str:
    return str(_signer(workspace).dumps([task, person, since, until]))


def offer(act: Act, someone: Person, row: Any) -> Message | None:
    """What the mail about a notification says besides: the link, where the person is still asked and the workflow allows it."""
    sort, _colon, rest = (row.cause or "").partition(":")
    run = rest.partition(":")[0]
    if row.kind != "approval" or sort != "workflow" or not run.isdecimal() or not act.workspace.settings.base_url:
        return None
    own = workflow_task.c
    asked = (own.run == int(run), own.person == someone.id, own.state == "open")
    task = act.connection.execute(sa.select(own.id, own.at, own.number).where(*asked).order_by(own.id).limit(1)).first()
    if task is None:
        return None
    state_row, state = keeping.read(act, int(run), lock=False)
    flow = running.flow_of(act, state_row)
    node = flow.by_key[state.visit(state.task(task.number).visit).node]
    if state.status != "running" or node.type != "approval" or not allowed(act, flow):
        return None
    until = act.micros + LASTS
    link = f"{act.workspace.settings.base_url}/decide/{write(act.workspace, task.id, someone.id, task.at, until)}"
    return Message(OFFER.text, {"until": running.moment(act, until), "link": link})


# -- used -------------------------------------------------------------------------------------------------------------------------------
def read(workspace: Workspace, text: str) -> tuple[int, int, int, int]:
    try:
        found = _signer(workspace).loads(text) if len(text) <= LONGEST else None
    except BadData:
        found = None
    if not isinstance(found, list) or len(found) != 4 or not all(isinstance(each, int) for each in found):
        raise Unknown
    return found[0], found[1], found[2], found[3]


def open_(act: Act, text: str, lock: bool = False) -> Wanted:
    """What a link is for. Raises a sentence for one that is not ours, is too old, was used, or whose person may not any more."""
    task, number, since, until = read(act.workspace, text)
    own = workflow_task.c
    place = act.connection.execute(
        sa.select(own.run, own.number).join(workflow_run, workflow_run.c.id == own.run).where(own.id == task)
    ).first()
    if place is None:
        raise Unknown
    if act.micros > until:
        raise Gone(_("This link is too old. Sign in and look under “Approvals”."))
    person = telling.person_in(act, number)
    if person is None:
        raise Gone(_("This link was for somebody who does not work here any more."))
    row, state = keeping.read(act, place.run, lock=lock)
    mine, flow = state.task(place.number), running.flow_of(act, row)
    if row.form not in act.catalogue.forms or not allowed(act, flow):
        raise Gone(_("Links in mails do not decide here any more. Sign in and look under “Approvals”."))
    if state.status != "running":
        raise Gone(ENDED.get(state.status, ENDED["ended"]))
    if mine.person != number or mine.state != "open":
        raise Gone(DONE.get(mine.state, DONE["closed"]))
    if mine.at != since:
        raise Gone(_("You were asked again since. Open the newest mail about it."))
    if not ActWorld(act, row.workflow, row.form, row.record, row.starter).has_record():
        raise Gone(IN_TRASH)
    return Wanted(task, row.id, row, state, flow, mine, flow.by_key[state.visit(mine.visit).node], person)


def choices_of(wanted: Wanted) -> list[str]:
    return [each for each in MAY if each in wanted.node.actions]


def decide(act: Act, text: str, what: str, to: str, comment: str) -> Person:
    """The decision, with the rights of the person whom the link is for; the log says that it came from a mail. Gives that person."""
    wanted = open_(act, text)
    if what not in choices_of(wanted):
        raise Refused([], _("This cannot be done at this node."))
    act.act_for(wanted.person)

    def do(acts: Acts, number: int) -> None:
        if acts.run.task(number).at != wanted.mine.at:
            raise Stale(_("You were asked again since. Open the newest mail about it."))
        before = len(acts.run.log)
        if what == "approve":
            acts.approve(number, wanted.person.id, comment)
        elif what == "reject":
            acts.reject(number, wanted.person.id, comment)
        else:
            acts.return_(number, wanted.person.id, to, comment)
        first = acts.run.log[before]
        acts.run.log[before] = replace(first, more={**first.more, "by": "mail"})

    running.act_on_task(act, wanted.task, do)
    return wanted.person


def _signer(workspace: Workspace) -> URLSafeSerializer:
    return URLSafeSerializer(derive(workspace.settings.secret_key, PURPOSE), salt=PURPOSE)
