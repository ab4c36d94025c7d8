"""A shop with segments of customers, and what tests ask of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import engine
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.segments import figures
from runtime.system.tables import definition, segment_member, segment_state
from runtime.system.workspace import Workspace
from tests.makers import Json
from tests.tiers.world import World


def segment(key: str, where: str, **more: Any) -> Json:
    return {"kind": "segment", "key": key, "label": key.capitalize(), "form": "customer", "where": where, **more}


class Shop(World):
    """The world of tiers and tags, and the members of its segments."""

    def number_of(self, key: str) -> int:
        return self.rows(sa.select(definition.c.id).where(definition.c.kind == "segment", definition.c.key == key))[0][0]

    def member_rows(self, key: str) -> list[Any]:
        rows = sa.select(segment_member).where(segment_member.c.segment == self.number_of(key))
        return self.rows(rows.order_by(segment_member.c.since, segment_member.c.record))

    def members(self, key: str) -> set[int]:
        return {row.record for row in self.member_rows(key) if row.until is None}

    def state_of(self, key: str) -> Any:
        return self.rows(sa.select(segment_state).where(segment_state.c.segment == self.number_of(key)))[0]

    def settle(self, clock: bool = False) -> None:
        """What the worker does: notes worked off, events matched, jobs done; with `clock` also what the night brings."""
        engine.settle(self.workspace, clock=clock)
        derived.work_off(self.workspace)

    def sleep(self, days: int) -> None:
        """Some days later, after each night's work."""
        day = self.workspace.now().date() + timedelta(days=days)
        self.on(day)
        self.settle(clock=True)

    def count(self, key: str) -> figures.Count:
        with self.workspace.reading(SYSTEM) as act:
            return figures.count(act, act.catalogue.segments[key])

    def told(self, kind: str) -> list[tuple[int | None, str]]:
        return [(row.record, row.source) for row in self.events(kind)]


@pytest.fixture
def shop(workspace: Workspace) -> Shop:
    return Shop(workspace, segment("big", "points >= 5"))


@pytest.fixture
def lite(sqlite_workspace: Workspace) -> Shop:
    """The shop where the database makes no difference."""
    return Shop(sqlite_workspace, segment("big", "points >= 5"))
