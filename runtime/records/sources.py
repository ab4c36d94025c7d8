"""Sets of records as the formulas' SQL sees them: columns of this form, joins for what lies beside it, subqueries for related rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.definitions.form import Form
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, formula
from runtime.formulas.to_sql import to_sql, to_sql_scaled
from runtime.formulas.tree import OWN_ROWS
from runtime.records.tables import FormTables, tables_of
from runtime.system import clock
from runtime.system.tables import tag_assignment, tier_state

if TYPE_CHECKING:
    from runtime.system.workspace import Act


class RecordSource:
    """Formulas' view of one row of a form: `field(key)` is its column, joined in where it lies in another table.

    With `other_day` computed fields are worked out anew for the as-of day and never read from the side table.
    """

    def __init__(self, rows: Rows, form: Form, table: Any, outer: RecordSource | None = None):
        self.rows, self.form, self.table, self.outer = rows, form, table, outer
        self.built: FormTables = tables_of(rows.catalogue)[form.key]
        self.joined: dict[Any, tuple[Any, ColumnElement[bool]]] = {}
        self._inside: set[str] = set()

    # -- what the formulas ask ------------------------------------------------------------------------------------------------
    @property
    def dialect(self) -> str:
        return self.rows.dialect.name

    @property
    def today(self) -> ColumnElement[Any]:
        return sa.bindparam("today", self.rows.day, type_=sa.BigInteger())

    @property
    def now(self) -> ColumnElement[Any]:
        return sa.bindparam("now", self.rows.micros, type_=sa.BigInteger())

    @property
    def today_value(self) -> date:
        return self.rows.today

    @property
    def as_of(self) -> bool:
        return self.rows.other_day

    @property
    def person(self) -> Any:
        return self.rows.person

    @property
    def zone(self) -> ZoneInfo:
        return self.rows.act.zone

    @property
    def id(self) -> ColumnElement[Any]:
        return self.table.c.id

    def field(self, key: str) -> ColumnElement[Any]:
        field_type, place = self.form.by_key[key], self.built.places.get(key)
        if field_type.stores == "rated":
            return self._tier_state(field_type).c.tier
        if place == "calc":
            if self.rows.other_day:
                return self._worked_out(key)
            return self._join("calc", self.built.calc, lambda table: table.c.record == self.id).c[self.built.column(key).name]
        return self.table.c[self.built.column(key).name]

    def path(self, reference: str, key: str) -> ColumnElement[Any]:
        target = self
        for step in reference.split("."):
            target = target._referenced(step)
        return target.field(key) if key in target.form.by_key else target.system(key)

    def system(self, name: str) -> ColumnElement[Any]:
        return self.table.c["id" if name == "record" else name]

    def name(self, name: str) -> ColumnElement[Any]:
        return self.rows.names[name]

    def list_contains(self, key: str, option: Any) -> ColumnElement[bool]:
        field_type = self.form.by_key[key]
        if field_type.stores == "assigned":
            tags = tag_assignment.alias()
            return (
                sa.exists()
                .where(
                    tags.c.form == self.form.key,
                    tags.c.record == self.id,
                    tags.c.tag_set == getattr(field_type, "tag_set"),
                    tags.c.tag == option,
                    tags.c.removed_at.is_(None),
                )
                .correlate_except(tags)
            )
        assert self.built.many is not None
        many = self.built.many.alias()
        return (
            sa.exists()
            .where(many.c.field == self.built.numbers[key], many.c.record == self.id, many.c.value == option)
            .correlate_except(many)
        )

    def list_empty(self, key: str) -> ColumnElement[bool]:
        field_type = self.form.by_key[key]
        if field_type.stores == "assigned":
            tags = tag_assignment.alias()
            return ~sa.exists().where(
                tags.c.form == self.form.key,
                tags.c.record == self.id,
                tags.c.tag_set == getattr(field_type, "tag_set"),
                tags.c.removed_at.is_(None),
            ).correlate_except(tags)
        assert self.built.many is not None
        many = self.built.many.alias()
        return ~sa.exists().where(many.c.field == self.built.numbers[key], many.c.record == self.id).correlate_except(many)

    def cuts(self, field: str, count: int) -> Any:
        return None

    def related(self, path: tuple[str, ...]) -> RelatedRows | OwnRows:
        return OwnRows(self) if path == (OWN_ROWS,) else RelatedRows(self, path)

    def segment(self, key: str) -> ColumnElement[bool]:
        segment = self.rows.catalogue.segments[key]
        return to_sql(formula(self.rows.catalogue, segment.form, segment.where), self)

    def dimension_band(self, key: str) -> ColumnElement[Any]:
        return self.rows.bands[key]

    # -- joins ------------------------------------------------------------------------------------------------------------------
    def _join(self, key: Any, table: Any, on: Any) -> Any:
        if key not in self.joined:
            alias = table.alias()
            self.joined[key] = (alias, on(alias))
        return self.joined[key][0]

    def _tier_state(self, field_type: Any) -> Any:
        model = self.rows.catalogue.ids.get(("tier_model", field_type.tier_model), 0)
        return self._join(
            ("tier", model), tier_state, lambda table: sa.and_(table.c.model == sa.literal_column(str(model)), table.c.record == self.id)
        )

    def _referenced(self, reference: str) -> RecordSource:
        field_type = self.form.by_key[reference]
        target = self.rows.catalogue.forms[getattr(field_type, "form")]
        main = tables_of(self.rows.catalogue)[target.key].main
        pointer = self.field(reference)
        alias = self._join(("reference", reference), main, lambda table: sa.and_(table.c.id == pointer, table.c.deleted_at.is_(None)))
        memo = self.rows.referenced
        if id(alias) not in memo:
            memo[id(alias)] = RecordSource(self.rows, target, alias, self.outer)
            memo[id(alias)].joined = self.joined  # its own joins belong to the same FROM
            memo[id(alias)]._prefix = ("through", reference)  # type: ignore[attr-defined]
        return memo[id(alias)]

    def _worked_out(self, key: str) -> ColumnElement[Any]:
        wanted = computed(self.rows.catalogue, self.form)[key]
        field_type = self.form.by_key[key]
        if wanted.type.kind in ("number", "money"):
            return to_sql_scaled(wanted, self, field_type.formula_type().scale)
        return to_sql(wanted, self)

    def from_clause(self) -> Any:
        clause = self.table
        for alias, on in self.joined.values():
            clause = clause.outerjoin(alias, on)
        return clause


class LineSource(RecordSource):
    """A row of a sub-form: its own field wins, else the record's to which it belongs."""

    def __init__(self, rows: Rows, form: Form, subform: str, table: Any, parent: RecordSource):
        super().__init__(rows, form, table, parent.outer)
        self.subform, self.parent = subform, parent
        self.joined = parent.joined

    def field(self, key: str) -> ColumnElement[Any]:
        path = f"{self.subform}.{key}"
        if path in self.built.columns:
            return self.table.c[self.built.column(path).name]
        return self.parent.field(key)

    def system(self, name: str) -> ColumnElement[Any]:
        if name == "id":
            return self.table.c.position  # the rows of one record in their order
        return self.parent.system(name)


class RelatedRows:
    """The rows of a relation of one record, for aggregates. `source` is the view of such a row, `levels` those of each step of the path."""

    def __init__(self, outer: RecordSource, path: tuple[str, ...]):
        self.outer, self.path = outer, path
        self.levels: list[RecordSource] = []
        self.tables: list[Any] = []
        self.conditions: list[ColumnElement[bool]] = []
        above = outer
        for number, step in enumerate(path):
            above = self._step(above, step, first=number == 0)
            self.levels.append(above)
        self.source = above

    def level(self, path: tuple[str, ...]) -> RecordSource:
        """The view of the rows at a shorter path: ("orders",) within ("orders", "items")."""
        return self.levels[len(path) - 1]

    def _step(self, above: RecordSource, step: str, first: bool) -> RecordSource:
        rows = above.rows
        own = above.form.field(step)
        if own is not None:
            table = above.built.rows[step].alias()
            self.tables.append((table, table.c.record == above.id))
            if first:
                source = LineSource(rows, above.form, step, table, RecordSource(rows, above.form, above.table, above))
                source.parent.joined = source.joined = {}
                source.parent.field = above.field  # type: ignore[method-assign]
                return source
            return LineSource(rows, above.form, step, table, above)
        other_key, reference = rows.catalogue.relations_to(above.form.key)[step]
        other = tables_of(rows.catalogue)[other_key]
        table = other.main.alias()
        self.tables.append((table, table.c[other.column(reference).name] == above.id))
        self.conditions.append(table.c.deleted_at.is_(None))
        source = RecordSource(rows, rows.catalogue.forms[other_key], table, above)
        if not first:
            source.joined = above.joined
        return source

    def _query(self, *columns: Any) -> Any:
        """SELECT … FROM the related rows of the outer record; what belongs to the outer record stays outside."""
        (table, on_first), *rest = self.tables
        clause = table
        inside = [table]
        for other, on in rest:
            clause = clause.join(other, on)
            inside.append(other)
        for source in self.levels:
            for alias, on in source.joined.values():
                if alias not in inside:
                    clause = clause.outerjoin(alias, on)
                    inside.append(alias)
        return sa.select(*columns).select_from(clause).where(on_first, *self.conditions).correlate_except(*inside)

    def aggregate(
        self, value: ColumnElement[Any], conditions: Sequence[ColumnElement[bool]], correlated: bool = False
    ) -> ColumnElement[Any]:
        """One value over the related rows that satisfy the conditions."""
        return self._query(value).where(*conditions).scalar_subquery()

    def first(
        self,
        value: ColumnElement[Any],
        order: Sequence[ColumnElement[Any]],
        conditions: Sequence[ColumnElement[bool]],
        correlated: bool = False,
    ) -> ColumnElement[Any]:
        """The value of the first row in an order; equal ones by record id."""
        return self._query(value).where(*conditions).order_by(*order).limit(1).scalar_subquery()

    def exists(self, conditions: Sequence[ColumnElement[bool]] = ()) -> ColumnElement[bool]:
        return self._query(sa.literal_column("1")).where(*conditions).exists()


class OwnRows:
    """The form's own records as the rows of an aggregate, grouped or not: for dashboards."""

    def __init__(self, source: RecordSource):
        self.source = source

    def level(self, path: tuple[str, ...]) -> RecordSource:
        return self.source

    def aggregate(self, value: Any, conditions: Sequence[ColumnElement[bool]], correlated: bool = False) -> ColumnElement[Any]:
        return value.filter(*conditions) if conditions else value

    def first(
        self, value: ColumnElement[Any], order: Sequence[ColumnElement[Any]], conditions: Sequence[ColumnElement[bool]]
    ) -> ColumnElement[Any]:
        """The value of the first of the records that meet the conditions."""
        return sa.select(value).where(*conditions).order_by(*order).limit(1).scalar_subquery()


class Rows:
    """The living records of a form as a set. Build expressions with `source`, then `select` them: the joins they need come along."""

    def __init__(self, act: Act, form: str, as_of: date | None = None, names: dict[str, Any] | None = None):
        self.act, self.catalogue = act, act.catalogue
        self.dialect, self.person, self.micros = act.connection.dialect, act.person, act.micros
        self.today = as_of or act.today
        self.other_day = as_of is not None and as_of != act.today
        self.day = clock.to_day(self.today)
        self.names: dict[str, Any] = names or {}
        self.bands: dict[str, ColumnElement[Any]] = {}
        self.referenced: dict[int, RecordSource] = {}
        self.form = self.catalogue.forms[form]
        self.built = tables_of(self.catalogue)[form]
        self.table = self.built.main
        self.source = RecordSource(self, self.form, self.table)

    @property
    def id(self) -> ColumnElement[Any]:
        return self.table.c.id

    def condition(self, wanted: Formula) -> ColumnElement[bool]:
        return to_sql(wanted, self.source)

    def stored(self, wanted: Formula) -> ColumnElement[Any]:
        """A formula's value as a column keeps it: truth as 0 or 1."""
        value = to_sql(wanted, self.source)
        if wanted.type.kind == "boolean":
            return sa.case((value, sa.literal_column("1")), else_=sa.literal_column("0"))
        return value

    def select(self, *columns: Any, deleted: bool = False) -> sa.Select[Any]:
        query = sa.select(*columns).select_from(self.source.from_clause())
        if deleted:
            return query.where(self.table.c.deleted_at.is_not(None))
        return query.where(self.table.c.deleted_at.is_(None))
