"""Rating records when something changed: one statement asks for the new figures beside the stored state; only what differs is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from runtime.definitions.tier_model import TierModel
from runtime.formulas import evaluate
from runtime.formulas.definitions import computed
from runtime.formulas.to_sql import NotAsSql
from runtime.records.changes import Changes
from runtime.records.derived import Step
from runtime.records.graph import TIER, Atom
from runtime.records.passes import worth_it
from runtime.records.rows import Record, read_records
from runtime.records.sources import Rows
from runtime.records.streaming import attempted, by_rows
from runtime.records.values import RecordValues
from runtime.system import clock
from runtime.system.prepared import Prepared, prepared
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.quantiles import Cuts, newest, remembered, stored_cuts
from runtime.tiers.states import WIDTH, Ratings, hold, mark, shown_score
from runtime.tiers.statements import Facts, layer, rated, with_state

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.records.passes import Pass, Passes
    from runtime.system.workspace import Act

SYSTEM = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


def step(catalogue: Catalogue, atoms: list[Atom]) -> Step | None:
    """How the ratings of a model are brought up to date when facts of records were touched; None where they wait for the night."""
    model = catalogue.tier_models.get(atoms[0].owner)  # a formula may name a model that is not there
    if model is None or not model.recompute.on_change or model not in catalogue.models_of(model.form):
        return None

    def do(act: Act, changes: Changes, ids: set[int]) -> None:
        touch_tier(act, model, changes, rate(act, model.key, ids, changes.source, changes.event))

    return Step(TIER, model.form, compile(catalogue, model.key).names, do)


def touch_tier(act: Act, model: TierModel, changes: Changes, moved: Collection[int]) -> None:
    """Notes that the tiers of these records changed."""
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
    model, wanted = compile(act.catalogue, model_key), set(ids)
    if not wanted:
        return []
    hold(act, model, wanted)
    day = model.day(act.day) if as_of is None else clock.to_day(as_of)
    found = _by_remembered(act, model, wanted, day, placing)
    if found is None:
        cuts = stored_cuts(act, model)
        if cuts is None:
            mark(act, model, wanted)
            return []
        found = ratings(act, model, wanted, cuts, day, placing)
    if found.same:
        mark(act, model, found.same)
    return found.write(source or act.source)


def _by_remembered(act: Act, model: CompiledModel, ids: set[int], day: int, placing: bool) -> Ratings | None:
    """One record by the cut points that were read last, where the statement that asks for its figures says that no newer ones are stored:
    a statement of its own for that is a good part of a rating. None where it has to be asked."""
    known = remembered(act, model)
    rows = _asked(act, model, list(ids), known[1], day) if known is not None and len(ids) == 1 else None
    if known is None or not rows or rows[0][-1] != known[0]:
        return None
    found = Ratings(act, model, day, placing)
    found.take(rows[0][:-1])
    return found


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
    found = _asked(act, model, ids, cuts, day)
    if found is None:
        return by_evaluation(act, model, ids, cuts, day)
    return [row[:-1] for row in found] if _tells_newest(model, len(ids)) else found


def _tells_newest(model: CompiledModel, many: int) -> bool:
    """Whether the statement also tells when the newest cut points were stored."""
    return many == 1 and model.has_quantiles


def _asked(act: Act, model: CompiledModel, ids: list[int], cuts: Cuts, day: int) -> list[tuple[Any, ...]] | None:
    """The same, with the instant of the newest cut points at the end where one record is asked for; None where SQL cannot say it."""
    of: Literal["id", "ids"] = "id" if len(ids) == 1 else "ids"
    statement = kept(act, ("tier_rating", model.number, of), day, lambda: _statement(act, model, day, of)) if model.in_sql else None
    if statement is None:
        return None
    given = {"ids": ids, "id": ids[0] if ids else 0, "today": day, "now": act.micros, **cuts.parameters}
    found: list[tuple[Any, ...]] | None = attempted(act, model.may_pass_limits, lambda: statement.all(act.connection, given))
    return found


def kept(act: Act, name: tuple[Any, ...], day: int, build: Callable[[], Any]) -> Any:
    """A statement of one as-of day: windows are written into its text. That of another day is forgotten."""
    memo = act.catalogue.memo
    key = (day, day != act.day)
    found = memo.get(name)
    if found is None or found[0] != key:
        found = memo[name] = (key, build())
    return found[1]


def _statement(act: Act, model: CompiledModel, day: int, of: Literal["id", "ids"]) -> Prepared | None:
    """None where SQL cannot work out what the model reads."""
    facts = facts_of(act, model)
    rows = Rows(act, model.form, None if day == act.day else clock.from_day(day), of=of, together=of == "id")
    try:
        source = layer(facts.select(rows).where(rows.asked(rows.id)), "facts")
    except NotAsSql:
        return None
    query = with_state(model, rated(facts, source, act.connection.dialect.name))
    if _tells_newest(model, 1 if of == "id" else 2):
        query = query.add_columns(newest(model).scalar_subquery().label("newest"))
    return Prepared(query, act.connection.dialect)


def rows_of(act: Act, model: CompiledModel, day: int) -> Rows:
    return Rows(act, model.form, None if day == act.day else clock.from_day(day))


def many_rows_of(act: Act, model: CompiledModel, day: int, of: Literal["ids", "between", "all"], passes: Passes | None = None) -> Rows:
    """The same for a large part of the form, with the aggregates made in one pass where that is quicker: SQLite gets through its subqueries
    sooner than it could group the rows apart."""
    together = act.connection.dialect.name == "postgresql"
    return Rows(act, model.form, None if day == act.day else clock.from_day(day), of=of, together=together, passes=passes)


def everybody(
    act: Act, model: CompiledModel, day: int, of: Literal["between", "all"], build: Callable[[Rows], Any]
) -> tuple[Any, list[Pass]]:
    """What `build` makes of the rows of the whole form, and the passes that have to be filled before."""
    if act.connection.dialect.name == "postgresql":
        return build(many_rows_of(act, model, day, of)), []
    found, passes = worth_it("tier_rows", lambda passes: many_rows_of(act, model, day, of, passes), build)
    return found, passes.used


def facts_of(act: Act, model: CompiledModel) -> Facts:
    memo = act.catalogue.memo.setdefault("tier_facts", {})
    if model.number not in memo:
        memo[model.number] = Facts(model)
    return memo[model.number]


def by_evaluation(act: Act, model: CompiledModel, ids: list[int], cuts: Cuts, day: int) -> list[tuple[Any, ...]]:
    """The same where SQL cannot express a formula: the facts are worked out row by row."""
    facts = facts_of(act, model)
    statement = prepared(
        act.catalogue.memo,
        ("tier_rating", model.number, "given"),
        act.connection.dialect,
        lambda: with_state(model, rated(facts, layer(facts.given(), "facts"), act.connection.dialect.name)),
    )
    given = cuts.parameters
    return [row for each in streamed(act, facts, ids, day) for row in statement.all(act.connection, {**each, **given})]


def streamed(act: Act, facts: Facts, ids: list[int], day: int) -> Iterator[dict[str, Any]]:
    """The facts of the living ones of these records: by closures over streamed rows, or where they cannot, by evaluation."""
    found = by_rows(act, ("tier facts", facts.model.number), facts.model.form, facts.formulas, ids, day)
    if found is None:
        yield from evaluated(act, facts, ids, day)
    else:
        for record, values in found:
            yield facts.from_values(record, values)


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


__all__ = ["WIDTH", "Ratings", "rate", "ratings", "shown_score"]
