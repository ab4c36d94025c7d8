"""Where the values of a tier card come from: links to the records behind a fact, and each value unfolded part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel
from runtime.errors import FormulaProblems, NotFound, TierloomError
from runtime.formulas import Formula, Scope
from runtime.formulas.definitions import computed, formula
from runtime.formulas.evaluate import window_of
from runtime.formulas.saying import rows_filter
from runtime.formulas.tree import Aggregate, Field, Node, walk
from runtime.formulas.uses import relation_at
from runtime.pages.apps import find_app
from runtime.pages.cells import title_of
from runtime.pages.lists import find_form
from runtime.pages.web import is_htmx, reader, reading, signed_in
from runtime.people.may import may
from runtime.records import query
from runtime.records.guard import reads_whole
from runtime.records.unfolding import may_read, unfold
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.tiers.compiled import compile
from runtime.tiers.rating import DayValues
from runtime.tiers.veiling import explain_to

blueprint = Blueprint("tier_values", __name__)


@blueprint.get("/apps/<app>/<form>/<int:record>/tier-values")
@signed_in
def show(app: str, form: str, record: int) -> str:
    """How the value of each dimension came about; the tier card fetches it when it is unfolded."""
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        found = query.get(act, form, record)
        model = act.catalogue.model_of(form)
        if model is None:
            raise NotFound(_("Records of this form have no tier."))
        page = "tier_values_part.html" if is_htmx() else "tier_values.html"
        parts = unfolded(act, rated_by(act, model, record), record)
        return render_template(page, app=found_app, form=definition, record=found, name=title_of(definition, found), parts=parts)


def rated_by(act: Act, model: TierModel, record: int) -> TierModel:
    """The model whose dimensions rate a record: its lane's, if it has one."""
    found = explain_to(act, model, record)
    if found is None:
        raise NotFound(_("Nothing is known of this record's tier."))
    lane = found.lane
    return act.catalogue.tier_models[next((each.tier_model for each in model.lanes if each.key == lane), model.key)]


def unfolded(act: Act, model: TierModel, record: int) -> list[dict[str, Any]]:
    """{label, part, problem} of each dimension; without a part where the person may not see what it is made of."""
    compiled = compile(act.catalogue, model.key)
    values = DayValues(act, query.get(act, model.form, record), compiled.day(act.day))
    scope = Scope(act.catalogue, model.form)
    found = []
    for each in model.dimensions:
        checked = formula(act.catalogue, model.form, each.value)
        part, problem = None, None
        try:
            part = unfold(act, checked, values, scope, reader().language) if _may_read_all(act, model.form, checked, record) else None
        except TierloomError as error:
            problem = reader().say(error.message)
        found.append({"label": reader().shown(each.label), "part": part, "problem": problem})
    return found


def _may_read_all(act: Act, form: str, checked: Formula, record: int) -> bool:
    """Whether the person may see what a formula reads of this record, the formulas of computed fields included."""
    return all(reads_whole(act, form, each, record) for each in (checked, *formula_behind(act.catalogue, form, checked.tree)))


def formula_behind(catalogue: Catalogue, form: str, tree: Node) -> Iterator[Any]:
    """The formulas of the computed fields that a tree reads, and of those that they read."""
    formulas = computed(catalogue, catalogue.forms[form])
    for key in {each.key for each in walk(tree) if isinstance(each, Field) and not each.relation and each.key in formulas}:
        yield formulas[key]
        yield from formula_behind(catalogue, form, formulas[key].tree)


def fact_href(act: Act, app: str, model: TierModel, dimension: str, record: int) -> str | None:
    """The list of the related records that a dimension's value comes from; None where they are not of one form, or not to be seen."""
    text = next(each.value for each in model.dimensions if each.key == dimension)
    tree = formula(act.catalogue, model.form, text).tree
    trees = [tree, *(each.tree for each in formula_behind(act.catalogue, model.form, tree))]
    aggregates = list(dict.fromkeys(node for each in trees for node in walk(each) if isinstance(node, Aggregate)))
    if len({each.relation for each in aggregates}) != 1:
        return None
    node = aggregates[0] if len(aggregates) == 1 else replace(aggregates[0], where=None, on=None, days=None, months=None)
    return _list_of(act, app, model, node, record)


def _list_of(act: Act, app: str, model: TierModel, node: Aggregate, record: int) -> str | None:
    scope = Scope(act.catalogue, model.form)
    relation = relation_at(node.relation[:1], scope)
    if relation.reference is None or not may(g.person, "view", relation.form):
        return None
    today = clock.from_day(compile(act.catalogue, model.key).day(act.day)) or act.today
    all_of_them = f"{relation.reference}.id == {record}"
    text = rows_filter(node, relation, record, window_of(node, today), scope) or all_of_them
    try:
        found = formula(act.catalogue, relation.form, text, expect="boolean")
    except FormulaProblems:
        return None
    if not may_read(act, found, relation.form):
        return None
    return f"/apps/{app}/{relation.form}?{urlencode({'filter': text})}"
