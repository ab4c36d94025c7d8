"""A world with a shop: one on SQLite for all files, whose tests make links of their own; one for each test on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtime.people import passwords
from runtime.system.workspace import Workspace
from tests.pages.conftest import browser_files  # noqa: F401
from tests.public.world import World, opened

if TYPE_CHECKING:
    from tests.support.databases import SqliteFiles


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
        yield


@pytest.fixture(scope="session")
def world(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory, browser_files: Path) -> Iterator[World]:  # noqa: F811
    from tests.support.databases import settings_for

    folder = tmp_path_factory.mktemp("public")
    workspace = Workspace(settings_for(folder, sqlite_files.copy_to(folder / "tierloom.sqlite")))
    yield opened(workspace, browser_files)
    workspace.engine.dispose()


@pytest.fixture
def both(workspace: Workspace, browser_files: Path) -> World:  # noqa: F811
    return opened(workspace, browser_files)
