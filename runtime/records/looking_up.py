"""Who looks a record up: LOOKUP finds records by a value instead of a reference, TEXTUSER people by their number. When what they find
changes, the records whose stored formulas ask for it are found by the same value, by one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.model import Definition, FormulaUse
from runtime.errors import FormulaProblems, Problem
from runtime.formulas import Formula, tree
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.definitions import of_use
from runtime.formulas.to_sql import row_writer, to_sql
from runtime.formulas.types import NUMERIC
from runtime.formulas.uses import Uses
from runtime.records.graph import KINDS, formulas_kept
from runtime.records.sources import RelatedRows, Rows
from runtime.records.streaming import attempted, may_pass_limits
from runtime.records.tables import tables_of
from runtime.system.prepared import prepared
from runtime.system.sets import among
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.records.changes import Changes
    from runtime.system.workspace import Act

PEOPLE, NAME = "@people", "name"
"""They stand where a form and its field are named."""
AT_ONCE = 5_000
Meets = Callable[[Any], Any]


@dataclass(frozen=True)
class Seeker:
    """A value by which records of `form` look others up. `name` stands for it among the names that their formulas read. `found`: the form
    of what is looked up, `match`: its field that is compared, `results`: its fields that are read."""

    form: str
    value: tree.Node
    found: str
    match: str = ""
    results: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"@{self.found}.{self.match}"

    @property
    def relation(self) -> tuple[str, ...]:
        """The related rows to which the value belongs."""
        return max((getattr(each, "relation", ()) for each in tree.walk(self.value)), key=len)


def seekers_in(form: str, wanted: Formula) -> Iterator[Seeker]:
    """What a formula about a form looks up."""
    for call in tree.walk(wanted.tree):
        if not isinstance(call, tree.Call):
            continue
        if call.function == "TEXTUSER":
            yield Seeker(form, call.arguments[0], PEOPLE, results=frozenset({NAME}))
        elif call.function == "LOOKUP":
            found, match, result = (str(tree.literal_value(call.arguments[number])) for number in (0, 1, 3))
            yield Seeker(form, call.arguments[2], found, match, frozenset({match, result}))


def seekers(catalogue: Catalogue) -> dict[str, list[Seeker]]:
    """Form of what is looked up → who looks it up in stored formulas. Raises FormulaProblems."""
    if "seekers" not in catalogue.memo:
        found: dict[str, list[Seeker]] = {}
        for uses in formulas_kept(catalogue).values():
            for use in uses:
                for each in seekers_in(str(use.form), of_use(catalogue, use)) if use.form in catalogue.forms else ():
                    if each not in found.setdefault(each.found, []):
                        found[each.found].append(each)
        catalogue.memo["seekers"] = found
    return catalogue.memo["seekers"]


def looked_up_by(catalogue: Catalogue, form: str) -> frozenset[str]:
    """The fields of a form by which its records are looked up: their former values have to be known."""
    return frozenset(each.match for each in seekers(catalogue).get(form, ()))


def seeking(act: Act, seeker: Seeker, changes: Changes, ids: Collection[int]) -> set[int]:
    """The records that look these up: by what they match now, or matched before the change."""
    found = _now(act, seeker, ids)
    if found is None:
        return _all(act, seeker.form)
    former = sorted(changes.former.get((seeker.found, seeker.match), ()))
    for start in range(0, len(former), AT_ONCE):
        found |= set(act.connection.execute(_those(act, seeker, _one_of(former[start : start + AT_ONCE]))).scalars())
    return found


def _now(act: Act, seeker: Seeker, ids: Collection[int]) -> set[int] | None:
    """None where SQL cannot tell, in general or for the values of some record."""
    if not _in_sql(act.catalogue, seeker):
        return None
    memo, dialect = act.catalogue.memo, act.connection.dialect
    statement = prepared(memo, ("seeking", seeker, act.day), dialect, lambda: _those(act, seeker, _matching(act.catalogue, seeker)))
    given = {"ids": sorted(ids), "today": act.day, "now": act.micros}
    return attempted(act, may_pass_limits(_formula(seeker)), lambda: {row[0] for row in statement.all(act.connection, given)})


def _all(act: Act, form: str) -> set[int]:
    main = tables_of(act.catalogue)[form].main
    return set(act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None))).scalars())


def _matching(catalogue: Catalogue, seeker: Seeker) -> Meets:
    """That a value is the one by which one of the ids is found."""
    if seeker.found == PEOPLE:
        return among
    built = tables_of(catalogue)[seeker.found]
    present = sa.select(built.column(seeker.match)).where(among(built.main.c.id))
    return lambda value: value.in_(present)


def _one_of(values: list[Any]) -> Meets:
    return lambda value: value.in_(values)


def _those(act: Act, seeker: Seeker, meets: Meets) -> sa.Select[Any]:
    """The records whose value meets a condition."""
    rows, relation = Rows(act, seeker.form), seeker.relation
    if not relation:
        condition = meets(_scaled(act.catalogue, seeker, to_sql(_formula(seeker), rows.source)))
    else:
        related = rows.source.related(relation)
        assert isinstance(related, RelatedRows)
        condition = related.exists([meets(_scaled(act.catalogue, seeker, row_writer(related).write(seeker.value)))])
    return rows.select(rows.id).where(condition)


def _scaled(catalogue: Catalogue, seeker: Seeker, value: Any) -> Any:
    """A value as the field that it is compared with keeps it."""
    return pieces.rescaled(value, seeker.value.type.scale, _scale(catalogue, seeker)) if seeker.value.type.kind in NUMERIC else value


def _scale(catalogue: Catalogue, seeker: Seeker) -> int:
    return 0 if seeker.found == PEOPLE else catalogue.forms[seeker.found].by_key[seeker.match].formula_type().scale


def _in_sql(catalogue: Catalogue, seeker: Seeker) -> bool:
    wanted = seeker.value.type
    of_a_model = any(isinstance(each, tree.Name) or getattr(each, "function", "") == "DIMENSION_BAND" for each in tree.walk(seeker.value))
    return wanted.kind not in ("boolean", "blank") and wanted.scale <= _scale(catalogue, seeker) and not of_a_model and _formula(seeker).sql


def _formula(seeker: Seeker) -> Formula:
    return Formula("", seeker.value, seeker.value.type, Uses())


# -- what cannot be followed --------------------------------------------------------------------------------------------------------
def lookup_problems(definition: Definition, catalogue: Catalogue) -> Iterator[Problem]:
    """Stored formulas of a definition that look records up by a field whose former values nobody knows."""
    for atom, uses in formulas_kept(catalogue).items():
        if (atom.definition, atom.kind) == (definition.key, KINDS.get(definition.kind)):
            for use in uses:
                yield from _of_use(catalogue, use)


def _of_use(catalogue: Catalogue, use: FormulaUse) -> Iterator[Problem]:
    try:
        found = list(seekers_in(str(use.form), of_use(catalogue, use))) if use.form in catalogue.forms else []
    except FormulaProblems:
        return
    for each in found:
        if each.found != PEOPLE and catalogue.forms[each.found].by_key[each.match].stores != "column":
            message = _(
                "LOOKUP in a value that is kept compares with a field that people fill in; {field} of {form} is worked out.",
                field=each.match,
                form=each.found,
            )
            yield Problem(use.path, message)
