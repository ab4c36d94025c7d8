"""Who is affected by a change: the records of all forms whose stored formulas read what was touched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.formulas import Formula, tree
from runtime.formulas.definitions import formula, of_use
from runtime.formulas.functions.workdays import BY_CALENDAR
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.looking_up import Seeker, seekers, seekers_in, seeking
from runtime.records.tables import tables_of
from runtime.system.prepared import prepared
from runtime.system.sets import among

if TYPE_CHECKING:
    from runtime.system.workspace import Act

CONDITION = ("boolean",)
DAY, CALENDAR = "@day", "@calendar"
"""They stand among the names that a formula reads for the day itself and for the calendar of working days."""
Touched = tuple[str, str, Collection[int], bool]
"""(form, name, records, whether the gateway wrote the name: it has touched the targets of references itself)."""


@dataclass
class Dependencies:
    """For each form: which names its stored formulas read of its relations, and through which references."""

    relations: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """form → relation → the fields read of the related rows ("" where only their number counts)."""
    references: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """form → its reference field → the fields read of the record it points at."""


def dependencies(catalogue: Catalogue) -> Dependencies:
    """What the stored formulas (computed fields, tag rules, tier models) of a catalogue depend on outside their own record."""
    if "dependencies" in catalogue.memo:
        return catalogue.memo["dependencies"]
    found = Dependencies()
    for definition in catalogue.all():
        if definition.kind not in ("form", "tag_set", "tier_model", "segment"):
            continue
        for use in definition.formulas(catalogue):
            if use.form is None or use.form not in catalogue.forms or (definition.kind == "form" and not use.path.endswith("/formula")):
                continue
            if not use.kept:
                continue
            wanted = of_use(catalogue, use)
            for each in wanted.uses.relations:
                _note_relation(catalogue, found, use.form, each.path, set(each.fields))
            for reference, key in wanted.uses.paths:
                _note_reference(catalogue, found, use.form, reference, key)
            for node in tree.walk(wanted.tree):
                if isinstance(node, tree.Path) and node.relation:
                    _note_reference(catalogue, found, _form_at(catalogue, use.form, node.relation), node.reference, node.key)
    catalogue.memo["dependencies"] = found
    return found


def _form_at(catalogue: Catalogue, form: str, relation: tuple[str, ...]) -> str:
    for step in relation:
        if step != tree.OWN_ROWS and catalogue.forms[form].field(step) is None:
            form = catalogue.relations_to(form)[step][0]
    return form


def _note_relation(catalogue: Catalogue, found: Dependencies, form: str, path: tuple[str, ...], fields: set[str]) -> None:
    if catalogue.forms[form].field(path[0]) is not None:
        return  # rows of its own sub-form change with the record itself
    other, _reference = catalogue.relations_to(form)[path[0]]
    if len(path) == 1:
        found.relations[form][path[0]] |= fields | {""}
    else:
        found.relations[form][path[0]] |= {path[1], "", *fields}
        _note_relation(catalogue, found, other, path[1:], fields)


def _note_reference(catalogue: Catalogue, found: Dependencies, form: str, reference: str, key: str) -> None:
    first, _dot, rest = reference.partition(".")
    target = getattr(catalogue.forms[form].by_key.get(first), "form", None)
    if target is None:
        return
    found.references[form][first].add(rest.partition(".")[0] or key)
    if rest:
        _note_reference(catalogue, found, target, rest, key)


def relation_matters(catalogue: Catalogue, form: str, relation: str, names: set[str]) -> bool:
    """Whether any stored formula of `form` reads one of these names of its related rows."""
    read = dependencies(catalogue).relations.get(form, {}).get(relation)
    return read is not None and bool(read) and (EVERYTHING in names or bool(read & names))


def names_read(catalogue: Catalogue, form: str, wanted: Formula) -> set[str]:
    """The names of a form whose change can change a formula's value: fields, relations, references, what it looks up, also those of
    segments; and the day."""
    found = (
        set(wanted.uses.fields)
        | {each.path[0] for each in wanted.uses.relations}
        | {reference.partition(".")[0] for reference, _key in wanted.uses.paths}
    )
    if wanted.uses.day:
        found.add(DAY)
    if "TIER_AT" in wanted.uses.functions:
        found.add("tier")
    if wanted.uses.functions & BY_CALENDAR:
        found.add(CALENDAR)
    found |= {each.name for each in seekers_in(form, wanted)}
    for key in wanted.uses.segments:
        found |= names_read(catalogue, form, formula(catalogue, form, catalogue.segments[key].where, expect=CONDITION))
    return found


# -- spreading --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Way:
    """How a touched name reaches records of another form: `name` is touched for those that point at the records (`outwards` false), or for
    those the records point at. `again`: also where the gateway wrote the name, which touches targets of references itself."""

    form: str
    name: str
    column: sa.Column[int]
    outwards: bool
    again: bool
    field: int | None = None
    """The number of a field of several records, whose links `column` belongs to."""


def spread(act: Act, changes: Changes, begin: Iterable[Touched]) -> None:
    """Adds the records of other forms that read what was touched: through their reference, or through a relation's relation."""
    waiting = list(begin)
    while waiting:
        form, name, ids, written = waiting.pop()
        for way in ways(act.catalogue, form, name):
            if written and isinstance(way, Way) and not way.again:
                continue
            new = (seeking(act, way, changes, ids) if isinstance(way, Seeker) else _reached(act, way, ids)) - changes.touched[way.form][
                way.name
            ]
            if new:
                changes.touch(way.form, way.name, new)
                waiting.append((way.form, way.name, new, False))


def all_touched(catalogue: Catalogue, changes: Changes) -> list[Touched]:
    """What a write has touched that concerns other records, to begin spreading with."""
    found: list[Touched] = []
    for form, names in changes.touched.items():
        for name, ids in names.items():
            if ways(catalogue, form, name):
                found.append((form, name, ids, True))
    return found


def ways(catalogue: Catalogue, form: str, name: str) -> list[Way | Seeker]:
    """Whom it concerns that a name of a form was touched, worked out once."""
    known: list[Way | Seeker] | None = catalogue.memo.get(("ways", form, name))
    if known is None:
        seeks = [each for each in seekers(catalogue).get(form, ()) if name == EVERYTHING or name in each.results]
        known = [] if name in (DAY, CALENDAR) else [*_inwards(catalogue, form, name), *_outwards(catalogue, form, name), *seeks]
        catalogue.memo["ways", form, name] = known
    return known


def _inwards(catalogue: Catalogue, form: str, name: str) -> Iterator[Way]:
    """Those who point at the records and read the name of them."""
    for other, references in dependencies(catalogue).references.items():
        for reference, read in references.items():
            if getattr(catalogue.forms[other].by_key[reference], "form") == form and (name == EVERYTHING or name in read):
                yield Way(other, reference, tables_of(catalogue)[other].column(reference), outwards=False, again=True)


def _outwards(catalogue: Catalogue, form: str, name: str) -> Iterator[Way]:
    """Those the records point at and who read the name of them as of related rows."""
    if name == EVERYTHING or form not in catalogue.forms:
        return
    field_type = catalogue.forms[form].field(name)
    again = field_type is None or not field_type.writable or field_type.stores not in ("column", "many", "rows")
    for each in catalogue.forms[form].fields:
        many_name = getattr(each, "many_name", None)
        if each.type == "reference" and many_name and relation_matters(catalogue, getattr(each, "form"), many_name, {name}):
            yield Way(getattr(each, "form"), many_name, tables_of(catalogue)[form].column(each.key), outwards=True, again=again)
        elif each.type == "multi_reference" and many_name and relation_matters(catalogue, getattr(each, "form"), many_name, {name}):
            built = tables_of(catalogue)[form]
            links = built.several(each.key)
            yield Way(getattr(each, "form"), many_name, links.c.value, outwards=True, again=again, field=built.numbers[each.key])


def _reached(act: Act, way: Way, ids: Collection[int]) -> set[int]:
    main = way.column.table
    if way.field is not None:
        query = sa.select(way.column).distinct().where(main.c.field == way.field, among(main.c.record))
    elif way.outwards:
        query = sa.select(way.column).distinct().where(among(main.c.id), way.column.is_not(None))
    else:
        query = sa.select(main.c.id).where(among(way.column), main.c.deleted_at.is_(None))
    statement = prepared(act.catalogue.memo, ("reached", way), act.connection.dialect, lambda: query)
    return {row[0] for row in statement.all(act.connection, {"ids": sorted(ids)})}
