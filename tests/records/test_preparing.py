"""What publishing does before anybody has to wait: room for new columns, hidden until they are published."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import NotAllowed
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.preparing import prepare
from runtime.records.tables import tables_of
from runtime.system.tables import stored_column
from runtime.system.workspace import Workspace
from tests.makers import Json, form_json, number, text

BEFORE = form_json(text("name"), title="name")
AFTER = form_json(text("name"), number("size"), text("code", unique=True), title="name")


def publish(workspace: Workspace, body: Json) -> None:
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])


def columns(workspace: Workspace) -> dict[str, int]:
    """Path → whether it is live, of every column that was made."""
    with workspace.reading(SYSTEM) as act:
        return {row.path: row.live for row in act.connection.execute(sa.select(stored_column).where(stored_column.c.place == "main"))}


@pytest.fixture
def form(workspace: Workspace) -> Workspace:
    kinds.load()
    publish(workspace, BEFORE)
    return workspace


@pytest.fixture
def on_sqlite(sqlite_workspace: Workspace) -> Workspace:
    kinds.load()
    publish(sqlite_workspace, BEFORE)
    return sqlite_workspace


def test_room_is_made_and_stays_hidden_until_the_version_is_published(form: Workspace) -> None:
    prepare(form, SYSTEM, [AFTER])
    assert columns(form) == {"name": 1, "size": 0, "code": 0}
    with form.writing(SYSTEM) as act:
        made = gateway.create(act, "customer", {"name": "Ann"}).id
    publish(form, AFTER)
    assert columns(form) == {"name": 1, "size": 1, "code": 1}
    with form.writing(SYSTEM) as act:
        gateway.update(act, "customer", made, {"size": 7, "code": "A1"})
    with form.reading(SYSTEM) as act:
        assert query.get(act, "customer", made).values["size"] == 7


def test_what_is_given_up_is_taken_by_the_next_try(on_sqlite: Workspace) -> None:
    prepare(on_sqlite, SYSTEM, [AFTER])
    prepare(on_sqlite, SYSTEM, [AFTER])
    publish(on_sqlite, AFTER)
    with on_sqlite.reading(SYSTEM) as act:
        assert len(act.connection.execute(sa.select(stored_column.c.id).where(stored_column.c.path == "size")).all()) == 1


def test_the_catalogue_is_the_one_that_is_read_from_the_database(on_sqlite: Workspace) -> None:
    prepare(on_sqlite, SYSTEM, [AFTER])
    publish(on_sqlite, AFTER)
    ours = on_sqlite.catalogue_of
    with on_sqlite.reading(SYSTEM) as act:
        kept, tables = act.catalogue, tables_of(act.catalogue)["customer"]
        on_sqlite._catalogue = None
        fresh = ours(act.connection)
        assert (kept.forms, kept.columns, kept.ids, kept.versions) == (fresh.forms, fresh.columns, fresh.ids, fresh.versions)
        assert tables.numbers == tables_of(fresh)["customer"].numbers


def test_somebody_else_published_in_between(on_sqlite: Workspace) -> None:
    prepare(on_sqlite, SYSTEM, [AFTER])
    publish(on_sqlite, form_json(text("name"), text("note"), title="name"))
    publish(on_sqlite, AFTER)
    assert columns(on_sqlite) == {"name": 1, "size": 1, "code": 1, "note": 0}


def test_who_may_not_publish_makes_no_room(on_sqlite: Workspace) -> None:
    with pytest.raises(NotAllowed):
        prepare(on_sqlite, Person(7, roles=frozenset({"member"})), [AFTER])
    assert columns(on_sqlite) == {"name": 1}


def test_a_faulty_draft_makes_no_room(on_sqlite: Workspace) -> None:
    prepare(on_sqlite, SYSTEM, [{**AFTER, "title": "nothing"}])
    assert columns(on_sqlite) == {"name": 1}
