"""Backups through the command line, on both databases: what is put back is what was there, or nothing is touched at all."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import main, open_workspace
from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.settings import read_settings
from runtime.system import archive, postgres
from runtime.system.secrets import get_secret, set_secret
from runtime.system.workspace import Workspace
from runtime.transfer import imports
from tests import makers

NOTE = makers.form_json(makers.text("name", label={"zh": "名称", "en": "Name"}, required=True), makers.number("visits"), key="note")
KEY = "a key for tests only"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def tierloom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command with a data folder and a database; gives exit code, standard output, standard error."""

    def run(folder: Path, url: str, *argv: str, key: str = KEY) -> tuple[int, str, str]:
        for name, value in {"DATA_DIR": str(folder), "DATABASE_URL": url, "LOCALE": "en", "TIMEZONE": "UTC", "SECRET_KEY": key}.items():
            monkeypatch.setenv(f"TIERLOOM_{name}", value)
        code = main(list(argv))
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@pytest.fixture
def other_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A second database of the same kind, with nothing in it."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path / 'other' / 'tierloom.sqlite'}"
    return request.getfixturevalue("cluster").url(request.getfixturevalue("database_name")())


def open_at(folder: Path, url: str) -> Workspace:
    given = {"DATA_DIR": str(folder), "DATABASE_URL": url, "TIMEZONE": "UTC", "SECRET_KEY": KEY}
    return open_workspace(read_settings({f"TIERLOOM_{name}": value for name, value in given.items()}))


@pytest.fixture
def filled(home: Path, database_url: str) -> Iterator[Workspace]:
    """Records in two languages, a person, a secret and the file of an import."""
    workspace = open_at(home, database_url)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [NOTE])
        accounts.add(act, email="ada@example.com", name="Ada", roles=("builder",), password=None)
        set_secret(act.connection, KEY, "mail", "hunter2")
    with workspace.writing(SYSTEM) as act:
        for name in ("林小姐 \\ \t tab", "it's; COPY x FROM stdin;\n\\.", "Ø 100 %s", ""):
            gateway.create(act, "note", {"name": name or "plain", "visits": 3})
    imports.keep_file(workspace, io.BytesIO(b"name\nLin\n"))
    yield workspace
    workspace.engine.dispose()


def content(workspace: Workspace) -> tuple[Any, ...]:
    """What a person would miss if it were gone."""
    with workspace.reading(SYSTEM) as act:
        records = [(each.id, each.version, each.values) for each in query.page(act, "note", limit=200).records]
        people = [each.email for each in accounts.builders(act.connection)]
        secret = get_secret(act.connection, KEY, "mail")
    return records, people, secret, {path.name: path.read_bytes() for path in imports.folder(workspace).iterdir()}


def content_at(folder: Path, url: str) -> tuple[Any, ...]:
    workspace = open_at(folder, url)
    try:
        return content(workspace)
    finally:
        workspace.engine.dispose()


def backed_up(tierloom: Command, workspace: Workspace, target: Path) -> Path:
    code, _out, err = tierloom(workspace.settings.data_dir, workspace.settings.database_url, "backup", str(target))
    assert (code, err) == (0, "")
    return target


def changed(source: Path, target: Path, change: Callable[[str, bytes], bytes | None], **more: bytes) -> Path:
    """The same archive with parts changed, left out (None) or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
        for name, part in more.items():
            new.writestr(name, part)
    return target


def with_manifest(source: Path, target: Path, **more: Any) -> Path:
    return changed(
        source, target, lambda name, part: json.dumps({**json.loads(part), **more}).encode() if name == archive.MANIFEST else part
    )


# -- there and back ---------------------------------------------------------------------------------------------------------------
def test_a_backup_put_back_elsewhere_holds_everything(tierloom: Command, filled: Workspace, tmp_path: Path, other_url: str) -> None:
    before = content(filled)
    target = tmp_path / "monday.backup"
    code, out, err = tierloom(filled.settings.data_dir, filled.settings.database_url, "backup", str(target))
    assert (code, err) == (0, "") and f"The backup is in {target}" in out
    assert "Without that key the stored secrets (1) can never be read again" in out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    elsewhere = tmp_path / "elsewhere"
    code, out, err = tierloom(elsewhere, other_url, "restore", str(target))
    assert (code, err) == (0, "") and out.endswith("is restored: the database and 1 files.")
    assert content_at(elsewhere, other_url) == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert not list(elsewhere.glob(".restoring*"))


def test_the_restored_workspace_goes_on_where_it_stood(tierloom: Command, filled: Workspace, tmp_path: Path, other_url: str) -> None:
    target = backed_up(tierloom, filled, tmp_path / "b")
    tierloom(tmp_path / "elsewhere", other_url, "restore", str(target))
    workspace = open_at(tmp_path / "elsewhere", other_url)
    with workspace.writing(SYSTEM) as act:
        saved = gateway.create(act, "note", {"name": "later"})
    with workspace.reading(SYSTEM) as act:
        assert query.get(act, "note", saved.id).values["name"] == "later"
        assert len({each.id for each in query.page(act, "note", limit=50).records}) == 5
    workspace.engine.dispose()


def test_what_is_there_is_replaced_only_by_force(tierloom: Command, filled: Workspace, tmp_path: Path) -> None:
    here, url, before = filled.settings.data_dir, filled.settings.database_url, content(filled)
    target = backed_up(tierloom, filled, tmp_path / "b")
    with filled.writing(SYSTEM) as act:
        gateway.create(act, "note", {"name": "after the backup"})
    imports.keep_file(filled, io.BytesIO(b"later"))
    after = content(filled)
    filled.engine.dispose()
    assert tierloom(here, url, "restore", str(target)) == (
        1,
        "",
        "There is data already. Restore into an empty place, or replace all of it with --force.",
    )
    assert content_at(here, url) == after
    assert tierloom(here, url, "restore", str(target), "--force")[0] == 0
    assert content_at(here, url) == before


def test_a_database_in_use_is_left_alone(tierloom: Command, filled: Workspace, tmp_path: Path) -> None:
    target, before = backed_up(tierloom, filled, tmp_path / "b"), content(filled)
    answer = tierloom(filled.settings.data_dir, filled.settings.database_url, "restore", str(target), "--force")
    assert answer == (1, "", "The database is in use. Stop Tierloom, then restore.")
    assert content(filled) == before


def test_another_secret_key_is_noticed(tierloom: Command, filled: Workspace, tmp_path: Path, other_url: str) -> None:
    target = backed_up(tierloom, filled, tmp_path / "b")
    code, out, _err = tierloom(tmp_path / "elsewhere", other_url, "restore", str(target), key="quite another key")
    assert code == 0 and "It was made with another secret key." in out
    assert KEY.encode() not in target.read_bytes()


def test_a_backup_is_one_moment_while_somebody_writes(tierloom: Command, filled: Workspace, tmp_path: Path, other_url: str) -> None:
    """A writer adds records two at a time: a backup never holds one of a pair."""
    stop, written = threading.Event(), threading.Event()
    acknowledged: list[int] = []

    def write() -> None:
        while not stop.is_set():
            with filled.writing(SYSTEM) as act:
                first = gateway.create(act, "note", {"name": "left"})
                gateway.create(act, "note", {"name": "right"})
            acknowledged.append(first.id)
            written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(20)
        before = len(acknowledged)
        target = backed_up(tierloom, filled, tmp_path / "b")
    finally:
        stop.set()
        writer.join()
    assert tierloom(tmp_path / "elsewhere", other_url, "restore", str(target))[0] == 0
    workspace = open_at(tmp_path / "elsewhere", other_url)
    with workspace.reading(SYSTEM) as act:
        sides = [query.count(act, "note", filter=f"name == '{side}'", most=None) for side in ("left", "right")]
    workspace.engine.dispose()
    assert sides[0] == sides[1] >= before


# -- what is refused --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def lite(home: Path, sqlite_files: Any) -> Workspace:
    workspace = open_at(home, sqlite_files.copy_to(home / "tierloom.sqlite"))
    imports.keep_file(workspace, io.BytesIO(b"name\nLin\n"))
    workspace.engine.dispose()
    return workspace


def refused(tierloom: Command, lite: Workspace, tmp_path: Path, source: Path) -> str:
    """The sentence; and the place stays empty."""
    elsewhere = tmp_path / "empty"
    code, out, err = tierloom(elsewhere, f"sqlite:///{elsewhere / 'tierloom.sqlite'}", "restore", str(source))
    assert (code, out) == (1, "")
    assert [path for path in elsewhere.rglob("*") if path.is_file()] == []
    return err


def test_a_file_that_is_there_is_never_overwritten(tierloom: Command, lite: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "b"
    target.write_text("dear")
    code, _out, err = tierloom(lite.settings.data_dir, lite.settings.database_url, "backup", str(target))
    assert (code, err, target.read_text()) == (1, f"{target} is there already. Choose another name.", "dear")
    code, _out, err = tierloom(lite.settings.data_dir, lite.settings.database_url, "backup", str(tmp_path / "nowhere" / "b"))
    assert (code, err) == (1, f"{tmp_path / 'nowhere' / 'b'} cannot be written: No such file or directory")


def test_what_is_no_backup_or_is_damaged_is_refused(tierloom: Command, lite: Workspace, tmp_path: Path) -> None:
    good = backed_up(tierloom, lite, tmp_path / "b")
    bad = tmp_path / "bad"
    assert refused(tierloom, lite, tmp_path, tmp_path / "none") == f"{tmp_path / 'none'} cannot be read: No such file or directory"
    bad.write_bytes(b"")
    assert refused(tierloom, lite, tmp_path, bad) == f"{bad} is no backup of Tierloom, or it is cut off."
    raw = good.read_bytes()
    bad.write_bytes(raw[: len(raw) // 2])
    assert refused(tierloom, lite, tmp_path, bad) == f"{bad} is no backup of Tierloom, or it is cut off."
    with zipfile.ZipFile(bad, "w") as other:
        other.writestr("notes.txt", "x")
    assert refused(tierloom, lite, tmp_path, bad) == "This is no backup of Tierloom, or its list of parts is damaged."
    with zipfile.ZipFile(good) as opened:
        at = opened.getinfo("database.sqlite").header_offset + 200
    bad.write_bytes(raw[:at] + bytes([raw[at] ^ 255]) + raw[at + 1 :])
    assert refused(tierloom, lite, tmp_path, bad).startswith("This backup is damaged: database.sqlite is not what was put into it.")
    changed(good, bad, lambda name, part: part[:-1] + b"?" if name.startswith("imports/") else part)
    assert refused(tierloom, lite, tmp_path, bad).startswith("This backup is damaged: imports/")
    changed(good, bad, lambda name, part: None if name.startswith("imports/") else part)
    assert refused(tierloom, lite, tmp_path, bad).startswith("This backup is damaged: manifest.json")


def test_a_newer_or_another_backup_is_refused(tierloom: Command, lite: Workspace, tmp_path: Path) -> None:
    good, bad = backed_up(tierloom, lite, tmp_path / "b"), tmp_path / "bad"
    ours = archive.program_version()
    for more in ({"program": "99.1.0"}, {"program": "99.1.0", "head": "0999"}, {"program": "99.1.0", "format": 2}):
        sentence = f"This backup was made by Tierloom 99.1.0, and this is {ours}. Install that version or a newer one, then restore."
        assert refused(tierloom, lite, tmp_path, with_manifest(good, bad, **more)) == sentence
    assert "Install that version or a newer one" in refused(tierloom, lite, tmp_path, with_manifest(good, bad, head="0999"))
    other = changed(
        good,
        tmp_path / "other",
        lambda name, part: (
            None
            if name.startswith("database")
            else part.replace(b"database.sqlite", b"database.dump").replace(b'"sqlite"', b'"postgresql"')
        ),
        **{"database.dump": b"PGDMP"},
    )
    assert refused(tierloom, lite, tmp_path, other) == (
        "This backup is of postgresql, and TIERLOOM_DATABASE_URL names sqlite. Restore it into a database of its own kind."
    )


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/outside", "imports/../../outside", "imports\\..\\outside", "imports//x", "secret_key", "C:x"]
)
def test_a_file_outside_its_place_is_refused(tierloom: Command, lite: Workspace, tmp_path: Path, name: str) -> None:
    good = backed_up(tierloom, lite, tmp_path / "b")
    parts = json.loads(zipfile.ZipFile(good).read(archive.MANIFEST))["parts"]
    part = {"size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    bad = with_manifest(good, tmp_path / "bad", parts={**parts, name: part})
    with zipfile.ZipFile(bad, "a") as more:
        more.writestr(name, "x")
    assert "holds a file that does not belong into it" in refused(tierloom, lite, tmp_path, bad)
    assert not list(tmp_path.rglob("outside"))


def test_a_link_in_an_archive_is_refused(tierloom: Command, lite: Workspace, tmp_path: Path) -> None:
    good = backed_up(tierloom, lite, tmp_path / "b")
    bad = shutil.copy(good, tmp_path / "bad")
    link = zipfile.ZipInfo("imports/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(bad, "a") as more:
        more.writestr(link, "/etc/passwd")
    assert "does not belong into it (link)" in refused(tierloom, lite, tmp_path, Path(bad))


def test_a_restore_that_fails_leaves_everything_as_it_was(
    tierloom: Command, filled: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step before the change fails: neither records nor files are touched."""
    here, url, before = filled.settings.data_dir, filled.settings.database_url, content(filled)
    target = backed_up(tierloom, filled, tmp_path / "b")
    for path in imports.folder(filled).iterdir():
        path.unlink()
    before = content(filled)
    filled.engine.dispose()

    def fail(*_given: Any) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("runtime.system.restore.upgrade", fail)
        broken.setattr("runtime.system.restore.upgrade_within", fail)
        with pytest.raises(OSError):
            tierloom(here, url, "restore", str(target), "--force")
    assert content_at(here, url) == before
    assert not list(here.glob(".*"))


def test_a_broken_database_is_replaced(tierloom: Command, lite: Workspace, tmp_path: Path) -> None:
    here, url = lite.settings.data_dir, lite.settings.database_url
    target = backed_up(tierloom, lite, tmp_path / "b")
    (here / "tierloom.sqlite").write_bytes(b"no database at all" * 1000)
    assert tierloom(here, url, "restore", str(target))[0] == 1
    assert tierloom(here, url, "restore", str(target), "--force")[0] == 0
    with sqlite3.connect(here / "tierloom.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.postgresql
def test_without_the_programs_of_postgresql_one_sentence_says_so(
    tierloom: Command, cluster: Any, database_name: Callable[..., str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.url(database_name())
    monkeypatch.setattr(postgres.shutil, "which", lambda name: None)
    monkeypatch.setattr(postgres.Path, "glob", lambda self, pattern: iter(()))
    code, _out, err = tierloom(home, url, "backup", str(tmp_path / "b"))
    assert (code, err) == (
        1,
        "The program pg_dump is needed and is not on this machine. Install PostgreSQL's client programs (postgresql-client).",
    )
    assert not (tmp_path / "b").exists()
