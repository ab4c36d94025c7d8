"""Records of any form that a step looks for: a condition about them in which `this.FIELD` is the record that fired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.given import record_names
from runtime.automation.steps._base import STEP_FORMULAS
from runtime.definitions.model import FormulaUse
from runtime.definitions.step import Names
from runtime.definitions.types import Type
from runtime.errors import FormulaProblems, Problem
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.formulas.stored_values import keeper
from runtime.people.rights import VIEW
from runtime.records import query
from runtime.records.guard import reads_whole
from runtime.records.rows import Record
from runtime.records.values import RecordValues
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

PERSON = frozenset({"person"})
TEXTS = ("text", "choice")
SYSTEM_NAMES = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


def names_about(form: str | None, names: Names, catalogue: Catalogue) -> Names:
    """What a condition about other records may use beside their fields: `this.FIELD` and the names of the run, but for lists."""
    own = record_names("this", form, catalogue) if form is not None else {}
    return {name: kind for name, kind in {**names, **own}.items() if kind.kind != "list"}


def condition_use(path: str, where: str, target: str, form: str | None, names: Names, catalogue: Catalogue) -> FormulaUse:
    return FormulaUse(path, where, target, None, ("boolean",), names_about(form, names, catalogue), PERSON)


def condition_problems(
    path: str, where: str | None, target: str, form: str | None, names: Names, catalogue: Catalogue
) -> Iterator[Problem]:
    """That the database cannot answer it. Whatever else is wrong with it is said where all formulas are checked."""
    if where is None or target not in catalogue.forms:
        return
    try:
        asked = formula(catalogue, target, where, names_about(form, names, catalogue), PERSON, expect=("boolean",))
    except FormulaProblems:
        return
    if not asked.sql:
        yield Problem(path, query.NOT_SQL)


def order_problems(path: str, order: tuple[str, ...], target: str, catalogue: Catalogue) -> Iterator[Problem]:
    known = catalogue.forms.get(target)
    for number, wanted in enumerate(order):
        key = wanted.lstrip("-")
        field = known.field(key) if known is not None else None
        if known is None or key in ("id", "created_at", "updated_at"):
            continue
        if field is None:
            yield Problem(f"{path}/{number}", _("This form has no field with the key {key}.", key=key))
        elif field.stores in ("rows", "many", "assigned", "nothing"):
            yield Problem(f"{path}/{number}", _("The list cannot be sorted by {key}.", key=key))


def found(doing: Doing, target: str, where: str | None, order: tuple[str, ...], limit: int) -> list[int]:
    """The records that the owner sees and for which the condition holds."""
    names = names_about(doing.form if doing.record_id is not None else None, doing.names, doing.act.catalogue)
    if where is None:
        return query.matching(doing.act, target, None, {}, order, limit)
    asked = formula(doing.act.catalogue, target, where, names, PERSON, expect=("boolean",))
    values = {name: as_column(value_of(doing, name), names[name]) for name in asked.uses.names}
    return query.matching(doing.act, target, asked, values, order, limit)


def about(doing: Doing, text: str, record: Record) -> Any:
    """What a formula gives that reads another record than the one that fired, which it calls `this`."""
    catalogue, form = doing.act.catalogue, record.form.key
    asked = formula(
        catalogue, form, text, names_about(doing.form if doing.record_id is not None else None, doing.names, catalogue), STEP_FORMULAS
    )
    if not reads_whole(doing.act, form, asked, record.id):
        raise doing.kept_back(asked.text)
    system = {name: getattr(record, name) for name in SYSTEM_NAMES}
    names = {name: value_of(doing, name) for name in asked.uses.names}
    return evaluate(asked, RecordValues(doing.act, record.form, record.values, record.id, system, names))


def value_of(doing: Doing, name: str) -> Any:
    """The value of a name in such a condition. What the owner may not read of the record that fired is refused."""
    if name != "this" and not name.startswith("this."):
        if not doing.sees_named(name):
            raise doing.kept_back(name)
        return doing.given[name]
    field = name.partition(".")[2]
    rights = doing.act.person.rights
    if field and rights is not None and field in doing.record.form.by_key and rights.level(doing.form, field, doing.record_id) < VIEW:
        raise doing.kept_back(name)
    return doing.values.field(field) if field else doing.needed_record()


def as_column(value: Any, kind: Type) -> Any:
    """A value as columns of its kind hold it."""
    column: Any = sa.Text() if kind.kind in TEXTS else sa.BigInteger()
    if value is None:
        return sa.cast(sa.null(), column)
    if isinstance(value, int):  # yes or no, people, records and their numbers
        return sa.literal(int(value) * 10**kind.scale, column)
    return sa.literal(keeper(kind)(value), column)
