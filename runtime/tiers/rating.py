"""Rating records when something changed: one statement asks for the new figures beside the stored state, and only what differs is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tier_model import TierModel
from runtime.formulas import evaluate
from runtime.formulas.definitions import computed
from runtime.records import outbox
from runtime.records.changes import Changes
from runtime.records.rows import Record, read_records
from runtime.records.sources import Rows
from runtime.records.values import RecordValues
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.prepared import Prepared, prepared
from runtime.system.sets import among
from runtime.system.tables import tier_history, tier_state
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import POINT, Before, Decision, Rated, decide
from runtime.tiers.quantiles import Cuts, stored_cuts
from runtime.tiers.statements import RATED, STATE, Facts, layer, rated, with_state

if TYPE_CHECKING:
    from runtime.system.workspace import Act

WRITTEN = (
    "model",
    "record",
    "tier",
    "rank",
    "score",
    "bands",
    "lane",
    "floor",
    "provisional",
    "since",
    "risen_on",
    "fell_on",
    "grace_until",
    "proposed",
    "fixed",
    "fixed_until",
    "version",
    "as_of",
    "at",
)
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
SYSTEM = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")
WIDTH = len(RATED)


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


def derive(act: Act, changes: Changes) -> None:
    """Rates the records whose facts were touched, by every model that is to be kept up to date."""
    for form in list(changes.touched):
        for model in act.catalogue.models_of(form):
            if model.recompute.on_change:
                _derive(act, model, changes)


def _derive(act: Act, model: TierModel, changes: Changes) -> None:
    ids = changes.ids(model.form, compile(act.catalogue, model.key).names)
    if not ids:
        return
    moved = rate(act, model.key, ids, changes.source, changes.event)
    for name in ("tier", *tier_fields(act, model)) if moved else ():
        changes.touch(model.form, name, moved)


def tier_fields(act: Act, model: TierModel) -> list[str]:
    """The fields that show a model's tier."""
    return [
        each.key for each in act.catalogue.forms[model.form].fields if each.stores == "rated" and getattr(each, "tier_model") == model.key
    ]


def rate(
    act: Act,
    model_key: str,
    ids: Iterable[int],
    source: str | None = None,
    event: int | None = None,
    as_of: date | None = None,
    placing: bool = False,
) -> list[int]:
    """Rates these records now; gives those whose tier changed. A model that shares out a population waits for its first full recompute.

    `event` is the event of the change behind it. `placing`: by the borders at once, without movement.
    """
    model = compile(act.catalogue, model_key)
    cuts, wanted = stored_cuts(act, model), set(ids)
    if cuts is None or not wanted:
        return []
    found = ratings(act, model, wanted, cuts, model.day(act.day) if as_of is None else clock.to_day(as_of), placing)
    return found.write(source or act.source)


def ratings(act: Act, model: CompiledModel, ids: set[int], cuts: Cuts, day: int, placing: bool = False) -> Ratings:
    """What rating these records on a day comes to, not yet written."""
    rows = _rated_rows(act, model, sorted(ids), cuts, day)
    found = Ratings(act, model, day, placing)
    for row in rows:
        found.take(row)
    if len(rows) < len(ids):
        found.gone(ids - {row[0] for row in rows})
    return found


# -- asking -----------------------------------------------------------------------------------------------------------------------
def _rated_rows(act: Act, model: CompiledModel, ids: list[int], cuts: Cuts, day: int) -> list[tuple[Any, ...]]:
    """For each living record RATED and then STATE."""
    if not model.in_sql:
        return by_evaluation(act, model, ids, cuts, day)
    statement = kept(act, ("tier_rating", model.number), day, lambda: _statement(act, model, day))
    return statement.all(act.connection, {"ids": ids, "today": day, "now": act.micros, **cuts.parameters})


def kept(act: Act, name: tuple[Any, ...], day: int, build: Callable[[], Prepared]) -> Prepared:
    """A statement of one as-of day: windows are written into its text. That of another day is forgotten."""
    memo = act.catalogue.memo
    key = (day, day != act.day)
    if name not in memo or memo[name][0] != key:
        memo[name] = (key, build())
    return memo[name][1]


def _statement(act: Act, model: CompiledModel, day: int) -> Prepared:
    facts = facts_of(act, model)
    rows = rows_of(act, model, day)
    source = layer(facts.select(rows).where(among(rows.id)), "facts")
    return Prepared(with_state(model, rated(facts, source, act.connection.dialect.name)), act.connection.dialect)


def rows_of(act: Act, model: CompiledModel, day: int) -> Rows:
    return Rows(act, model.form, None if day == act.day else clock.from_day(day))


def facts_of(act: Act, model: CompiledModel) -> Facts:
    memo = act.catalogue.memo.setdefault("tier_facts", {})
    if model.number not in memo:
        memo[model.number] = Facts(model)
    return memo[model.number]


def by_evaluation(act: Act, model: CompiledModel, ids: list[int], cuts: Cuts, day: int) -> list[tuple[Any, ...]]:
    """The same where SQL cannot express a formula: the facts are evaluated record by record."""
    facts = facts_of(act, model)
    statement = prepared(
        act.catalogue.memo,
        ("tier_rating", model.number, "given"),
        act.connection.dialect,
        lambda: with_state(model, rated(facts, layer(facts.given(), "facts"), act.connection.dialect.name)),
    )
    given = cuts.parameters
    return [row for each in evaluated(act, facts, ids, day) for row in statement.all(act.connection, {**each, **given})]


def evaluated(act: Act, facts: Facts, ids: list[int], day: int) -> Iterator[dict[str, Any]]:
    """The facts of the living ones of these records, worked out one after the other."""
    for found in read_records(act, facts.model.form, ids):
        if found.deleted_at is None:
            yield facts.values(found.id, DayValues(act, found, day))


class DayValues(RecordValues):
    """A record on its as-of day; on another day than today its computed fields are worked out for that day."""

    def __init__(self, act: Act, record: Record, day: int):
        super().__init__(act, record.form, record.values, record.id, {name: getattr(record, name) for name in SYSTEM})
        self.day, self.as_of = day, day != act.day

    @property
    def today(self) -> date:
        return date.fromordinal(self.day + clock.FIRST_DAY)

    def field(self, key: str) -> Any:
        if self.as_of and key in self.form.by_key and self.form.by_key[key].stores == "computed":
            return evaluate(computed(self.act.catalogue, self.form)[key], self)
        return super().field(key)


# -- deciding and writing ---------------------------------------------------------------------------------------------------------
class Ratings:
    """What comes of the rows of a rating: states to write and moves to tell of."""

    def __init__(self, act: Act, model: CompiledModel, day: int, placing: bool = False):
        self.act, self.model, self.day, self.placing = act, model, day, placing
        self.states: list[dict[str, Any]] = []
        self.moves: list[Move] = []
        self.graces: list[tuple[int, str, int, int | None]] = []

    def take(self, row: Any) -> None:
        """Decides one row of RATED and STATE."""
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
        before = Before(tier, risen_on, fell_on, grace, proposed, fixed, fixed_until)
        decision = decide(rules, judged, before, self.day, self.placing)
        if fixed is not None and fixed_until is not None and fixed_until < self.day:
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
            return
        moved = after != tier
        act, model = self.act, self.model
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
            self.moves.append(Move(record, tier, after, decision, was_score, score, bands, bool(provisional)))
        elif decision.grace_until is not None and grace is None and after is not None:
            self.graces.append((record, after, decision.grace_until, score))

    def gone(self, ids: set[int]) -> None:
        """Records that are in the trash, or gone for good: their tier ends without an event of its own."""
        statement = prepared(self.act.catalogue.memo, "tier_state.of", self.act.connection.dialect, _states)
        for record, tier, score in statement.all(self.act.connection, {"model": self.model.number, "ids": sorted(ids)}):
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
        return [move.record for move in self.moves]

    def _remember(self, source: str, event: int | None) -> None:
        act, model, memo, dialect = self.act, self.model, self.act.catalogue.memo, self.act.connection.dialect
        ended = [{"the_model": model.number, "the_record": move.record, "at": act.micros} for move in self.moves if move.before is not None]
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
    from sqlalchemy.dialects import postgresql, sqlite

    insert = (sqlite.insert if dialect.name == "sqlite" else postgresql.insert)(tier_state).values(
        {name: sa.bindparam(name) for name in WRITTEN}
    )
    return insert.on_conflict_do_update(index_elements=["model", "record"], set_={name: insert.excluded[name] for name in WRITTEN[2:]})


def _states() -> Any:
    return sa.select(tier_state.c.record, tier_state.c.tier, tier_state.c.score).where(
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


__all__ = ["STATE", "Ratings", "derive", "rate", "shown_score"]
