"""The gate as SQL and as values: which rows a person's own questions may touch, which fields they read, what is left of a record.

Everything a person asks (lists, filters, sorting, search, groups, formulas of their own) is built over guarded sources: rows that no set
of theirs shows are not there, and a field reads as blank on rows where no set shows it. What the definitions ask (computed fields, tags,
tiers, conditions of the sets themselves) is built in trust.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.definitions.field_type import FieldType
from runtime.errors import Problem, Refused
from runtime.formulas import Formula
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.formulas.tree import Call, Path, literal_value, walk
from runtime.people.rights import HIDDEN, VIEW, Grant, Rights, level_in, looked_up
from runtime.people.shares import shares_of
from runtime.records.rows import Record
from runtime.records.sources import RecordSource, Rows
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.system.tables import record_share
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act

PERSON = frozenset({"person"})
UNGUARDED = frozenset({"LOOKUP", "PERCENT_RANK", "POTENTIAL", "QUANTILE_BAND", "TIER_AT"})
"""Functions that read more than the record and its relations."""
KEPT = 1_000
SIGNS = " -_.,+/()@&·、，。（）"


def bind(act: Act, person: Person) -> Person:
    """The person with what they may do in this act."""
    if person.is_builder or not person.active:
        return person
    bound = replace(person, shares=shares_of(act.connection, person))
    return replace(bound, rights=Rights(bound, act.catalogue, lambda form, grants, ids: _holding(act, bound, form, grants, ids)))


def condition(act: Act, form: str, grant: Grant) -> Formula:
    assert grant.rows is not None
    return formula(act.catalogue, form, grant.rows, allow=PERSON, expect=("boolean",))


def holds(source: RecordSource, grant: Grant) -> ColumnElement[bool]:
    """That a record is among those of a limited grant, whoever asks."""
    if grant.shared is None:
        with source.rows.in_trust():
            return to_sql(condition(source.rows.act, source.form.key, grant), source)
    own = record_share.alias()
    shared = sa.select(own.c.record).where(
        own.c.share == sa.literal_column(str(grant.shared)), sa.or_(own.c.until.is_(None), own.c.until >= source.today)
    )
    return source.id.in_(shared.correlate_except(own))


def _holding(act: Act, person: Person, form: str, grants: tuple[Grant, ...], ids: list[int]) -> dict[int, frozenset[str]]:
    """For each of the records the keys of the grants whose rows it is among; records in the trash too."""
    kept: OrderedDict[Any, Prepared] = act.catalogue.memo.setdefault("holding", OrderedDict())
    key = (form, tuple((each.rows, each.shared) for each in grants), person, act.day)  # windows of days are written into statements
    if key not in kept:
        rows = Rows(act, form)
        rows.person = person  # who asks is not always who acts: the conditions are about this one
        held = [sa.case((holds(rows.source, each), 1), else_=0) for each in grants]
        query = sa.select(rows.id, *held).select_from(rows.source.from_clause()).where(among(rows.id))
        kept[key] = Prepared(query, act.connection.dialect)
        while len(kept) > KEPT:
            kept.popitem(last=False)
    found = kept[key].all(act.connection, {"ids": ids, "today": act.day, "now": act.micros})
    return {row[0]: frozenset(each.key for each, holds in zip(grants, row[1:], strict=True) if holds) for row in found}


class Guard:
    """What the asking person may see, for the sources of one set of rows."""

    def __init__(self, rights: Rights, action: str = "view"):
        self.rights, self.action = rights, action

    def visible(self, source: RecordSource) -> ColumnElement[bool] | None:
        """The condition under which a row is there at all; None: every row is."""
        return self._any(source, self._viewing(source))

    def field(self, source: RecordSource, key: str, value: Any) -> Any:
        """A field's value where a set shows it, blank elsewhere."""
        shown = self._shown(source, key)
        return value if shown is None else sa.case((shown, value), else_=sa.null())

    def holds(self, source: RecordSource, key: str, truth: ColumnElement[bool]) -> ColumnElement[bool]:
        """Something said of a field, where a set shows the field."""
        shown = self._shown(source, key)
        return truth if shown is None else sa.and_(shown, truth)

    def blank(self, source: RecordSource, key: str, truth: ColumnElement[bool]) -> ColumnElement[bool]:
        """That a field is blank; one that is not shown counts as blank."""
        shown = self._shown(source, key)
        return truth if shown is None else sa.or_(sa.not_(shown), truth)

    def _shown(self, source: RecordSource, key: str) -> ColumnElement[bool] | None:
        viewing = self._viewing(source)
        showing = [each for each in viewing if each.level(key) >= VIEW]
        return None if len(showing) == len(viewing) and viewing else self._any(source, showing)

    def _viewing(self, source: RecordSource) -> list[Grant]:
        """By the sets of the action where it was asked for: beside the records of the form itself only what may be seen matters."""
        return self.rights.viewing(source.form.key, self.action if source is source.rows.source else "view")

    def _any(self, source: RecordSource, grants: list[Grant]) -> ColumnElement[bool] | None:
        if any(each.rows is None for each in grants):
            return None
        return sa.or_(sa.false(), *[holds(source, each) for each in grants])


def guard_of(act: Act, action: str = "view") -> Guard | None:
    """For the sources of what the act's person asks; None for those who may see everything."""
    return None if act.person.rights is None else Guard(act.person.rights, action)


def sees_all_of(act: Act, form: str, keys: Iterable[str]) -> bool:
    """Whether the person sees every record of a form with these fields whole."""
    rights = act.person.rights
    if rights is None:
        return True
    viewing = rights.viewing(form)
    return rights.sees_all(form) and all(each.level(key) >= VIEW for each in viewing for key in keys)


def seen_ids(act: Act, form: str, *keys: str) -> sa.Select[Any] | None:
    """The records, those in the trash too, that the person sees with these fields; None: all of them. For figures over other tables."""
    if sees_all_of(act, form, keys):
        return None
    rows = Rows(act, form, guard=guard_of(act))
    assert rows.guard is not None
    visible = rows.visible(rows.source)
    holding = [rows.guard.holds(rows.source, key, sa.true()) for key in keys]
    conditions = [each for each in (visible, *holding) if each is not None]
    return sa.select(rows.id).select_from(rows.source.from_clause()).where(*conditions)


def reads_whole(act: Act, form: str, asked: Formula, record: int | None = None) -> bool:
    """Whether the person sees everything that a formula reads: its fields (of this record), and of other records all it may come across.

    For formulas that are worked out value by value, where nothing can be left out on the way.
    """
    rights = act.person.rights
    if rights is None:
        return True
    uses = asked.uses
    subforms = {each.subform for each in uses.relations if each.subform is not None and each.form == form}
    own = [key for key in (*uses.fields, *uses.parent, *subforms, *fields_before(asked)) if key in _fields_of(act, form)]
    beside = [(each.form, key) for each in uses.relations if each.form != form or each.subform is None for key in ("", *each.fields)]
    ends = [(place, key) for place, key in path_ends(act, form, asked) if place != form or key not in own]
    return (
        reads_beyond(act, form, asked)
        and all(rights.level(form, key, record) >= VIEW for key in own)
        and all(sees_all_of(act, place, [key] if key in _fields_of(act, place) else []) for place, key in (*beside, *ends))
    )


def reads_beyond(act: Act, form: str, asked: Formula) -> bool:
    """Whether the person sees all that the functions read which go beyond the record and its relations."""
    for node in walk(asked.tree):
        if not isinstance(node, Call) or node.function not in UNGUARDED:
            continue
        if node.function == "LOOKUP":
            place, match, result = (str(literal_value(node.arguments[number])) for number in (0, 1, 3))
            if place not in act.catalogue.forms or not sees_all_of(act, place, [match, result]):
                return False
        elif not sees_all_of(act, form, [each.key for each in act.catalogue.forms[form].fields]):
            return False
    return True


def fields_before(asked: Formula) -> list[str]:
    """The fields of which a formula asks what stood there before the change."""
    return [name.removeprefix("previous.") for name in asked.uses.names if name.startswith("previous.")]


def path_ends(act: Act, form: str, asked: Formula) -> set[tuple[str, str]]:
    """(form, field) of each reference that a formula follows, and of the field that it reads at the end."""
    found = set()
    places = {each.path: (each.form, each.subform) for each in asked.uses.relations}
    for node in walk(asked.tree):
        if not isinstance(node, Path):
            continue
        here, subform = places[node.relation] if node.relation else (form, None)
        lines = act.catalogue.forms[here].by_key[subform].lines() if subform is not None else {}
        for step in node.reference.split("."):
            found.add((here, str(subform) if step in lines else step))
            here = getattr(lines.get(step) or act.catalogue.forms[here].by_key[step], "form")
            lines = {}
        found.add((here, node.key))
    return found


def sees_titles(act: Act, form: str) -> bool:
    return sees_all_of(act, form, [act.catalogue.forms[form].title])


def require_readable(act: Act, form: str, asked: Formula) -> None:
    """Refuses a person's own formula that uses a field they see on no record at all."""
    rights = act.person.rights
    if rights is None:
        return
    used = {(form, key) for key in (*asked.uses.fields, *asked.uses.parent, *fields_before(asked))} | path_ends(act, form, asked)
    used |= {(each.form, key) for each in asked.uses.relations if each.subform is None for key in each.fields}
    used |= {(each.form, each.subform) for each in asked.uses.relations if each.subform is not None}
    if asked.uses.functions & UNGUARDED or any(rights.level(*each) < VIEW for each in used if each[1] in _fields_of(act, each[0])):
        raise Refused(
            [Problem("filter", _("This formula uses something that you may not see. Ask somebody who builds in this workspace."))]
        )


def _fields_of(act: Act, form: str) -> Any:
    return act.catalogue.forms[form].by_key if form in act.catalogue.forms else ()


# -- searching ------------------------------------------------------------------------------------------------------------------------
def searchable(rows: Rows) -> list[str]:
    """The fields whose values can be searched for."""
    return [each.key for each in rows.form.fields if type(each).search_text is not FieldType.search_text]


def searches_all(rows: Rows) -> bool:
    viewing = rows.act.person.rights.viewing(rows.form.key)
    return all(each.level(key) >= VIEW for each in viewing for key in searchable(rows))


def search(rows: Rows, wanted: str) -> ColumnElement[bool]:
    """Part of a value that the person may see: what the index finds, which knows nothing of fields, is looked at again with this."""
    position = sa.func.instr if rows.act.connection.dialect.name == "sqlite" else sa.func.strpos
    value = sa.bindparam("wanted", type_=sa.Text())
    seen = [
        key for key in searchable(rows) if rows.built.places.get(key) == "main" and rows.act.person.rights.level(rows.form.key, key) >= VIEW
    ]
    found = [position(_plain(rows.source.field(key)), value) > 0 for key in seen]
    return sa.or_(sa.false(), *found)


def _plain(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text as the index has it, as far as the database can: small letters, without the usual signs."""
    found: ColumnElement[Any] = sa.func.lower(sa.cast(value, sa.Text))
    for sign in SIGNS:
        found = sa.func.replace(found, sa.literal_column(f"'{sign}'"), sa.literal_column("''"))
    return found


# -- what is left of a record ---------------------------------------------------------------------------------------------------------
def seen_as(act: Act, record: Record) -> Record:
    """The record as the act's person may see it: what is kept from them is taken out."""
    rights = act.person.rights
    if rights is not None:
        veil(rights, record, rights.held(record.form.key, record.id))
    return record


def veil(rights: Rights, record: Record, held: frozenset[str], action: str = "view", asked: bool = False) -> None:
    """Takes out of a record what the person may not see; of a masked value only its mask stays. `held`: the grants that hold for it.

    `asked`: the statement that read it has looked at the records whose fields it shows.
    """
    form = record.form
    viewing = rights.viewing(form.key, action)
    sources = {} if asked else looked_up(rights.catalogue, form.key)
    elsewhere = {key: _over_there(rights, record, source) for key, source in sources.items()}
    for key in list(record.values):
        level = min(level_in(viewing, key, held), elsewhere.get(key, VIEW))
        if level >= VIEW:
            continue
        value, field_type = record.values.pop(key), form.by_key.get(key)
        if level > HIDDEN and field_type is not None and not field_type.is_blank(value):
            record.masked[key] = field_type.masked(value)
        if field_type is not None and field_type.stores == "rated":
            record.score, record.provisional, record.grace_until = None, False, None


def _over_there(rights: Rights, record: Record, source: tuple[str, str, str]) -> int:
    """How much the person sees of a field that comes from another record, over there; a record that shows it whole limits nothing."""
    reference, form, field = source
    target = record.values.get(reference)
    return VIEW if target is None else min(VIEW, rights.level(form, field, target))
