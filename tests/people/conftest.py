"""People for tests: accounts made in one line, hashed cheaply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM, Person

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})


@pytest.fixture
def add_person(workspace: Workspace) -> Callable[..., Person]:
    def add(email: str, *roles: str, password: str | None = None) -> Person:
        with workspace.writing(SYSTEM) as act:
            return accounts.add(act, email=email, name=email.partition("@")[0].title(), roles=roles, password=password)

    return add
