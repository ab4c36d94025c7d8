"""Templates installed in workspaces of both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder import starters
from runtime import kinds
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from tests.support.databases import SqliteFiles, settings_for


@pytest.fixture(autouse=True)
def loaded() -> Iterator[None]:
    kinds.load()
    yield


def installed(workspace: Workspace, key: str, **options: object) -> starters.Installed:
    with workspace.writing(SYSTEM) as act:
        return starters.install(act, key, **options)


@pytest.fixture(scope="module")
def sampled_file(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The retail template with its sample, installed once."""
    kinds.load()
    folder = tmp_path_factory.mktemp("retail")
    workspace = Workspace(settings_for(folder, sqlite_files.copy_to(folder / "retail.sqlite")))
    installed(workspace, "retail", sample=True)
    with workspace.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    workspace.engine.dispose()
    return folder / "retail.sqlite"


@pytest.fixture
def retail(sampled_file: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of its own with the retail template and its sample."""
    copy = shutil.copyfile(sampled_file, tmp_path / "retail.sqlite")
    workspace = Workspace(settings_for(tmp_path, f"sqlite:///{copy}"))
    yield workspace
    workspace.engine.dispose()
