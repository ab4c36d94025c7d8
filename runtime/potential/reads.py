"""Who reads what models of potential say: formulas, and what they read in turn."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import FormulaUse
from runtime.definitions.tier_model import TierModel
from runtime.errors import FormulaProblems
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, formula, of_use
from runtime.formulas.tree import OWN_ROWS, Call, Field, Path, literal_value, walk

FUNCTION = "POTENTIAL"
Seen = set[tuple[str, ...]]


def potentials_read(catalogue: Catalogue, form: str, wanted: Formula, seen: Seen | None = None) -> set[str]:
    """The models that a formula about a form reads, also through formula fields, segments and tiers."""
    seen = set() if seen is None else seen
    found: set[str] = set()
    for node in walk(wanted.tree):
        if isinstance(node, Call) and node.function == FUNCTION:
            found.add(str(literal_value(node.arguments[0])))
        elif isinstance(node, (Field, Path)):
            for place, key in _fields(catalogue, form, node):
                found |= _of_field(catalogue, place, key, seen)
    for key in wanted.uses.segments:
        if key in catalogue.segments and _new(seen, "segment", key):
            segment = catalogue.segments[key]
            found |= potentials_read(catalogue, segment.form, formula(catalogue, segment.form, segment.where), seen)
    return found


def read_by_tiers(catalogue: Catalogue, model: TierModel, seen: Seen | None = None) -> set[str]:
    """The models of potential that a tier model and its lanes read."""
    family = [model, *(catalogue.tier_models[each.tier_model] for each in model.lanes if each.tier_model in catalogue.tier_models)]
    return {key for each in family for use in each.formulas(catalogue) for key in read_by(catalogue, use, seen)}


def read_by(catalogue: Catalogue, use: FormulaUse, seen: Seen | None = None) -> set[str]:
    """The models that a formula of a definition reads; none where the formula is broken, which is said elsewhere."""
    if use.form is None or use.form not in catalogue.forms:
        return set()
    try:
        return potentials_read(catalogue, use.form, of_use(catalogue, use), seen)
    except FormulaProblems:
        return set()


def _fields(catalogue: Catalogue, form: str, node: Field | Path) -> Iterator[tuple[str, str]]:
    """(form, field) that a node reads; fields of sub-forms never hold anything worked out of a model."""
    for step in node.relation:
        if step == OWN_ROWS:
            continue
        if catalogue.forms[form].field(step) is not None:
            return
        form = catalogue.relations_to(form)[step][0]
    for step in node.reference.split(".") if isinstance(node, Path) else ():
        target = getattr(catalogue.forms[form].by_key.get(step), "form", None)
        if target not in catalogue.forms:
            return
        form = target
    yield form, node.key


def _of_field(catalogue: Catalogue, form: str, key: str, seen: Seen) -> set[str]:
    found = catalogue.forms[form].by_key.get(key)
    if found is None or found.stores not in ("computed", "rated") or not _new(seen, form, key):
        return set()
    if found.stores == "computed":
        return potentials_read(catalogue, form, computed(catalogue, catalogue.forms[form])[key], seen)
    model = catalogue.tier_models.get(getattr(found, "tier_model"))
    return set() if model is None else read_by_tiers(catalogue, model, seen)


def _new(seen: Seen, *name: str) -> bool:
    if name in seen:
        return False
    seen.add(name)
    return True
