"""What tierloom doctor finds, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app import main
from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.tables import tables_of
from runtime.system import clock, jobs
from runtime.system.tables import event, job
from runtime.system.workspace import Workspace
from tests import makers

NOTE = makers.form_json(makers.text("name"), key="note")
Doctor = Callable[[], tuple[int, dict[str, list[dict[str, Any]]]]]


@pytest.fixture
def doctor(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """The exit code and what is said, by what was looked at."""
    settings = workspace.settings
    given = {
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "LOCALE": "en",
        "TIMEZONE": "UTC",
        "SECRET_KEY": "k",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"TIERLOOM_{name}", value)
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [NOTE])

    def run() -> tuple[int, dict[str, list[dict[str, Any]]]]:
        code = main(["doctor", "--json"])
        found: dict[str, list[dict[str, Any]]] = {}
        for each in json.loads(capsys.readouterr().out):
            found.setdefault(each["what"], []).append(each)
        return code, found

    return run


def test_a_database_as_the_definitions_say_has_no_drift(doctor: Doctor) -> None:
    assert [(each["ok"], each["message"]) for each in doctor()[1]["drift"]] == [
        (True, "The database has every table and column that the definitions name.")
    ]


def test_a_column_renamed_by_hand_is_named(doctor: Doctor, workspace: Workspace) -> None:
    with workspace.reading(SYSTEM) as act:
        column = tables_of(act.catalogue)["note"].column("name")
        table = column.table.name
    with workspace.engine.begin() as connection:
        connection.execute(sa.text(f'ALTER TABLE "{table}" RENAME COLUMN "{column.name}" TO mine'))
        connection.execute(sa.text(f'DROP TABLE "{table}_search"'))
    code, found = doctor()
    assert code == 1 and [each["ok"] for each in found["drift"]] == [False, False]
    said = " ".join(each["message"] for each in found["drift"])
    assert f"The table {table} of the database has no column {column.name}, which belongs to the form note." in said
    assert f"The database has no table {table}_search, which belongs to the form note." in said


def test_a_clock_that_was_put_back_is_noticed(doctor: Doctor, workspace: Workspace) -> None:
    assert [each["ok"] for each in doctor()[1]["clock"]] == [True]
    with workspace.writing(SYSTEM) as act:
        gateway.create(act, "note", {"name": "x"})
        act.connection.execute(event.update().values(at=clock.to_micros(act.now + timedelta(hours=2))))
    found = doctor()[1]["clock"][0]
    assert not found["ok"] and "this machine's clock has been put back" in found["message"]


def test_work_that_nobody_does_is_noticed(doctor: Doctor, workspace: Workspace) -> None:
    with workspace.writing(SYSTEM) as act:
        jobs.start(act, "export", {})
    assert "jobs" not in doctor()[1]
    with workspace.writing(SYSTEM) as act:
        act.connection.execute(job.update().values(created_at=clock.to_micros(act.now - timedelta(hours=1))))
    found = doctor()[1]["jobs"][0]
    assert not found["ok"] and "A job has been waiting for more than 5 minutes." in found["message"]


def test_a_postgresql_that_may_lose_what_is_saved_is_noticed(doctor: Doctor, workspace: Workspace) -> None:
    """The server of the tests is one: nothing of it needs to outlive them. What is confirmed is written all the same, whatever it is set to."""
    postgresql = workspace.engine.dialect.name == "postgresql"
    assert [each["ok"] for each in doctor()[1]["database"]] == ([True, False] if postgresql else [True])
    if postgresql:
        with workspace.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
