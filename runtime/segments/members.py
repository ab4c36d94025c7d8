"""Members of segments, kept right by sets as tags by rule are: after every change for the records it touched, each night for all.

A row says from when until when a record belonged to a segment. Who has just come or gone is told in events of the same transaction, with the
source of the change behind it. `IN_SEGMENT` never reads these rows: it asks the rule itself, so it is right at any moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.formulas import evaluate
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import NotAsSql
from runtime.records import outbox
from runtime.records.affected import names_read
from runtime.records.changes import Changes
from runtime.records.derived import Step
from runtime.records.graph import SEGMENT, Atom
from runtime.records.sources import Rows
from runtime.records.streaming import attempted, by_rows, may_pass_limits
from runtime.records.tables import tables_of
from runtime.records.values import RecordValues
from runtime.system.database import to_json
from runtime.system.prepared import Prepared, prepared
from runtime.system.sets import among
from runtime.system.tables import segment_member, segment_state

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.segment import Segment
    from runtime.formulas import Formula
    from runtime.system.workspace import Act

CONDITION = ("boolean",)
FILLING, KEPT, LARGE = "filling", "kept", "large"
ENTERED, LEFT = "segment_entered", "segment_left"


def rule(catalogue: Catalogue, segment: Segment) -> Formula:
    return formula(catalogue, segment.form, segment.where, expect=CONDITION)


def number_of(catalogue: Catalogue, key: str) -> int:
    """The number under which a segment's members are kept."""
    return catalogue.ids["segment", key]


def step(catalogue: Catalogue, atoms: list[Atom]) -> Step | None:
    """How the members of some segments of a form are brought up to date."""
    form, keys = atoms[0].form, tuple(sorted(each.key for each in atoms))
    if form not in tables_of(catalogue):
        return None

    def do(act: Act, changes: Changes, ids: set[int]) -> None:
        settle(act, form, keys, ids, changes)

    reads = (names_read(catalogue, form, rule(catalogue, catalogue.segments[key])) for key in keys)
    return Step(SEGMENT, form, frozenset().union(*reads), do)


def settle(act: Act, form: str, keys: tuple[str, ...], ids: Collection[int], changes: Changes) -> int:
    """Writes who of these records came to or left the segments, and tells of it; gives how many rows changed."""
    here = _present(act, keys, ids)
    if not here:
        return 0
    found, moved = belonging(act, form, keys, ids), 0
    for key, (state, present) in here.items():
        right = {record for record, held in found.items() if key in held}
        came, gone = sorted(right - present), sorted(present - right)
        number = number_of(act.catalogue, key)
        enter(act, number, came, changes.source if state == KEPT else None)
        leave(act, number, gone, changes.source)
        if state == KEPT:
            _tell(act, ENTERED, form, key, came, changes.source)
            _tell(act, LEFT, form, key, gone, changes.source)
        moved += len(came) + len(gone)
    return moved


# -- asking -------------------------------------------------------------------------------------------------------------------------
def _present(act: Act, keys: tuple[str, ...], ids: Collection[int]) -> dict[str, tuple[str, set[int]]]:
    """For each of the segments whose members are kept: its state, and who of the records belongs to it by the rows."""
    names = {number_of(act.catalogue, key): key for key in keys}
    statement = prepared(act.catalogue.memo, ("segments.present", keys), act.connection.dialect, lambda: _present_select(list(names)))
    found: dict[str, tuple[str, set[int]]] = {}
    for number, state, record in statement.all(act.connection, {"ids": sorted(ids)}):
        present = found.setdefault(names[number], (state, set()))[1]
        if record is not None:
            present.add(record)
    return found


def _present_select(numbers: list[int]) -> Any:
    member, state = segment_member.c, segment_state.c
    here = sa.and_(member.segment == state.segment, member.until.is_(None), among(member.record))
    wanted = state.segment.in_([sa.literal_column(str(number)) for number in numbers])
    return (
        sa.select(state.segment, state.state, member.record)
        .select_from(segment_state.outerjoin(segment_member, here))
        .where(wanted, state.state != sa.literal_column(f"'{LARGE}'"))
    )


def belonging(act: Act, form: str, keys: tuple[str, ...], ids: Iterable[int]) -> dict[int, set[str]]:
    """For each living record of the ids the segments whose rule holds."""
    rules, wanted = {key: rule(act.catalogue, act.catalogue.segments[key]) for key in keys}, sorted(ids)
    statement = _statement(act, form, rules)
    if statement is not None:
        given = {"ids": wanted, "today": act.day, "now": act.micros}
        rows = attempted(act, any(map(may_pass_limits, rules.values())), lambda: statement.all(act.connection, given))
        if rows is not None:
            return {row[0]: {key for key, holds in zip(rules, row[1:], strict=True) if holds} for row in rows}
    streamed = by_rows(act, ("segment rules", form, keys), form, rules, wanted)
    if streamed is not None:
        return {record: {key for key, holds in values.items() if holds} for record, values in streamed}
    return _by_evaluation(act, form, rules, wanted)


def _statement(act: Act, form: str, rules: dict[str, Formula]) -> Prepared | None:
    """The rules of a set of records; windows of days are written into its text, so it is made anew each day. None where SQL cannot tell."""
    memo, name = act.catalogue.memo, ("segment rules", form, tuple(rules))
    kept = memo.get(name)
    if kept is None or kept[0] != act.day:
        kept = memo[name] = (act.day, _prepared(act, form, rules))
    return kept[1]


def _prepared(act: Act, form: str, rules: dict[str, Formula]) -> Prepared | None:
    rows = Rows(act, form)
    try:
        columns = [rows.stored(each) for each in rules.values()]
    except NotAsSql:
        return None
    return Prepared(rows.select(rows.id, *columns).where(among(rows.id)), act.connection.dialect)


def _by_evaluation(act: Act, form: str, rules: dict[str, Formula], ids: Iterable[int]) -> dict[int, set[str]]:
    found = {}
    for record in ids:
        values = RecordValues.of(act, form, record)
        if values is not None:
            found[record] = {key for key, each in rules.items() if evaluate(each, values) is True}
    return found


# -- writing ------------------------------------------------------------------------------------------------------------------------
def enter(act: Act, number: int, records: Collection[int], source: str | None) -> None:
    if not records:
        return
    statement = prepared(act.catalogue.memo, "segments.enter", act.connection.dialect, lambda: _entering(act.connection.dialect))
    rows = [{"segment": number, "record": record, "since": act.micros, "came_by": source} for record in records]
    statement.many(act.connection, rows)


def _entering(dialect: sa.Dialect) -> Any:
    """Somebody else may have entered the record in this moment: then nothing is left to do."""
    insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    names = ("segment", "record", "since", "came_by")
    return insert(segment_member).values({name: sa.bindparam(name) for name in names}).on_conflict_do_nothing()


def leave(act: Act, number: int, records: Collection[int], source: str) -> None:
    """Ends memberships; one that began in this very transaction is as if it had never been."""
    if not records:
        return
    given = {"the_segment": number, "at": act.micros, "source": source, "ids": sorted(records)}
    for name, build in (("segments.undone", _undoing), ("segments.leave", _leaving)):
        prepared(act.catalogue.memo, name, act.connection.dialect, build).run(act.connection, given)


def _undoing() -> Any:
    return segment_member.delete().where(*_of_segment(), segment_member.c.since == sa.bindparam("at", type_=sa.BigInteger()))


def _leaving() -> Any:
    ended = {"until": sa.bindparam("at", type_=sa.BigInteger()), "left_by": sa.bindparam("source", type_=sa.Text())}
    return segment_member.update().where(*_of_segment()).values(ended)


def _of_segment() -> tuple[Any, ...]:
    member = segment_member.c
    return member.segment == sa.bindparam("the_segment", type_=sa.Integer()), member.until.is_(None), among(member.record)


def _tell(act: Act, kind: str, form: str, key: str, records: list[int], source: str) -> None:
    """One event, whether of one record or of many."""
    told = {"segment": key}
    if len(records) == 1:
        outbox.append(act, kind, form, records[0], told, source=source)
    elif records:
        payload = to_json({"items": [[record, told] for record in records]})
        outbox.append(act, kind, form, None, payload, records=records, source=source)
