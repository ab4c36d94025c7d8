"""Uses: what a formula reads, for dependencies, permissions and “where is this used”."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from runtime.formulas.functions.base import SHELF
from runtime.formulas.scope import Relation, Scope
from runtime.formulas.tree import OWN_ROWS, Aggregate, Call, Field, Literal, Name, Node, Path, walk

POPULATION = ("QUANTILE_BAND", "PERCENT_RANK")


@dataclass(frozen=True)
class RelationUse:
    """Related rows that are read: `path` of relation names. Their records are of `form`; `reference` is its field that points back (None
    for a sub-form, which `subform` names). `fields` are the keys read of these rows."""

    path: tuple[str, ...]
    form: str
    reference: str | None
    subform: str | None
    fields: frozenset[str]


@dataclass(frozen=True)
class Uses:
    """`paths` holds (reference, field); two references in a row are written `order.customer`. `parent` are fields of the record a
    sub-form's row belongs to."""

    fields: frozenset[str] = frozenset()
    paths: frozenset[tuple[str, str]] = frozenset()
    relations: tuple[RelationUse, ...] = ()
    functions: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    parent: frozenset[str] = frozenset()
    day: bool = False
    person: bool = False
    population: bool = False
    beyond: bool = False
    """A function reads what is no part of the record, its relations or the day."""
    dimensions: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()


def uses_of(tree: Node, scope: Scope) -> Uses:
    nodes: dict[type[Node], list[Any]] = defaultdict(list)
    for node in walk(tree):
        nodes[type(node)].append(node)
    calls, aggregates, paths = nodes[Call], nodes[Aggregate], nodes[Path]
    own = [node for node in nodes[Field] if not node.relation]
    functions = {call.function for call in calls} | {each.function for each in aggregates}
    return Uses(
        fields=frozenset(node.key for node in own if not node.system and not node.parent),
        paths=frozenset((node.reference, node.key) for node in paths if not node.relation),
        relations=_relations([node for node in (*nodes[Field], *paths, *aggregates) if node.relation], scope),
        functions=frozenset(functions),
        names=frozenset(node.name for node in nodes[Name]),
        parent=frozenset(node.key for node in own if node.parent),
        day=any(each.days or each.months for each in aggregates) or any(SHELF[name].uses_day for name in functions),
        person=any(SHELF[name].group == "person" for name in functions),
        population=bool(functions & set(POPULATION)),
        beyond=any(SHELF[name].beyond_record for name in functions),
        dimensions=_named(calls, "DIMENSION_BAND"),
        segments=_named(calls, "IN_SEGMENT"),
    )


def _named(calls: list[Call], function: str) -> frozenset[str]:
    arguments = [call.arguments[0] for call in calls if call.function == function]
    return frozenset(str(each.value) for each in arguments if isinstance(each, Literal))


def _relations(nodes: list[Any], scope: Scope) -> tuple[RelationUse, ...]:
    """Every relation on the way, with the fields read of it: for `orders.items.quantity` both `orders` and `orders.items`."""
    fields: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for node in nodes:
        relation = node.relation
        for length in range(1, len(relation) + 1):
            fields[relation[:length]].update()
        if isinstance(node, Field) and not node.system:
            fields[relation].add(node.key)
        elif isinstance(node, Path):
            fields[relation].add(node.reference.split(".")[0])
    found = []
    for path in sorted(fields):
        relation = relation_at(path, scope)
        found.append(RelationUse(path, relation.form, relation.reference, relation.subform, frozenset(fields[path])))
    return tuple(found)


def relation_at(path: tuple[str, ...], scope: Scope) -> Relation:
    """The relation at the end of a path of relation names."""
    place = scope.place
    assert place is not None
    if path == (OWN_ROWS,):
        return Relation(OWN_ROWS, place.form.key, None, None, place.form.label)
    relation = place.relations[path[0]]
    for name in path[1:]:
        relation = place.beyond(relation).relations[name]
    return relation
