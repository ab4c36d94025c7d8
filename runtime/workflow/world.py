"""What a run asks of the workspace: who is meant, whether a condition holds for its record, when something is due."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.people import POOLS, in_pool, pool_values, recipients
from runtime.errors import NotFound, Problem, Refused
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.people import accounts
from runtime.people.organisation import organisation_of
from runtime.records import query
from runtime.records.tables import FormTables, tables_of
from runtime.records.values import RecordValues
from runtime.system import clock
from runtime.system.prepared import Prepared, prepared
from runtime.system.tables import person, person_role, workflow_delegation
from runtime.texts import _
from runtime.workflow import calendar

if TYPE_CHECKING:
    from runtime.definitions.node import Due
    from runtime.system.workspace import Act
    from runtime.workflow.state import Run

HIGHEST = 20
"""Levels of heads that are looked through at most."""


class ActWorld:
    """The world as one act sees it. Conditions are worked out by the workspace itself: who acts needs no right to what a line asks."""

    def __init__(self, act: Act, workflow: str, form: str, record: int, starter: int):
        self.act, self.workflow, self.form, self.record, self.starter = act, workflow, form, record, starter
        self.now = act.micros
        self._deputies: dict[int, int | None] = {}

    @cached_property
    def values(self) -> RecordValues:
        found = RecordValues.of(self.act, self.form, self.record)
        if found is None:
            raise NotFound(_("This record does not exist any more."))
        return found

    @cached_property
    def _row(self) -> tuple[Any, ...] | None:
        """When the record was put into the trash, and its title as it is stored."""
        built = tables_of(self.act.catalogue).get(self.form)
        return None if built is None else self._said(("record", built.main.name), lambda: _record(built)).first(
            self.act.connection, {"the_record": self.record}
        )

    def has_record(self) -> bool:
        """Whether there is a living record."""
        return self._row is not None and self._row[0] is None

    @property
    def title(self) -> str:
        """What the record is called, whatever those who are asked about it may see elsewhere; its number where it has no title."""
        form = self.act.catalogue.forms.get(self.form)
        return (query.title_text(form, self._row[1]) if form is not None and self._row is not None else "") or f"#{self.record}"

    def require_record(self) -> None:
        """Nobody agrees to what lies in the trash."""
        if not self.has_record():
            raise Refused([Problem("", IN_TRASH)])

    def changed(self) -> None:
        """The record has been written: what is asked from here on speaks of its new values."""
        self.__dict__.pop("values", None)
        self.shown()

    def shown(self) -> None:
        """The record shows something else of the workflow, by which it may be called otherwise."""
        self.__dict__.pop("_row", None)

    # -- people ---------------------------------------------------------------------------------------------------------------
    def people(self, node: Any, run: Run) -> list[int]:
        return self.meant(node.approvers, run, node)

    def meant(self, who: tuple[str, ...], run: Run, node: Any = None) -> list[int]:
        """The active people named, each once, in their order."""
        found: list[int] = []
        here: set[int] = set()  # those of whom it is known that they work here
        for each in who:
            sort, _colon, name = each.partition(":")
            if sort == "handler_of":
                found += [run.starter] if name == "start" else self._handlers(run, name)
            elif sort == "head_of":
                found += self._head_of(name)
            elif f"{sort}:" in POOLS:
                pool = self._pool(sort, name)
                here.update(pool)
                found += pool
            else:
                active = recipients(self.act, (each,), self.values)
                here.update(one.person for one in active if one.person is not None)
                found += [one.person for one in active if one.person is not None]
        if node is not None and node.levels is not None:
            found += self._levels(node.levels)
        if node is not None and node.formula is not None:
            value = self._evaluated(node.formula)
            found += [value] if isinstance(value, int) else []
        named = list(dict.fromkeys(found))
        here.update(self._active([each for each in named if each not in here]))
        return [each for each in named if each in here]

    @staticmethod
    def _handlers(run: Run, node: str) -> list[int]:
        visits = [each.number for each in run.visits if each.node == node and each.state == "done"]
        return [each.person for each in run.tasks if visits and each.visit == visits[-1] and each.state == "approved"]

    def _head_of(self, name: str) -> list[int]:
        """`starter`, `starter:2` for the head of the head, or the head of a department by its key."""
        whose, _colon, level = name.partition(":")
        if whose != "starter":
            its = next((each for each in self._organisation.departments.values() if each.key == whose), None)
            return [] if its is None or its.head is None else [its.head]
        found = self._heads(self.starter)[: int(level) if level.isdecimal() else 1]
        wanted = int(level) if level.isdecimal() else 1
        return found[-1:] if len(found) == wanted else []

    def _levels(self, levels: Any) -> list[int]:
        heads = self._heads(self.starter)
        if levels.role is not None:
            held = select_people(self.act, heads, levels.role)
            up_to = next((place for place, each in enumerate(heads) if each in held), None)
            heads = heads if up_to is None else heads[: up_to + 1]
        return heads[: levels.count or HIGHEST]

    def _heads(self, someone: int) -> list[int]:
        """Those above somebody, the nearest first; nobody twice."""
        found: list[int] = []
        here: int | None = someone
        while here is not None and len(found) < HIGHEST:
            here = self.head(here)
            if here is None or here in found:
                break
            found.append(here)
        return found

    def head(self, person: int) -> int | None:
        """Who heads the person's main department, or the next one above it that somebody else heads."""
        organisation = self._organisation
        own = organisation.own.get(person) or organisation.headed.get(person) or []
        its = own[0] if own else None
        for _level in range(HIGHEST):
            if its is None:
                return None
            here = organisation.departments[its]
            if here.head is not None and here.head != person and self._active([here.head]):
                return here.head
            its = here.parent
        return None

    @cached_property
    def _organisation(self) -> Any:
        return organisation_of(self.act.connection)

    def admins(self) -> list[int]:
        return [each.id for each in accounts.builders(self.act.connection)]

    def _pool(self, sort: str, name: str) -> list[int]:
        """Those of a pool who work here; who stands in for them is found out with it."""
        statement = self._said(("pool", sort), lambda: _pool_with_deputies(sort))
        rows = statement.all(self.act.connection, {**pool_values(name), "the_day": self.act.day})
        for whose, deputy, workflows in rows:
            if self._deputies.get(whose) is None:
                self._deputies[whose] = deputy if self._stands_in(whose, deputy, workflows) else None
        return list(dict.fromkeys(whose for whose, _deputy, _workflows in rows))

    def delegate(self, person: int) -> int | None:
        """Who stands in for somebody today, if that person is here; the one named last where there are several."""
        if person not in self._deputies:
            rows = self._said("deputies", _deputies_of).all(self.act.connection, {"the_person": person, "the_day": self.act.day})
            self._deputies[person] = next((deputy for deputy, workflows in rows if self._stands_in(person, deputy, workflows)), None)
        return self._deputies[person]

    def _stands_in(self, person: int, deputy: int | None, workflows: str | None) -> bool:
        return deputy is not None and deputy != person and (workflows is None or self.workflow in json.loads(workflows))

    def _active(self, people: list[int]) -> list[int]:
        if not people:
            return []
        if len(people) == 1:
            return people if self._said("active", _is_active).first(self.act.connection, {"the_person": people[0]}) is not None else []
        known = set(self.act.connection.execute(sa.select(person.c.id).where(person.c.id.in_(people), person.c.active == 1)).scalars())
        return [each for each in people if each in known]

    def _said(self, key: Any, build: Callable[[], Any]) -> Prepared:
        return prepared(self.act.catalogue.memo, ("world", key), self.act.connection.dialect, build)

    # -- values ---------------------------------------------------------------------------------------------------------------
    def holds(self, text: str) -> bool:
        return bool(self._evaluated(text))

    def _evaluated(self, text: str) -> Any:
        return evaluate(formula(self.act.catalogue, self.form, text, {}, frozenset({"person"})), self.values)

    # -- time -----------------------------------------------------------------------------------------------------------------
    def due(self, due: Due, since: int) -> int | None:
        start = clock.from_micros(since) if due.field is None else self._instant(due.field)
        if start is None:
            return None
        if due.hours is None and due.days is None:
            return clock.to_micros(start) if due.field is not None else None
        found = calendar.later(start, due.hours or 0, due.days or 0, due.working, self.act.zone, self.act.workspace.calendar)
        return clock.to_micros(found)

    def wakes(self, node: Any) -> int:
        if node.field is not None:
            at = self._instant(node.field)
            return self.now if at is None else clock.to_micros(at)
        return self.now + int(node.hours * 3600 * 1_000_000)

    def _instant(self, field: str) -> datetime | None:
        """The instant a date or time of the record names; of a day its beginning in the workspace's zone."""
        value = self.values.field(field)
        if isinstance(value, datetime):
            return value
        return datetime.combine(value, time(), self.act.zone) if isinstance(value, date) else None


IN_TRASH = _("The record is in the trash, so it cannot be approved. Restore it there, reject this, or let whoever administers end it.")


def _record(built: FormTables) -> Any:
    own = built.main.c
    return sa.select(own.deleted_at, query.title_column(built)).where(own.id == sa.bindparam("the_record", type_=sa.BigInteger()))


def _is_active() -> Any:
    return sa.select(person.c.id).where(person.c.id == sa.bindparam("the_person", type_=sa.BigInteger()), person.c.active == 1)


def _deputies_of() -> Any:
    own, asked = workflow_delegation.c, sa.bindparam("the_person", type_=sa.BigInteger())
    here = workflow_delegation.join(person, sa.and_(person.c.id == own.deputy, person.c.active == 1))
    return sa.select(own.deputy, own.workflows).select_from(here).where(own.person == asked, _in_force()).order_by(own.id.desc())


def _pool_with_deputies(sort: str) -> Any:
    own, deputy = workflow_delegation.c, person.alias("deputy")
    away = sa.and_(own.person == person.c.id, _in_force())
    known = person.outerjoin(workflow_delegation, away).outerjoin(deputy, sa.and_(deputy.c.id == own.deputy, deputy.c.active == 1))
    chosen = sa.select(person.c.id, deputy.c.id, own.workflows).select_from(known)
    return chosen.where(in_pool(sort)).order_by(person.c.id, own.id.desc())


def _in_force() -> Any:
    own, day = workflow_delegation.c, sa.bindparam("the_day", type_=sa.Integer())
    return sa.and_(own.first_day <= day, own.last_day >= day)


def select_people(act: Act, people: list[int], role: str) -> set[int]:
    """Those of the people who hold a role."""
    held = sa.select(person_role.c.person).where(person_role.c.person.in_(people), person_role.c.role == role)
    return set(act.connection.execute(held).scalars()) if people else set()
