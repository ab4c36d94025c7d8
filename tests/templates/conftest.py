"""Templates installed in workspaces of both databases."""
from __future__ import annotations

from collections.abc import Iterator

import pytest

from builder import starters
from runtime import kinds
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace


@pytest.fixture(autouse=True)
def loaded() -> Iterator[None]:
    kinds.load()
    yield


def installed(workspace: Workspace, key: str, **options: object) -> starters.Installed:
    with workspace.writing(SYSTEM) as act:
        return starters.install(act, key, **options)
