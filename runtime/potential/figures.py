"""The figures of a regression, asked of all records as of a day, in portions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from runtime.definitions.potential import Outcome, Potential
from runtime.errors import TierloomError
from runtime.formulas import Formula, to_sql
from runtime.formulas.definitions import formula
from runtime.records.sources import Rows
from runtime.records.streaming import attempted, may_pass_limits
from runtime.system import clock
from runtime.system.sets import among
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

Array = Any
Tick = Callable[[], None]
AT_ONCE = 20_000
MOST = 200_000
"""At most so many records are learnt from, drawn evenly."""
DAY = 86_400_000_000


@dataclass(frozen=True)
class Asked:
    """Records with their figures; `yes` says how it turned out (1, 0) where that was asked."""

    records: Array
    raws: list[Array]
    yes: Array


def asked(act: Act, model: Potential, day: date, after: date | None = None, tick: Tick = lambda: None) -> Iterator[Asked]:
    """The living records that belong to the population on a day, with their figures of that day and (with `after`) their outcome of a
    later one, in portions by record."""
    ids = _population(act, model, day)
    if after is not None and len(ids) > MOST:
        ids = ids[np.linspace(0, len(ids) - 1, MOST).astype(np.int64)]
    kinds = [each.type for each in _features(act, model)]
    for start in range(0, len(ids), AT_ONCE):
        tick()
        some = ids[start : start + AT_ONCE]
        columns = list(zip(*_values(act, model, some, day, _features(act, model)), strict=True))
        raws = [_read(kind, column, clock.to_day(day)) for kind, column in zip(kinds, columns[1:], strict=True)]
        yes = np.zeros(len(some))
        if after is not None:
            yes = np.array([row[1] for row in _values(act, model, some, after, [_outcome(act, model)])], dtype=float)
        yield Asked(some, raws, yes)


def together(portions: Iterator[Asked]) -> Asked:
    """All portions as one."""
    found = list(portions)
    if not found:
        return Asked(np.zeros(0, np.int64), [], np.zeros(0))
    raws = [np.concatenate([each.raws[number] for each in found]) for number in range(len(found[0].raws))]
    return Asked(np.concatenate([each.records for each in found]), raws, np.concatenate([each.yes for each in found]))


def _features(act: Act, model: Potential) -> list[Formula]:
    assert isinstance(model.learn, Outcome)
    return [formula(act.catalogue, model.form, each.value) for each in model.learn.features]


def _outcome(act: Act, model: Potential) -> Formula:
    assert isinstance(model.learn, Outcome)
    return formula(act.catalogue, model.form, model.learn.outcome, expect=("boolean",))


def _population(act: Act, model: Potential, day: date) -> Array:
    rows = Rows(act, model.form, day)
    query = rows.select(rows.id)
    assert isinstance(model.learn, Outcome)
    if model.learn.population is not None:
        wanted = formula(act.catalogue, model.form, model.learn.population, expect=("boolean",))
        held = to_sql(wanted, rows.source)  # before the selection, which takes up the joins that it needs
        query = rows.select(rows.id).where(held)
    found = _run(act, True, query.order_by(rows.id), rows)
    return np.array([row[0] for row in found], dtype=np.int64)


def _values(act: Act, model: Potential, ids: Array, day: date, wanted: list[Formula]) -> list[Any]:
    """(record, stored value of each formula) as of a day, by record."""
    rows = Rows(act, model.form, day, together=True)
    columns = [rows.stored(each) for each in wanted]
    query = rows.select(rows.id, *columns).where(among(rows.id)).order_by(rows.id)
    return _run(act, any(map(may_pass_limits, wanted)), query, rows, ids=ids.tolist())


def _run(act: Act, guarded: bool, query: sa.Select[Any], rows: Rows, **given: Any) -> list[Any]:
    values = {"today": rows.day, "now": act.micros, **given}
    found = attempted(act, guarded, lambda: act.connection.execute(query, values).all())
    if found is None:
        raise TierloomError(_("A sum in one of the formulas passes what the database can hold. Ask for something smaller."))
    return found


def _read(kind: Any, column: tuple[Any, ...], day: int) -> Array:
    """Stored values as numbers with nan, or as texts with None; of a date the days since."""
    if kind.kind in ("choice", "text"):
        return np.array([None if each in (None, "") else str(each) for each in column], dtype=object)
    found = np.array([np.nan if each is None else float(each) for each in column], dtype=float)
    if kind.kind in ("number", "money"):
        return found / 10.0**kind.scale
    if kind.kind == "date":
        return day - found
    return found / DAY if kind.kind == "duration" else found
