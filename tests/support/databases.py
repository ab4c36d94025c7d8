"""Empty workspaces, made once and copied for each test."""
from __future__ import annotations

import shutil
from pathlib import Path

from runtime.settings import Settings, read_settings
from runtime.system.database import open_engine
from runtime.system.upgrade import upgrade

ZONE = "Asia/Shanghai"


def settings_for(folder: Path, url: str, **more: str) -> Settings:
    """Settings of a test: everything in `folder`, a fixed zone and key, nothing of the machine's environment."""
    given = {"DATA_DIR": str(folder), "DATABASE_URL": url, "TIMEZONE": ZONE, "SECRET_KEY": "a key for tests only", **more}
    return read_settings({f"TIERLOOM_{name}": value for name, value in given.items()})


def fill(url: str) -> None:
    """Makes today's system tables in an empty database."""
    engine = open_engine(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


class SqliteFiles:
    """Copies of one SQLite file with the system tables in it."""

    def __init__(self, folder: Path):
        self.original = folder / "upgraded.sqlite"

    def copy_to(self, target: Path) -> str:
        if not self.original.exists():
            fill(f"sqlite:///{self.original}")
        shutil.copyfile(self.original, target)
        return f"sqlite:///{target}"
