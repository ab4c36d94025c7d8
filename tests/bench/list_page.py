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
WISH: dict[str, Any] = {
    "filter": "stage == 'new' and spend == 0",
    "sort": ("-code",),
    "columns": ["code", "name", "stage", "tier", "last_on", "spend"],
}
TABLE = jinja2.Template(
    """<!doctype html><title>list</title><table class="table"><thead><tr><th></th><th>Code</th><th>Name</th><th>Stage</th><th>Tier</th><th>Score</th><th>Last</th><th>Spend</th></tr></thead>
{% for row in rows %}<tr data-row-key="{{ row[0] }}" data-href="/apps/shop/customer/{{ row[0] }}" tabindex="-1"><td class="tl-check"><input type="checkbox" name="id" value="{{ row[0] }}" aria-label="Pick {{ row[8] }}"></td>
<td class="tl-stick"><a href="/apps/shop/customer/{{ row[0] }}"><b>{{ row[7] }}</b></a></td><td>{{ row[8] }}</td><td><span class="tl-option">{{ row[9] }}</span></td>
<td>{% if row[10] %}<span class="tl-tier"><svg viewBox="0 0 11 12" aria-hidden="true">{% for rung in (1, 2, 3) %}<rect x="0" y="{{ rung * 3 }}" width="11" height="2" rx="1" fill="currentColor"/>{% endfor %}</svg>{{ row[10] }}</span>{% endif %}</td>
<td>{% if row[13] is not none %}<span class="tl-score"><span class="tl-num">{{ "%.2f"|format(row[13] / 10000) }}</span><svg width="52" height="5"><rect width="100%" height="5" rx="2.5"/><rect width="{{ row[13] / 10000 }}%" height="5" rx="2.5"/></svg></span>{% endif %}</td>
<td>{{ row[11] if row[11] is not none else "—" }}</td><td class="tl-num">{{ "¥%.2f"|format(row[12] / 100) if row[12] is not none else "—" }}</td></tr>{% endfor %}</table>
<ul>{% for row in rows %}<li><a href="/apps/shop/customer/{{ row[0] }}"><div class="tl-row"><b>{{ row[8] }}</b><span>{{ row[10] or "" }}</span></div><div class="tl-meta">{{ row[7] }} · {{ row[9] }}</div></a></li>{% endfor %}</ul>""",
    autoescape=True,
)


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
    app, cookie = signed_in(workspace)
    client = app.test_client(use_cookies=False)
    address = "/apps/shop/customer?where=stage|any_of|new&where=spend|lte|0&sort=-code&columns=code,name,stage,tier,last_on,spend"
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
        assert client.get(address, headers={"Cookie": cookie}).status_code == 200

    def plain() -> None:
        assert bare_client.get("/list").status_code == 200

    return page, plain
