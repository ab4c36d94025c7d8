"""Making a backup while everything runs: the database as it stands at one moment, then the files it may name."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runtime.errors import DiskFull
from runtime.settings import Settings
from runtime.system import archive, clock, disk, postgres, upgrade
from runtime.system.archive import DATABASES, Manifest
from runtime.system.workspace import Workspace
from runtime.texts import _


def make(workspace: Workspace, target: Path) -> Manifest:
    """Writes a backup to `target`; raises Refused with a sentence, and leaves nothing behind, when that does not work."""
    if target.exists():
        raise archive.refuse(_("{file} is there already. Choose another name.", file=str(target)))
    kind = workspace.engine.dialect.name
    manifest = {
        "program": archive.program_version(),
        "database": kind,
        "head": upgrade.head(),
        "made_at": clock.now().isoformat(timespec="seconds"),
        "key": archive.key_mark(workspace.settings),
    }
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            snapshot = Path(folder) / DATABASES[kind]
            _snapshot(workspace, snapshot)
            return archive.write(target, manifest, _parts(workspace.settings, snapshot))
    except OSError as error:
        if disk.is_full(error):
            raise DiskFull() from error
        raise archive.refuse(_("{file} cannot be written: {reason}", file=str(target), reason=error.strerror or str(error))) from error


def _snapshot(workspace: Workspace, target: Path) -> None:
    if workspace.engine.dialect.name == "postgresql":
        return postgres.dump(workspace.settings.database_url, target)
    raw = workspace.engine.raw_connection()
    try:
        source: Any = raw.driver_connection
        _copy_sqlite(source, target)
    finally:
        raw.close()


def _copy_sqlite(source: sqlite3.Connection, target: Path) -> None:
    """All pages in one step, which sees one moment and keeps no writer waiting."""
    with disk.room():
        copy = sqlite3.connect(target, isolation_level=None)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            copy.close()


def _parts(settings: Settings, snapshot: Path) -> Iterator[tuple[str, Path]]:
    """The files come after the database: what it names was written before it was named."""
    yield snapshot.name, snapshot
    for name, folder in archive.places(settings).items():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{name}/{path.relative_to(folder).as_posix()}", path
