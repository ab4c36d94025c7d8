"""What a rule fills in when a record is chosen: fields of that record, as far as the person may see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runtime.definitions.field_type import FieldType
from runtime.errors import TierloomError
from runtime.formulas import Formula
from runtime.formulas.evaluate import evaluate
from runtime.formulas.tree import Path, walk
from runtime.people.may import may
from runtime.records.fitting import is_blank, stored
from runtime.records.guard import reads_beyond, sees_all_of
from runtime.records.plan import Checked, Plan
from runtime.records.values import RecordValues, SubformRow

if TYPE_CHECKING:
    from runtime.records.entries import Entry
    from runtime.system.workspace import Act

Source = RecordValues | SubformRow
NOTHING = object()
"""What stands for a value that must not, or cannot, be filled in."""


def fill(act: Act, plan: Plan, entry: Entry, source: RecordValues) -> None:
    """Fills what was not given where a reference was; whoever gave a value himself keeps it."""
    old = entry.before.values if entry.before else {}
    for each in plan.fills:
        rule = each.rule
        if rule.subform is None:
            if rule.chosen in entry.given and entry.values.get(rule.chosen) not in (None, old.get(rule.chosen)):
                _fill_into(act, plan, each, entry.values, entry.given, source)
            continue
        lines = plan.form.by_key[rule.subform].lines()
        for row, given in zip(entry.values.get(rule.subform) or (), entry.given_in_rows.get(rule.subform, ()), strict=False):
            if row.get(rule.chosen) is not None:
                _fill_into(act, plan, each, row, given, SubformRow(source, lines, row))


def _fill_into(act: Act, plan: Plan, rule: Checked, values: dict[str, Any], given: frozenset[str], source: Source) -> None:
    for key, value in filled(act, plan, rule, source):
        if key not in given and not (rule.rule.only_blank and not is_blank(values.get(key))):
            values[key] = value


def filled(act: Act, plan: Plan, rule: Checked, source: Source) -> Iterator[tuple[str, Any]]:
    """The fields that a rule fills for what is chosen now, each with its value; none where its condition does not hold."""
    fields = plan.form.by_key if rule.rule.subform is None else plan.form.by_key[rule.rule.subform].lines()
    if rule.when is not None and not (is_open(act, plan, rule.rule.subform, rule.when, source) and _worked_out(rule.when, source) is True):
        return
    for key, formula in rule.fill:
        value = _readable(act, plan, rule.rule.subform, formula, source, fields[key])
        if value is not NOTHING:
            yield key, value


def _readable(act: Act, plan: Plan, subform: str | None, formula: Formula, source: Source, field: FieldType) -> Any:
    if any(each.path[0] not in plan.form.by_key for each in formula.uses.relations) or not is_open(act, plan, subform, formula, source):
        return NOTHING
    value = _worked_out(formula, source)
    if value is NOTHING:
        return NOTHING
    value = stored(field, value)
    return NOTHING if not is_blank(value) and field.check(value) else value


def is_open(act: Act, plan: Plan, subform: str | None, formula: Formula, source: Source) -> bool:
    """Whether the person sees what a formula reads of other records: of the one that is chosen, else of all that it may come across."""
    if not reads_beyond(act, plan.form.key, formula):
        return False
    beside = [each for each in formula.uses.relations if each.path[0] not in plan.form.by_key]
    if not all(
        sees_all_of(act, each.form, [key for key in each.fields if key in act.catalogue.forms[each.form].by_key]) for each in beside
    ):
        return False
    paths = [node for node in walk(formula.tree) if isinstance(node, Path)]
    return all(_may_follow_all(act, formula, node) if node.relation else _may_follow(act, plan, subform, node, source) for node in paths)


def _may_follow_all(act: Act, formula: Formula, node: Path) -> bool:
    """Whether the person sees the fields that a path meets which begins in each record, or row, of a relation."""
    relation = next(each for each in formula.uses.relations if each.path == node.relation)
    own = act.catalogue.forms[relation.form].by_key
    fields = {**own, **own[relation.subform].lines()} if relation.subform is not None else own
    ends, form = [], ""
    for step in node.reference.split("."):
        if form:
            ends.append((form, step))
        form = getattr(fields[step], "form")
        fields = act.catalogue.forms[form].by_key
    return all(
        sees_all_of(act, place, [key] if key in act.catalogue.forms[place].by_key else []) for place, key in (*ends, (form, node.key))
    )


def _may_follow(act: Act, plan: Plan, subform: str | None, node: Path, source: Source) -> bool:
    first = node.reference.split(".")[0]
    lines = plan.form.by_key[subform].lines() if subform is not None else {}
    target = source.field(first)
    return target is None or may_read(act, lines if first in lines else plan.form.by_key, node, target)


def may_read(act: Act, fields: Mapping[str, Any], node: Path, target: int) -> bool:
    """Whether the person sees the field of this very record; where more than one step leads there, only if they see it of all records."""
    first, *rest = node.reference.split(".")
    form = getattr(fields[first], "form")
    if not rest:
        return may(act.person, "view", form, target, node.key)
    ends = []
    for step in rest:
        ends.append((form, step))
        form = getattr(act.catalogue.forms[form].by_key[step], "form")
    return all(sees_all_of(act, place, [key]) for place, key in (*ends, (form, node.key)))


def _worked_out(formula: Formula, source: Source) -> Any:
    try:
        return evaluate(formula, source)
    except TierloomError:
        return NOTHING
