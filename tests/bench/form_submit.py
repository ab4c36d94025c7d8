"""A form submitted over HTTP, against a bare Flask view that validates the same WTForm and inserts the row."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import wtforms
from flask import Flask, redirect, request
from waitress import wasyncore
from waitress.server import create_server

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.system import database
from tests.bench.measuring import Result, in_turn
from tests.bench.world import forget, new_workspace, open_shop, signed_in

SHARE = 0.25
SUBMITS = 50


class OrderForm(wtforms.Form):
    no = wtforms.StringField()
    customer = wtforms.StringField(validators=[wtforms.validators.DataRequired()])
    paid_on = wtforms.DateField(validators=[wtforms.validators.Optional()])
    price = wtforms.DecimalField(validators=[wtforms.validators.Optional()])
    quantity = wtforms.IntegerField(validators=[wtforms.validators.Optional()])


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Requests in a second, ours ÷ theirs: at least a quarter. Ours also checks rights and rules, keeps history, rates the customer and tells the automations."""
    if database_name != "sqlite":
        return
    folder = Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    workspace = new_workspace(None, folder)
    customers = open_shop(workspace, rows or 1_000)
    derived.work_off(workspace)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(
            act, [{"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Data", "items": ["form:customer", "form:order"]}]}]
        )
    app, cookie = signed_in(workspace)
    place = iter(range(10**9))
    with _served(app) as ours_at, _served(_bare(folder)) as theirs_at:

        def ours() -> None:
            for _submit in range(SUBMITS):
                number = next(place)
                _post(
                    ours_at,
                    "/apps/shop/order/new",
                    {
                        "f_no": f"S{number}",
                        "f_customer": str(customers[number % len(customers)]),
                        "f_paid_on": "2026-11-01",
                        "f_price": "19.90",
                        "f_quantity": "3",
                    },
                    cookie,
                )

        def theirs() -> None:
            for _submit in range(SUBMITS):
                number = next(place)
                _post(
                    theirs_at,
                    "/new",
                    {
                        "no": f"S{number}",
                        "customer": str(customers[number % len(customers)]),
                        "paid_on": "2026-11-01",
                        "price": "19.90",
                        "quantity": "3",
                    },
                    cookie,
                )

        seconds, bare_seconds, _ratio = in_turn(ours, theirs)
    yield Result(
        "form submit",
        bare_seconds / seconds,
        SHARE,
        SUBMITS / seconds,
        SUBMITS / bare_seconds,
        "requests a CPU second",
        len(customers),
        "sqlite",
        at_least=True,
    )
    forget(workspace)


def _post(connection: HTTPConnection, path: str, values: dict[str, str], cookie: str) -> None:
    connection.request("POST", path, urlencode(values), {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 303, answer.status


@contextmanager
def _served(app: Flask) -> Iterator[HTTPConnection]:
    """A connection to the app behind the server that the product uses."""
    sockets: dict[int, object] = {}
    server = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run)
    thread.start()
    connection = HTTPConnection("127.0.0.1", server.effective_port)
    try:
        yield connection
    finally:
        connection.close()
        wasyncore.close_all(sockets)
        server.task_dispatcher.shutdown()
        thread.join()


def _bare(folder: Path) -> Flask:
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None, check_same_thread=False)
    for pragma in database.PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, no TEXT, customer INTEGER, paid_on TEXT, price INTEGER, quantity INTEGER)"
    )
    flask = Flask("bare")

    @flask.post("/new")
    def new():  # type: ignore[no-untyped-def]
        form = OrderForm(request.form)
        if not form.validate():
            return "no", 422
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO orders (no, customer, paid_on, price, quantity) VALUES (?, ?, ?, ?, ?)",
            (form.no.data, int(form.customer.data), form.paid_on.data.isoformat(), int(form.price.data * 100), form.quantity.data),
        )
        connection.execute("COMMIT")
        return redirect("/done", 303)

    return flask
