"""A page of 50 out of many, filtered and sorted: the application core against the bare driver, the whole page against a bare Flask view."""
from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
from flask import Flask, request

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import derived, query
from runtime.system import database
from tests.bench.measuring import Result, in_turn
from tests.bench.recording import Recorder, replay, sqlite_factory
from tests.bench.world import forget, new_workspace, open_shop, signed_in

LIMIT_CORE, LIMIT_PAGE = 3.0, 4.0
WISH: dict[str, Any] = {"filter": "stage == 'new' and spend == 0", "sort": ("-code",), "columns": ["code", "name", "stage", "tier", "last_on", "spend"]}
TABLE = jinja2.Template("""<!doctype html><title>list</title><table>{% for row in rows %}<tr>{% for value in row %}<td>{{ value if value is not none }}</td>{% endfor %}</tr>{% endfor %}</table>""", autoescape=True)


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU of one page; the reference runs the statements that the product ran, and for the page renders their rows in a table."""
    if database_name != "sqlite":
        return
    count = rows or 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    recorder = Recorder()
    workspace = new_workspace(database.open_engine(f"sqlite:///{folder / 'tierloom.sqlite'}", factory=sqlite_factory(recorder)), folder)
    open_shop(workspace, count)
    derived.work_off(workspace)

    def core() -> None:
        with workspace.reading(SYSTEM) as act:
            query.page(act, "customer", **WISH)

    core()
    recorder.on = True
    core()
    recorder.on = False
    said = list(recorder.said)
    bare = sqlite3.connect(folder / "tierloom.sqlite", isolation_level=None)
    for pragma in database.PRAGMAS:
        bare.execute(f"PRAGMA {pragma}")

    def replayed() -> None:
        replay(bare, said)
        if bare.in_transaction:
            bare.rollback()

    ours, reference, ratio = in_turn(core, replayed)
    yield Result("list page, core", ratio, LIMIT_CORE, ours, reference, "CPU seconds a page", count, "sqlite")
    page, plain = _pages(workspace, bare, said)
    ours, reference, ratio = in_turn(page, plain)
    yield Result("list page, whole page", ratio, LIMIT_PAGE, ours, reference, "CPU seconds a page", count, "sqlite")
    bare.close()
    forget(workspace)


def _pages(workspace: Any, bare: sqlite3.Connection, said: Any) -> tuple[Any, Any]:
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Data", "items": ["form:customer"]}]}])
    client = signed_in(workspace)
    address = "/apps/shop/customer?where=stage|any_of|new&where=spend|is|0&sort=-code&columns=code,name,stage,tier,last_on,spend"
    flask = Flask("bare")

    @flask.get("/list")
    def plain_list() -> str:
        found: list[Any] = []
        cursor = bare.cursor()
        for kind, text, parameters in said:
            if kind == "execute":
                cursor.execute(text, parameters)
                if cursor.description is not None:
                    found = cursor.fetchall() or found
        if bare.in_transaction:
            bare.rollback()
        return TABLE.render(rows=found, path=request.path)

    bare_client = flask.test_client()

    def page() -> None:
        assert client.get(address).status_code == 200

    def plain() -> None:
        assert bare_client.get("/list").status_code == 200

    return page, plain
