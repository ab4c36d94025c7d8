"""A shop whose tier model is reviewed: a steward, a builder, two sellers, one of whom sees only a part of the customers, and a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from builder.differences import differences
from runtime.automation import due
from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.reviews import comparing, deciding, opening, plans, proposals, reading
from runtime.system import jobs
from runtime.system.tables import person as person_table
from runtime.system.workspace import Act, Workspace
from tests.tiers.world import BY_AMOUNT, World, dimension, model

START = date(2026, 6, 30)
TODAY = date(2026, 10, 1)
PEOPLE = {"ning": ("sales",), "part": ("part",), "lead": ("sales", "lead"), "ada": ("builder",), "out": ("stranger",)}
APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "All", "items": ["form:customer"]}],
    "roles": {"member": ["role:sales"]},
}


def right(key: str, **more: Any) -> dict[str, Any]:
    found = {"kind": "permission_set", "key": key, "label": key, "form": "customer", "for": [f"role:{key}"], "actions": ["view"]}
    return {**found, "fields": {"*": "view"}, **more}


def rated(cuts: list[int] | None = None, **more: Any) -> dict[str, Any]:
    spend = dimension("spend", "spend", cuts or [1000, 5000, 20000])
    return model(spend, tiers=BY_AMOUNT, app="shop", review={"every": "quarter", "owner": "role:lead"}, **more)


class Shop:
    """`by(name)` opens a writing act of somebody with the rights they have today."""

    def __init__(self, workspace: Workspace, day: date = START):
        self.workspace = workspace
        comparing.COMPARE[:] = [differences]
        self.world = World(workspace, APP, rated(), right("sales"), right("part", rows="note == 'mine'"), day=day)
        self.people: dict[str, Person] = {}
        with workspace.writing(SYSTEM) as act:
            for name, roles in PEOPLE.items():
                self.people[name] = accounts.add(act, email=f"{name}@example.com", name=name.title(), roles=roles, password=None)
            act.connection.execute(person_table.update().values(language="en"))

    def id(self, name: str) -> int:
        return self.people[name].id

    @contextmanager
    def by(self, name: str | None) -> Iterator[Act]:
        person = SYSTEM if name is None else self.people[name]
        with self.workspace.writing(person) as act:
            yield act

    def on(self, day: date) -> Shop:
        self.world.on(day)
        return self

    def later(self, days: int) -> Shop:
        return self.on((self.workspace.now() + timedelta(days=days)).date())

    def work(self) -> None:
        while jobs.run_next(self.workspace):
            pass

    # -- reviews ----------------------------------------------------------------------------------------------------------------
    def plan(self, by: str = "lead", **given: Any) -> plans.Plan:
        with self.by(by) as act:
            return plans.save_plan(act, act.catalogue.tier_models["value"], {"months": None, "asked": (), "voters": (), **given})

    def open(self, by: str = "lead") -> int:
        with self.by(by) as act:
            number = opening.open_now(act, act.catalogue.tier_models["value"])
        self.work()
        return number

    def tick(self) -> None:
        due.start_nightly(self.workspace)
        self.work()

    def reviews(self) -> list[reading.Review]:
        with self.by(None) as act:
            return reading.listed(act, act.catalogue.tier_models.values())

    def review(self, number: int, by: str | None = None) -> reading.Review:
        with self.by(by) as act:
            return reading.find(act, number)

    def step(self, number: int, wanted: str, by: str = "lead") -> None:
        with self.by(by) as act:
            deciding.go_on(act, number, wanted)

    def draft(self, **changed: Any) -> None:
        with self.by("ada") as act:
            body = versions.find_version(act.connection, "tier_model", "value").body
            versions.save_draft(act, "tier_model", "value", {**body, **changed})

    def propose(self, number: int, title: str = "Raise the cuts", by: str = "ada", with_draft: bool = True) -> int:
        with self.by(by) as act:
            found = proposals.propose(act, number, title, "", with_draft)
        self.work()
        return found

    def vote(self, proposal: int, by: str, choice: str = "yes", reason: str = "") -> None:
        with self.by(by) as act:
            proposals.vote(act, proposal, choice, reason)

    def voted_on(self, cuts: list[int] | None = None) -> tuple[int, int]:
        """A review at its vote about a draft with other cuts; gives both numbers."""
        number = self.open()
        self.draft(dimensions=rated(cuts or [2000, 5000, 20000])["dimensions"])
        proposal = self.propose(number)
        self.step(number, "proposing")
        self.step(number, "voting")
        return number, proposal

    def decided(self) -> int:
        number, proposal = self.voted_on()
        with self.by("lead") as act:
            deciding.approve(act, proposal)
        return number

    def version(self) -> int:
        with self.by(None) as act:
            return act.catalogue.versions["tier_model", "value"]
