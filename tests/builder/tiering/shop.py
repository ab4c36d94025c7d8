"""A shop whose customers differ in points, spend and owner, and drafts of its tier model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.tiers.trial import Trial, load_model, scratch
from tests.makers import Json, member
from tests.tiers.world import CUSTOMER, TODAY, World, dimension, model

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Workspace

OWNED = {**CUSTOMER, "fields": [*CUSTOMER["fields"], member("adviser")]}
SPEND = dimension(cuts=[1000, 5000, 20000], weight=60)
POINTS = dimension("points", "points", [10, 50], weight=40, missing="neutral")
LIVE = model(SPEND, POINTS)


def add(world: World, *customers: Json) -> list[int]:
    """Customers with these values, in one transaction; `orders` are (amount, days ago)."""
    ids = []
    with world.workspace.writing(SYSTEM) as act:
        for number, given in enumerate(customers):
            values = {"name": f"C{number}", **{key: value for key, value in given.items() if key != "orders"}}
            ids.append(gateway.create(act, "customer", values).id)
            for amount, ago in given.get("orders", ()):
                order = {"customer": ids[-1], "amount": amount, "paid_on": TODAY - timedelta(days=ago), "status": "done"}
                gateway.create(act, "order", order)
    return ids


def mixed(world: World, count: int = 15, **more: Any) -> list[int]:
    """Customers of all kinds: with and without orders or points."""
    return add(
        world,
        *(
            {
                "stage": ("new", "steady", "lost")[number % 3],
                **({"points": number * 4} if number % 4 else {}),
                "orders": [(200 * (number + 1) * (each + 1), 40 * each) for each in range(number % 4)],
                **more,
            }
            for number in range(count)
        ),
    )


def person(world: World, name: str) -> int:
    with world.workspace.writing(SYSTEM) as act:
        return accounts.add(act, email=f"{name.lower()}@example.com", name=name, roles=("member",)).id


@contextmanager
def on_trial(workspace: Workspace, draft: Json, as_of: date | None = None, **more: Any) -> Iterator[tuple[Trial, TierModel]]:
    """Puts a draft on trial: `with on_trial(workspace, draft) as (trial, wanted)`."""
    wanted = load_model(draft)
    with scratch(workspace, SYSTEM) as act:
        yield Trial(act, wanted, as_of, **more), wanted
