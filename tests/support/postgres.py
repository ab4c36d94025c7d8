"""A PostgreSQL of our own for one test run: a temporary folder, a Unix socket, no port."""
from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

# It is thrown away afterwards, so nothing needs to reach the disk.
SETTINGS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "shared_buffers": "128MB", "max_connections": "200", "timezone": "UTC",
}


class Cluster:
    """A running server whose databases are made and dropped one per test."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._numbers = itertools.count(1)
        self._templates: set[str] = set()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        name = f"test_{next(self._numbers)}"
        self._do("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """A database filled once, whose copies `create` hands out; `fill` gets its address and closes its connections."""
        if name not in self._templates:
            self._do("CREATE DATABASE {} TEMPLATE template0", name)
            fill(self.url(name))
            self._templates.add(name)
        return name

    def _do(self, statement: str, *names: str) -> None:
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running_cluster(binaries: Path) -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="tierloom-pg-", dir="/tmp"))  # a socket's path may have 107 characters at most
    try:
        run = _runner(folder)
        run(binaries / "initdb", "-D", folder / "data", "--username=postgres", "--auth=trust", "--no-sync",
            "--encoding=UTF8", "--locale=C.UTF-8")
        settings = {**SETTINGS, "unix_socket_directories": str(folder)}
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        run(binaries / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "start")
        try:
            yield Cluster(folder)
        finally:
            run(binaries / "pg_ctl", "-D", folder / "data", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _runner(folder: Path) -> Callable[..., None]:
    """Runs a command in `folder`; as somebody without rights if we are root, since PostgreSQL refuses to run as root."""
    other: dict = {}
    if os.geteuid() == 0:
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)
        other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def run(*command: object) -> None:
        done = subprocess.run([str(part) for part in command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}, **other)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    return run


def _account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("This machine has neither an account postgres nor nobody to run PostgreSQL as.")
