"""The audit log is a chain: nothing in it can be changed or left out unseen, and it ends with what it tells of or not at all."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from runtime.people.person import SYSTEM, Person
from runtime.system import audit, database
from runtime.system.tables import audit_chain, audit_log
from runtime.system.workspace import Workspace, set_setting

ADA = Person(7, "ada@example.com", "Ada", frozenset({"builder"}))


def noted(workspace: Workspace, *kinds: str) -> None:
    for kind in kinds:
        with workspace.writing(ADA) as act:
            audit.note(act, kind, "form:customer", reason="because")


def lines(workspace: Workspace) -> list:
    with workspace.reading(SYSTEM) as act:
        return list(audit.every(act.connection, audit.Wanted()))


def verdict(workspace: Workspace) -> audit.Verdict:
    with workspace.reading(SYSTEM) as act:
        return audit.verify(act.connection)


def by_hand(workspace: Workspace, *statements: str) -> None:
    """What somebody does who owns the database: first away with the guards."""
    sqlite = workspace.engine.dialect.name == "sqlite"
    off = (
        ["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"]
        if sqlite
        else ["ALTER TABLE audit_log DISABLE TRIGGER USER"]
    )
    with database.writing(workspace.engine) as connection:
        for each in [*off, *statements]:
            connection.exec_driver_sql(each)


def why(found: audit.Verdict) -> list[str]:
    return [each.why.in_language("en") for each in found.breaks]


def test_a_line_names_who_what_when_by_which_door_and_the_line_before(workspace: Workspace):
    noted(workspace, "first", "second")
    first, second = lines(workspace)
    assert (first.id, second.id) == (1, 2)
    assert (second.person, second.kind, second.subject, json.loads(second.payload)) == (7, "second", "form:customer", {"reason": "because"})
    assert first.previous == audit.START and second.previous == first.hash != second.hash
    assert verdict(workspace).whole and verdict(workspace).lines == 2


def test_a_thread_comes_by_the_door_it_was_told_and_otherwise_for_the_clock(workspace: Workspace):
    def by_page() -> None:
        audit.comes_by("page", "192.0.2.7")
        noted(workspace, "seen")

    for each in (by_page, lambda: noted(workspace, "nightly")):
        thread = threading.Thread(target=each)
        thread.start()
        thread.join()
    assert [(row.kind, row.door, row.address) for row in lines(workspace)] == [("seen", "page", "192.0.2.7"), ("nightly", "clock", None)]


def test_what_is_taken_back_leaves_no_line(workspace: Workspace):
    with pytest.raises(ZeroDivisionError), workspace.writing(ADA) as act:
        audit.note(act, "never")
        raise ZeroDivisionError
    noted(workspace, "after")
    assert [(row.id, row.kind) for row in lines(workspace)] == [(1, "after")]
    assert verdict(workspace).whole


def test_writers_at_the_same_time_make_one_chain(workspace: Workspace):
    start = threading.Barrier(6)
    failed = []

    def write(number: int) -> None:
        start.wait()
        try:
            noted(workspace, *[f"kind_{number}"] * 8)
        except Exception as error:  # told by the test, which would not see it in the thread
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    assert [row.id for row in lines(workspace)] == list(range(1, 49))
    assert verdict(workspace).whole


@pytest.mark.parametrize("statement", [
    "UPDATE audit_log SET person = 8 WHERE id = 1", "DELETE FROM audit_log WHERE id = 2", "DELETE FROM audit_log",
    "DELETE FROM audit_chain", "UPDATE audit_chain SET entry = entry - 1 WHERE name = 'head'",
])  # fmt: skip
def test_the_database_refuses_to_change_what_is_written(workspace: Workspace, statement: str):
    noted(workspace, "first", "second")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.writing(workspace.engine) as connection:
        connection.exec_driver_sql(statement)
    assert verdict(workspace).whole and verdict(workspace).lines == 2


@pytest.mark.parametrize(("statements", "said"), [
    (["UPDATE audit_log SET person = 8 WHERE id = 2"], ["Line 2 was changed after it was written."]),
    (["UPDATE audit_log SET payload = '{}' WHERE id = 2"], ["Line 2 was changed after it was written."]),
    (["DELETE FROM audit_log WHERE id = 2"], ["The lines 2 to 2 are missing."]),
    (["DELETE FROM audit_log WHERE id = 1"], ["The lines 1 to 1 are missing."]),
    (["DELETE FROM audit_log WHERE id > 2"], ["The lines 3 to 4 are missing."]),
    (["UPDATE audit_log SET previous = hash WHERE id = 3"],
     ["Line 3 does not follow the line before it.", "Line 3 was changed after it was written."]),
])  # fmt: skip
def test_who_owns_the_database_cannot_hide_a_change(workspace: Workspace, statements: list[str], said: list[str]):
    noted(workspace, "first", "second", "third", "fourth")
    by_hand(workspace, *statements)
    found = verdict(workspace)
    assert not found.whole and why(found) == said


def test_a_line_written_over_with_a_fitting_hash_breaks_the_next_one(workspace: Workspace):
    noted(workspace, "first", "second", "third")
    row = dict(lines(workspace)[1]._mapping)
    forged = audit.hash_of({**row, "kind": "harmless"})
    by_hand(workspace, f"UPDATE audit_log SET kind = 'harmless', hash = '{forged}' WHERE id = 2")
    assert why(verdict(workspace)) == ["Line 3 does not follow the line before it."]


def test_lines_are_found_by_person_kind_subject_and_time(workspace: Workspace):
    with workspace.writing(SYSTEM) as act:
        audit.note(act, "roles_changed", "person:7")
        audit.note(act, "publish", "form:100%_sure")
    noted(workspace, "publish")
    with workspace.reading(SYSTEM) as act:

        def found(**wanted: object) -> list[int]:
            return [row.id for row in audit.page(act.connection, audit.Wanted(**wanted))]

        assert found() == [3, 2, 1]
        assert found(people=(7,)) == [3, 1]
        assert found(people=()) == []
        assert found(kind="publish") == [3, 2]
        assert found(subject="customer") == [3]
        assert found(subject="%") == [2]
        assert found(since=act.now + timedelta(hours=1)) == []
        assert found(until=act.now + timedelta(hours=1)) == [3, 2, 1]
        assert [row.id for row in audit.page(act.connection, audit.Wanted(), before=3, limit=1)] == [2]


# -- how long lines are kept ------------------------------------------------------------------------------------------------------
def keep(workspace: Workspace, days: int) -> None:
    with workspace.writing(ADA) as act:
        set_setting(act.connection, audit.KEEP_DAYS, days)


def test_without_a_setting_lines_are_kept_for_ever(workspace: Workspace):
    noted(workspace, "first")
    now = workspace.now()
    workspace.now = lambda: now + timedelta(days=20_000)
    assert audit.trim(workspace) == 0 and len(lines(workspace)) == 1


def test_lines_whose_time_is_over_go_and_the_chain_stays_whole(workspace: Workspace):
    noted(workspace, "first", "second")
    now = workspace.now()
    workspace.now = lambda: now + timedelta(days=50)
    noted(workspace, "third")
    keep(workspace, 90)
    workspace.now = lambda: now + timedelta(days=100)

    assert audit.trim(workspace) == 2
    assert [(row.id, row.kind) for row in lines(workspace)] == [(3, "third"), (4, "audit_trimmed")]
    assert verdict(workspace).whole and verdict(workspace).first == 3
    assert audit.trim(workspace) == 0
    noted(workspace, "fifth")
    assert verdict(workspace).whole
    by_hand(workspace, "DELETE FROM audit_log WHERE id = 3")
    assert why(verdict(workspace)) == ["The lines 3 to 3 are missing."]


def test_the_checkpoint_moves_in_one_direction_only(workspace: Workspace):
    noted(workspace, "first")
    keep(workspace, 30)
    now = workspace.now()
    workspace.now = lambda: now + timedelta(days=31)
    audit.trim(workspace)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.writing(workspace.engine) as connection:
        connection.execute(audit_chain.update().where(audit_chain.c.name == audit.KEPT).values(entry=0))


def test_what_was_noted_before_there_was_a_chain_begins_it(empty_database_url: str):
    from alembic import command

    from runtime.system.upgrade import alembic_config, upgrade

    engine = database.open_engine(empty_database_url)
    with database.writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0002")
        connection.exec_driver_sql("INSERT INTO audit (id, at, person, act, what, details) VALUES (9, 20, 1, 'invited', 'person:2', NULL)")
        connection.exec_driver_sql(
            """INSERT INTO audit (id, at, person, act, what, details) VALUES (5, 10, 1, 'publish', 'form:a', '{"version":1}')"""
        )
    upgrade(engine)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(audit_log).order_by(audit_log.c.id)).all()
        assert [(row.id, row.kind, row.subject, row.payload) for row in rows] == [
            (1, "publish", "form:a", '{"version":1}'), (2, "invited", "person:2", "{}"),
        ]  # fmt: skip
        assert audit.verify(connection).whole
    engine.dispose()
