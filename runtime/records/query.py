"""Reading records: one, a page of a list, counts and grouped figures. Every reader asks the gate first."""

from __future__ import annotations

import base64
import binascii
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.definitions.form import Form
from runtime.definitions.model import SYSTEM_FIELDS
from runtime.errors import FormulaProblem, FormulaProblems, NotAllowed, NotFound, Problem, Refused
from runtime.formulas import Formula
from runtime.formulas.arithmetic import too_large
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.people.may import may, require, sees
from runtime.records import guard
from runtime.records.rows import Record, read_record, read_records
from runtime.records.search import normalise, query_grams
from runtime.records.sources import Rows
from runtime.records.streaming import passes_limits
from runtime.records.tables import FormTables, tables_of
from runtime.system import clock
from runtime.system.prepared import Prepared, prepared
from runtime.system.sets import among
from runtime.system.tables import person, record_change, tag_assignment, tier_history
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST = 200
KEPT_PAGES = 300
COUNTED = 10_000
PERSON = frozenset({"person"})


@dataclass
class Page:
    """Records of a list, with the names of what they point at. `next` is the cursor of the following page, or None."""

    form: Form
    columns: list[str]
    records: list[Record]
    next: str | None
    titles: dict[tuple[str, int], str] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Narrow:
    """What narrows a page beside formulas, and what it says of its records.

    `lane`: a field and the value that it must have, None for blank. `only`: among these records. `marks`: formulas of the person; of each
    record is told which is the first that holds.
    """

    lane: tuple[str, Any] | None = None
    only: tuple[int, ...] | None = None
    marks: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[Any, ...]:
        """What of it is part of the statement; the rest are values."""
        return (self.lane and (self.lane[0], self.lane[1] is None), self.only is not None, self.marks)


WIDE = Narrow()


def get(act: Act, form: str, record: int, deleted: bool = False) -> Record:
    """One record; NotFound when there is none, when it is in the trash (unless `deleted`) or when the person may not see it."""
    found = read_record(act, form, record) if form in act.catalogue.forms else None
    if found is None or (found.deleted_at is not None and not deleted) or not may(act.person, "view", form, record):
        raise NotFound(_("This record does not exist, or it is in the trash."))
    if act.person.rights is not None:
        guard.veil(act.person.rights, found, act.person.rights.held(form, record))
    return found


def default_columns(act: Act, form: Form) -> list[str]:
    """What a list shows when nobody has chosen: the title first, then tier and tags, then the rest as far as it fits."""
    wanted = [form.title] if form.title in form.by_key else []
    for kind in ("rated", "assigned"):
        wanted += [each.key for each in form.fields if each.stores == kind]
    wanted += [
        each.key
        for each in form.fields
        if each.key not in wanted and each.stores in ("column", "computed", "many") and each.type != "long_text"
    ]
    return [key for key in wanted if sees(act.person, form.key, key)][:9]


def page(
    act: Act,
    form: str,
    filter: str | None = None,
    search: str | None = None,
    sort: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    limit: int = 50,
    cursor: str | None = None,
    deleted: bool = False,
    also: Sequence[str] = (),
    trusted: Sequence[str] = (),
    action: str = "view",
    narrow: Narrow = WIDE,
) -> Page:
    """A page of living records (of the trash with `deleted`) in an order that is total: the sort keys, blanks last, then the record's id.

    `filter`, `also` and `trusted` are formulas that must all hold; those in `trusted` come from definitions and may ask what the person
    may not see. `search` is any part of a searchable value. `action`: view or export, by whose sets it is decided what there is to read.
    At most four statements whatever the columns.
    """
    if form not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=form))
    require(act.person, action, form)
    definition = act.catalogue.forms[form]
    shown = [
        key
        for key in (columns if columns is not None else default_columns(act, definition))
        if key in definition.by_key or key in SYSTEM_FIELDS
    ]
    limit = max(1, min(limit, MOST))
    filters = tuple(each for each in (filter, *also) if each)
    wanted = normalise(search) if search and search.strip() else None
    after = _read_cursor(cursor, max(len(sort), 1)) if cursor else None
    made = _page_statement(act, definition, tuple(shown), filters, tuple(trusted), wanted, tuple(sort), after, deleted, action, narrow)
    values = {
        "today": act.day,
        "now": act.micros,
        "most_rows": limit + 1,
        **_search_values(act, wanted),
        **{f"after_{place}": value for place, value in enumerate(after or ()) if value is not None},
        **_narrow_values(definition, narrow),
    }
    with _within_limits(act):
        found = made.statement.all(act.connection, values)
    records = _records(definition, made, found[:limit])
    result = Page(definition, shown, records, None)
    if len(found) > limit:
        last = found[limit - 1]
        result.next = _write_cursor([*last[len(last) - made.keys :], last[0]])
    _add_lists(act, definition, shown, records)
    if act.person.rights is not None:
        _veil(act.person.rights, definition, records, action)
    _add_names(act, definition, shown, result)
    return result


@dataclass(frozen=True)
class PageStatement:
    """The statement of a page: after the system columns come the fields in `reads`, each with what makes its value, if `rated` the state of
    the tier, for each of `grants` whether it holds, then as many sort keys as `keys`."""

    statement: Prepared
    reads: tuple[tuple[str, Any], ...]
    rated: bool
    grants: tuple[str, ...]
    keys: int
    marked: bool = False


def _page_statement(
    act: Act,
    form: Form,
    shown: tuple[str, ...],
    filters: tuple[str, ...],
    trusted: tuple[str, ...],
    wanted: str | None,
    sort: tuple[str, ...],
    after: list[Any] | None,
    deleted: bool,
    action: str,
    narrow: Narrow,
) -> PageStatement:
    """Built once for each kind of wish: people leaf through the same few lists, and building costs more than running."""
    kept = act.catalogue.memo.setdefault("pages", OrderedDict())
    shape = None if after is None else tuple(each is None for each in after)
    asked = [_asked(act, form.key, text, allow=PERSON, expect=("boolean",)) for text in filters]
    said = [_said(act, form.key, text, allow=PERSON, expect=("boolean",)) for text in trusted]
    asker = act.person if act.person.rights is not None or any(each.uses.person for each in (*asked, *said)) else None
    key = (
        form.key,
        shown,
        filters,
        trusted,
        None if wanted is None else min(len(wanted), 2),
        sort,
        shape,
        deleted,
        action,
        act.day,
        asker,
        narrow.shape,
    )
    if key not in kept:
        while len(kept) >= KEPT_PAGES:
            kept.popitem(last=False)
        kept[key] = _build_page(act, form, shown, asked, said, wanted, sort, after, deleted, action, narrow)
    kept.move_to_end(key)
    return kept[key]


def _build_page(
    act: Act,
    form: Form,
    shown: tuple[str, ...],
    asked: list[Any],
    said: list[Any],
    wanted: str | None,
    sort: tuple[str, ...],
    after: list[Any] | None,
    deleted: bool,
    action: str,
    narrow: Narrow,
) -> PageStatement:
    rows = visible_rows(act, form.key, action)
    order = _order(act, form, rows, sort)
    read = [key for key in shown if key in form.by_key and form.by_key[key].stores not in ("rows", "many", "assigned")]
    picked: list[ColumnElement[Any]] = [
        rows.source.as_over_there(key, rows.source.stored(key)) for key in read
    ]  # what may not be seen is taken out afterwards
    rated = _tier_columns(form, rows, read)
    grants = _grant_columns(act, form, rows)
    holding = [to_sql(each, rows.source) for each in asked]
    with rows.in_trust():
        holding += [to_sql(each, rows.source) for each in said]
    if wanted is not None:
        holding.append(_search(act, rows, wanted))
    if after is not None:
        holding.append(_after(order, rows.id, after))
    if narrow.lane is not None:
        holding.append(_in_lane(act, form, rows, narrow.lane[0], narrow.lane[1] is None))
    if narrow.only is not None:
        holding.append(among(rows.id, name="only"))
    marks = [to_sql(_asked(act, form.key, text, allow=PERSON, expect=("boolean",)), rows.source) for text in narrow.marks]
    mark = [sa.case(*[(condition, number) for number, condition in enumerate(marks)], else_=None)] if marks else []
    query = rows.select(
        *[rows.table.c[name] for name in ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at")],
        *picked,
        *rated,
        *grants.values(),
        *mark,
        *[expression for expression, _down in order],
        deleted=deleted,
    ).where(*holding)
    query = query.order_by(*_ordering(order), rows.id).limit(sa.bindparam("most_rows", type_=sa.Integer()))
    reads = tuple((key, form.by_key[key].loader()) for key in read)
    return PageStatement(Prepared(query, act.connection.dialect), reads, bool(rated), tuple(grants), len(order), bool(mark))


def count(
    act: Act,
    form: str,
    filter: str | None = None,
    search: str | None = None,
    most: int | None = COUNTED,
    also: Sequence[str] = (),
    deleted: bool = False,
    trusted: Sequence[str] = (),
    action: str = "view",
) -> int:
    """How many records there are, counted no further than `most` + 1 (None: exactly). `action`: view or export."""
    require(act.person, action, form)
    rows = visible_rows(act, form, action)
    conditions = _conditions(act, form, rows, [filter, *also], search, trusted)
    query = rows.select(rows.id, deleted=deleted).where(*conditions)
    if most is not None:
        query = query.limit(most + 1)
    with _within_limits(act):
        return act.connection.execute(sa.select(sa.func.count()).select_from(query.subquery()), _values(act, search)).scalar() or 0


def ids(
    act: Act,
    form: str,
    filter: str | None = None,
    search: str | None = None,
    limit: int = 100_000,
    also: Sequence[str] = (),
    trusted: Sequence[str] = (),
) -> list[int]:
    """The ids of all records that satisfy the conditions, in id order."""
    require(act.person, "view", form)
    rows = visible_rows(act, form)
    conditions = _conditions(act, form, rows, [filter, *also], search, trusted)
    with _within_limits(act):
        return list(
            act.connection.execute(rows.select(rows.id).where(*conditions).order_by(rows.id).limit(limit), _values(act, search)).scalars()
        )


def matching(act: Act, form: str, condition: Formula | None, names: dict[str, Any], sort: Sequence[str] = (), limit: int = 1) -> list[int]:
    """The ids of the records, as far as the person sees them, for which a checked condition holds whose extra names have these values
    (as expressions), in an order."""
    require(act.person, "view", form)
    rows = Rows(act, form, names=names, guard=guard.guard_of(act))
    if condition is not None:
        guard.require_readable(act, form, condition)
    holding = [] if condition is None else [to_sql(require_sql(condition), rows.source)]
    order = _order(act, act.catalogue.forms[form], rows, sort or ["id"])
    query = rows.select(rows.id).where(*holding).order_by(*_ordering(order), rows.id).limit(limit)
    with _within_limits(act):
        return list(act.connection.execute(query, _values(act, None)).scalars())


def whole(act: Act, form: str, ids: list[int]) -> list[Record]:
    """Records that the person has been found to see, with all their values but for what is kept from them."""
    found = read_records(act, form, ids)
    if act.person.rights is not None:
        act.person.rights.know(form, ids)
        for each in found:
            guard.veil(act.person.rights, each, act.person.rights.held(form, each.id))
    return found


def related(act: Act, form: str, reference: str, record: int, limit: int = 20) -> tuple[list[Record], int]:
    """The records of a form that point at a record, newest by the form's date first, as far as the person sees them; and how many there are."""
    require(act.person, "view", form)
    rows, definition = visible_rows(act, form), act.catalogue.forms[form]
    dated = rows.built.places.get(definition.event_date or "") == "main"
    pointing = rows.select(rows.id).where(_points(rows, reference, record))
    newest = [rows.source.field(str(definition.event_date)).desc().nulls_last()] if dated else []
    found = act.connection.execute(pointing.order_by(*newest, rows.id.desc()).limit(limit), _values(act, None)).scalars()
    records = whole(act, form, list(found))
    count = act.connection.execute(sa.select(sa.func.count()).select_from(pointing.subquery()), _values(act, None)).scalar() or 0
    return records, count


def _points(rows: Any, reference: str, record: int) -> Any:
    """The condition that the records' field names a record, as far as the person sees that field."""
    if rows.built.places[reference] == "links":
        return rows.source.list_contains(reference, record)
    return rows.source.field(reference) == record


def aggregate(
    act: Act, form: str, by: Sequence[str] = (), measures: Sequence[str] = ("COUNT(record)",), filter: str | None = None, limit: int = 1_000
) -> list[dict[str, Any]]:
    """Grouped figures: one dictionary a group with the keys of `by` and the texts of `measures`; values as Python values, blank groups last."""
    require(act.person, "view", form)
    definition = act.catalogue.forms[form]
    rows = visible_rows(act, form)
    for key in by:
        if key not in definition.by_key or not may(act.person, "view", form, None, key):
            raise Refused([Problem("by", _("This form has no field with the key {key}.", key=key))])
        if definition.by_key[key].stores in ("rows", "many", "assigned"):
            raise Refused([Problem("by", _("A field with several values cannot be grouped by."))])
    groups = [rows.source.field(key) for key in by]
    figures = [_asked(act, form, text, own_rows=True) for text in measures]
    values = [to_sql(each, rows.source) for each in figures]
    conditions = _conditions(act, form, rows, [filter], None)
    query = rows.select(*groups, *values).where(*conditions)
    if groups:
        query = query.group_by(*groups).order_by(*[each.is_(None) for each in groups], *groups).limit(limit)
    found = []
    with _within_limits(act):
        groups_found = act.connection.execute(query, _values(act, None)).all()
    for row in groups_found:
        item: dict[str, Any] = {
            key: None if value is None else definition.by_key[key].from_column(value) for key, value in zip(by, row, strict=False)
        }
        for text, figure, value in zip(measures, figures, row[len(by) :], strict=True):
            item[text] = from_sql(figure.type, value)
        found.append(item)
    return found


def from_sql(type: Any, value: Any) -> Any:
    """A formula's value as SQL gives it, as a Python value."""
    if value is None:
        return None
    if type.kind in ("number", "money"):
        return Decimal(int(value)).scaleb(-type.scale)
    if type.kind == "date":
        return clock.from_day(value)
    if type.kind == "datetime":
        return clock.from_micros(value)
    return bool(value) if type.kind == "boolean" else value


def _values(act: Act, search: str | None) -> dict[str, Any]:
    return {"today": act.day, "now": act.micros, **_search_values(act, normalise(search) if search and search.strip() else None)}


# -- what a formula of a person may ask of the database ------------------------------------------------------------------------------
def _asked(act: Act, form: str, text: str, **more: Any) -> Formula:
    """A person's own formula, which uses only what they may see. Raises FormulaProblems or Refused."""
    found = _said(act, form, text, **more)
    guard.require_readable(act, form, found)
    return found


def may_ask(act: Act, form: str, condition: str) -> bool:
    """Whether the person of the act sees all that a condition reads, and the database can answer it."""
    try:
        _asked(act, form, condition, allow=PERSON, expect=("boolean",))
    except (FormulaProblems, Refused, NotAllowed):
        return False
    return True


def _said(act: Act, form: str, text: str, **more: Any) -> Formula:
    """A formula that the database can answer for all records at once. Raises FormulaProblems."""
    return require_sql(formula(act.catalogue, form, text, **more))


def require_sql(found: Formula) -> Formula:
    """Refuses a formula that the database cannot answer for all records at once. Raises FormulaProblems."""
    if not found.sql:
        raise FormulaProblems([FormulaProblem(NOT_SQL, 0, max(1, len(found.text)))])
    return found


NOT_SQL = _("This cannot be asked of all records at once. Make a formula field of a part of it and ask for that field.")


@contextmanager
def _within_limits(act: Act) -> Iterator[None]:
    """Raises CannotCompute where a number or a day passes the limits of the database."""
    try:
        yield
    except (sa.exc.DBAPIError, act.connection.dialect.loaded_dbapi.Error) as error:
        if not passes_limits(getattr(error, "orig", error)):
            raise
        raise too_large() from error


# -- conditions and order -----------------------------------------------------------------------------------------------------------
def visible_rows(act: Act, form: str, action: str = "view") -> Rows:
    """The records of a form as far as the person may see them."""
    return Rows(act, form, guard=guard.guard_of(act, action))


def _conditions(
    act: Act, form: str, rows: Rows, filters: Iterable[str | None], search: str | None, trusted: Sequence[str] = ()
) -> list[ColumnElement[bool]]:
    found = [to_sql(_asked(act, form, text, allow=PERSON, expect=("boolean",)), rows.source) for text in filters if text]
    with rows.in_trust():
        found += [to_sql(_said(act, form, text, allow=PERSON, expect=("boolean",)), rows.source) for text in trusted]
    if search and search.strip():
        found.append(_search(act, rows, normalise(search)))
    return found


def _search(act: Act, rows: Rows, wanted: str) -> ColumnElement[bool]:
    """Part of a searchable value; `wanted` is normalised. Its values are given when the statement runs, see `_search_values`."""
    main, name = rows.built.main, rows.built.search.name
    if not wanted:
        return sa.false()
    seen = guard.search(rows, wanted) if rows.guard is not None and not guard.searches_all(rows) else sa.true()
    sqlite = act.connection.dialect.name == "sqlite"
    contains = (sa.func.instr if sqlite else sa.func.strpos)(main.c.search, sa.bindparam("wanted", type_=sa.Text())) > 0
    if len(wanted) == 1:
        return sa.and_(contains, seen)
    hits = (
        f"{main.name}.id IN (SELECT rowid FROM {name} WHERE {name} MATCH :grams)"
        if sqlite
        else f"{main.name}.id IN (SELECT record FROM {name} WHERE grams @> CAST(:grams AS text[]))"
    )
    return sa.and_(sa.text(hits), contains, seen)


def _search_values(act: Act, wanted: str | None) -> dict[str, Any]:
    if not wanted:
        return {}
    found = query_grams(wanted)
    return {"wanted": wanted, "grams": " AND ".join(f'"{each}"' for each in found) if act.connection.dialect.name == "sqlite" else found}


def _order(act: Act, form: Form, rows: Rows, sort: Sequence[str]) -> list[tuple[ColumnElement[Any], bool]]:
    """(expression, descending) of each sort key."""
    found: list[tuple[ColumnElement[Any], bool]] = []
    for wanted in sort:
        key, down = wanted.lstrip("-"), wanted.startswith("-")
        if key in ("id", "created_at", "updated_at"):
            found.append((rows.table.c[key], down))
            continue
        field_type = form.by_key.get(key)
        if field_type is None or field_type.stores in ("rows", "many", "assigned") or not may(act.person, "view", form.key, None, key):
            raise Refused([Problem("sort", _("The list cannot be sorted by {key}.", key=key))])
        expression = rows.source._guarded(key, _tier_rank(rows, field_type)) if field_type.stores == "rated" else rows.source.field(key)
        found.append((_collated(act, expression, field_type), down))
    if not sort:
        found.append((rows.id, True))
    return found


def _in_lane(act: Act, form: Form, rows: Rows, key: str, blank: bool) -> ColumnElement[bool]:
    """That a field has the value `lane` of the statement, or none."""
    value = group_value(act, form, rows, key)
    return value.is_(None) if blank else value == sa.bindparam("lane", type_=value.type)


def group_value(act: Act, form: Form, rows: Rows, key: str) -> ColumnElement[Any]:
    """A field to group by. Raises Refused for one that has several values or that the person may not see."""
    field_type = form.by_key.get(key)
    if field_type is None or not may(act.person, "view", form.key, None, key):
        raise Refused([Problem("by", _("This form has no field with the key {key}.", key=key))])
    if field_type.stores in ("rows", "many", "assigned", "nothing"):
        raise Refused([Problem("by", _("A field with several values cannot be grouped by."))])
    return rows.source.field(key)


def _narrow_values(form: Form, narrow: Narrow) -> dict[str, Any]:
    lane = narrow.lane
    found: dict[str, Any] = {"lane": form.by_key[lane[0]].to_column(lane[1])} if lane is not None and lane[1] is not None else {}
    return found if narrow.only is None else {**found, "only": list(narrow.only)}


def tally(
    act: Act, form: str, by: str, search: str | None = None, also: Sequence[str] = (), trusted: Sequence[str] = ()
) -> list[tuple[Any, int]]:
    """How many records of a list have each value of a field, in one statement; None for blank."""
    require(act.person, "view", form)
    definition, rows = act.catalogue.forms[form], visible_rows(act, form)
    value = group_value(act, definition, rows, by)
    query = rows.select(value.label("value"), sa.func.count()).where(*_conditions(act, form, rows, also, search, trusted)).group_by(value)
    with _within_limits(act):
        found = act.connection.execute(query, _values(act, search)).all()
    read = definition.by_key[by].from_column
    return [(None if stored is None else read(stored), number) for stored, number in found]


def first_by_day(
    act: Act, form: str, on: str, each: int, search: str | None = None, also: Sequence[str] = (), trusted: Sequence[str] = ()
) -> list[tuple[int, int, int, int]]:
    """(month, day, record, how many records that day has): of each day the first `each` records. `also` must bound it to less than a year."""
    require(act.person, "view", form)
    definition, rows = act.catalogue.forms[form], visible_rows(act, form)
    group_value(act, definition, rows, on)
    conditions = _conditions(act, form, rows, also, search, trusted)
    month, day = (to_sql(_asked(act, form, f"{part}({on})"), rows.source) for part in ("MONTH", "DAY"))
    inside = (
        rows.select(month.label("month"), day.label("day"), rows.id.label("record"), rows.source.field(on).label("at"))
        .where(*conditions)
        .subquery()
    )
    same_day = [inside.c.month, inside.c.day]
    place = sa.func.row_number().over(partition_by=same_day, order_by=[inside.c.at, inside.c.record]).label("place")
    counted = sa.select(
        inside.c.month, inside.c.day, inside.c.record, sa.func.count().over(partition_by=same_day).label("count"), place
    ).subquery()
    first = sa.select(counted).where(counted.c.place <= each).order_by(counted.c.month, counted.c.day, counted.c.place)
    with _within_limits(act):
        found = act.connection.execute(first, _values(act, search)).all()
    return [(int(row.month), int(row.day), row.record, row.count) for row in found]


def _tier_rank(rows: Rows, field_type: Any) -> ColumnElement[Any]:
    return rows.source._tier_state(field_type).c.rank


def _collated(act: Act, expression: ColumnElement[Any], field_type: Any) -> ColumnElement[Any]:
    if act.connection.dialect.name == "postgresql" and isinstance(
        field_type.column_type() if field_type.stores != "rated" else None, sa.Text
    ):
        return sa.collate(expression, "C")
    return expression


def _ordering(order: list[tuple[ColumnElement[Any], bool]]) -> list[Any]:
    found: list[Any] = []
    for expression, down in order:
        found += [expression.desc().nulls_last() if down else expression.asc().nulls_last()]
    return found


def _after(order: list[tuple[ColumnElement[Any], bool]], record: ColumnElement[Any], cursor: list[Any]) -> ColumnElement[bool]:
    """The rows that come after the cursor's: lexicographic, blanks last, ties by id."""
    condition: ColumnElement[bool] = record > sa.bindparam(f"after_{len(order)}", type_=sa.BigInteger())
    for place, (expression, down) in reversed(list(enumerate(order))):
        if cursor[place] is None:
            condition = sa.and_(expression.is_(None), condition)
            continue
        value = sa.bindparam(f"after_{place}", type_=expression.type)
        beyond = expression < value if down else expression > value
        condition = sa.or_(beyond, expression.is_(None), sa.and_(expression == value, condition))
    return condition


def _write_cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False, default=str).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, keys: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != keys + 1
        or not all(each is None or isinstance(each, str) or (isinstance(each, int) and abs(each) < 2**63) for each in values)
        or not isinstance(values[-1], int)
    ):
        raise Refused([Problem("cursor", _("This page address is not valid any more. Start again at the first page."))])
    return values


# -- rows of a page -------------------------------------------------------------------------------------------------------------------
TIER_COLUMNS = 3
"""Score, provisional, until when there is grace."""


def _tier_columns(form: Form, rows: Rows, read: list[str]) -> list[ColumnElement[Any]]:
    for key in read:
        if form.by_key[key].stores == "rated":
            state = rows.source._tier_state(form.by_key[key])
            return [state.c.score, state.c.provisional, state.c.grace_until]
    return []


def _grant_columns(act: Act, form: Form, rows: Rows) -> dict[str, ColumnElement[Any]]:
    """Which of the person's sets hold for a record, where that is not the same for all that are found."""
    grants = act.person.rights.grants(form.key) if act.person.rights is not None else ()
    if len(grants) < 2:
        return {}
    return {each.key: sa.case((guard.holds(rows.source, each), 1), else_=0) for each in grants if each.rows is not None}


def _veil(rights: Any, form: Form, records: list[Record], action: str) -> None:
    """Takes out of the records what the person may not see, and remembers which sets hold for each."""
    grants = rights.grants(form.key)
    for record in records:
        held = record.held if len(grants) > 1 else frozenset(each.key for each in grants)
        rights.remember(form.key, record.id, held)
        guard.veil(rights, record, rights.held(form.key, record.id), action, asked=True)


def _records(form: Form, made: PageStatement, found: list[tuple[Any, ...]]) -> list[Record]:
    """The records of a page from its rows: the system columns, the values, the state of the tier, which sets hold."""
    records, first = [], 7 + len(made.reads)
    for row in found:
        record = Record(form, *row[:7])
        record.values = {
            name: stored if read is None or stored is None else read(stored)
            for (name, read), stored in zip(made.reads, row[7:first], strict=True)
        }
        if made.rated:
            record.score, provisional, until = row[first : first + TIER_COLUMNS]
            record.provisional = provisional == 1
            if until is not None:
                record.grace_until = clock.from_day(until)
        if made.grants:
            held = row[first + (TIER_COLUMNS if made.rated else 0) :]
            record.held = frozenset(key for key, holds in zip(made.grants, held, strict=False) if holds)
        if made.marked:
            record.mark = row[first + (TIER_COLUMNS if made.rated else 0) + len(made.grants)]
        records.append(record)
    return records


def _add_lists(act: Act, form: Form, shown: list[str], records: list[Record]) -> None:
    """Tags and fields of several values, in one statement."""
    keys = tuple(key for key in shown if key in form.by_key and form.by_key[key].stores in ("assigned", "many"))
    if not keys or not records:
        return
    by_id, places = {record.id: record for record in records}, tables_of(act.catalogue)[form.key].places
    numbers = {key for key in keys if places.get(key) == "links"}
    for record in records:
        record.values.update(dict.fromkeys(keys, ()))
    statement = prepared(act.catalogue.memo, ("lists", form.key, keys), act.connection.dialect, lambda: _lists_select(act, form, keys))
    for key, record, value, _place in sorted(
        statement.all(act.connection, {"ids": list(by_id)}), key=lambda each: (each[0], each[1], each[3])
    ):
        by_id[record].values[key] = (*by_id[record].values[key], int(value) if key in numbers else value)


def _lists_select(act: Act, form: Form, keys: tuple[str, ...]) -> Any:
    built, parts = tables_of(act.catalogue)[form.key], []
    for key in keys:
        field_type = form.by_key[key]
        name = sa.literal(key).label("key")
        if field_type.stores == "assigned":
            tags = tag_assignment.c
            parts.append(
                sa.select(name, tags.record, tags.tag.label("value"), tags.id.label("place")).where(
                    tags.form == form.key, tags.tag_set == getattr(field_type, "tag_set"), tags.removed_at.is_(None), among(tags.record)
                )
            )
        else:
            many = built.several(key).c
            value = many.value if built.places[key] == "many" else sa.cast(many.value, sa.Text).label("value")
            parts.append(
                sa.select(name, many.record, value, sa.cast(many.position, sa.BigInteger).label("place")).where(
                    many.field == built.numbers[key], among(many.record)
                )
            )
    return sa.union_all(*parts)


def _add_names(act: Act, form: Form, shown: list[str], result: Page) -> None:
    pointed: dict[str, set[int]] = {}
    people = {
        each
        for record in result.records
        for name, each in (("created_by", record.created_by), ("updated_by", record.updated_by))
        if name in shown and each
    }
    for key in shown:
        field_type = form.by_key.get(key)
        if field_type is None or not field_type.names_others:
            continue
        for each in result.records:
            if each.values.get(key) is not None:
                people.update(field_type.people(each.values[key]))
                for target, named in field_type.records(each.values[key]):
                    pointed.setdefault(target, set()).add(named)
    result.titles = titles(act, pointed)
    result.people = people_names(act, people)


def titles(act: Act, wanted: dict[str, set[int]]) -> dict[tuple[str, int], str]:
    """What records are called, by (form, id), in one statement. A title that is no text is written plainly; a blank one is the record's number."""
    asked = {
        form: sorted(records)
        for form, records in sorted(wanted.items())
        if records and form in tables_of(act.catalogue) and may(act.person, "view", form)
    }
    limited = [form for form in asked if not guard.sees_titles(act, form)]
    found = {key: text for form in limited for key, text in _guarded_titles(act, form, asked.pop(form)).items()}
    return {**found, **_titles(act, asked)}


def _guarded_titles(act: Act, form: str, records: list[int]) -> dict[tuple[str, int], str]:
    """The titles that the person may see; the others are numbers."""
    rows = visible_rows(act, form)
    definition = act.catalogue.forms[form]
    title = rows.source.field(definition.title) if rows.built.places.get(definition.title) == "main" else sa.null()
    query = rows.select(rows.id, sa.cast(title, sa.Text)).where(among(rows.id, records))
    found = {record: title_text(definition, stored) for record, stored in act.connection.execute(query, _values(act, None))}
    return {(form, record): found.get(record) or f"#{record}" for record in records}


def _titles(act: Act, asked: dict[str, list[int]]) -> dict[tuple[str, int], str]:
    if not asked:
        return {}
    names = {form: f"ids_{number}" for number, form in enumerate(asked)}
    statement = prepared(
        act.catalogue.memo,
        ("titles", tuple(asked)),
        act.connection.dialect,
        lambda: sa.union_all(*[_titles_select(act, form, name) for form, name in names.items()]),
    )
    rows = statement.all(act.connection, {names[form]: records for form, records in asked.items()})
    return {(form, record): title_text(act.catalogue.forms[form], stored) or f"#{record}" for form, record, stored in rows}


def _titles_select(act: Act, form: str, name: str) -> Any:
    built = tables_of(act.catalogue)[form]
    return sa.select(sa.literal(form).label("form"), built.main.c.id, title_column(built)).where(among(built.main.c.id, name=name))


def title_column(built: FormTables) -> Any:
    """The title as text, for `title_text`."""
    return sa.cast(built.columns[built.form.title] if built.places.get(built.form.title) == "main" else sa.null(), sa.Text)


def title_text(form: Form, stored: str | None) -> str:
    """The text of a title as it is stored."""
    field_type = form.by_key.get(form.title)
    if stored is None or field_type is None:
        return ""
    kind = field_type.formula_type().kind
    if kind in ("text", "choice"):
        return stored
    value = field_type.from_column(int(stored))
    return value.strftime("%Y-%m-%d %H:%M") if kind == "datetime" else str(value)


def people_names(act: Act, wanted: Iterable[int]) -> dict[int, str]:
    found = set(wanted)
    if not found:
        return {}
    statement = prepared(
        act.catalogue.memo, "people names", act.connection.dialect, lambda: sa.select(person.c.id, person.c.name).where(among(person.c.id))
    )
    return dict(statement.all(act.connection, {"ids": sorted(found)}))


# -- what happened to a record ------------------------------------------------------------------------------------------------------
def history(act: Act, form: str, record: int, limit: int = 50, before: int | None = None) -> list[sa.Row[Any]]:
    """Changes of a record, newest first: rows of `record_change`."""
    get(act, form, record, deleted=True)
    query = (
        sa.select(record_change)
        .where(record_change.c.form == form, record_change.c.record == record)
        .order_by(record_change.c.id.desc())
        .limit(limit)
    )
    return list(act.connection.execute(query if before is None else query.where(record_change.c.id < before)).all())


def tier_moves(act: Act, form: str, record: int, limit: int = 50) -> list[sa.Row[Any]]:
    """Moves of a record between tiers, newest first: rows of `tier_history` of the form's model."""
    model = act.catalogue.model_of(form)
    if model is None:
        return []
    number = act.catalogue.ids["tier_model", model.key]
    return list(
        act.connection.execute(
            sa.select(tier_history)
            .where(tier_history.c.model == number, tier_history.c.record == record)
            .order_by(tier_history.c.id.desc())
            .limit(limit)
        ).all()
    )
