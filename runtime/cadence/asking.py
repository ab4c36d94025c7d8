"""To-dos of follow-up plans: made once per record, plan and day, given to whoever looks after the record, ticked off by a contact."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.automation.people import people_of
from runtime.collaboration import telling
from runtime.system.sets import among
from runtime.system.tables import cadence_due, todo
from runtime.definitions.service_plan import channel_name
from runtime.texts import Message, _, in_language, shown

if TYPE_CHECKING:
    from runtime.definitions.service_plan import Plan
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

LONGEST = 200


@dataclass
class Asked:
    """Something that a plan asks for. `what`: every, respond, or the number of a step."""

    cadence: int
    record: int
    tier: str
    what: str
    due: int
    due_at: int
    person: int | None


def ask(act: Act, model: TierModel, number: int, wanted: list[Asked]) -> int:
    """Makes the to-dos of those that nobody has asked for yet; gives how many."""
    if not wanted:
        return 0
    _share_out(act, model, wanted)
    first = act.take_ids("cadence_due", len(wanted))
    own = ("cadence", "record", "tier", "what", "due", "due_at", "person")
    rows = [
        {"id": first + place, "model": number, "made_on": act.day, "state": "open"} | {name: getattr(each, name) for name in own}
        for place, each in enumerate(wanted)
    ]
    insert_new(act, cadence_due, rows)
    mine = sa.select(cadence_due.c.id).where(cadence_due.c.id >= first, cadence_due.c.id < first + len(wanted))
    there = set(act.connection.execute(mine).scalars())
    made = [(first + place, each) for place, each in enumerate(wanted) if first + place in there and each.person is not None]
    _make_todos(act, model, made)
    return len(there)


def insert_new(act: Act, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Inserts those of the rows whose unique keys are free."""
    insert = sqlite.insert if act.connection.dialect.name == "sqlite" else postgresql.insert
    act.connection.execute(insert(table).on_conflict_do_nothing(), rows)


def _share_out(act: Act, model: TierModel, wanted: list[Asked]) -> None:
    """Whose record it is does it; where it is nobody's, whoever of the plan's pool has the least to do."""
    pools: dict[str, list[int]] = {}
    loads: dict[int, int] = defaultdict(int)
    for each in [each for each in wanted if each.person is None]:
        who = model.plans[each.tier].owner_pool
        if who is None:
            continue
        if who not in pools:
            pools[who] = people_of(act, who)
            loads |= {person: count for person, count in _loads(act, pools[who]).items() if person not in loads}
        if pools[who]:
            each.person = min(pools[who], key=lambda person: (loads[person], person))
            loads[each.person] += 1


def _loads(act: Act, people: list[int]) -> dict[int, int]:
    row = todo.c
    query = sa.select(row.person, sa.func.count()).where(among(row.person, people), row.done_at.is_(None)).group_by(row.person)
    return dict(act.connection.execute(query).all())


def _make_todos(act: Act, model: TierModel, made: list[tuple[int, Asked]]) -> None:
    if not made:
        return
    first = act.take_ids("todo", len(made))
    rows = [
        {"id": first + place, "title": title_of(act, model.plans[each.tier], each.what), "form": model.form, "record": each.record}
        | {"person": each.person, "due": each.due, "created_by": act.person.id, "created_at": act.micros}
        for place, (_number, each) in enumerate(made)
    ]
    act.connection.execute(todo.insert(), rows)
    link = cadence_due.update().where(cadence_due.c.id == sa.bindparam("the_id")).values(todo=sa.bindparam("the_todo"))
    act.connection.execute(link, [{"the_id": number, "the_todo": first + place} for place, (number, _each) in enumerate(made)])
    by_person: dict[int, list[tuple[int, Asked]]] = defaultdict(list)
    for number, each in made:
        by_person[each.person or 0].append((number, each))
    for person, some in by_person.items():
        _tell(act, model, person, some)


def _tell(act: Act, model: TierModel, person: int, some: list[tuple[int, Asked]]) -> None:
    """One notification for each person and turn, whatever the number of to-dos."""
    cause = f"cadence:{some[0][0]}"
    if len(some) > 1:
        telling.tell(act, "todo", [person], _("{n} follow-ups are waiting for you.", n=len(some)), "", None, cause, "/tasks")
        return
    each = some[0][1]
    name = telling.title_of(act, model.form, each.record)
    subject = _("A follow-up is due with {record}: {title}", record=name, title=title_of(act, model.plans[each.tier], each.what))
    telling.tell(act, "todo", [person], subject, "", (model.form, each.record), cause, "#todos")


def title_of(act: Act, plan: Plan, what: str) -> str:
    """The words of a to-do, in the language of the workspace: the same for whoever has it later."""
    language = act.workspace.language
    if what.isdecimal() and int(what) < len(plan.steps):
        step = plan.steps[int(what)]
        return f"{shown(step.todo, language)}{f' ({in_language(channel_name(step.channel), language)})' if step.channel else ''}"[:LONGEST]
    return said(plan, what).in_language(language)[:LONGEST]


def said(plan: Plan, what: str) -> Message:
    if what == "respond":
        return _("Answer within {hours} hours", hours=plan.respond_within_hours or 0)
    return _("Get in touch: {channel}", channel=channel_name(plan.channel)) if plan.channel else _("Get in touch")


# -- later ------------------------------------------------------------------------------------------------------------------------------
def hand_over(act: Act, model: TierModel, due: Any, owner: int | None) -> None:
    """A record that has got another owner brings its open to-do along, unless somebody has given that to another person by hand; one for which
    there was nobody gets its to-do now."""
    if owner is None or owner == due.person:
        return
    if due.todo is None:
        _make_todos(act, model, [(due.id, Asked(due.cadence, due.record, due.tier, due.what, due.due, due.due_at, owner))])
    elif due.todo_person == due.person:
        act.connection.execute(todo.update().where(todo.c.id == due.todo).values(person=owner))
    else:
        return
    act.connection.execute(cadence_due.update().where(cadence_due.c.id == due.id).values(person=owner))


def close(act: Act, closed: list[tuple[Any, str]], reason: str | None) -> None:
    """Ends what was asked for: by a contact its to-do is ticked off; what nobody has to do any more (dropped) is as if it had not been asked for."""
    if not closed:
        return
    kept = [{"the_id": due.id, "the_state": state} for due, state in closed if state != "dropped"]
    if kept:
        shut = cadence_due.update().where(cadence_due.c.id == sa.bindparam("the_id"))
        act.connection.execute(shut.values(state=sa.bindparam("the_state"), closed_at=act.micros, reason=reason), kept)
    done = [due.todo for due, state in closed if state in ("done", "skipped") and due.todo is not None and due.done_at is None]
    if done:
        act.connection.execute(todo.update().where(among(todo.c.id, done)).values(done_at=act.micros, done_by=todo.c.person))
    dropped = [due for due, state in closed if state == "dropped"]
    if dropped:
        act.connection.execute(cadence_due.delete().where(among(cadence_due.c.id, [due.id for due in dropped])))
        open_ = [due.todo for due in dropped if due.todo is not None and due.done_at is None]
        act.connection.execute(todo.delete().where(among(todo.c.id, open_)))
