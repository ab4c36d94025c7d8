"""What takes long of a publication, done before anybody has to wait for it: checking, compiling, and room for new columns.

A column is added in a short transaction of its own and stays hidden until the publication shows it; one that is given up leaves a hidden
column, which the next try takes. On PostgreSQL nobody queues for long behind that change: it is tried again where a lock does not come at
once, and indexes are built beside the writers. Publishing works without all this too, only with longer waits.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from runtime.definitions import versions
from runtime.definitions.catalogue import Catalogue, StoredColumn
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.renames import renames
from runtime.errors import DefinitionProblems, TierloomError
from runtime.formulas.definitions import computed
from runtime.people.person import Person
from runtime.records import converting
from runtime.records.schema_changes import (
    Column,
    Converted,
    add_column,
    by_meaning,
    field_at,
    is_converted,
    known_columns,
    moved,
    operations_on,
    wanted_columns,
    wanted_indexes,
)
from runtime.records.tables import FormTables, tables_of
from runtime.system import database
from runtime.system.tables import stored_column
from runtime.system.workspace import Act, Workspace

PATIENCE = "200ms"
"""So long a change of a table stands in the queue, and all writers of the table behind it."""
TRIES = 25
PLACES = ("main", "calc", "row", "many")

New = tuple[str, str, str, str, str, FieldType]
"""Form, path, signature, place, table, field."""


def prepare(workspace: Workspace, person: Person, bodies: list[dict[str, Any]], told: Callable[[int], None] = lambda done: None) -> None:
    """To be called before the act that publishes a set. Raises NotAllowed; what is wrong with the set is left for the publishing to say.

    `told`: how many values of fields with another type have been read, after each block.
    """
    with workspace.reading(person, "publish") as act:
        try:
            wanted, bodies = bodies, versions.whole(act, bodies)
            loaded, problems = versions.checked(act.catalogue, bodies)
            versions.ask_publishing(act, wanted)
        except DefinitionProblems:
            return
        if problems:
            return
        catalogue, then = act.catalogue, act.catalogue.with_definitions(loaded)
        stored = known_columns(act.connection)
    forms = [each for each in loaded if isinstance(each, Form) and (each.key, "") in catalogue.columns]
    stored = _as_called_then(catalogue, then, stored)
    new = [each for form in forms for each in _new(form, then, stored)]
    if new:
        _make_room(workspace, new)
        with workspace.reading(person, "publish") as act:
            stored = _as_called_then(catalogue, then, known_columns(act.connection))
    then = replace(then, columns=_columns_then(then, catalogue, stored))
    converting.ahead(workspace, person, [work for form in forms for work in _conversions(catalogue, then, form, stored[form.key])], told)
    versions.look_ahead(catalogue, bodies, _warm(then))
    if workspace.engine.dialect.name == "postgresql":
        _build_indexes(workspace, then, [each.key for each in forms])


def to_convert(act: Act, bodies: list[dict[str, Any]]) -> int:
    """How many values publishing a set would have to read, because their field gets another type. 0 for what cannot be published."""
    if not any(_retypes(act.catalogue, body) for body in bodies):
        return 0
    try:
        loaded = versions.load_all(bodies)
        then = act.catalogue.with_definitions(loaded)
        stored = _as_called_then(act.catalogue, then, known_columns(act.connection))
        forms = [each for each in loaded if isinstance(each, Form) and (each.key, "") in act.catalogue.columns]
        works = [work for form in forms for work in _conversions(act.catalogue, then, form, stored[form.key], anywhere=True)]
    except TierloomError:
        return 0
    return converting.waiting(act.connection, works)


def _retypes(catalogue: Catalogue, body: dict[str, Any]) -> bool:
    """Whether there is anything published whose values might be read."""
    return body.get("kind") == "form" and body.get("key") in catalogue.forms


def _as_called_then(now: Catalogue, then: Catalogue, stored: dict[str, list[Column]]) -> dict[str, list[Column]]:
    """The columns under the keys that their fields will have."""
    keys = {key: renames(now.forms.get(key), form) for key, form in then.forms.items()}
    return defaultdict(list, {key: moved(columns, keys.get(key, {})) for key, columns in stored.items()})


def _conversions(now: Catalogue, then: Catalogue, form: Form, columns: list[Column], anywhere: bool = False) -> Iterator[converting.Work]:
    """`anywhere`: also those for which there is no room yet."""
    live = {each.path: each for each in columns if each.live}
    meaning = by_meaning(columns)
    path_then = {path: was for was, path in renames(now.forms.get(form.key), form).items()}
    for path, signature, place, field in wanted_columns(form, then):
        present, target = live.get(path), meaning.get((path, signature, place))
        old = field_at(now.forms.get(form.key), path_then.get(path, path))
        if present is None or old is None or (present.signature, present.place) == (signature, place):
            continue
        if is_converted(old, field, present.place, place) and (target is not None or anywhere):
            rows = live.get(path.partition(".")[0]) if "." in path else None
            converted = Converted(form, path, old, present.id, target.id if target is not None else 0)
            yield converting.work_of(then, live[""].id, rows.id if rows is not None else None, converted)


def _new(form: Form, then: Catalogue, stored: dict[str, list[Column]]) -> Iterator[New]:
    """The columns that a form has not yet, in tables that it has."""
    there = {(row.path, row.signature, row.place) for row in stored[form.key]}
    tables = {row.path: f"r_{row.id}" for row in stored[form.key] if row.live and row.place in ("form", "rows")}
    beside = {row.place for row in stored[form.key]} & {"calc", "many"}
    for path, signature, place, field in wanted_columns(form, then):
        table = tables.get(path.rpartition(".")[0])
        if (
            (path, signature, place) in there
            or field is None
            or table is None
            or place not in PLACES
            or (place in ("calc", "many") and place not in beside)
        ):
            continue
        yield form.key, path, signature, place, f"{table}_calc" if place == "calc" else table, field


def _make_room(workspace: Workspace, new: list[New]) -> None:
    """Adds hidden columns; where a table is too busy all this time, that is left to the publishing."""
    for attempt in range(TRIES):
        try:
            with database.writing(workspace.engine) as connection:
                _add(workspace, connection, new)
            return
        except sa.exc.OperationalError:  # the lock did not come at once
            workspace.ids.forget()
            time.sleep(min(0.05 * 2**attempt, 1))


def _add(workspace: Workspace, connection: sa.Connection, new: list[New]) -> None:
    operations = operations_on(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
    versions.lock_revision(connection)
    first = workspace.ids.take(connection, "stored_column", len(new))
    rows: list[dict[str, Any]] = [
        {"id": first + number, "form": form, "path": path, "signature": signature, "place": place, "live": 0}
        for number, (form, path, signature, place, _table, _field) in enumerate(new)
    ]
    connection.execute(stored_column.insert(), rows)
    for row, (_form, _path, _signature, _place, table, field) in zip(rows, new, strict=True):
        if row["place"] != "many":  # lists have rows, not columns
            add_column(operations, table, row["id"], field)


def _columns_then(then: Catalogue, now: Catalogue, stored: dict[str, list[Column]]) -> dict[tuple[str, str], StoredColumn]:
    """The columns as they will be once the set is published, as far as there is room for them; in the order of their numbers."""
    found: dict[tuple[str, str], StoredColumn] = {}
    for form in then.forms.values():
        there = by_meaning(stored.get(form.key, []))
        for path, signature, place, _field in wanted_columns(form, then):
            row = there.get((path, signature, place))
            if row is not None:
                found[form.key, path] = StoredColumn(row.id, signature, place)
    others = {name: each for name, each in now.columns.items() if name[0] not in then.forms}
    return dict(sorted({**others, **found}.items(), key=lambda each: each[1].id))


def _warm(then: Catalogue) -> Catalogue:
    """With everything compiled that publishing looks at while others wait."""
    built = tables_of(then)
    for form in then.forms.values():
        computed(then, form)
        if form.key in built:
            list(wanted_indexes(then, form, built[form.key]))
    return then


def _build_indexes(workspace: Workspace, then: Catalogue, forms: list[str]) -> None:
    """Those of new columns, beside the writers. What cannot be built so, publishing builds, or says why not."""
    built = tables_of(then)
    with workspace.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        for key in forms:
            if key in built:
                _build_indexes_of(connection, then, then.forms[key], built[key])


def _build_indexes_of(connection: sa.Connection, then: Catalogue, form: Form, built: FormTables) -> None:
    there = {each["name"] for each in sa.inspect(connection).get_indexes(built.main.name)}
    for name, columns, unique in wanted_indexes(then, form, built):
        if name in there:
            continue
        what = f"{'UNIQUE ' if unique else ''}INDEX CONCURRENTLY {name} ON {built.main.name} ({', '.join(columns)})"
        try:
            connection.exec_driver_sql(f"CREATE {what}{' WHERE deleted_at IS NULL' if unique else ''}")
        except sa.exc.DBAPIError:  # two records with one value, or somebody else builds the same
            with suppress(sa.exc.DBAPIError):
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
