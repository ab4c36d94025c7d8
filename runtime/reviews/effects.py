"""What became of each tier between two days: who came back, who came for the first time, what they brought, and which to-dos were kept.

It is read off what the model itself reads: the relation with a date that its dimensions count or sum. Where there is none, nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import NUMBER
from runtime.formulas import Formula, tree
from runtime.formulas.definitions import computed, formula
from runtime.formulas.to_sql import NotAsSql, to_sql
from runtime.formulas.uses import Uses
from runtime.people.may import may
from runtime.records.sources import Rows
from runtime.reviews.rights import sees_all
from runtime.system import clock
from runtime.system.tables import tier_history, todo
from runtime.tiers.compiled import DAY_MICROS, compile
from runtime.tiers.history_at import end_of, in_force

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

EVER = 36_500
"""Days that reach back over everything."""
DATED = ("date", "datetime")


@dataclass(frozen=True)
class Read:
    """What the model reads of related rows: how to count them by their date, and the amount of each where one is summed."""

    rows: tree.Aggregate
    amount: tree.Node | None
    uses: Uses

    def counted(self, days: int) -> Formula:
        node = replace(self.rows, days=days)
        return Formula("", node, node.type, self.uses)

    def summed(self, days: int) -> Formula | None:
        if self.amount is None:
            return None
        node = replace(self.rows, function="SUM", value=self.amount, type=self.amount.type, days=days)
        return Formula("", node, node.type, self.uses)


def effects(act: Act, model: TierModel, first: date, last: date) -> dict[str, Any]:
    """Counts for each tier of those who had it at the end of the first day. `rows` names the related form, None where the model reads none."""
    found: dict[str, Any] = {"form": None, "currency": None, "days": (last - first).days}
    tiers: dict[str, dict[str, Any]] = defaultdict(dict)
    read = related(act, model)
    if read is not None and first < last and _of_rows(act, model, read, first, last, tiers):
        form = act.catalogue.relations_to(model.form)[read.rows.relation[0]][0]
        found["form"] = _plain(act.catalogue.forms[form].label)
        found["currency"] = None if read.amount is None else read.amount.type.currency
    if first < last:
        _of_todos(act, model, first, last, tiers)
    return {**found, "tiers": [{"tier": key, **each} for key, each in tiers.items()]}


def _plain(label: Any) -> Any:
    return label if isinstance(label, str) else {each: getattr(label, each) for each in ("zh", "en") if getattr(label, each, None)}


# -- what the model reads -------------------------------------------------------------------------------------------------------------
def related(act: Act, model: TierModel) -> Read | None:
    """The first relation with a date among the dimensions; one whose rows are summed as an amount goes before."""
    found = list(_reads(act, model))
    return next((each for each in found if each.amount is not None), next(iter(found), None))


def _reads(act: Act, model: TierModel) -> Iterator[Read]:
    form, relations = act.catalogue.forms[model.form], act.catalogue.relations_to(model.form)
    waiting, seen = [formula(act.catalogue, model.form, each.value) for each in model.dimensions], set[str]()
    while waiting:
        wanted = waiting.pop(0)
        for node in tree.walk(wanted.tree):
            if isinstance(node, tree.Aggregate) and len(node.relation) == 1 and node.relation[0] in relations and node.by is None:
                read = _read(node, wanted.uses)
                if read is not None:
                    yield read
        fresh = sorted(wanted.uses.fields - seen)
        seen.update(fresh)
        waiting += [inner for key in fresh if (inner := computed(act.catalogue, form).get(key)) is not None]


def _read(node: tree.Aggregate, uses: Uses) -> Read | None:
    """None where the rows have no date."""
    value = node.value
    by_value = value if isinstance(value, tree.Field) and value.type.kind in DATED and node.function in ("MAX", "MIN", "LAST") else None
    day = node.on if node.on is not None and node.on.type.kind in DATED else by_value
    if day is None:
        return None
    rows = replace(node, type=NUMBER(), function="COUNT", value=None, on=day, months=None, before=0, argument=None, days=EVER)
    return Read(rows, value if node.function == "SUM" and value is not None and value.type.kind == "money" else None, uses)


def sees_amounts(act: Act, model: TierModel) -> bool:
    """Whether somebody may see the sums: by the rights on the fields that are summed, and as who sees all records."""
    read = related(act, model)
    if read is None or read.amount is None or not sees_all(act, model):
        return False
    form, _reference = act.catalogue.relations_to(model.form)[read.rows.relation[0]]
    nodes = list(tree.walk(read.amount))
    if any(isinstance(each, (tree.Path, tree.Aggregate)) for each in nodes):  # a sum that reads on from there is for builders
        return act.person.is_builder
    fields = [each for each in nodes if isinstance(each, tree.Field)]
    return all(may(act.person, "view", form if each.relation else model.form, None, each.key) for each in fields)


# -- counting -------------------------------------------------------------------------------------------------------------------------
def _of_rows(act: Act, model: TierModel, read: Read, first: date, last: date, tiers: dict[str, dict[str, Any]]) -> bool:
    """Who of each tier had a row in the time, who of them the first one ever, and what the rows sum up to. False where SQL cannot say."""
    span, rows, held = (last - first).days, Rows(act, model.form, last), tier_history.c
    try:
        ever, lately = (to_sql(read.counted(days), rows.source) for days in (EVER, span))
        summed = read.summed(span)
        amount = sa.literal_column("0") if summed is None else to_sql(summed, rows.source)
    except NotAsSql:
        return False
    joined = rows.source.from_clause().join(tier_history, held.record == rows.id)
    given = {"today": clock.to_day(last), "now": act.micros}
    for conditions in in_force(compile(act.catalogue, model.key), end_of(act, first), held.tier_to.is_not(None)):
        each = sa.select(held.tier_to.label("tier"), ever.label("ever"), lately.label("lately"), amount.label("amount"))
        inner = each.select_from(joined).where(rows.table.c.deleted_at.is_(None), *conditions).subquery("each")
        for row in act.connection.execute(_summed(inner), given):
            _add(tiers[row.tier], row, 0 if summed is None else summed.type.scale)
    return True


def _summed(each: Any) -> Any:
    own = each.c

    def how_many(condition: Any) -> Any:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    return sa.select(
        own.tier,
        sa.func.count().label("count"),
        how_many(own.lately > 0).label("came"),
        how_many(own.ever == own.lately).label("fresh"),
        how_many(sa.and_(own.ever == own.lately, own.lately > 0)).label("began"),
        sa.func.sum(own.amount).label("amount"),
    ).group_by(own.tier)


def _add(found: dict[str, Any], row: Any, scale: int) -> None:
    for name in ("count", "came", "fresh", "began"):
        found[name] = found.get(name, 0) + int(getattr(row, name) or 0)
    amount = Decimal(found.get("amount", "0")) + Decimal(int(row.amount or 0)).scaleb(-scale)
    found["amount"] = f"{amount:f}"


def _of_todos(act: Act, model: TierModel, first: date, last: date, tiers: dict[str, dict[str, Any]]) -> None:
    """To-dos at the records of each tier that were due in the time and before today, and those of them that were done by their day."""
    own, held = todo.c, tier_history.c
    noon = datetime.combine(last, time(12), act.zone)
    ahead = (noon.utcoffset() or timedelta()) // clock.MICROSECOND
    in_time = sa.and_(own.done_at.is_not(None), own.done_at < (own.due + 1) * sa.literal_column(str(DAY_MICROS), sa.BigInteger) - ahead)
    due = (own.form == model.form, own.due > clock.to_day(first), own.due < clock.to_day(last))
    for conditions in in_force(compile(act.catalogue, model.key), end_of(act, first), held.tier_to.is_not(None)):
        query = sa.select(
            held.tier_to.label("tier"), sa.func.count().label("due"), sa.func.sum(sa.case((in_time, 1), else_=0)).label("kept")
        )
        for row in act.connection.execute(
            query.join_from(todo, tier_history, held.record == own.record).where(*due, *conditions).group_by(held.tier_to)
        ):
            found = tiers[row.tier]
            found["due"], found["kept"] = found.get("due", 0) + row.due, found.get("kept", 0) + int(row.kept or 0)
