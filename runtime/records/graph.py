"""What stored values are worked out from: computed fields, tags by rule, tiers and members of segments, over all forms. The order of work
follows from it, and what needs its own result is refused with the way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from runtime.definitions.model import Definition, FormulaUse
from runtime.errors import FormulaProblems, Problem
from runtime.formulas import Formula, tree
from runtime.formulas.definitions import computed, is_computed, of_use
from runtime.formulas.tree import OWN_ROWS
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.field_type import FieldType
    from runtime.definitions.tier_model import TierModel

FIELD, TAG, TIER, SEGMENT = "field", "tag", "tier", "segment"
KINDS = {"form": FIELD, "tag_set": TAG, "tier_model": TIER, "segment": SEGMENT}
"""Kind of a definition → the kind of what it has worked out."""


@dataclass(frozen=True, order=True)
class Atom:
    """One thing that is worked out and stored. `owner`: the form of a field or a segment, the tag set of a tag, the tier model of a tier (no
    key)."""

    kind: str
    form: str
    owner: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.owner}.{self.key}" if self.key and self.kind != SEGMENT else self.definition

    @property
    def definition(self) -> str:
        """The key of the definition that says how it is worked out."""
        return self.key if self.kind == SEGMENT else self.owner


Reads = dict[Atom, dict[Atom, str]]
"""atom → what its formulas read → the path of the formula in its definition."""


def reads(catalogue: Catalogue) -> Reads:
    """Every atom with the atoms that it reads. Raises FormulaProblems."""
    if "reads" not in catalogue.memo:
        catalogue.memo["reads"] = {
            atom: {read: use.path for use in uses for read in _atoms_read(catalogue, use, atom)}
            for atom, uses in formulas_kept(catalogue).items()
        }
    return catalogue.memo["reads"]


def depths(catalogue: Catalogue) -> dict[Atom, int]:
    """For each atom how many others have to be worked out before it, one after the other."""
    if "depths" not in catalogue.memo:
        known, found = reads(catalogue), {}
        for atom in known:
            _depth(atom, known, found)
        catalogue.memo["depths"] = found
    return catalogue.memo["depths"]


def _depth(atom: Atom, known: Reads, found: dict[Atom, int]) -> int:
    if atom not in found:
        found[atom] = 0  # for definitions older than the check of circles
        found[atom] = 1 + max((_depth(each, known, found) for each in known.get(atom, ())), default=-1)
    return found[atom]


# -- the atoms and their formulas ---------------------------------------------------------------------------------------------------
def formulas_kept(catalogue: Catalogue) -> dict[Atom, list[FormulaUse]]:
    """Every atom with the formulas that say how it is worked out."""
    found: dict[Atom, list[FormulaUse]] = {}
    for form in catalogue.forms.values():
        for number, each in enumerate(form.fields):
            if is_computed(each):
                uses = [use.under(f"fields/{number}") for use in each.formulas(form, catalogue) if use.path == "formula"]
                found[Atom(FIELD, form.key, form.key, each.key)] = uses
    for tags in catalogue.tag_sets.values():
        ruled = {f"tags/{number}/rule": tag.key for number, tag in enumerate(tags.tags)}
        for use in tags.formulas(catalogue):
            if use.path in ruled:
                found[Atom(TAG, tags.form, tags.key, ruled[use.path])] = [use]
    for model in catalogue.tier_models.values():
        found[Atom(TIER, model.form, model.key)] = list(_uses_of_model(catalogue, model))
    for segment in catalogue.segments.values():
        found[Atom(SEGMENT, segment.form, segment.form, segment.key)] = list(segment.formulas(catalogue))
    return found


def _uses_of_model(catalogue: Catalogue, model: TierModel) -> Iterator[FormulaUse]:
    yield from (use for use in model.formulas(catalogue) if use.kept)
    for number, lane in enumerate(model.lanes):
        if lane.tier_model in catalogue.tier_models:
            for use in catalogue.tier_models[lane.tier_model].formulas(catalogue):
                if use.kept:
                    yield replace(use, path=f"lanes/{number}")


def _atoms_read(catalogue: Catalogue, use: FormulaUse, reader: Atom) -> Iterator[Atom]:
    if use.form is None or use.form not in catalogue.forms:
        return
    wanted = of_use(catalogue, use)
    yield from _of_formula(catalogue, use.form, wanted, use.subform)
    # a model that asks for its own earlier tiers reads what it has decided before, not what it decides
    yield from (each for each in _of_functions(catalogue, use.form, wanted) if each != reader or each.kind != TIER)


def _of_functions(catalogue: Catalogue, form: str, wanted: Formula) -> Iterator[Atom]:
    """What functions read that name it by its key."""
    for call in tree.walk(wanted.tree):
        if isinstance(call, tree.Call) and call.function == "TIER_AT":
            yield Atom(TIER, form, str(tree.literal_value(call.arguments[0])))
        elif isinstance(call, tree.Call) and call.function == "LOOKUP":
            other = str(tree.literal_value(call.arguments[0]))
            for number in (1, 3):
                yield from _of_field(catalogue, other, None, str(tree.literal_value(call.arguments[number])))


def _of_formula(catalogue: Catalogue, form: str, wanted: Formula, subform: str | None = None) -> Iterator[Atom]:
    named: set[int] = set()
    for node in tree.walk(wanted.tree):
        for field, tags in _tags_named(node):
            named.add(id(field))
            yield from _of_field(catalogue, *_place(catalogue, form, subform, field.relation), field.key, tags)
        if isinstance(node, tree.Field) and not node.system and id(node) not in named:
            yield from _of_field(catalogue, *_place(catalogue, form, None if node.parent else subform, node.relation), node.key)
        elif isinstance(node, tree.Path):
            yield from _of_path(catalogue, *_place(catalogue, form, subform, node.relation), node)
    for key in wanted.uses.segments:
        yield Atom(SEGMENT, catalogue.segments[key].form, catalogue.segments[key].form, key)


def _tags_named(node: tree.Node) -> Iterator[tuple[tree.Field, frozenset[str]]]:
    """(the field, the values) where a list is only asked for certain values."""
    if isinstance(node, tree.Among) and isinstance(node.list, tree.Field):
        yield node.list, frozenset({str(tree.literal_value(node.operand))})
    elif isinstance(node, tree.Call) and node.function in ("HAS_ANY", "HAS_ALL") and isinstance(node.arguments[0], tree.Field):
        yield node.arguments[0], frozenset(str(tree.literal_value(each)) for each in node.arguments[1:])


def _place(catalogue: Catalogue, form: str, subform: str | None, relation: tuple[str, ...]) -> tuple[str, str | None]:
    """(form, sub-form) of the rows at a relation."""
    for step in relation:
        if step == OWN_ROWS:
            continue
        if catalogue.forms[form].field(step) is not None:
            subform = step
        else:
            form, subform = catalogue.relations_to(form)[step][0], None
    return form, subform


def _of_field(catalogue: Catalogue, form: str, subform: str | None, key: str, tags: frozenset[str] | None = None) -> Iterator[Atom]:
    field = catalogue.forms[form].by_key.get(key)
    if field is None or (subform is not None and key in catalogue.forms[form].by_key[subform].lines()):
        return
    if is_computed(field):
        yield Atom(FIELD, form, form, key)
    elif field.stores == "rated":
        model = getattr(field, "tier_model")
        yield Atom(TIER, form, model)
    elif field.stores == "assigned":
        tag_set = catalogue.tag_sets.get(getattr(field, "tag_set"))
        for each in tag_set.ruled if tag_set is not None else ():
            if tags is None or each.key in tags:
                yield Atom(TAG, form, getattr(field, "tag_set"), each.key)


def _of_path(catalogue: Catalogue, form: str, subform: str | None, node: tree.Path) -> Iterator[Atom]:
    for step in node.reference.split("."):
        pointer: FieldType | None = None
        if subform is not None:
            pointer = catalogue.forms[form].by_key[subform].lines().get(step)
        pointer = pointer or catalogue.forms[form].by_key.get(step)
        target = getattr(pointer, "form", None)
        if target is None:
            return
        form, subform = target, None
    yield from _of_field(catalogue, form, None, node.key)


# -- circles ----------------------------------------------------------------------------------------------------------------------
def circle_problems(definition: Definition, catalogue: Catalogue) -> Iterator[Problem]:
    """What in a definition needs its own result, by a way through several forms, tags, tiers or segments; each with the way."""
    try:
        known = reads(catalogue)
    except FormulaProblems:
        return
    for atom in known:
        if (atom.definition, atom.kind) == (definition.key, KINDS.get(definition.kind)):
            way = _way_back(atom, known)
            if way and not _among_fields(catalogue, way):
                yield Problem(
                    known[atom][way[1]],
                    _("This needs its own result: {way}. Take one of these steps out.", way=" → ".join(str(each) for each in way)),
                )


def _among_fields(catalogue: Catalogue, way: list[Atom]) -> bool:
    """Whether a circle is one of formula fields of the same record, which formulas/definitions.py names."""
    return all(
        here.kind == next.kind == FIELD
        and here.form == next.form
        and next.key in computed(catalogue, catalogue.forms[here.form])[here.key].uses.fields
        for here, next in pairwise(way)
    )


def _way_back(start: Atom, known: Reads) -> list[Atom]:
    """The shortest way from an atom to itself, along what each reads; empty without one."""
    came_from: dict[Atom, Atom] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        for each in known.get(here, ()):
            if each == start:
                return [start, *_trail(here, start, came_from), start]
            if each not in came_from:
                came_from[each] = here
                waiting.append(each)
    return []


def _trail(here: Atom, start: Atom, came_from: dict[Atom, Atom]) -> list[Atom]:
    found: list[Atom] = []
    while here != start:
        found.insert(0, here)
        here = came_from[here]
    return found
