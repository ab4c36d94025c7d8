"""Moves by sets: what the outcomes of a full recompute say is written for a chunk of records in one statement each for states, for history
that ends and for history that begins, and told in one event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.records import outbox
from runtime.system.database import to_json
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.system.tables import tier_history, tier_state
from runtime.tiers.outcome import FIGURES, MOVE
from runtime.tiers.states import HISTORY, later, shown_score
from runtime.tiers.statements import lane_of, tier_of

if TYPE_CHECKING:
    from runtime.system.workspace import Act
    from runtime.tiers.compiled import CompiledModel


class Outcomes:
    """The table of outcomes, applied between bounds of records: above `low` and up to `high`. Whom somebody else has rated since the state
    was read is left alone and named in `overtaken`: what these outcomes know of them is old."""

    def __init__(self, model: CompiledModel, table: sa.Table, day: int, source: str):
        self.model, self.table, self.day, self.source = model, table, day, source
        self.overtaken: list[int] = []

    def ids(self, connection: sa.Connection, what: int) -> list[int]:
        query = sa.select(self.table.c.record).where(self.table.c.what == what).order_by(self.table.c.record)
        return [row[0] for row in Prepared(query, connection.dialect).all(connection)]

    def figures(self, act: Act, low: int, high: int) -> int:
        """New figures of records that keep their tier; gives of how many."""
        rows = self._rows(FIGURES, low, high)
        query = sa.select(self.table.c.record).where(*rows).order_by(self.table.c.record)
        return len(self._written(act, FIGURES, low, high, [row[0] for row in _all(act, query)]))

    def moves(self, act: Act, low: int, high: int) -> tuple[list[int], Counter[str]]:
        """Moves records; gives which, and how many in each direction."""
        row = self.table.c
        names = ("record", "was_tier", "rank", "direction", "score", "provisional", "by")
        query = sa.select(*[row[name] for name in names]).where(*self._rows(MOVE, low, high)).order_by(row.record)
        found = _all(act, query)
        done = self._written(act, MOVE, low, high, [each[0] for each in found])
        moved = [each for each in found if each[0] in done]
        if not moved:
            return [], Counter()
        ids = [each[0] for each in moved]
        event = self._tell(act, moved, ids)
        self._remember(act, ids, event)
        return ids, Counter([each[3] for each in moved])

    def _written(self, act: Act, what: int, low: int, high: int, wanted: Sequence[int]) -> set[int]:
        """Writes the states of those that nobody has rated since; gives their ids."""
        done = {row[0] for row in _all(act, self._states(act, what, low, high).returning(tier_state.c.record))}
        self.overtaken += [each for each in wanted if each not in done]
        return done

    # -- statements -----------------------------------------------------------------------------------------------------------
    def _rows(self, what: int, low: int, high: int) -> list[Any]:
        row = self.table.c
        return [row.what == what, row.record > low, row.record <= high]

    def _states(self, act: Act, what: int, low: int, high: int) -> Any:
        row, state, model = self.table.c, tier_state.c, self.model
        values: dict[str, Any] = {name: row[name] for name in ("rank", "score", "bands", "floor", "provisional")}
        values |= {"lane": lane_of(model, row.part), "version": model.version, "as_of": self.day}
        values["at"] = later(state.at, sa.literal(act.micros, sa.BigInteger()))
        if what == MOVE:
            falls, rises = row.direction == "down", row.direction != "left"
            values |= {
                "tier": tier_of(model, row.rank),
                "since": act.micros,
                "risen_on": sa.case((falls, state.risen_on), (rises, self.day), else_=sa.null()),
                "fell_on": sa.case((falls, self.day), else_=sa.null()),
            }
        mine = (state.model == model.number, state.record == row.record, state.at == row.was_at)
        return tier_state.update().where(*mine, *self._rows(what, low, high)).values(values)

    def _remember(self, act: Act, ids: list[int], event: int) -> None:
        history, row, model = tier_history.c, self.table.c, self.model
        ending = tier_history.update().where(history.model == model.number, among(history.record, ids), history.valid_to.is_(None))
        act.connection.execute(ending.values(valid_to=act.micros))
        first = act.take_ids("tier_history", len(ids))
        values = {
            "id": sa.func.row_number().over(order_by=row.record) + sa.literal(first - 1, sa.BigInteger()),
            "model": sa.literal(model.number, sa.Integer()),
            "record": row.record,
            "version": sa.literal(model.version, sa.Integer()),
            "tier_from": row.was_tier,
            "tier_to": tier_of(model, row.rank),
            "score_from": row.was_score,
            "score_to": row.score,
            "bands": row.bands,
            "cause": row.cause,
            "source": sa.literal(self.source, sa.Text()),
            "as_of": sa.literal(self.day, sa.Integer()),
            "valid_from": sa.literal(act.micros, sa.BigInteger()),
            "event": sa.literal(event, sa.BigInteger()),
        }
        query = sa.select(*[values[name].label(name) for name in HISTORY]).where(among(row.record, ids))
        act.connection.execute(tier_history.insert().from_select(HISTORY, query))

    # -- the event ------------------------------------------------------------------------------------------------------------
    def _tell(self, act: Act, moved: list[tuple[Any, ...]], ids: list[int]) -> int:
        """One event for one record, or one for all of them: as `states.tell_of_moves` writes it."""
        key, tiers = to_json(self.model.model.key), [to_json(tier) for tier in self.model.tiers]
        before = {was: to_json(was) for was in {each[1] for each in moved}}
        said = [
            f'{{"model":{key},"from":{before[was]},"to":{tiers[rank or 0]},"direction":"{direction}","score":{_quoted(score)},'
            f'"provisional":{"true" if provisional else "false"},"tier_source":"{by}"}}'
            for _record, was, rank, direction, score, provisional, by in moved
        ]
        if len(ids) == 1:
            return outbox.append(act, "tier_changed", self.model.form, ids[0], said[0], source=self.source)
        items = ",".join(f"[{record},{told}]" for record, told in zip(ids, said, strict=True))
        return outbox.append(act, "tier_changed", self.model.form, None, f'{{"items":[{items}]}}', records=ids, source=self.source)


def _all(act: Act, query: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement that is said once, as the driver gives them: a chunk of them is thousands."""
    return Prepared(query, act.connection.dialect).all(act.connection)


def _quoted(score: int | None) -> str:
    return "null" if score is None else f'"{shown_score(score)}"'
