"""States of records by a tier model: what a rating comes to, and how states, history and events are written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.records import outbox
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.sets import among
from runtime.system.tables import tier_history, tier_state
from runtime.tiers import overrides
from runtime.tiers.compiled import CompiledModel
from runtime.tiers.decision import POINT, Before, Decision, Rated, decide
from runtime.tiers.statements import RATED, STATE

if TYPE_CHECKING:
    from runtime.system.workspace import Act

WRITTEN = ("model", "record", *STATE, "version", "as_of", "at")
HISTORY = (
    "id",
    "model",
    "record",
    "version",
    "tier_from",
    "tier_to",
    "score_from",
    "score_to",
    "bands",
    "cause",
    "source",
    "as_of",
    "valid_from",
    "event",
)
WIDTH = len(RATED)
RATING = 7403
"""PostgreSQL's advisory locks of this class stand for rating by a model."""


def later(at: Any, now: Any) -> Any:
    """The instant of a rating in SQL: later than the one before it, whatever the clock says."""
    return sa.case((at >= now, at + sa.literal_column("1")), else_=now)


def mark(act: Act, model: CompiledModel, ids: Collection[int]) -> None:
    """Notes on the states of these records that they have been rated. Whoever has worked out a rating from what it read earlier does not write
    it any more."""
    statement = prepared(act.catalogue.memo, "tier_state.mark", act.connection.dialect, _marking)
    statement.run(act.connection, {"the_model": model.number, "now": act.micros, "ids": sorted(ids)})


def hold(act: Act, model: CompiledModel, ids: Collection[int]) -> None:
    """Keeps others from rating these records, and a recompute from replacing the cut points, until the act ends. SQLite has one writer
    anyway."""
    if act.connection.dialect.name == "postgresql":
        statement = prepared(act.catalogue.memo, "tier_state.hold", act.connection.dialect, _holding)
        statement.all(act.connection, {"the_model": model.number, "ids": sorted(ids)})


def alone(act: Act, model: CompiledModel) -> None:
    """Waits until nobody is rating by a model any more, and keeps everybody from it until the act ends."""
    if act.connection.dialect.name == "postgresql":
        act.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({RATING}, {model.number})")


@dataclass
class Move:
    """A change of tier that has been decided, with what is told of it."""

    record: int
    before: str | None
    after: str | None
    decision: Decision
    score_from: int | None
    score_to: int | None
    bands: str | None
    provisional: bool
    back: bool = False
    """It had been without a tier since an earlier one ended."""


class Ratings:
    """What comes of the rows of a rating: states to write and moves to tell of."""

    def __init__(self, act: Act, model: CompiledModel, day: int, placing: bool = False):
        self.act, self.model, self.day, self.placing = act, model, day, placing
        self.states: list[dict[str, Any]] = []
        self.same: list[int] = []
        """Records whose state says it all."""
        self.moves: list[Move] = []
        self.graces: list[tuple[int, str, int, int | None]] = []
        self.ended: list[tuple[int, str, int | None]] = []
        """Tiers set by hand whose last day is over: record, tier, that day."""
        self.dropped: list[int] = []
        """Records that are gone and had a tier set by hand."""

    def take(self, row: Any) -> None:
        """Decides one row of RATED and STATE."""
        act, model = self.act, self.model
        record, inside, part, score, bands, floor, rank, ceiling, frozen, provisional = row[:WIDTH]
        (
            tier,
            was_rank,
            was_score,
            was_bands,
            lane,
            was_floor,
            was_provisional,
            since,
            risen_on,
            fell_on,
            grace,
            proposed,
            fixed,
            fixed_until,
        ) = row[WIDTH:]
        tiers, rules = self.model.tiers, self.model.rules
        chosen = self.model.parts[part]
        target = tiers[rank] if rank is not None else None
        if target == tier and grace is None and fixed is None and proposed is None:
            if tier is None or (
                score == was_score
                and bands == was_bands
                and was_rank == rank
                and lane == chosen.lane
                and floor == was_floor
                and provisional == was_provisional
            ):
                if since is not None:
                    self.same.append(record)
                return
        lowest = tiers[ceiling] if ceiling is not None else None
        judged = Rated(
            score,
            target,
            "ceiling" if ceiling is not None and ceiling == rank else "floor" if floor is not None else "score",
            lowest,
            chosen.scale.keep,
            bool(inside),
            bool(frozen),
        )
        before = Before(tier, risen_on, fell_on, grace, proposed, fixed, overrides.last_day(fixed_until, act.day, self.day))
        decision = decide(rules, judged, before, self.day, self.placing)
        if fixed is not None and fixed_until is not None and fixed_until < act.day:
            self.ended.append((record, fixed, fixed_until))
            fixed = fixed_until = None
        after = decision.tier
        new_rank = rules.ranks[after] if after is not None else None
        if after is None:
            score = bands = floor = None
            provisional = 0
        changed = (
            after != tier
            or (score, bands, floor, provisional, new_rank) != (was_score, was_bands, was_floor, was_provisional, was_rank)
            or lane != chosen.lane
            or (decision.risen_on, decision.fell_on, decision.grace_until, decision.proposed) != (risen_on, fell_on, grace, proposed)
            or (fixed, fixed_until) != row[-2:]
        )
        if not changed or (after is None and tier is None and was_rank is None and since is None):
            if since is not None:
                self.same.append(record)
            return
        moved = after != tier
        self.states.append(
            {
                "model": model.number,
                "record": record,
                "tier": after,
                "rank": new_rank,
                "score": score,
                "bands": bands,
                "lane": chosen.lane,
                "floor": floor,
                "provisional": provisional,
                "since": act.micros if moved else since,
                "risen_on": decision.risen_on,
                "fell_on": decision.fell_on,
                "grace_until": decision.grace_until,
                "proposed": decision.proposed,
                "fixed": fixed,
                "fixed_until": fixed_until,
                "version": model.version,
                "as_of": self.day,
                "at": act.micros,
            }
        )
        if moved:
            self.moves.append(
                Move(record, tier, after, decision, was_score, score, bands, bool(provisional), tier is None and since is not None)
            )
        elif decision.grace_until is not None and grace is None and after is not None:
            self.graces.append((record, after, decision.grace_until, score))

    def gone(self, ids: set[int]) -> None:
        """Records that are in the trash, or gone for good: their tier ends without an event of its own."""
        statement = prepared(self.act.catalogue.memo, "tier_state.of", self.act.connection.dialect, _states)
        for record, tier, score, fixed in statement.all(self.act.connection, {"model": self.model.number, "ids": sorted(ids)}):
            self.states.append(
                {
                    **dict.fromkeys(WRITTEN),
                    "model": self.model.number,
                    "record": record,
                    "provisional": 0,
                    "since": self.act.micros,
                    "version": self.model.version,
                    "as_of": self.day,
                    "at": self.act.micros,
                }
            )
            self.moves.append(Move(record, tier, None, Decision(None, "left", None, "gone"), score, None, None, False))
            if fixed is not None:
                self.dropped.append(record)

    def write(self, source: str) -> list[int]:
        """Writes states, history and events; gives the records whose tier changed."""
        if not self.states:
            return []
        act, memo, dialect = self.act, self.act.catalogue.memo, self.act.connection.dialect
        prepared(memo, "tier_state.write", dialect, lambda: _upsert(dialect)).many(act.connection, self.states)
        if self.moves:
            told = [move for move in self.moves if move.decision.direction is not None]
            event = tell_of_moves(act, self.model, told, source) if told else None
            self._remember(source, event)
        if self.graces:
            tell_of_grace(act, self.model, self.graces, source)
        if self.dropped:
            overrides.end(act, self.model.number, self.dropped, "gone")
        if self.ended:
            overrides.end(act, self.model.number, [record for record, _tier, _until in self.ended], "day")
            tell_of_ended(act, self.model, self.ended, source)
        return [move.record for move in self.moves]

    def _remember(self, source: str, event: int | None) -> None:
        act, model, memo, dialect = self.act, self.model, self.act.catalogue.memo, self.act.connection.dialect
        ended = [
            {"the_model": model.number, "the_record": move.record, "at": act.micros}
            for move in self.moves
            if move.before is not None or move.back
        ]
        if ended:
            prepared(memo, "tier_history.close", dialect, _closing).many(act.connection, ended)
        first = act.take_ids("tier_history", len(self.moves))
        rows = [
            (
                number,
                model.number,
                move.record,
                model.version,
                move.before,
                move.after,
                move.score_from,
                move.score_to,
                move.bands,
                move.decision.cause,
                source,
                self.day,
                act.micros,
                event,
            )
            for number, move in enumerate(self.moves, first)
        ]
        prepared(memo, "tier_history.add", dialect, _adding).many(act.connection, [dict(zip(HISTORY, row, strict=True)) for row in rows])


def tell_of_moves(act: Act, model: CompiledModel, moves: list[Move], source: str) -> int:
    """One event for one record, or one for all of them."""
    told = [
        (
            move.record,
            {
                "model": model.model.key,
                "from": move.before,
                "to": move.after,
                "direction": move.decision.direction,
                "score": shown_score(move.score_to),
                "provisional": move.provisional,
                "tier_source": move.decision.by,
            },
        )
        for move in moves
    ]
    return tell(act, "tier_changed", model.form, told, source)


def tell_of_grace(act: Act, model: CompiledModel, graces: list[tuple[int, str, int, int | None]], source: str) -> int:
    told = [
        (record, {"model": model.model.key, "tier": tier, "until": str(clock.from_day(until)), "score": shown_score(score)})
        for record, tier, until, score in graces
    ]
    return tell(act, "tier_grace", model.form, told, source)


def tell_of_ended(act: Act, model: CompiledModel, ended: list[tuple[int, str, int | None]], source: str) -> int:
    told = [(record, {"model": model.model.key, "tier": tier, "until": str(clock.from_day(until))}) for record, tier, until in ended]
    return tell(act, "tier_override_ended", model.form, told, source)


def tell(act: Act, kind: str, form: str, told: list[tuple[int, dict[str, Any]]], source: str) -> int:
    if len(told) == 1:
        return outbox.append(act, kind, form, told[0][0], told[0][1], source=source)
    return outbox.append(act, kind, form, None, to_json({"items": told}), records=[record for record, _payload in told], source=source)


@lru_cache(maxsize=10_000)
def shown_score(score: int | None) -> str | None:
    """A stored score as people and the API read it: 45, 12.5, 33.3333."""
    if score is None:
        return None
    return f"{(Decimal(score) / POINT).normalize():f}"


def _upsert(dialect: sa.Dialect) -> Any:
    insert = (sqlite.insert if dialect.name == "sqlite" else postgresql.insert)(tier_state).values(
        {name: sa.bindparam(name) for name in WRITTEN}
    )
    written = {name: insert.excluded[name] for name in WRITTEN[2:]}
    return insert.on_conflict_do_update(
        index_elements=["model", "record"], set_={**written, "at": later(tier_state.c.at, insert.excluded.at)}
    )


def _marking() -> Any:
    now = sa.bindparam("now", type_=sa.BigInteger())
    return tier_state.update().where(*_these()).values(at=later(tier_state.c.at, now))


def _holding() -> Any:
    rating = sa.func.pg_advisory_xact_lock_shared(sa.literal_column(str(RATING)), sa.bindparam("the_model", type_=sa.Integer()))
    shared = sa.cast(sa.select(rating).scalar_subquery(), sa.Text).is_not(None)  # asked for first, also where there is no state
    return sa.select(tier_state.c.record).where(shared, *_these()).order_by(tier_state.c.record).with_for_update()


def _these() -> list[Any]:
    return [tier_state.c.model == sa.bindparam("the_model", type_=sa.Integer()), among(tier_state.c.record)]


def _states() -> Any:
    return sa.select(tier_state.c.record, tier_state.c.tier, tier_state.c.score, tier_state.c.fixed).where(
        tier_state.c.model == sa.bindparam("model"), among(tier_state.c.record), tier_state.c.tier.is_not(None)
    )


def _closing() -> Any:
    return (
        tier_history.update()
        .where(
            tier_history.c.model == sa.bindparam("the_model"),
            tier_history.c.record == sa.bindparam("the_record"),
            tier_history.c.valid_to.is_(None),
        )
        .values(valid_to=sa.bindparam("at"))
    )


def _adding() -> Any:
    return tier_history.insert().values({name: sa.bindparam(name) for name in HISTORY})
