"""Taking in a file: to the disk first, then looked at, then named in the database. Killed at any moment, no record names what is not there."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.files import tokens
from runtime.files.kinds import FAMILIES, HEAD, KINDS, Kind, Sample, endings, kind_named
from runtime.files.pictures import without_traces
from runtime.files.places import Place, place_of
from runtime.system.disk import room
from runtime.system.tables import stored_file
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

PIECE = 1024 * 1024
MEGABYTE = 1024 * 1024
LARGEST_PICTURE = 60 * MEGABYTE
"""Pictures are cleaned in memory."""
ARRIVALS = "arrivals"
UNFINISHED = 24 * 3600
"""Seconds after which a file whose sending was broken off is thrown away."""


@dataclass(frozen=True)
class Limits:
    """What a field takes: bytes of one file, and families of kinds (none named: all)."""

    bytes: int
    families: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrived:
    """A file that lies complete on the disk and has been looked at; nobody names it yet."""

    path: Path
    hash: str
    name: str
    size: int


def place(workspace: Workspace) -> Place:
    """Where this workspace keeps files; asked for once a process."""
    found = workspace.__dict__.get("_files_place")
    if found is None:
        found = workspace.__dict__["_files_place"] = place_of(workspace.settings)
    return found


@contextmanager
def received(workspace: Workspace, name: str, stream: IO[bytes], limits: Limits) -> Iterator[Arrived]:
    """Raises Refused with a sentence for what is too large, empty, or not what its name says. What nobody takes is thrown away."""
    path = _arrivals(workspace) / secrets.token_hex(16)
    try:
        with room():
            yield _looked_at(path, tokens.clean_name(name), stream, limits, workspace.settings.max_upload_mb * MEGABYTE)
    finally:
        path.unlink(missing_ok=True)


def keep(act: Act, arrived: Arrived) -> str:
    """Names the file in the database and puts it where files lie; gives its token. The row is there only if the content is."""
    hold(act.connection)
    place(act.workspace).put(arrived.hash, arrived.path)
    id = tokens.new_id()
    row = {"id": id, "hash": arrived.hash, "name": arrived.name, "size": arrived.size, "person": act.person.id, "at": act.micros}
    act.connection.execute(stored_file.insert().values(row))
    return tokens.token(id, arrived.size, arrived.name)


def hold(connection: sa.Connection) -> None:
    """Until the end of the transaction nobody else takes in or throws away; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("contents of files"))))


def forget_unfinished(workspace: Workspace) -> int:
    """Throws away what was sent in part by somebody who never came back; gives how many."""
    before, removed = time.time() - UNFINISHED, 0
    for path in _arrivals(workspace).iterdir():
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _arrivals(workspace: Workspace) -> Path:
    folder = workspace.settings.data_dir / ARRIVALS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


# -- looking at what came ---------------------------------------------------------------------------------------------------------
def _looked_at(path: Path, name: str, stream: IO[bytes], limits: Limits, most: int) -> Arrived:
    kind = _kind_of(name, limits)
    _write(path, stream, min(limits.bytes, most), name)
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head:
            raise refused(_("“{name}” is empty. Choose the file again.", name=name))
        if not kind.fits(Sample(head, file)):
            raise refused(
                _("“{name}” does not contain what its name says. Open it in its program, save it anew, then send that.", name=name)
            )
    if kind.family == "picture":
        _clean(path, name, kind)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return Arrived(path, digest, name, path.stat().st_size)


def _kind_of(name: str, limits: Limits) -> Kind:
    kind = kind_named(name)
    if kind is None:
        raise refused(_("Files like “{name}” are not taken. Send one of these: {endings}.", name=name, endings=", ".join(KINDS)))
    if limits.families and kind.family not in limits.families:
        raise refused(wrong_family(name, limits.families))
    return kind


def wrong_family(name: str, families: tuple[str, ...]) -> Message:
    return _(
        "“{name}” is of another kind. Here go {kinds}: {endings}.",
        name=name,
        kinds=[FAMILIES[each] for each in families],
        endings=", ".join(endings(families)),
    )


def too_large(name: str, most: int) -> Message:
    return _("“{name}” is too large. A file may have {most} MB here.", name=name, most=max(1, most // MEGABYTE))


def _write(path: Path, stream: IO[bytes], most: int, name: str) -> None:
    size = 0
    with path.open("xb") as file:
        os.chmod(path, 0o600)
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > most:
                raise refused(too_large(name, most))
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _clean(path: Path, name: str, kind: Kind) -> None:
    """Takes what tells of the place and the device out of a picture."""
    if path.stat().st_size > LARGEST_PICTURE:
        raise refused(too_large(name, LARGEST_PICTURE))
    content = path.read_bytes()
    try:
        cleaned = without_traces(content, kind.content_type)
    except ValueError as error:
        if kind.content_type == "image/heic":
            raise refused(
                _("Place and device cannot be taken out of the picture “{name}”. Save it as JPEG, then send that.", name=name)
            ) from error
        raise refused(_("The picture “{name}” is damaged. Open it, save it anew, then send that.", name=name)) from error
    if cleaned != content:
        with path.open("wb") as file:
            file.write(cleaned)
            file.flush()
            os.fsync(file.fileno())


def refused(message: Message) -> Refused:
    return Refused([Problem("file", message)])
