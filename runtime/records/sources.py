"""Sets of records as the formulas' SQL sees them: columns of this form, joins for what lies beside it, subqueries for related rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.definitions.form import Form
from runtime.formulas import Formula, tree
from runtime.formulas.definitions import computed, formula
from runtime.formulas.to_sql import row_writer, to_sql, to_sql_scaled
from runtime.formulas.tree import OWN_ROWS
from runtime.people.rights import looked_up
from runtime.records.population import reached
from runtime.records.tables import FormTables, tables_of
from runtime.system import clock
from runtime.system.sets import among
from runtime.system.tables import person, potential_value, record_team, tag_assignment, tier_history, tier_state

if TYPE_CHECKING:
    from runtime.records.guard import Guard
    from runtime.records.passes import Passes
    from runtime.system.workspace import Act


class RecordSource:
    """Formulas' view of one row of a form: `field(key)` is its column, joined in where it lies in another table.

    With `other_day` computed fields are worked out anew for the as-of day and never read from the side table.
    """

    def __init__(self, rows: Rows, form: Form, table: Any, outer: RecordSource | None = None):
        self.rows, self.form, self.table, self.outer = rows, form, table, outer
        self.built: FormTables = tables_of(rows.catalogue)[form.key]
        self.joined: dict[Any, tuple[Any, ColumnElement[bool]]] = {}
        self.way: tuple[str, ...] = ()
        """The references through which this row is reached: its joins are kept apart from those of the row at their beginning."""

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
        return self._guarded(key, self.as_over_there(key, self.stored(key)))

    def as_over_there(self, key: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """What is shown of another record is blank where that record is not seen with it."""
        source = None if self.rows.guard is None else looked_up(self.rows.catalogue, self.form.key).get(key)
        if source is None:
            return value
        target = self._referenced(source[0])
        visible, there = self.rows.visible(target), target.field(source[2])
        shown = sa.and_(there.is_not(None), *([] if visible is None else [visible]))
        return sa.case((shown, value), else_=sa.null())

    def stored(self, key: str) -> ColumnElement[Any]:
        """A field's value, whoever asks."""
        field_type, place = self.form.by_key[key], self.built.places.get(key)
        if field_type.stores == "rated":
            return self._tier_state(field_type).c.tier
        if place == "calc":
            if self.rows.other_day:
                return self._worked_out(key)
            return self._join("calc", self.built.calc, lambda table: table.c.record == self.id).c[self.built.column(key).name]
        return self.table.c[self.built.column(key).name]

    def _guarded(self, key: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        guard = self.rows.guard
        return value if guard is None else guard.field(self, key, value)

    def path(self, reference: str, key: str) -> ColumnElement[Any]:
        target = self
        for step in reference.split("."):
            target = target._referenced(step)
        value = target.field(key) if key in target.form.by_key else target.system(key)
        visible = self.rows.visible(target)
        return value if visible is None else sa.case((visible, value), else_=sa.null())

    def system(self, name: str) -> ColumnElement[Any]:
        return self.table.c["id" if name == "record" else name]

    def name(self, name: str) -> ColumnElement[Any]:
        return self.rows.names[name]

    def list_contains(self, key: str, option: Any) -> ColumnElement[bool]:
        found = self._contains(key, option)
        return found if self.rows.guard is None else self.rows.guard.holds(self, key, found)

    def list_empty(self, key: str) -> ColumnElement[bool]:
        found = self._empty(key)
        return found if self.rows.guard is None else self.rows.guard.blank(self, key, found)

    def _contains(self, key: str, option: Any) -> ColumnElement[bool]:
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
        many = self.built.several(key).alias()
        return (
            sa.exists()
            .where(many.c.field == self.built.numbers[key], many.c.record == self.id, many.c.value == option)
            .correlate_except(many)
        )

    def _empty(self, key: str) -> ColumnElement[bool]:
        field_type = self.form.by_key[key]
        if field_type.stores == "assigned":
            tags = tag_assignment.alias()
            return ~sa.exists().where(
                tags.c.form == self.form.key,
                tags.c.record == self.id,
                tags.c.tag_set == getattr(field_type, "tag_set"),
                tags.c.removed_at.is_(None),
            ).correlate_except(tags)
        many = self.built.several(key).alias()
        return ~sa.exists().where(many.c.field == self.built.numbers[key], many.c.record == self.id).correlate_except(many)

    def cuts_reached(self, field: str, count: int, value: Any) -> ColumnElement[Any]:
        return reached(self.dialect, self.form.key, field, count, value)

    def tier_at(self, model: str, day: Any) -> ColumnElement[Any]:
        moves, number = tier_history.alias(), self.rows.catalogue.ids.get(("tier_model", model), 0)
        return (
            sa.select(moves.c.tier_to)
            .where(moves.c.model == sa.literal_column(str(number)), moves.c.record == self.id, moves.c.as_of <= day)
            .order_by(moves.c.id.desc())
            .limit(1)
            .correlate_except(moves)
            .scalar_subquery()
        )

    def potential(self, model: str, figure: str) -> ColumnElement[Any]:
        number = self.rows.catalogue.ids.get(("potential", model), 0)
        values = self._join(
            ("potential", number),
            potential_value,
            lambda table: sa.and_(table.c.model == sa.literal_column(str(number)), table.c.record == self.id),
        )
        return values.c[figure]

    def lookup(self, form: str, match: str, value: Any, result: str) -> ColumnElement[Any]:
        """A field of the first record of a form whose field has a value."""
        table = tables_of(self.rows.catalogue)[form].main.alias()
        other = RecordSource(self.rows, self.rows.catalogue.forms[form], table)
        wanted, condition = other.field(result), other.field(match) == value
        return (
            sa.select(wanted)
            .select_from(other.from_clause())
            .where(condition, table.c.deleted_at.is_(None))
            .order_by(table.c.id)
            .limit(1)
            .correlate_except(table, *(alias for alias, _on in other.joined.values()))
            .scalar_subquery()
        )

    def related(self, path: tuple[str, ...]) -> RelatedRows | OwnRows:
        if path == (OWN_ROWS,):
            return OwnRows(self)
        shares = self.rows.together or self.rows.passes is not None
        if not shares or self.outer is not None or self.form.field(path[0]) is not None:
            return RelatedRows(self, path)
        if path not in self.rows.shared:
            self.rows.shared[path] = RelatedRows(self, path, f"rows{len(self.rows.shared)}")
        return self.rows.shared[path]

    def segment(self, key: str) -> ColumnElement[bool]:
        segment = self.rows.catalogue.segments[key]
        with self.rows.in_trust():
            return to_sql(formula(self.rows.catalogue, segment.form, segment.where), self)

    def member_name(self, member: Any) -> ColumnElement[Any]:
        people = person.alias()
        return sa.select(people.c.name).where(people.c.id == member).correlate_except(people).scalar_subquery()

    def in_team(self, role: str | None) -> ColumnElement[bool]:
        """The asking person belongs to the record's team, or is just this in it."""
        own, person = record_team.alias(), self.rows.person
        query = sa.select(own.c.record).where(own.c.person == sa.literal(-1 if person is None else person.id, sa.BigInteger()))
        query = query.where(own.c.form == sa.literal(self.form.key), *([] if role is None else [own.c.role == sa.literal(role)]))
        return self.id.in_(query.correlate_except(own))

    def dimension_band(self, key: str) -> ColumnElement[Any]:
        return self.rows.bands[key]

    # -- joins ------------------------------------------------------------------------------------------------------------------
    def _join(self, what: Any, table: Any, on: Any) -> Any:
        key = (self.way, what)
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
        field_type = self._pointer(reference)
        target = self.rows.catalogue.forms[getattr(field_type, "form")]
        main = tables_of(self.rows.catalogue)[target.key].main
        pointer = self.field(reference)
        alias = self._join(("reference", reference), main, lambda table: sa.and_(table.c.id == pointer, table.c.deleted_at.is_(None)))
        memo = self.rows.referenced
        if id(alias) not in memo:
            memo[id(alias)] = RecordSource(self.rows, target, alias, self.outer)
            memo[id(alias)].joined = self.joined  # its own joins belong to the same FROM
            memo[id(alias)].way = (*self.way, reference)
        return memo[id(alias)]

    def _pointer(self, reference: str) -> Any:
        return self.form.by_key[reference]

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
        if self.rows.passes is not None and self is self.rows.source:
            clause = self.rows.passes.joined(clause, self.id)
        for related in self.rows.shared.values() if self is self.rows.source else ():
            if related.columns:
                grouped = related.grouped()
                one = self.rows.of == "id"
                clause = clause.join(grouped, sa.true()) if one else clause.outerjoin(grouped, grouped.c.of == self.id)
        return clause


class LineSource(RecordSource):
    """A row of a sub-form: its own field wins, else the record's to which it belongs."""

    def __init__(self, rows: Rows, form: Form, subform: str, table: Any, parent: RecordSource):
        super().__init__(rows, form, table, parent.outer)
        self.subform, self.parent = subform, parent
        self.joined, self.way = parent.joined, (*parent.way, subform)

    def field(self, key: str) -> ColumnElement[Any]:
        path = f"{self.subform}.{key}"
        if path in self.built.columns:
            return self.parent._guarded(self.subform, self.table.c[self.built.column(path).name])
        return self.parent.field(key)

    def list_contains(self, key: str, option: Any) -> ColumnElement[bool]:
        """Several values of a row stand in its one column, one a line; those of the record are the record's."""
        if f"{self.subform}.{key}" not in self.built.columns:
            return self.parent.list_contains(key, option)
        line = sa.literal("\n")
        position = sa.func.instr if self.rows.act.connection.dialect.name == "sqlite" else sa.func.strpos
        found = position(line.concat(self.field(key)).concat(line), line.concat(option).concat(line))
        return sa.func.coalesce(found, 0) > 0

    def list_empty(self, key: str) -> ColumnElement[bool]:
        return self.field(key).is_(None) if f"{self.subform}.{key}" in self.built.columns else self.parent.list_empty(key)

    def path(self, reference: str, key: str) -> ColumnElement[Any]:
        if reference.partition(".")[0] in self.form.by_key[self.subform].lines():
            return super().path(reference, key)
        return self.parent.path(reference, key)

    def _pointer(self, reference: str) -> Any:
        return self.form.by_key[self.subform].lines()[reference]

    def in_team(self, role: str | None) -> ColumnElement[bool]:
        return self.parent.in_team(role)

    def system(self, name: str) -> ColumnElement[Any]:
        if name == "id":
            return self.table.c.position  # the rows of one record in their order
        return self.parent.system(name)


class RelatedRows:
    """The rows of a relation of one record, for aggregates. `source` is the view of such a row, `levels` those of each step of the path.

    With a `name` the aggregates that do not speak of the record itself are worked out together, in one pass grouped by record.
    """

    def __init__(self, outer: RecordSource, path: tuple[str, ...], name: str | None = None):
        self.outer, self.path, self.name = outer, path, name
        self.columns: list[ColumnElement[Any]] = []
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
        if other.places[reference] == "links":
            links = other.several(reference).alias()
            self.tables.append((links, links.c.value == above.id))
            self.conditions.append(links.c.field == other.numbers[reference])
            self.tables.append((table, table.c.id == links.c.record))
        else:
            self.tables.append((table, table.c[other.column(reference).name] == above.id))
        self.conditions.append(table.c.deleted_at.is_(None))
        source = RecordSource(rows, rows.catalogue.forms[other_key], table, above)
        if not first:
            source.joined, source.way = above.joined, (*above.way, step)
        visible = rows.visible(source)
        if visible is not None:
            self.conditions.append(visible)
        return source

    @property
    def passes(self) -> Passes | None:
        return self.outer.rows.passes

    @property
    def by_conditions(self) -> bool:
        """Whether aggregates with the same conditions are kept together, apart from others."""
        return self.passes is not None

    def _query(self, *columns: Any) -> Any:
        """SELECT … FROM the related rows of the outer record; what belongs to the outer record stays outside."""
        (table, on_first), *rest = self.tables
        clause, inside = self._joined(table, [table], rest)
        return sa.select(*columns).select_from(clause).where(on_first, *self.conditions).correlate_except(*inside)

    def _joined(self, clause: Any, inside: list[Any], rest: Sequence[Any]) -> tuple[Any, list[Any]]:
        """(the tables joined, all of them) with whatever lies beside their rows."""
        for other, on in rest:
            clause = clause.join(other, on)
            inside.append(other)
        for source in self.levels:
            for alias, on in source.joined.values():
                if alias not in inside:
                    clause = clause.outerjoin(alias, on)
                    inside.append(alias)
        return clause, inside

    def beside(self, nodes: Sequence[tree.Node]) -> sa.Select[Any]:
        """Each row beside its outer record: the record's id and the values of the nodes, by record and in the order of the rows."""
        writer = row_writer(self)
        columns = [writer.write(each) for each in nodes]
        clause, __ = self._joined(self.outer.from_clause(), [], self.tables)
        order = [self.outer.id, *[each.system("id") for each in self.levels]]
        return sa.select(self.outer.id, *columns).select_from(clause).where(*self.conditions).order_by(*order)

    def aggregate(
        self, value: ColumnElement[Any], conditions: Sequence[ColumnElement[bool]], correlated: bool = False
    ) -> ColumnElement[Any]:
        """One value over the related rows that satisfy the conditions."""
        if self.name is not None and self.passes is not None and not correlated:
            found = self.passes.column(self, value, conditions)
            return self._query(value).where(*conditions).scalar_subquery() if found is None else found
        if self.name is None or conditions or correlated:
            return self._query(value).where(*conditions).scalar_subquery()
        self.columns.append(value)
        return sa.literal_column(f"{self.name}.c{len(self.columns)}", value.type)

    def records(self, conditions: Sequence[ColumnElement[bool]]) -> sa.Select[Any]:
        """The ids of the outer records that have related rows which meet the conditions."""
        (table, on_first), *rest = self.tables
        clause, __ = self._joined(table, [table], rest)
        return sa.select(on_first.left).select_from(clause).where(*self.conditions, *conditions).distinct()

    def grouped(self) -> sa.Subquery:
        """The aggregates worked out together, by the record that they belong to (`of`), for those the statement asks for; of one record they
        are one row without it."""
        (table, on_first), *rest = self.tables
        clause, __ = self._joined(table, [table], rest)
        columns = [value.label(f"c{number}") for number, value in enumerate(self.columns, 1)]
        of = on_first.left
        conditions = self.conditions if self.outer.rows.of == "all" else [self.outer.rows.asked(of), *self.conditions]
        if self.outer.rows.of == "id":
            return sa.select(*columns).select_from(clause).where(*conditions).subquery(self.name)
        return sa.select(of.label("of"), *columns).select_from(clause).where(*conditions).group_by(of).subquery(self.name)

    def by_record(self, values: Sequence[ColumnElement[Any]], conditions: Sequence[ColumnElement[bool]]) -> sa.Select[Any]:
        """Aggregates over the rows that meet the conditions, by the record that they belong to: of all records that have any."""
        (table, on_first), *rest = self.tables
        clause, __ = self._joined(table, [table], rest)
        of = on_first.left
        return sa.select(of, *values).select_from(clause).where(of.is_not(None), *self.conditions, *conditions).group_by(of)

    def first(
        self,
        value: ColumnElement[Any],
        order: Sequence[ColumnElement[Any]],
        conditions: Sequence[ColumnElement[bool]],
        correlated: bool = False,
    ) -> ColumnElement[Any]:
        """The value of the first row in an order; equal ones by record id."""
        return self._query(value).where(*conditions).order_by(*order).limit(1).scalar_subquery()

    def listed(self, columns: Sequence[ColumnElement[Any]], conditions: Sequence[ColumnElement[bool]]) -> sa.Select[Any]:
        """Some columns of the related rows that meet the conditions, for aggregates that need a statement of their own."""
        return self._query(*columns).where(*conditions)

    def nobody(self) -> ColumnElement[bool]:
        """The outer record has no such row."""
        if self.name is None or self.passes is not None:
            seen_none = [] if self.name is None or self.passes is None else self.passes.without(self)
            return sa.and_(*seen_none, sa.not_(self.exists()))
        return sa.func.coalesce(self.aggregate(sa.func.count(), ()), sa.literal_column("0")) == sa.literal_column("0")

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
        return self.listed([value], conditions).order_by(*order).limit(1).scalar_subquery()

    def listed(self, columns: Sequence[Any], conditions: Sequence[ColumnElement[bool]]) -> sa.Select[Any]:
        visible = self.source.rows.visible(self.source)
        return sa.select(*columns).where(*conditions, *([] if visible is None else [visible]))


class Rows:
    """The living records of a form as a set. Build expressions with `source`, then `select` them: the joins they need come along.

    `of`: the statement asks for the records among its parameter `ids`, for the one of its parameter `id`, for those above its parameter `low`
    and up to `high`, or for all. `together`: aggregates over the same rows are then worked out in one pass, which is quicker where there are
    several.
    """

    def __init__(
        self,
        act: Act,
        form: str,
        as_of: date | None = None,
        names: dict[str, Any] | None = None,
        guard: Guard | None = None,
        of: Literal["ids", "id", "between", "all"] = "ids",
        together: bool = False,
        passes: Passes | None = None,
    ):
        """`passes`: aggregates over the same rows under the same conditions are worked out before the statement, where that is worth it."""
        self.passes = passes
        self.guard, self.of, self.together = guard, of, together
        self.shared: dict[tuple[str, ...], RelatedRows] = {}
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

    def asked(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """A column belongs to the records that the statement asks for."""
        if self.of == "between":
            low, high = (sa.bindparam(name, type_=sa.BigInteger()) for name in ("low", "high"))
            return sa.and_(column > low, column <= high)
        return column == sa.bindparam("id", type_=sa.BigInteger()) if self.of == "id" else among(column)

    def visible(self, source: RecordSource) -> ColumnElement[bool] | None:
        """The condition under which the asking person sees a row at all; None: every row is seen."""
        return None if self.guard is None else self.guard.visible(source)

    @contextmanager
    def in_trust(self) -> Iterator[None]:
        """While it lasts, what is built asks nobody's rights: for what definitions say."""
        guard, self.guard = self.guard, None
        try:
            yield
        finally:
            self.guard = guard

    def condition(self, wanted: Formula) -> ColumnElement[bool]:
        return to_sql(wanted, self.source)

    def stored(self, wanted: Formula) -> ColumnElement[Any]:
        """A formula's value as a column keeps it: truth as 0 or 1."""
        value = to_sql(wanted, self.source)
        if wanted.type.kind == "boolean":
            return sa.case((value, sa.literal_column("1")), else_=sa.literal_column("0"))
        return value

    def select(self, *columns: Any, deleted: bool = False) -> sa.Select[Any]:
        visible = self.visible(self.source)
        query = sa.select(*columns).select_from(self.source.from_clause())
        if visible is not None:
            query = query.where(visible)
        if deleted:
            return query.where(self.table.c.deleted_at.is_not(None))
        return query.where(self.table.c.deleted_at.is_(None))
