"""A house in which people attach files to deals: Ann and Bob of sales each see their own, Cleo sees deals without their papers."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.files import keeping, tokens
from runtime.files.keeping import Limits
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import file_use, stored_file
from runtime.system.workspace import Workspace
from tests import makers

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PDF = b"%PDF-1.7\n%a plain offer\n%%EOF\n"
DEAL = {
    **makers.form_json(
        makers.text("name", required=True),
        makers.member("owner"),
        makers.file("papers"),
        makers.image("photos", most=2),
        makers.subform("visits", makers.text("place"), makers.image("photos", most=2), makers.file("papers"), makers.signature("signed")),
        title="name",
        key="deal",
    ),
    "app": "shop",
}
APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "All", "items": ["form:deal"]}],
    "roles": {"member": ["role:sales", "role:office"]},
}
OWN = {
    "kind": "permission_set",
    "key": "own",
    "label": "Own",
    "form": "deal",
    "for": ["role:sales"],
    "actions": ["view", "add", "edit", "delete"],
    "rows": "owner == CURRENT_USER()",
    "fields": {"*": "edit"},
}
WITHOUT_PAPERS = {
    **OWN,
    "key": "office",
    "label": "Office",
    "for": ["role:office"],
    "rows": None,
    "fields": {"*": "edit", "papers": "hidden"},
}
WITHOUT_PAPERS.pop("rows")
PEOPLE = {"ann": "sales", "bob": "sales", "cleo": "office", "lea": "builder"}
LIMITS = Limits(1024 * 1024)


class House:
    def __init__(self, workspace: Workspace):
        self.workspace, self.now = workspace, START
        workspace.now = lambda: self.now  # type: ignore[method-assign]
        kinds.load()
        with workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [DEAL, APP, OWN, WITHOUT_PAPERS])
        with workspace.writing(SYSTEM) as act:
            self.people: dict[str, Person] = {
                name: accounts.add(act, email=f"{name}@example.com", name=name.title(), roles=[role], password=None)
                for name, role in PEOPLE.items()
            }

    def send(self, who: str, name: str = "offer.pdf", content: bytes = PDF, limits: Limits = LIMITS) -> str:
        """Sends a file; gives its token."""
        with (
            keeping.received(self.workspace, name, io.BytesIO(content), limits) as arrived,
            self.workspace.writing(self.people[who]) as act,
        ):
            return keeping.keep(act, arrived)

    def content(self, token: str) -> bytes | None:
        with self.workspace.reading(SYSTEM) as act:
            hash = act.connection.execute(sa.select(stored_file.c.hash).where(stored_file.c.id == tokens.id_in(token))).scalar()
        found = None if hash is None else keeping.place(self.workspace).open(hash)
        if found is None:
            return None
        with found:
            return found.read()

    def kept(self) -> list[Path]:
        """The contents that lie in the folder."""
        return sorted(path for path in (self.workspace.settings.data_dir / "files").rglob("*") if path.is_file())

    def uses(self, token: str) -> list[Any]:
        with self.workspace.reading(SYSTEM) as act:
            return list(
                act.connection.execute(sa.select(file_use).where(file_use.c.file == tokens.id_in(token)).order_by(file_use.c.record))
            )


@pytest.fixture
def house(workspace: Workspace) -> House:
    return House(workspace)


@pytest.fixture
def lite(sqlite_workspace: Workspace) -> House:
    """Where the database makes no difference."""
    return House(sqlite_workspace)


def png(*pieces: tuple[bytes, bytes]) -> bytes:
    """A picture of one point, with further pieces in it."""

    def piece(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = piece(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    more = b"".join(piece(*each) for each in pieces)
    return b"\x89PNG\r\n\x1a\n" + head + more + piece(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")) + piece(b"IEND", b"")


Sender = Callable[..., str]
