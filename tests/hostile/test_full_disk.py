"""A disk without room: a sentence for whoever is there, nothing accepted is lost, and work in the background waits for room.

SQLite is kept from growing by its own limit of pages. On PostgreSQL every statement that writes raises the server's own error. Files meet
the limit on their size that the system sets for a process.
"""

from __future__ import annotations

import gc
import io
import os
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from runtime import kinds
from runtime.automation import engine
from runtime.definitions import versions
from runtime.errors import DiskFull
from runtime.people import accounts, sessions, tokens
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.gateway import BatchRow
from runtime.system import clock, jobs
from runtime.system.tables import automation_run, person_session
from runtime.system.workspace import Workspace
from runtime.transfer import exporting, imports
from tests import makers
from tests.pages.conftest import browser_files  # noqa: F401  (a fixture)
from tests.pages.visitor import Visitor, words

ROOT = Path(__file__).resolve().parents[2]
LONG = "a sentence that wants room " * 700
SENTENCE = "The server's disk is full, so nothing was saved. Ask whoever runs the server to make room, then try again."
NOTE = makers.form_json(makers.text("name", required=True), makers.long_text("text"), key="note", label="Note")
COUNTING = {
    "kind": "automation",
    "key": "count",
    "label": "Count",
    "enabled": True,
    "trigger": {"type": "record_created", "form": "note"},
    "sources": ["form", "api", "import"],
    "steps": [{"type": "create_record", "form": "log", "values": {"text": f"'{LONG[:200]}'"}}],
}
LOG = makers.form_json(makers.long_text("text"), key="log")
APP = {
    "kind": "app",
    "key": "desk",
    "label": "Desk",
    "menu": [{"section": "Notes", "items": ["form:note"]}],
}


def plainly(engine: sa.Engine, statement: str) -> None:
    """A statement to SQLite outside any transaction."""
    raw = engine.raw_connection()
    try:
        raw.driver_connection.execute(statement)  # type: ignore[union-attr]
    finally:
        raw.close()


class Disk:
    """The disk under a workspace's database."""

    def __init__(self, workspace: Workspace):
        self.engine = workspace.engine

    @contextmanager
    def full(self) -> Iterator[None]:
        limit = self._limit if self.engine.dialect.name == "sqlite" else None
        if limit:
            self._fill_free_pages()
            sa.event.listen(self.engine, "connect", limit)
            self.engine.dispose()
        else:
            self._on_postgresql(TRIGGERS)
        try:
            yield
        finally:
            if limit:
                sa.event.remove(self.engine, "connect", limit)
                self.engine.dispose()
            else:
                self._on_postgresql("DROP FUNCTION no_room() CASCADE")

    @staticmethod
    def _limit(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")  # which means: no page more than there are

    def _fill_free_pages(self) -> None:
        plainly(self.engine, "VACUUM")

    def _on_postgresql(self, statements: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statements)


TRIGGERS = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END$$;
DO $$DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'r\\_%%' LOOP
    EXECUTE format('CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON %%I EXECUTE FUNCTION no_room()', name);
  END LOOP;
END$$
"""


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def furnished(workspace: Workspace) -> Workspace:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [NOTE, LOG, APP, COUNTING])
        accounts.add(act, email="ada@example.com", name="Ada", roles=("builder", "member"), password=None)
    return workspace


@pytest.fixture
def house(workspace: Workspace) -> Workspace:
    """On each database."""
    return furnished(workspace)


@pytest.fixture
def lite(sqlite_workspace: Workspace) -> Workspace:
    return furnished(sqlite_workspace)


def ada(workspace: Workspace) -> Person:
    with workspace.reading(SYSTEM) as act:
        return accounts.named(act.connection, "ada@example.com")


def texts(workspace: Workspace, form: str = "note") -> list[str]:
    with workspace.reading(SYSTEM) as act:
        return [each.values["name" if form == "note" else "text"] for each in query.page(act, form, limit=200, sort=("id",)).records]


def note(workspace: Workspace, name: str, text: str = "") -> int:
    with workspace.writing(ada(workspace)) as act:
        return gateway.create(act, "note", {"name": name, **({"text": text} if text else {})}).id


def app_of(workspace: Workspace, dist: Path) -> Flask:
    return create_app(workspace, dist=dist)


def visitor_of(workspace: Workspace, dist: Path, seen: timedelta = timedelta()) -> Visitor:
    visitor = Visitor(app_of(workspace, dist))
    with workspace.writing(SYSTEM) as act:
        token = sessions.start(act.connection, ada(workspace).id, act.now)
        act.connection.execute(person_session.update().values(seen_at=clock.to_micros(act.now - seen)))
    visitor.client.set_cookie("tierloom_session", token)
    return visitor


def state_of(workspace: Workspace, job: int) -> str:
    with workspace.engine.connect() as connection:
        return jobs.find(connection, job).state


# -- pages and API ----------------------------------------------------------------------------------------------------------------
def test_a_script_is_told_and_may_send_the_same_again(house: Workspace, browser_files: Path) -> None:  # noqa: F811
    client = app_of(house, browser_files).test_client()
    with house.writing(SYSTEM) as act:
        token = tokens.create(act, ada(house), "test")
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en", "Idempotency-Key": "once"}
    body = {"name": "wants room", "text": LONG}
    with Disk(house).full():
        answer = client.post("/api/v1/forms/note/records", json=body, headers=headers)
        assert (answer.status_code, answer.mimetype) == (507, "application/problem+json")
        assert (answer.json["detail"], answer.json["title"], answer.json["status"]) == (SENTENCE, "The disk is full", 507)
        assert client.get("/api/v1/forms/note/records", headers=headers).json["items"] == []
    assert client.post("/api/v1/forms/note/records", json=body, headers=headers).status_code == 201
    assert texts(house) == ["wants room"]


def test_a_form_keeps_what_was_typed(house: Workspace, browser_files: Path) -> None:  # noqa: F811
    first = note(house, "here before")
    visitor = visitor_of(house, browser_files)
    typed = {"f_name": "my new note", "f_text": LONG}
    with Disk(house).full():
        for path, more in (("/apps/desk/note/new", {}), (f"/apps/desk/note/{first}/edit", {"version": "1"})):
            answer = visitor.post(path, {**typed, **more})
            assert answer.status_code == 507 and SENTENCE in words(answer)
            page = answer.get_data(as_text=True)
            assert 'value="my new note"' in page and LONG.strip() in page
    assert texts(house) == ["here before"]
    assert visitor.post("/apps/desk/note/new", typed).status_code == 303
    assert texts(house) == ["here before", "my new note"]


def test_pages_can_be_read(lite: Workspace, browser_files: Path) -> None:  # noqa: F811
    """Even where a visit would be noted, as after an hour."""
    visitor = visitor_of(lite, browser_files, seen=timedelta(hours=3))
    first = note(lite, "here before", LONG)
    with Disk(lite).full():
        assert visitor.get("/apps/desk/note").status_code == 200
        assert visitor.get(f"/apps/desk/note/{first}").status_code == 200
        assert visitor.get("/readyz").status_code == 200


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # Python's own, of the file that could not be written
@pytest.mark.parametrize("size", [400_000, 900_000], ids=["kept in memory while it arrives", "kept in a file while it arrives"])
def test_an_upload_is_refused_and_leaves_nothing(lite: Workspace, browser_files: Path, size: int) -> None:  # noqa: F811
    visitor = visitor_of(lite, browser_files)
    with files_up_to(300_000):
        answer = sent(visitor, size)
    gc.collect()
    assert answer.status_code == 507 and SENTENCE in words(answer)
    assert list(imports.folder(lite).iterdir()) == []
    assert sent(visitor, size).status_code == 303


def sent(visitor: Visitor, size: int) -> TestResponse:
    """An upload put together in memory; the test client's own would need a file for it."""
    part = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="notes.csv"\r\nContent-Type: text/csv\r\n\r\n'
    body = part + b"name\n" + b"x\n" * (size // 2) + b"\r\n--edge--\r\n"
    headers = {**visitor.headers, "X-CSRFToken": visitor.form_token(), "Content-Type": "multipart/form-data; boundary=edge"}
    return visitor.client.post("/apps/desk/note/import", data=body, headers=headers)


# -- in the background ------------------------------------------------------------------------------------------------------------
def an_import(workspace: Workspace, rows: int) -> tuple[int, int]:
    """Number and job of an import that waits to be written."""
    content = "name,text\n" + "".join(f"note {number},{LONG}\n" for number in range(rows))
    path = imports.keep_file(workspace, io.BytesIO(content.encode()))
    how = imports.inspect(workspace, path)
    with workspace.writing(ada(workspace)) as act:
        task = imports.begin(act, "note", path, "notes.csv", how)
        return task.id, imports.start_import(act, task)


def test_a_job_waits_for_room_and_is_done_once(house: Workspace) -> None:
    number, job = an_import(house, 40)
    with Disk(house).full():
        for _turn in range(2):
            with pytest.raises(DiskFull):
                engine.work(house)
            with house.engine.connect() as connection:
                # where even this cannot be noted, the lease runs out
                row = jobs.find(connection, job)
            assert row.state in ("waiting", "running") and row.finished_at is None
            if row.state == "running":
                break
    with house.engine.begin() as connection:
        connection.execute(sa.text("UPDATE job SET lease_until = 0 WHERE state = 'running'"))
    engine.settle(house)
    assert state_of(house, job) == "done"
    assert texts(house) == [f"note {row}" for row in range(40)]
    with house.reading(SYSTEM) as act:
        assert imports.find(act, number).counts["import"]["new"] == 40


def test_an_automation_waits_for_room_and_runs_once(house: Workspace) -> None:
    with house.writing(ada(house)) as act:
        gateway.write_batch(act, "note", [BatchRow({"name": f"note {row}"}) for row in range(60)])
    disk = Disk(house)
    with disk.full():
        for _turn in range(400):
            try:
                if not engine.work(house):
                    break
            except DiskFull:
                break
        else:
            raise AssertionError("there was room")
        with house.engine.connect() as connection:
            runs = connection.execute(sa.select(automation_run.c.state, automation_run.c.tries)).all()
        assert {state for state, _tries in runs} <= {"waiting", "running", "done"} and {tries for _state, tries in runs} <= {0}
    engine.settle(house)
    with house.engine.connect() as connection:
        assert set(connection.execute(sa.select(automation_run.c.state)).scalars()) == {"done"}
    assert len(texts(house, "log")) == 60


def test_the_worker_of_a_server_goes_on_by_itself(lite: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "AFTER_FAILURE", 0.05)
    refused, ended = threading.Event(), threading.Event()
    run_next = jobs.run_next

    def watched(workspace: Workspace) -> bool:
        try:
            did = run_next(workspace)
        except DiskFull:
            refused.set()
            raise
        if not did:
            ended.set()
        return did

    monkeypatch.setattr(jobs, "run_next", watched)
    _number, job = an_import(lite, 40)
    running = engine.Engine(lite)
    try:
        with Disk(lite).full():
            running.start()
            assert refused.wait(20)
        with lite.engine.begin() as connection:
            connection.execute(sa.text("UPDATE job SET lease_until = 0 WHERE state = 'running'"))
        ended.clear()
        lite.bell.set()
        assert ended.wait(30)
    finally:
        running.stop()
    assert state_of(lite, job) == "done"
    assert len(texts(lite)) == 40


def test_an_export_in_the_background_waits_for_room(lite: Workspace) -> None:
    with lite.writing(ada(lite)) as act:
        gateway.write_batch(act, "note", [BatchRow({"name": f"note {row}", "text": LONG}) for row in range(30)])
    with lite.writing(ada(lite)) as act:
        job = exporting.start(act, exporting.Wanted("note", ("name", "text")), 30)
    plainly(lite.engine, "PRAGMA wal_checkpoint(TRUNCATE)")
    with files_up_to(400_000), pytest.raises(DiskFull):
        jobs.run_next(lite)
    assert state_of(lite, job) == "waiting" and list(exporting.folder(lite).iterdir()) == []
    jobs.run_now(lite, job)
    assert state_of(lite, job) == "done" and len(list(exporting.folder(lite).iterdir())) == 1


# -- commands ---------------------------------------------------------------------------------------------------------------------
def command(workspace: Workspace, size: int, *argv: str) -> subprocess.CompletedProcess[str]:
    """A command in a process whose files may not grow beyond a size."""
    settings = workspace.settings
    given = {
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "LOCALE": "en",
        "TIMEZONE": "UTC",
        "SECRET_KEY": "k",
    }
    environment = {**os.environ, **{f"TIERLOOM_{name}": value for name, value in given.items()}}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *argv],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


@pytest.fixture
def with_notes(lite: Workspace) -> Workspace:
    with lite.writing(ada(lite)) as act:
        gateway.write_batch(act, "note", [BatchRow({"name": f"note {row}", "text": LONG}) for row in range(30)])
    plainly(lite.engine, "PRAGMA wal_checkpoint(TRUNCATE)")
    return lite


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not re.search("-(wal|shm)$", path.name)}


@pytest.mark.parametrize("words_of", [("backup", "{folder}/b"), ("import", "note", "{folder}/notes.csv")], ids=["backup", "import"])
def test_a_command_ends_with_one_sentence_and_leaves_nothing(with_notes: Workspace, tmp_path: Path, words_of: tuple[str, ...]) -> None:
    (tmp_path / "notes.csv").write_text("name,text\n" + f"one more,{LONG}\n" * 30)
    before, records = files_in(tmp_path), texts(with_notes)
    done = command(with_notes, 100_000, *[word.format(folder=tmp_path) for word in words_of])
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", SENTENCE)
    assert files_in(tmp_path) == before and texts(with_notes) == records


def test_a_restore_without_room_changes_nothing(with_notes: Workspace, tmp_path: Path) -> None:
    records = texts(with_notes)
    assert command(with_notes, 100_000_000, "backup", str(tmp_path / "b")).returncode == 0
    with_notes.engine.dispose()
    before = files_in(tmp_path)
    done = command(with_notes, 100_000, "restore", str(tmp_path / "b"), "--force")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", SENTENCE)
    assert files_in(tmp_path) == before and texts(with_notes) == records
