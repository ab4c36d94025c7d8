"""No room left: a full disk, a quota or a limit on the size of files, whichever layer notices it first."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.errors import DiskFull

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""SQLite itself says “full” only for ENOSPC; a quota and a limit are errors of writing to it."""
POSTGRESQL = "53100"


def is_full(error: BaseException | None) -> bool:
    """Whether this error, or what caused it, is that nothing more can be written."""
    while error is not None:
        if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in NO_ROOM):
            return True
        if getattr(error, "sqlite_errorcode", None) in SQLITE or getattr(error, "sqlstate", None) == POSTGRESQL:
            return True
        error = getattr(error, "orig", None) or error.__cause__
    return False


@contextmanager
def room() -> Iterator[None]:
    """Turns what any layer says about a full disk into the one error that every edge has a sentence for."""
    try:
        yield
    except DiskFull:
        raise
    except Exception as error:
        if is_full(error):
            raise DiskFull() from error
        raise
