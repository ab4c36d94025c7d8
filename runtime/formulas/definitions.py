"""The formulas of definitions: each is compiled once for a published revision, and all are checked when something is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.model import Definition, FormulaUse
from runtime.definitions.types import Type
from runtime.errors import FormulaProblem, FormulaProblems, Problem
from runtime.formulas import Formula, Scope, check
from runtime.formulas.scope import similar
from runtime.texts import Message, _


def formula(
    catalogue: Catalogue,
    form: str | None,
    text: str,
    names: Mapping[str, Type] | None = None,
    allow: frozenset[str] = frozenset(),
    subform: str | None = None,
    expect: Any = None,
    own_rows: bool = False,
) -> Formula:
    """A formula in the scope of its place, compiled once for a revision. Raises FormulaProblems."""
    memo = catalogue.memo.setdefault("formulas", {})
    key = (form, subform, text, expect, allow, own_rows, tuple(sorted((names or {}).items(), key=lambda each: each[0])))
    if key not in memo:
        memo[key] = check(text, Scope(catalogue, form, subform, names, allow, own_rows), expect)
    return memo[key]


def of_use(catalogue: Catalogue, use: FormulaUse) -> Formula:
    """The formula of a place in a definition. Raises FormulaProblems."""
    return formula(catalogue, use.form, use.text, use.names, use.allow, use.subform, use.expect, use.own_rows)


def sound(definition: Definition, catalogue: Catalogue) -> Iterator[tuple[FormulaUse, Formula]]:
    """The formulas of a definition but for those that are broken, which is said where they stand."""
    for use in definition.formulas(catalogue):
        try:
            yield use, of_use(catalogue, use)
        except FormulaProblems:
            continue


def formula_problems(definition: Definition, catalogue: Catalogue) -> Iterator[Problem]:
    """Every problem of every formula, at the path of the formula; and formula fields that need each other."""
    faultless = True
    for use in definition.formulas(catalogue):
        try:
            compiled = of_use(catalogue, use)
        except FormulaProblems as error:
            faultless = False
            yield from (Problem(use.path, _placed(each)) for each in error.problems)
        else:
            yield from (Problem(use.path, each) for each in _no_dimension(compiled, definition, catalogue))
    if faultless and isinstance(definition, Form):
        for key in sorted(_in_circles(catalogue, definition)):
            path = f"fields/{list(definition.by_key).index(key)}/formula"
            yield Problem(
                path,
                _(
                    "The formula of {key} needs its own result, through {others}. Take one of them out.",
                    key=key,
                    others=", ".join(sorted(_in_circles(catalogue, definition))),
                ),
            )


def _no_dimension(compiled: Formula, definition: Any, catalogue: Catalogue) -> Iterator[Message]:
    """Names of dimensions that neither a tier model nor one of its lanes has."""
    models = [definition, *(catalogue.tier_models.get(each.tier_model) for each in getattr(definition, "lanes", ()))]
    known = [each.key for model in models for each in getattr(model, "dimensions", ())]
    for key in sorted(compiled.uses.dimensions.difference(known)):
        near = similar(key, known)
        if near is not None:
            yield _("There is no dimension {key} in this tier model. Did you mean {near}?", key=key, near=near)
        else:
            yield _("There is no dimension {key} in this tier model; it has {dimensions}.", key=key, dimensions=", ".join(known))


def _placed(problem: FormulaProblem) -> Message:
    """A problem with its place in the text."""
    return _("Character {place}: {problem}", place=problem.position + 1, problem=problem.message)


def is_computed(field: Any) -> bool:
    """Whether a field's value comes from a formula."""
    return field.stores == "computed"


def computed(catalogue: Catalogue, form: Form) -> dict[str, Formula]:
    """The computed fields of a form, each after those it reads."""
    memo = catalogue.memo.setdefault("computed", {})
    if form.key not in memo:
        memo[form.key] = _in_order(_computed(catalogue, form))
    return memo[form.key]


def _computed(catalogue: Catalogue, form: Form) -> dict[str, Formula]:
    return {
        each.key: formula(catalogue, form.key, getattr(each, "formula"), expect=each.formula_type())
        for each in form.fields
        if is_computed(each)
    }


def _in_order(formulas: dict[str, Formula]) -> dict[str, Formula]:
    """Each formula after those it reads; those that need each other stand at the end."""
    ordered: dict[str, Formula] = {}
    waiting = dict(formulas)
    while waiting:
        ready = [key for key, each in waiting.items() if not (each.uses.fields & waiting.keys()) - {key}] or list(waiting)
        for key in ready:
            ordered[key] = waiting.pop(key)
    return ordered


def _in_circles(catalogue: Catalogue, form: Form) -> set[str]:
    """Computed fields that need their own result."""
    needs = {}
    for field in form.fields:
        if not is_computed(field):
            continue
        try:
            found = formula(catalogue, form.key, getattr(field, "formula"), expect=field.formula_type())
        except FormulaProblems:  # of a field that has said in its own words what is wrong with it
            continue
        needs[field.key] = set(found.uses.fields)
    return {key for key in needs if key in _reached(key, needs)}


def _reached(key: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    new = set(needs[key])
    while new:
        found |= new
        new = {further for each in new for further in needs.get(each, ())} - found
    return found


def lives_in_calc(catalogue: Catalogue, form: Form, key: str) -> bool:
    """Whether a computed field depends on other records, the day or a population, and so is kept beside the record's own columns.

    What is worked out from the record and its own sub-form rows alone is kept with them.
    """
    formulas = computed(catalogue, form)
    pending, seen = [key], {key}
    while pending:
        uses = formulas[pending.pop()].uses
        if (
            uses.day
            or uses.population
            or uses.beyond
            or uses.segments
            or uses.paths
            or any(each.subform is None for each in uses.relations)
        ):
            return True
        if any(form.by_key[each].stores in ("assigned", "rated") for each in uses.fields if each in form.by_key):
            return True
        new = (uses.fields & formulas.keys()) - seen
        seen |= new
        pending += new
    return False
