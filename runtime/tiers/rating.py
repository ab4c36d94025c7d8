"""Rating records when something changed: one statement asks for the new figures beside the stored state; only what differs is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any


from runtime.definitions.tier_model import TierModel
from runtime.formulas import evaluate
from runtime.formulas.definitions import computed
from runtime.records.changes import Changes
from runtime.records.rows import Record, read_records
from runtime.records.sources import Rows
from runtime.records.values import RecordValues
from runtime.system import clock
from runtime.system.prepared import Prepared, prepared
from runtime.system.sets import among
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.quantiles import Cuts, stored_cuts
from runtime.tiers.states import WIDTH, Ratings, shown_score
from runtime.tiers.statements import Facts, layer, rated, with_state

if TYPE_CHECKING:
    from runtime.system.workspace import Act

SYSTEM = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


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


__all__ = ["WIDTH", "Ratings", "derive", "rate", "ratings", "shown_score"]
