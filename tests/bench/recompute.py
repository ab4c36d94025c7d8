"""The full recompute of the CDNOW customers, against hand-written SQL for the same model on the same database."""

from __future__ import annotations

import csv
import gzip
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import derived, gateway
from runtime.records.gateway import BatchRow
from runtime.records.lookup import ActLookup
from runtime.records.tables import tables_of
from runtime.system import database
from runtime.system.workspace import Workspace
from runtime.tiers.recomputing import recompute
from tests.bench.measuring import ROUNDS, Result
from tests.bench.world import ROOT, forget, new_workspace

LIMIT = 1.5
DATA = ROOT / "tests" / "data" / "cdnow"
CUSTOMER: dict[str, Any] = {
    "kind": "form",
    "key": "buyer",
    "label": "Buyer",
    "title": "no",
    "fields": [{"type": "text", "key": "no", "label": "No", "unique": True}, {"type": "text", "key": "name", "label": "Name"}],
}
ORDER: dict[str, Any] = {
    "kind": "form",
    "key": "purchase",
    "label": "Purchase",
    "title": "no",
    "event_date": "bought_on",
    "fields": [
        {"type": "text", "key": "no", "label": "No"},
        {"type": "reference", "key": "buyer", "label": "Buyer", "form": "buyer", "many_name": "purchases", "match": "no", "required": True},
        {"type": "date", "key": "bought_on", "label": "On"},
        {"type": "number", "key": "quantity", "label": "Quantity", "decimals": 0},
        {"type": "money", "key": "amount", "label": "Amount", "currency": "USD"},
    ],
}
MODEL: dict[str, Any] = {
    "kind": "tier_model",
    "key": "rfm",
    "label": "RFM",
    "form": "buyer",
    "as_of": "1998-07-01",
    "dimensions": [
        {
            "key": "recency",
            "label": "R",
            "weight": 30,
            "value": "DAYS_SINCE(MAX(purchases.bought_on))",
            "bands": {"by": "quantiles", "count": 5, "better": "lower"},
        },
        {"key": "frequency", "label": "F", "weight": 30, "value": "COUNT(purchases)", "bands": {"by": "quantiles", "count": 5}},
        {"key": "monetary", "label": "M", "weight": 40, "value": "SUM(purchases.amount)", "bands": {"by": "quantiles", "count": 5}},
    ],
    "tiers": [
        {"key": "high", "label": "High", "color": "purple", "from": 65},
        {"key": "middle", "label": "Middle", "color": "yellow", "from": 40},
        {"key": "low", "label": "Low", "from": 0},
    ],
}


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU of rating every customer for the first time, each writing state and history; the two results are compared, row by row."""
    if database_name != "sqlite":
        return
    folder = Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    workspace = new_workspace(None, folder)
    _fill(workspace)
    with workspace.reading(SYSTEM) as act:
        model = act.catalogue.ids["tier_model", "rfm"]
        tables = tables_of(act.catalogue)
        names = {
            "buyer": tables["buyer"].main.name,
            "order": tables["purchase"].main.name,
            **{key: tables["purchase"].column(key).name for key in ("bought_on", "amount")},
        }
        names = {**names, "ref": tables["purchase"].column("buyer").name}
    pairs = [_pair(workspace, folder, model, names) for _round in range(ROUNDS + 1)][1:]
    ratios = sorted(first / second for first, second in pairs)
    yield Result(
        "full recompute",
        ratios[len(ratios) // 2],
        LIMIT,
        sorted(each[0] for each in pairs)[len(pairs) // 2],
        sorted(each[1] for each in pairs)[len(pairs) // 2],
        "CPU seconds",
        23_570,
        "sqlite",
    )
    forget(workspace)


def _fill(workspace: Workspace) -> None:
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, ORDER, MODEL])
    _load(workspace, "buyer", "customers.csv.gz", lambda row: {"no": row["customer_id"], "name": row["name"]})
    _load(
        workspace,
        "purchase",
        "orders.csv.gz",
        lambda row: {
            "no": row["order_id"],
            "buyer": row["customer_id"],
            "bought_on": row["order_date"],
            "quantity": row["quantity"],
            "amount": row["amount"],
        },
    )
    derived.work_off(workspace)


def _load(workspace: Workspace, form: str, file: str, values: Any) -> None:
    with gzip.open(DATA / file, "rt", encoding="utf-8", newline="") as opened:
        rows = [BatchRow(values(row)) for row in csv.DictReader(opened)]
    for start in range(0, len(rows), 5_000):
        with workspace.writing(SYSTEM, "import") as act:
            gateway.write_batch(act, form, rows[start : start + 5_000], ActLookup(act, by_id=False))


def _pair(workspace: Workspace, folder: Path, model: int, names: dict[str, str]) -> tuple[float, float]:
    with workspace.engine.begin() as connection:
        for table in ("tier_state", "tier_history", "tier_cuts"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    with workspace.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    copy = folder / "by_hand.sqlite"
    shutil.copyfile(folder / "tierloom.sqlite", copy)
    start = time.process_time()
    recompute(workspace, "rfm")
    middle = time.process_time()
    by_hand(copy, model, names)
    end = time.process_time()
    _compare(folder / "tierloom.sqlite", copy)
    return middle - start, end - middle


def by_hand(path: Path, model: int, names: dict[str, str]) -> None:
    """The same rating as one would write it for this one model: facts into a temporary table, cut points by value counts, one statement for state and one for history."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in database.PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    as_of = 10408  # 1998-07-01 in days since 1970
    connection.execute(
        f"""CREATE TEMP TABLE facts AS SELECT c.id AS id, ? - MAX(o.{names["bought_on"]}) AS r, COUNT(o.id) AS f, COALESCE(SUM(o.{names["amount"]}), 0) AS m
        FROM {names["buyer"]} c LEFT JOIN {names["order"]} o ON o.{names["ref"]} = c.id AND o.deleted_at IS NULL AND o.{names["bought_on"]} <= ? WHERE c.deleted_at IS NULL GROUP BY c.id""",
        (as_of, as_of),
    )
    cuts = {column: _cuts(connection, column, column == "r") for column in "rfm"}
    r, f, m = ([f"({column} {'<=' if column == 'r' else '>='} {cut})" for cut in cuts[column]] for column in "rfm")
    connection.execute(
        f"CREATE TEMP TABLE rated AS SELECT id, 1 + {' + '.join(r)} AS rb, 1 + {' + '.join(f)} AS fb, 1 + {' + '.join(m)} AS mb FROM facts"
    )
    connection.execute("BEGIN IMMEDIATE")
    now = time.time_ns() // 1000
    score = "((rb - 1) * 75000 + (fb - 1) * 75000 + (mb - 1) * 100000)"
    tier = f"CASE WHEN {score} >= 650000 THEN 'high' WHEN {score} >= 400000 THEN 'middle' ELSE 'low' END"
    rank = f"CASE WHEN {score} >= 650000 THEN 3 WHEN {score} >= 400000 THEN 2 ELSE 1 END"
    connection.execute(f"""INSERT INTO tier_state (model, record, tier, rank, score, bands, since, risen_on, version, as_of, at)
        SELECT {model}, id, {tier}, {rank}, {score}, rb || ',' || fb || ',' || mb, {now}, {as_of}, 1, {as_of}, {now} FROM rated""")
    connection.execute(f"""INSERT INTO tier_history (id, model, record, version, tier_from, tier_to, score_from, score_to, bands, cause, source, as_of, valid_from)
        SELECT row_number() OVER (ORDER BY id), {model}, id, 1, NULL, {tier}, NULL, {score}, rb || ',' || fb || ',' || mb, 'first', 'schedule', {as_of}, {now} FROM rated""")
    connection.execute("COMMIT")
    connection.close()


def _cuts(connection: sqlite3.Connection, column: str, lower: bool) -> list[int]:
    counted = connection.execute(
        f"SELECT {column}, COUNT(*) FROM facts WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY {column}{' DESC' if lower else ''}"
    ).fetchall()
    total, worse, found = sum(count for _value, count in counted), 0, []
    for value, count in counted:
        while len(found) < 4 and worse * 5 >= (len(found) + 1) * total:
            found.append(value)
        worse += count
    return found


def _compare(ours: Path, by_hand_path: Path) -> None:
    results = []
    for path in (ours, by_hand_path):
        connection = sqlite3.connect(path)
        results.append(connection.execute("SELECT record, tier, score, bands FROM tier_state ORDER BY record").fetchall())
        connection.close()
    if results[0] != results[1]:
        different = [pair for pair in zip(*results, strict=False) if pair[0] != pair[1]][:3]
        raise AssertionError(f"the two ratings differ: {len(results[0])} and {len(results[1])} rows, {different}")
