"""What publishing refuses about potential: figures that would know the future, a model that reads itself, and a score that rests on it."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import Definition, FormulaUse
from runtime.definitions.potential import Potential
from runtime.definitions.tier_model import TierModel
from runtime.errors import FormulaProblems, Problem
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, formula
from runtime.formulas.tree import Aggregate, Field, walk
from runtime.potential.reads import read_by
from runtime.texts import _

MOST_SHARE = 30
"""Of the weights of a tier model at most so many percent may rest on models of potential."""


def problems(definition: Definition, catalogue: Catalogue) -> Iterator[Problem]:
    """One of the checks of publishing (runtime/kinds.py)."""
    if isinstance(definition, TierModel):
        yield from _too_much_weight(definition, catalogue)
    if isinstance(definition, Potential):
        for use in definition.formulas(catalogue):
            yield from _of_formula(use, catalogue)


def share_of_potential(model: TierModel, catalogue: Catalogue) -> tuple[list[int], float]:
    """(the dimensions that read a model of potential, their share of the weights in percent)."""
    reading = [number for number, use in _dimensions(model, catalogue) if read_by(catalogue, use)]
    weights = [each.weight for each in model.dimensions]
    return reading, float(100 * sum(weights[number] for number in reading) / sum(weights))


def _dimensions(model: TierModel, catalogue: Catalogue) -> Iterator[tuple[int, FormulaUse]]:
    uses = {use.path: use for use in model.formulas(catalogue)}
    for number in range(len(model.dimensions)):
        yield number, uses[f"dimensions/{number}/value"]


def _too_much_weight(model: TierModel, catalogue: Catalogue) -> Iterator[Problem]:
    reading, share = share_of_potential(model, catalogue)
    if share > MOST_SHARE:
        yield Problem(
            f"dimensions/{reading[0]}/weight",
            _(
                "Potential is a forecast: at most {most} % of the weights may rest on it, here it is {share} %. Lower its weight.",
                most=MOST_SHARE,
                share=round(share),
            ),
        )


def _of_formula(use: FormulaUse, catalogue: Catalogue) -> Iterator[Problem]:
    try:
        wanted = formula(catalogue, use.form, use.text, use.names, use.allow, use.subform, use.expect)
    except FormulaProblems:
        return
    if not wanted.sql:
        yield Problem(
            use.path, _("This cannot be asked of all records at once. Make a formula field of a part of it and ask for that field.")
        )
    if read_by(catalogue, use):
        yield Problem(use.path, _("A model of potential does not learn from what such a model says, nor from a tier that rests on it."))
    if use.path != "learn/where" and use.form is not None:
        relation = _undated(catalogue, use.form, wanted, set())
        if relation is not None:
            yield Problem(
                use.path,
                _(
                    "This counts {relation} of any day, so the model would learn from what came later. Say by which date they count, with "
                    "on={relation}.field, or choose an event date for their form.",
                    relation=relation,
                ),
            )


def _undated(catalogue: Catalogue, form: str, wanted: Formula, seen: set[str]) -> str | None:
    """The relation of an aggregate whose rows are not bound to a day, also inside the formula fields that are read."""
    for node in walk(wanted.tree):
        if isinstance(node, Aggregate) and node.on is None and not node.event_dates and not _is_subform(catalogue, form, node):
            return ".".join(node.relation)
        if isinstance(node, Field) and not node.relation and node.key not in seen:
            seen.add(node.key)
            inner = computed(catalogue, catalogue.forms[form]).get(node.key)
            found = _undated(catalogue, form, inner, seen) if inner is not None else None
            if found is not None:
                return found
    return None


def _is_subform(catalogue: Catalogue, form: str, node: Aggregate) -> bool:
    return catalogue.forms[form].field(node.relation[0]) is not None
