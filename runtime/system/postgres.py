"""PostgreSQL's own programs for a backup: pg_dump writes it, pg_restore reads it; what is put back goes through one transaction."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from runtime.errors import Refused
from runtime.system.archive import refuse
from runtime.system.disk import room
from runtime.texts import _

COPY = re.compile(rb"COPY [^;]+ FROM stdin;\n")
LEFT_OUT = re.compile(r"^(?:\\(?:un)?restrict .*|SET transaction_timeout = 0;|SELECT pg_catalog\.set_config\('search_path'.*)$", re.M)
"""Lines for psql, for newer servers, and one that would hide our own tables from what follows in the transaction."""


FUNCTION = re.compile(r"^CREATE FUNCTION ", re.M)
"""Functions stay when the old tables with their triggers go."""


def find(name: str) -> str:
    """A program of PostgreSQL: on PATH, else Debian's newest."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"[0-9]*/bin/{name}"), key=lambda path: int(path.parent.parent.name))
    found = shutil.which(name) or (str(installed[-1]) if installed else None)
    if found is None:
        raise refuse(
            _(
                "The program {name} is needed and is not on this machine. Install PostgreSQL's client programs (postgresql-client).",
                name=name,
            )
        )
    return found


def dump(url: str, target: Path) -> None:
    """The whole database at one moment, in pg_dump's custom format."""
    address = sa.make_url(url)
    plain = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    command = [
        find("pg_dump"),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        f"--file={target}",
        f"--dbname={plain}",
    ]
    done = subprocess.run(command, env=_environment(address), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise _failed("pg_dump", done.stderr)


def put_back(connection: sa.Connection, source: Path) -> None:
    """Makes what is in a dump anew, within the caller's transaction: tables, then rows, then indexes and keys."""
    raw: Any = connection.connection.driver_connection
    for section in ("pre-data", "data", "post-data"):
        with _read(source, section) as text:
            if section == "data":
                _put_rows(raw, text)
            else:
                raw.execute(FUNCTION.sub("CREATE OR REPLACE FUNCTION ", LEFT_OUT.sub("", text.read().decode())))


def _put_rows(raw: Any, text: IO[bytes]) -> None:
    cursor = raw.cursor()
    for line in text:
        if COPY.fullmatch(line):
            with cursor.copy(line.rstrip(b";\n")) as copy:
                for rows in _rows(text):
                    copy.write(rows)
        elif line.startswith(b"SELECT pg_catalog.setval("):
            cursor.execute(line)


def _rows(text: IO[bytes]) -> Iterator[bytes]:
    for line in text:
        if line == b"\\.\n":
            return
        yield line


@contextmanager
def _read(source: Path, section: str) -> Iterator[IO[bytes]]:
    """One part of a dump as text."""
    command: Sequence[str] = [find("pg_restore"), f"--section={section}", "--no-owner", "--no-privileges", "--file=-", str(source)]
    with room(), subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stderr is not None
        try:
            yield child.stdout
        except BaseException:
            child.kill()
            raise
        said = child.stderr.read()
        if child.wait():
            raise _failed("pg_restore", said)


def _failed(name: str, said: bytes) -> Refused:
    lines = said.decode("utf-8", "replace").strip().splitlines() or ["?"]
    return refuse(_("{name} could not do its work: {reason}", name=name, reason=lines[-1][:300]))


def _environment(address: sa.URL) -> dict[str, str]:
    """The password goes along unseen by others on the machine."""
    given = {**os.environ, "LC_ALL": "C.UTF-8"}
    return given if address.password is None else {**given, "PGPASSWORD": str(address.password)}
