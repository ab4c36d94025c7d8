"""What the formulas about one record read: its values, the record it points at, the rows that point at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from runtime.definitions.form import Form
from runtime.records.pointing import names_one_of
from runtime.records.population import stored_cuts
from runtime.records.rows import read_record, read_records
from runtime.records.tables import tables_of
from runtime.system import clock
from runtime.system.tables import person, person_role, potential_value, record_team, tier_history

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act


class RecordValues:
    """Values of a record, stored or about to be (`values` as the gateway has worked them out so far)."""

    as_of = False

    def __init__(
        self,
        act: Act,
        form: Form,
        values: Mapping[str, Any],
        record: int | None = None,
        system: Mapping[str, Any] | None = None,
        names: Mapping[str, Any] | None = None,
    ):
        self.act, self.form, self.values, self.record = act, form, values, record
        self._system, self._names = system or {}, names or {}

    @classmethod
    def of(cls, act: Act, form_key: str, record_id: int, names: Mapping[str, Any] | None = None) -> RecordValues | None:
        found = read_record(act, form_key, record_id)
        if found is None:
            return None
        system = {name: getattr(found, name) for name in ("id", "version", "created_at", "created_by", "updated_at", "updated_by")}
        return cls(act, found.form, found.values, record_id, system, names)

    # -- moments and people -------------------------------------------------------------------------------------------------
    @property
    def now(self) -> datetime:
        return self.act.now

    @property
    def today(self) -> date:
        return self.act.today

    @property
    def zone(self) -> ZoneInfo:
        return self.act.zone

    @property
    def person(self) -> Person:
        return self.act.person

    @property
    def holidays(self) -> str:
        return self.act.workspace.calendar

    def member_name(self, member: int) -> str | None:
        return self.act.connection.execute(sa.select(person.c.name).where(person.c.id == member)).scalar()

    def member_roles(self, member: int) -> set[str]:
        return set(self.act.connection.execute(sa.select(person_role.c.role).where(person_role.c.person == member)).scalars())

    # -- this record ----------------------------------------------------------------------------------------------------------
    def field(self, key: str) -> Any:
        return self.values[key] if key in self.values else self.system(key)

    def system(self, name: str) -> Any:
        return self.record if name in ("id", "record") else self._system.get(name)

    def name(self, name: str) -> Any:
        return self._names.get(name)

    def path(self, reference: str, key: str) -> Any:
        """A field of the record a reference points at; `order.customer` as reference takes two steps."""
        first, _dot, rest = reference.partition(".")
        target = self.values.get(first)
        if target is None:
            return None
        found = RecordValues.of(self.act, getattr(self.form.by_key[first], "form"), target)
        if found is None:
            return None
        return found.path(rest, key) if rest else found.field(key)

    def related(self, relation: str) -> Iterator[RecordValues]:
        """The rows of a sub-form or the living records that point at this one, by record id."""
        own = self.form.field(relation)
        if own is not None:
            for row in self.values.get(relation) or ():
                yield SubformRow(self, own.lines(), row)
            return
        if self.record is None:
            return
        other_key, reference = self.act.catalogue.relations_to(self.form.key)[relation]
        built = tables_of(self.act.catalogue)[other_key]
        ids = (
            self.act.connection.execute(
                sa.select(built.main.c.id)
                .where(names_one_of(built, reference, [self.record]), built.main.c.deleted_at.is_(None))
                .order_by(built.main.c.id)
            )
            .scalars()
            .all()
        )
        for found in read_records(self.act, other_key, list(ids)):
            yield RecordValues(
                self.act,
                found.form,
                found.values,
                found.id,
                {
                    "id": found.id,
                    "created_at": found.created_at,
                    "updated_at": found.updated_at,
                    "created_by": found.created_by,
                    "updated_by": found.updated_by,
                    "version": found.version,
                },
            )

    def in_segment(self, key: str) -> bool:
        from runtime.formulas.definitions import formula
        from runtime.formulas.evaluate import evaluate

        segment = self.act.catalogue.segments[key]
        return bool(evaluate(formula(self.act.catalogue, segment.form, segment.where), self))

    def in_team(self, role: str | None) -> bool:
        own = record_team.c
        mine = (own.form == self.form.key, own.record == self.record, own.person == self.person.id)
        found = self.act.connection.execute(sa.select(own.role).where(*mine)).scalar()
        return found is not None and role in (None, found)

    def cuts(self, field: str, count: int) -> list[Decimal | None] | None:
        return stored_cuts(self.act, self.form.key, field, count)

    def tier_at(self, model: str, day: date) -> str | None:
        """The tier by the newest decision for a day up to this one."""
        number = self.act.catalogue.ids.get(("tier_model", model), 0)
        return self.act.connection.execute(
            sa.select(tier_history.c.tier_to)
            .where(tier_history.c.model == number, tier_history.c.record == self.record, tier_history.c.as_of <= clock.to_day(day))
            .order_by(tier_history.c.id.desc())
            .limit(1)
        ).scalar()

    def potential(self, model: str, figure: str) -> Decimal | None:
        number, own = self.act.catalogue.ids.get(("potential", model), 0), potential_value.c
        kept = self.act.connection.execute(sa.select(own[figure]).where(own.model == number, own.record == self.record)).scalar()
        return None if kept is None else Decimal(kept).scaleb(-4)

    def lookup(self, form: str, match: str, value: Any, result: str) -> Any:
        """A field of the first record of a form whose field has a value."""
        from runtime.records.sources import Rows

        rows = Rows(self.act, form)
        matching = rows.form.by_key[match]
        stored = matching.to_column(value)
        if matching.from_column(stored) != value:
            return None  # the field has fewer decimals
        condition = rows.source.field(match) == stored
        query = rows.select(rows.id).where(condition).order_by(rows.id).limit(1)
        found = self.act.connection.execute(query, {"today": rows.day, "now": rows.micros}).scalar()
        other = None if found is None else RecordValues.of(self.act, form, found)
        return None if other is None else other.field(result)

    def dimension_band(self, key: str) -> int | None:
        raise LookupError(key)


class SubformRow(RecordValues):
    """A row of a sub-form: its own field wins, else the record's."""

    def __init__(self, parent: RecordValues, lines: Mapping[str, Any], row: Mapping[str, Any]):
        super().__init__(parent.act, parent.form, row, parent.record, parent._system, parent._names)
        self.parent, self.lines = parent, lines

    def field(self, key: str) -> Any:
        return self.values.get(key) if key in self.lines else self.parent.field(key)

    def path(self, reference: str, key: str) -> Any:
        first = reference.partition(".")[0]
        if first not in self.lines:
            return self.parent.path(reference, key)
        target = self.values.get(first)
        found = None if target is None else RecordValues.of(self.act, getattr(self.lines[first], "form"), target)
        return None if found is None else found.field(key)

    def related(self, relation: str) -> Iterator[RecordValues]:
        yield from self.parent.related(relation)
