"""First tiers by sets: for everybody who has facts but no state yet, one statement for states, one for history and one event a chunk."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.records import outbox
from runtime.system.database import to_json
from runtime.system.prepared import Prepared, prepared
from runtime.system.sets import among
from runtime.system.tables import tier_history, tier_state
from runtime.tiers.facts import BIG, Facts
from runtime.tiers.outcome import FIRST
from runtime.tiers.quantiles import Cuts
from runtime.tiers.states import HISTORY, shown_score
from runtime.tiers.statements import lane_of, rated, tier_of

if TYPE_CHECKING:
    from runtime.system.workspace import Act


class FirstTiers:
    """Works on a table that already lies in the database: of facts where nobody has a state yet, else (`rated_before`) of outcomes. Its
    statements are made once for a published revision."""

    def __init__(self, act: Act, facts: Facts, table: sa.Table, cuts: Cuts, day: int, source: str, rated_before: bool):
        self.connection, self.memo, self.rated_before = act.connection, act.catalogue.memo, rated_before
        self.facts, self.table, self.cuts, self.day, self.source = facts, table, cuts, day, source
        self.model = facts.model

    def candidates(self) -> list[int]:
        """The records with facts and without a state, in order."""
        query = sa.select(self.table.c.record).where(*self._wanted).order_by(self.table.c.record)
        return [row[0] for row in Prepared(query, self.connection.dialect).all(self.connection)]

    def give(self, act: Act, low: int, high: int) -> list[int]:
        """Gives the records above `low` and up to `high` their first tier, and says which; whom somebody else has rated meanwhile is left
        alone."""
        bounds = {"low": low, "high": high}
        found = sorted(self._states.all(self.connection, {**bounds, "micros": act.micros, "day": self.day, **self.cuts.parameters}))
        if not found:
            return []
        ids = [row[0] for row in found]
        event = outbox.append(act, "tier_changed", self.model.form, None, self._items(found, bounds), records=ids, source=self.source)
        dense = high - low <= 2 * len(ids)
        alone = dense and self._count.scalar(self.connection, bounds) == len(ids)
        number = act.take_ids("tier_history", high - low) - low - 1 if dense else act.take_ids("tier_history", len(ids)) - 1
        history = self._whole_history if alone else self._dense_history if dense else self._history
        history.run(self.connection, {**bounds, "ids": ids, "number": number, "event": event, "source": self.source})
        return ids

    # -- statements -----------------------------------------------------------------------------------------------------------
    @property
    def _wanted(self) -> list[Any]:
        return [self.table.c.what == sa.literal_column(str(FIRST))] if self.rated_before else []

    @cached_property
    def _rated(self) -> Any:
        """Ratings of a chunk. The table that is written is not read: SQLite would keep a copy."""
        between = (self.table.c.record > _bound("low"), self.table.c.record <= _bound("high"))
        chunk = sa.select(*self.table.c).where(*between, *self._wanted)
        return chunk.subquery("rated") if self.rated_before else rated(self.facts, chunk.subquery("facts"), self.connection.dialect.name)

    @cached_property
    def _states(self) -> Prepared:
        return self._kept("states of the new" if self.rated_before else "states of all", self._state_statement)

    def _state_statement(self) -> Any:
        found, model, now = self._rated.c, self.model, _bound("micros")
        values = {
            "model": _whole(model.number),
            "record": found.record,
            "tier": tier_of(model, found.rank),
            "rank": found.rank,
            "score": found.score,
            "bands": found.bands,
            "lane": lane_of(model, found.part),
            "floor": found.floor,
            "provisional": found.provisional,
            "since": now,
            "risen_on": _bound("day"),
            "version": _whole(model.version),
            "as_of": _bound("day"),
            "at": now,
        }
        insert = (sqlite.insert if self.connection.dialect.name == "sqlite" else postgresql.insert)(tier_state)
        query = sa.select(*[value.label(name) for name, value in values.items()]).where(found.rank.is_not(None))
        state = tier_state.c
        return (
            insert.from_select(list(values), query)
            .on_conflict_do_nothing()
            .returning(state.record, state.rank, state.score, state.provisional, state.floor)
        )

    @cached_property
    def _count(self) -> Prepared:
        return self._kept("count", lambda: sa.select(sa.func.count()).select_from(tier_state).where(*self._between))

    @property
    def _between(self) -> list[Any]:
        state = tier_state.c
        return [state.model == sa.literal_column(str(self.model.number)), state.record > _bound("low"), state.record <= _bound("high")]

    @cached_property
    def _whole_history(self) -> Prepared:
        """All states of the chunk are new ones: none has to be looked up by its record."""
        return self._kept("whole", lambda: self._history_with(tier_state.c.record + _bound("number"), self._between))

    @cached_property
    def _dense_history(self) -> Prepared:
        """Ids follow the records' own numbers, where those lie close together: nothing has to be counted."""
        return self._kept("dense", lambda: self._history_with(tier_state.c.record + _bound("number"), self._named))

    @cached_property
    def _history(self) -> Prepared:
        numbers = sa.func.row_number().over(order_by=tier_state.c.record)
        return self._kept("counted", lambda: self._history_with(numbers + _bound("number"), self._named))

    def _kept(self, name: str, build: Callable[[], Any]) -> Prepared:
        return prepared(self.memo, ("tier_firsts", name, self.model.number), self.connection.dialect, build)

    @property
    def _named(self) -> list[Any]:
        return [*self._between, among(tier_state.c.record)]

    def _history_with(self, number: Any, mine: list[Any]) -> Any:
        state = tier_state.c
        values = {
            "id": number,
            "model": state.model,
            "record": state.record,
            "version": state.version,
            "tier_from": sa.null(),
            "tier_to": state.tier,
            "score_from": sa.null(),
            "score_to": state.score,
            "bands": state.bands,
            "cause": sa.literal("first", sa.Text()),
            "source": sa.bindparam("source", type_=sa.Text()),
            "as_of": state.as_of,
            "valid_from": state.at,
            "event": _bound("event"),
        }
        query = sa.select(*[values[name].label(name) for name in HISTORY]).where(*mine)
        return tier_history.insert().from_select(HISTORY, query)

    # -- the event ------------------------------------------------------------------------------------------------------------
    def _items(self, found: list[Any], bounds: dict[str, int]) -> str:
        """The payload of a chunk's event, written out: the same as `tell_of_moves` gives."""
        key, tiers, capped = (
            to_json(self.model.model.key),
            [to_json(tier) for tier in self.model.tiers],
            self._capped(bounds, {row[0] for row in found}),
        )
        said = [f'","provisional":{truth},"tier_source":"{by}"}}]' for truth in ("false", "true") for by in ("score", "floor", "ceiling")]
        begins = [f',{{"model":{key},"from":null,"to":{tier},"direction":"first","score":"' for tier in tiers]
        items = [
            f"[{record}{begins[rank]}{shown_score(score)}{said[3 * provisional + (2 if record in capped else 0 if floor is None else 1)]}"
            for record, rank, score, provisional, floor in found
        ]
        return f'{{"items":[{",".join(items)}]}}'

    def _capped(self, bounds: dict[str, int], ids: set[int]) -> set[int]:
        """The records whose tier a ceiling has made."""
        if not any(part.ceilings for part in self.model.parts):
            return set()
        found = self._rated
        lowered = found.c.by == "ceiling" if self.rated_before else found.c.ceiling == found.c.rank
        query = sa.select(found.c.record).where(lowered)
        return {row[0] for row in Prepared(query, self.connection.dialect).all(self.connection, {**bounds, **self.cuts.parameters})} & ids


def _bound(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=BIG)


def _whole(value: int) -> Any:
    return sa.literal_column(str(value), BIG)
