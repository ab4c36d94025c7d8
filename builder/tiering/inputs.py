"""What a tier model reads, also through computed fields and related rows, and whether anybody may see it."""

from __future__ import annotations

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel
from runtime.errors import FormulaProblems
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, sound
from runtime.people.rights import sets_by_form

Place = tuple[str, str]
"""Form and field."""


def inputs(catalogue: Catalogue, model: TierModel) -> list[Place]:
    """Every field that the rating by a model reads, in the order in which it is met."""
    found: dict[Place, None] = {}
    for use, wanted in sound(model, catalogue):
        if use.kept:
            _follow(catalogue, model.form, wanted, found)
    return list(found)


def _follow(catalogue: Catalogue, form: str, wanted: Formula | None, found: dict[Place, None]) -> None:
    if wanted is None or form not in catalogue.forms:
        return
    uses = wanted.uses
    for key in sorted(uses.fields | uses.parent):
        _field(catalogue, form, key, found)
    for related in uses.relations:
        for key in [related.subform] if related.subform is not None else sorted(related.fields):
            _field(catalogue, related.form, key, found)
    for reference, key in sorted(uses.paths):
        here = form
        for step in reference.split("."):
            _field(catalogue, here, step, found)
            here = getattr(catalogue.forms[here].by_key.get(step), "form", "")
            if here not in catalogue.forms:
                break
        else:
            _field(catalogue, here, key, found)


def _field(catalogue: Catalogue, form: str, key: str, found: dict[Place, None]) -> None:
    """Notes a field, and what its value is worked out from."""
    if (form, key) in found or form not in catalogue.forms or key not in catalogue.forms[form].by_key:
        return
    found[form, key] = None
    try:
        inner = computed(catalogue, catalogue.forms[form]).get(key)
    except FormulaProblems:
        return
    _follow(catalogue, form, inner, found)


def hidden_inputs(catalogue: Catalogue, model: TierModel) -> list[Place]:
    """The inputs that every permission set in force for their form hides. Builders and analysts of the app see them all the same; a form
    without any set is open to its members."""
    sets = sets_by_form(catalogue)
    return [
        (form, key)
        for form, key in inputs(catalogue, model)
        if sets.get(form) and all((each.fields.get(key) or each.fields.get("*", "hidden")) == "hidden" for each in sets[form])
    ]
