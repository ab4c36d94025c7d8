"""The import of the 69,659 CDNOW orders, against a hand-written import that writes the same rows, history, events, search entries and roll-ups."""

from __future__ import annotations

import csv
import gzip
import json
import resource
import shutil
import sqlite3
import statistics
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from runtime.cli import import_
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records.search import grams, search_text
from runtime.records.tables import tables_of
from runtime.system import clock, database
from runtime.system.workspace import Workspace
from tests.bench.measuring import Result
from tests.bench.recompute import CUSTOMER, DATA, ORDER
from tests.bench.world import forget, new_workspace

LIMIT, MEMORY = 3.0, 400
ROLL_UPS = [
    {"type": "formula", "key": "last_on", "label": "Last", "result": "date", "formula": "MAX(purchases.bought_on)"},
    {"type": "formula", "key": "spent", "label": "Spent", "result": "money", "currency": "USD", "formula": "SUM(purchases.amount)"},
]
CHUNK = 5_000


ROUNDS = 3


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU of the whole command, the median of three rounds; both end with the same rows, which is checked."""
    if database_name != "sqlite":
        return
    rounds = [_round() for _number in range(ROUNDS)]
    ours, by_hand_, ratio = (
        statistics.median(found) for found in zip(*((mine, theirs, mine / theirs) for mine, theirs, _peak, _count in rounds), strict=True)
    )
    _mine, _theirs, peak, count = rounds[0]  # the most memory that this process ever had: later rounds add nothing to it
    yield Result("import", ratio, LIMIT, ours, by_hand_, "CPU seconds", count, "sqlite")
    yield Result("import, memory", peak / MEMORY, 1.0, peak, MEMORY, "MB at most", count, "sqlite")


def _round() -> tuple[float, float, float, int]:
    """CPU seconds of the product and of the import by hand, the most memory (MB), and the number of orders."""
    folder = Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    workspace = new_workspace(None, folder)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**CUSTOMER, "fields": [*CUSTOMER["fields"], *ROLL_UPS]}, ORDER])
    _import(workspace, "buyer", _mapped(folder, "customers.csv.gz", {"customer_id": "no", "name": "name"}))
    orders = _mapped(
        folder,
        "orders.csv.gz",
        {"order_id": "no", "customer_id": "buyer", "order_date": "bought_on", "quantity": "quantity", "amount": "amount"},
    )
    with workspace.reading(SYSTEM) as act:
        tables = tables_of(act.catalogue)
        names = {
            "row": tables["purchase"].main.name,
            "buyer": tables["buyer"].main.name,
            "calc": tables["buyer"].calc.name,  # type: ignore[union-attr]
            **{key: tables["purchase"].column(key).name for key in ("no", "bought_on", "quantity", "amount")},
            "ref": tables["purchase"].column("buyer").name,
            "code": tables["buyer"].column("no").name,
            "last": tables["buyer"].column("last_on").name,
            "spent": tables["buyer"].column("spent").name,
        }
    with sqlite3.connect(folder / "tierloom.sqlite") as checkpoint:
        checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = folder / "by_hand.sqlite"
    shutil.copyfile(folder / "tierloom.sqlite", copy)
    start = time.process_time()
    _import(workspace, "purchase", orders)
    middle = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    by_hand(copy, orders, names)
    end = time.process_time()
    count = _compare(folder / "tierloom.sqlite", copy, names)
    forget(workspace)
    return middle - start, end - middle, peak, count


def _mapped(folder: Path, name: str, keys: dict[str, str]) -> Path:
    """The file with the form's keys as headings."""
    path = folder / name.removesuffix(".gz")
    with gzip.open(DATA / name, "rt", encoding="utf-8", newline="") as source, path.open("w", encoding="utf-8", newline="") as target:
        rows = csv.reader(source)
        writer = csv.writer(target)
        writer.writerow([keys[heading] for heading in next(rows)])
        writer.writerows(rows)
    return path


def _import(workspace: Workspace, form: str, path: Path) -> None:
    wish = Namespace(
        form=form, file=path, map=None, mode="add", match=None, fire="nothing", sheet="", encoding=None, dry_run=False, json=True
    )
    with redirect_stdout(StringIO()):
        code = import_.run(workspace, wish)
    assert code == 0, code


def by_hand(path: Path, file: Path, names: dict[str, str]) -> None:
    """An import as one would write it for this one file with the bare driver."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in database.PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    buyers = dict(connection.execute(f"SELECT {names['code']}, id FROM {names['buyer']} WHERE deleted_at IS NULL"))
    change = connection.execute("SELECT COALESCE(MAX(id), 0) FROM record_change").fetchone()[0]
    event = connection.execute("SELECT COALESCE(MAX(id), 0) FROM event").fetchone()[0]
    with file.open(encoding="utf-8", newline="") as opened:
        given = list(csv.DictReader(opened))
    for start in range(0, len(given), CHUNK):
        now, event = clock.to_micros(clock.now()), event + 1
        rows, history, search = [], [], []
        for number, row in enumerate(given[start : start + CHUNK], start + 1):
            day = date.fromisoformat(row["bought_on"])
            buyer, cents = buyers[row["buyer"]], round(float(row["amount"]) * 100)
            text = search_text([row["no"]])
            rows.append((number, now, now, text, row["no"], buyer, clock.to_day(day), int(row["quantity"]), cents))
            search.append((number, " ".join(grams(text))))
            change += 1
            told = json.dumps(
                {
                    "no": [None, row["no"]],
                    "buyer": [None, str(buyer)],
                    "bought_on": [None, row["bought_on"]],
                    "quantity": [None, row["quantity"]],
                    "amount": [None, f"{cents / 100:.2f}"],
                },
                ensure_ascii=False,
                separators=(",", ":"),
            )
            history.append((change, "purchase", number, now, told, event))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            f"INSERT INTO {names['row']} (id, version, created_at, created_by, updated_at, updated_by, search, {names['no']}, {names['ref']}, {names['bought_on']}, "
            f"{names['quantity']}, {names['amount']}) VALUES (?, 1, ?, 0, ?, 0, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.executemany(f"INSERT INTO {names['row']}_search (rowid, grams) VALUES (?, ?)", search)
        connection.executemany(
            "INSERT INTO record_change (id, form, record, version, at, person, source, action, changes, event) VALUES (?, ?, ?, 1, ?, 0, 'import', 'create', ?, ?)",
            history,
        )
        connection.execute(
            "INSERT INTO event (id, at, kind, form, records, source, person, payload, handled_at) VALUES (?, ?, 'record_created', 'purchase', ?, 'import', 0, '{\"items\":[]}', ?)",
            (event, now, json.dumps([row[0] for row in rows]), now),
        )
        connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"""INSERT INTO {names["calc"]} (record, {names["last"]}, {names["spent"]})
        SELECT b.id, (SELECT MAX({names["bought_on"]}) FROM {names["row"]} o WHERE o.{names["ref"]} = b.id AND o.deleted_at IS NULL),
               (SELECT COALESCE(SUM({names["amount"]}), 0) FROM {names["row"]} o WHERE o.{names["ref"]} = b.id AND o.deleted_at IS NULL) FROM {names["buyer"]} b WHERE b.deleted_at IS NULL
        ON CONFLICT (record) DO UPDATE SET {names["last"]} = excluded.{names["last"]}, {names["spent"]} = excluded.{names["spent"]}""")
    connection.execute("COMMIT")
    connection.close()


def _compare(ours: Path, theirs: Path, names: dict[str, str]) -> int:
    found: list[Any] = []
    for path in (ours, theirs):
        connection = sqlite3.connect(path)
        found.append(
            (
                connection.execute(
                    f"SELECT {names['no']}, {names['ref']}, {names['bought_on']}, {names['quantity']}, {names['amount']}, search FROM {names['row']} ORDER BY {names['no']}"
                ).fetchall(),
                connection.execute(f"SELECT record, {names['last']}, {names['spent']} FROM {names['calc']} ORDER BY record").fetchall(),
                connection.execute("SELECT COUNT(*) FROM record_change WHERE form = 'purchase'").fetchone(),
            )
        )
        connection.close()
    if found[0] != found[1]:
        raise AssertionError("the two imports wrote different things")
    return len(found[0][0])
