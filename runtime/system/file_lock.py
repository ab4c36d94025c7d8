"""A lock between the threads of this process and the processes that came of it by a fork.

The file system gives it back when its holder is killed; a lock in shared memory would stay taken for ever.
"""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from types import TracebackType

try:
    import fcntl
except ImportError:  # where there is no fork there is one process, and the lock of its threads is enough
    fcntl = None  # type: ignore[assignment]


class FileLock:
    """`with lock:`; made before the processes part."""

    def __init__(self) -> None:
        self._threads = threading.Lock()
        self._file, name = tempfile.mkstemp(prefix="tierloom-lock-")
        os.unlink(name)
        weakref.finalize(self, os.close, self._file)

    def __enter__(self) -> None:
        self.take()

    def take(self, wait: bool = True) -> bool:
        """Whether it was free, or has become free; without `wait` says no instead of waiting."""
        if not self._threads.acquire(blocking=wait):
            return False
        try:
            if fcntl is not None:
                fcntl.lockf(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            return True
        except BaseException as error:
            self._threads.release()
            if isinstance(error, BlockingIOError):
                return False
            raise

    def give_back(self) -> None:
        if fcntl is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.give_back()
