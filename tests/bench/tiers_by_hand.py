"""The recompute of tests/bench/tiers.py as one would write it for this one model with the bare driver."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from runtime.records.tables import tables_of
from runtime.system.workspace import Act
from runtime.tiers.compiled import compile

CHUNK = 5_000
BORDERS = {4: ("best", 700_000), 3: ("good", 500_000), 2: ("fair", 300_000), 1: ("plain", 0)}
CUTS = {"f": (1, 2, 3, 4), "a": (10, 30, 60, 90), "g": (0, 1_000, 2_500, 5_000)}
POINTS = {"r": 50_000, "f": 50_000, "m": 75_000, "a": 37_500, "g": 37_500}
STATES = "record, tier, rank, score, bands, lane, floor, provisional, risen_on, fell_on, grace_until, proposed, fixed, version, as_of"
HISTORY = "record, version, tier_from, tier_to, score_from, score_to, bands, cause, source, as_of"


class ByHand:
    """`changed` is who has got other figures or another tier; what is written lies in a transaction that its caller takes back."""

    def __init__(self, act: Act, model: str):
        tables, compiled = tables_of(act.catalogue), compile(act.catalogue, model)
        self.postgres = act.connection.dialect.name == "postgresql"
        self.mark = "%s" if self.postgres else "?"
        self.model, self.key, self.version, self.day = compiled.number, model, compiled.version, act.day
        customer, order = tables["customer"], tables["order"]
        self.customer, self.order = customer.main.name, order.main.name
        self.calc = customer.calc.name if customer.calc is not None else ""
        self.of = {key: customer.column(key).name for key in ("activity", "growth", "last_on", "orders_count", "spend")}
        self.row = {key: order.column(key).name for key in ("customer", "paid_on", "amount")}

    # -- facts and ratings ------------------------------------------------------------------------------------------------------
    @property
    def facts(self) -> str:
        """The facts of everybody in one pass over both tables: n = how many orders there are at all."""
        on, inside = f"o.{self.row['paid_on']}", f"o.{self.row['paid_on']} BETWEEN {self.day - 364} AND {self.day}"
        return (
            f"SELECT c.id AS record, {self.day} - MAX(CASE WHEN {inside} THEN {on} END) AS r, COUNT(CASE WHEN {inside} THEN 1 END) AS f, "
            f"CAST(COALESCE(SUM(CASE WHEN {inside} THEN o.{self.row['amount']} END), 0) AS BIGINT) AS m, "
            f"c.{self.of['activity']} AS a, c.{self.of['growth']} AS g, COUNT(o.{self.row['customer']}) AS n FROM {self.customer} c "
            f"LEFT JOIN {self.order} o ON o.{self.row['customer']} = c.id AND o.deleted_at IS NULL WHERE c.deleted_at IS NULL GROUP BY c.id"
        )

    def banded(self, facts: str, cuts: dict[str, Any]) -> str:
        bands = {key: self._band(key, cuts[key]) for key in "rfmag"}
        missing = "r IS NULL OR n = 0 OR a IS NULL OR g IS NULL"
        return f"SELECT record, {', '.join(f'{text} AS {key}b' for key, text in bands.items())}, CASE WHEN {missing} THEN 1 ELSE 0 END AS poor FROM {facts}"

    @staticmethod
    def _band(key: str, cuts: Any) -> str:
        way = "<=" if key == "r" else ">="
        steps = " ".join(f"WHEN {key} {way} {cut} THEN {band}" for band, cut in reversed(list(enumerate(cuts, 2))) if cut is not None)
        gone = "n = 0" if key in "fm" else f"{key} IS NULL"
        return f"CASE WHEN {gone} THEN 1 {steps} ELSE 1 END"

    def by_ntile(self) -> str:
        """Bands of equal size by the window function, as one would write it at first: equal values may get different bands."""
        own = {key: self._band(key, CUTS[key]) for key in "fag"}
        tiles = {
            "r": "CASE WHEN r IS NULL THEN 1 ELSE NTILE(5) OVER (ORDER BY r DESC) END",
            "m": "CASE WHEN n = 0 THEN 1 ELSE NTILE(5) OVER (ORDER BY m) END",
        }
        bands = ", ".join(f"{text} AS {key}b" for key, text in {**own, **tiles}.items())
        poor = "CASE WHEN r IS NULL OR n = 0 OR a IS NULL OR g IS NULL THEN 1 ELSE 0 END AS poor"
        return f"SELECT record, {bands}, {poor} FROM ({self.facts}) AS facts"

    def changes(self, banded: str) -> str:
        """Ratings that differ from the states."""
        score = " + ".join(f"({key}b - 1) * {points}" for key, points in POINTS.items())
        bands = " || ',' || ".join(f"CAST({key}b AS TEXT)" for key in "rfmag")
        rank = f"CASE {' '.join(f'WHEN score >= {least} THEN {rank}' for rank, (_tier, least) in BORDERS.items())} END"
        tiers = " ".join(f"WHEN {rank} THEN '{tier}'" for rank, (tier, _least) in BORDERS.items())
        differs = "IS DISTINCT FROM" if self.postgres else "IS NOT"
        other = " OR ".join(f"s.{name} {differs} q.{name}" for name in ("score", "bands", "rank", "provisional"))
        return f"""SELECT q.*, CASE q.rank {tiers} END AS tier, s.tier AS was, s.rank AS was_rank, s.score AS was_score
            FROM (SELECT record, score, bands, {rank} AS rank, poor AS provisional
                FROM (SELECT record, {score} AS score, {bands} AS bands, poor FROM ({banded}) AS b) AS w) AS q
            JOIN tier_state s ON s.model = {self.model} AND s.record = q.record WHERE {other}"""

    def cuts(self, cursor: Any) -> dict[str, Any]:
        return {**CUTS, **{key: self._cut_by_counts(cursor, key) for key in "rm"}}

    @staticmethod
    def _cut_by_counts(cursor: Any, key: str) -> list[int]:
        order = " DESC" if key == "r" else ""
        cursor.execute(f"SELECT {key}, COUNT(*) FROM facts WHERE {key} IS NOT NULL GROUP BY {key} ORDER BY {key}{order}")
        counted = cursor.fetchall()
        total, worse, found = sum(count for _value, count in counted), 0, list[int]()
        for value, count in counted:
            while len(found) < 4 and worse * 5 >= (len(found) + 1) * total:
                found.append(value)
            worse += count
        return found

    # -- the whole --------------------------------------------------------------------------------------------------------------
    def full(self, cursor: Any) -> None:
        cursor.execute(f"CREATE TEMP TABLE facts AS {self.facts}")
        self.write(cursor, self.changes(self.banded("facts", self.cuts(cursor))))

    def by_tiles(self, cursor: Any) -> None:
        self.write(cursor, self.changes(self.by_ntile()))

    def write(self, cursor: Any, changes: str) -> None:
        """The states in one statement; history closed and added; one event a chunk of movers."""
        now = time.time_ns() // 1000
        cursor.execute(f"CREATE TEMP TABLE changed AS {changes}")
        cursor.execute(f"""UPDATE tier_state SET tier = c.tier, rank = c.rank, score = c.score, bands = c.bands, provisional = c.provisional,
            since = CASE WHEN c.rank = c.was_rank THEN since ELSE {now} END,
            risen_on = CASE WHEN c.rank > c.was_rank THEN {self.day} ELSE risen_on END,
            fell_on = CASE WHEN c.rank > c.was_rank THEN NULL WHEN c.rank < c.was_rank THEN {self.day} ELSE fell_on END,
            version = {self.version}, as_of = {self.day}, at = {now} FROM changed c WHERE tier_state.model = {self.model} AND tier_state.record = c.record""")
        cursor.execute(f"""UPDATE tier_history SET valid_to = {now} WHERE model = {self.model} AND valid_to IS NULL
            AND record IN (SELECT record FROM changed WHERE rank <> was_rank)""")
        cursor.execute("SELECT record, was, tier, rank > was_rank, score, provisional FROM changed WHERE rank <> was_rank ORDER BY record")
        movers = cursor.fetchall()
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM event")
        event = cursor.fetchone()[0]
        for start in range(0, len(movers), CHUNK):
            event += 1
            chunk = movers[start : start + CHUNK]
            self._tell(cursor, event, chunk, now)
            cursor.execute(f"""INSERT INTO tier_history
                (id, model, record, version, tier_from, tier_to, score_from, score_to, bands, cause, source, as_of, valid_from, event)
                SELECT (SELECT MAX(id) FROM tier_history) + row_number() OVER (ORDER BY record), {self.model}, record, {self.version}, was, tier,
                was_score, score, bands, CASE WHEN rank > was_rank THEN 'up' ELSE 'down' END, 'schedule', {self.day}, {now}, {event}
                FROM changed WHERE rank <> was_rank AND record BETWEEN {chunk[0][0]} AND {chunk[-1][0]}""")

    def _tell(self, cursor: Any, event: int, movers: list[Any], now: int) -> None:
        items = [
            [
                record,
                {
                    "model": self.key,
                    "from": was,
                    "to": tier,
                    "direction": "up" if up else "down",
                    "score": shown(score),
                    "provisional": bool(poor),
                    "tier_source": "score",
                },
            ]
            for record, was, tier, up, score, poor in movers
        ]
        told = json.dumps({"items": items}, separators=(",", ":"))
        ids = json.dumps([record for record, *_rest in movers], separators=(",", ":"))
        marks = ", ".join([self.mark] * 8)
        cursor.execute(
            f"INSERT INTO event (id, at, kind, form, records, source, person, payload) VALUES ({marks})",
            (event, now, "tier_changed", "customer", ids, "schedule", 0, told),
        )

    def count(self, cursor: Any, cuts: dict[str, Any], facts: str) -> int:
        """One scan: everybody's facts and ratings beside their states, and how many differ."""
        cursor.execute(f"SELECT COUNT(*) FROM ({self.changes(self.banded(f'({facts}) AS facts', cuts))}) AS found")
        return cursor.fetchone()[0]

    def one_dimension(self) -> str:
        """One dimension over everybody, with what tells whom it is missing of."""
        inside = f"o.{self.row['paid_on']} BETWEEN {self.day - 364} AND {self.day}"
        one = (
            f"SELECT c.id, COALESCE(SUM(CASE WHEN {inside} THEN o.{self.row['amount']} END), 0) AS m, COUNT(o.{self.row['customer']}) AS n "
            f"FROM {self.customer} c LEFT JOIN {self.order} o ON o.{self.row['customer']} = c.id AND o.deleted_at IS NULL "
            "WHERE c.deleted_at IS NULL GROUP BY c.id"
        )
        return f"SELECT COUNT(*), SUM(m), SUM(n) FROM ({one}) AS every"

    # -- what came of it ----------------------------------------------------------------------------------------------------------
    def digest(self, cursor: Any, told: int) -> dict[str, str]:
        """States, history and what the events after `told` say, each as a hash of its rows in order."""
        return {
            "states": _hashed(cursor, f"SELECT {STATES} FROM tier_state WHERE model = {self.model} ORDER BY record"),
            "history": _hashed(
                cursor,
                f"SELECT {HISTORY}, CASE WHEN valid_to IS NULL THEN 0 ELSE 1 END FROM tier_history WHERE model = {self.model} ORDER BY record, id",
            ),
            "events": _hashed(cursor, f"SELECT kind, form, records, payload FROM event WHERE id > {told} ORDER BY id"),
        }


class OneByHand:
    """Rating one customer: aggregates, figures and state read, compared here, and written where they differ."""

    def __init__(self, hand: ByHand, cuts: dict[str, Any]):
        self.hand, self.cuts, mark = hand, cuts, hand.mark
        row, on = hand.row, hand.row["paid_on"]
        inside = f"CASE WHEN {on} BETWEEN {hand.day - 364} AND {hand.day}"
        self.asking = (
            f"SELECT {hand.day} - MAX({inside} THEN {on} END), COUNT({inside} THEN 1 END), COALESCE(SUM({inside} THEN {row['amount']} END), 0), "
            f"COUNT(*) FROM {hand.order} WHERE {row['customer']} = {mark} AND deleted_at IS NULL"
        )
        self.figures = (
            f"SELECT c.{hand.of['activity']}, c.{hand.of['growth']}, s.tier, s.rank, s.score, s.bands, s.provisional FROM {hand.customer} c "
            f"JOIN tier_state s ON s.model = {hand.model} AND s.record = c.id WHERE c.id = {mark}"
        )
        mine = f"WHERE model = {hand.model} AND record = {mark}"
        own = f"tier = {mark}, rank = {mark}, score = {mark}, bands = {mark}, provisional = {mark}, as_of = {mark}, at = {mark}"
        self.writing = f"UPDATE tier_state SET {own} {mine}"
        self.rising = f"UPDATE tier_state SET {own}, since = {mark}, risen_on = {mark}, fell_on = NULL {mine}"
        self.falling = f"UPDATE tier_state SET {own}, since = {mark}, fell_on = {mark} {mine}"
        self.closing = f"UPDATE tier_history SET valid_to = {mark} {mine} AND valid_to IS NULL"
        names = "id, model, record, version, tier_from, tier_to, score_from, score_to, bands, cause, source, as_of, valid_from, event"
        self.adding = f"INSERT INTO tier_history ({names}) VALUES ({', '.join([mark] * 14)})"
        self.telling = f"INSERT INTO event (id, at, kind, form, record, source, person, payload) VALUES ({', '.join([mark] * 8)})"
        self.changing = (
            f"UPDATE {hand.order} SET {row['amount']} = {mark}, {on} = {mark} WHERE id = "
            f"(SELECT MAX(id) FROM {hand.order} WHERE {row['customer']} = {mark})"
        )
        self.told = [f"SELECT {STATES} FROM tier_state {mine}"]
        self.told.append(f"SELECT {HISTORY}, CASE WHEN valid_to IS NULL THEN 0 ELSE 1 END FROM tier_history {mine} ORDER BY id")

    def change(self, cursor: Any, customer: int, round: int) -> None:
        """Its newest order is of another day, and large or small."""
        cursor.execute(self.changing, (5_000_000 if round % 3 else 1, self.hand.day - round % 300, customer))

    def __call__(self, cursor: Any, customer: int) -> None:
        hand, now, day = self.hand, time.time_ns() // 1000, self.hand.day
        cursor.execute(self.asking, (customer,))
        r, f, m, n = cursor.fetchone()
        cursor.execute(self.figures, (customer,))
        a, g, was, was_rank, *before = cursor.fetchone()
        values = {"r": r, "f": f if n else None, "m": int(m) if n else None, "a": a, "g": g}
        bands = [self._band(key, value) for key, value in values.items()]
        score = sum((band - 1) * points for band, points in zip(bands, POINTS.values(), strict=True))
        rank, tier = next((rank, tier) for rank, (tier, least) in BORDERS.items() if score >= least)
        text, poor = ",".join(map(str, bands)), int(None in values.values())
        if [score, text, poor] == before and rank == was_rank:
            return
        given = (tier, rank, score, text, poor, day, now)
        if rank == was_rank:
            cursor.execute(self.writing, (*given, customer))
            return
        up = rank > was_rank
        cursor.execute(self.rising if up else self.falling, (*given, now, day, customer))
        cursor.execute(self.closing, (now, customer))
        cursor.execute("SELECT (SELECT MAX(id) FROM tier_history) + 1, (SELECT MAX(id) FROM event) + 1")
        number, event = cursor.fetchone()
        cause = "up" if up else "down"
        row = (number, hand.model, customer, hand.version, was, tier, before[0], score, text, cause, "schedule", day, now, event)
        cursor.execute(self.adding, row)
        told = {"model": hand.key, "from": was, "to": tier, "direction": cause, "score": shown(score), "provisional": bool(poor)}
        payload = json.dumps({**told, "tier_source": "score"}, separators=(",", ":"))
        cursor.execute(self.telling, (event, now, "tier_changed", "customer", customer, "schedule", 0, payload))

    def _band(self, key: str, value: Any) -> int:
        if value is None:
            return 1
        return 1 + sum(value <= cut if key == "r" else value >= cut for cut in self.cuts[key])

    def stored(self, cursor: Any, customer: int) -> list[Any]:
        found = []
        for query in self.told:
            cursor.execute(query, (customer,))
            found.append(cursor.fetchall())
        cursor.execute("SELECT kind, form, record, source, payload FROM event ORDER BY id DESC LIMIT 1")
        return [*found, cursor.fetchall()]


def shown(score: int) -> str:
    """A stored score as it is told: 12.5."""
    return f"{(Decimal(score) / 10_000).normalize():f}"


def _hashed(cursor: Any, query: str) -> str:
    found = hashlib.blake2b()
    cursor.execute(query)
    while rows := cursor.fetchmany(10_000):
        found.update(repr([tuple(row) for row in rows]).encode())
    return found.hexdigest()


@contextmanager
def taken_back(connection: Any) -> Iterator[Any]:
    """A cursor in a writing transaction that leaves nothing behind."""
    cursor = connection.cursor()
    if not hasattr(connection, "info"):
        cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
    finally:
        connection.rollback()
