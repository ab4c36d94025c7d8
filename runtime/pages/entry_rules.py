"""What a form's page carries so that its rules and computed fields follow while somebody types: trees, types and the values behind them.

Nothing is sent that the person may not see: a rule that reads such a field, or other records, is left to the server, which says how it
stands whenever a field is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.types import Type
from runtime.errors import TierloomError
from runtime.fields.money import USUAL, signs_of
from runtime.formulas import Formula, to_json
from runtime.formulas.arithmetic import day_number, micros_of
from runtime.formulas.evaluate import evaluate
from runtime.formulas.tree import Path, type_to_json, walk
from runtime.formulas.wire import to_wire
from runtime.pages.reader import Reader
from runtime.people.may import may
from runtime.records.filling import may_read
from runtime.records.plan import Checked, Plan, plan_of
from runtime.records.rows import read_record
from runtime.records.values import RecordValues, SubformRow
from runtime.system.workspace import Act
from runtime.texts import _

Json = dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """How the rules of a form stand for some values: for each rule whether its condition holds, and its check (true where it has none)."""

    plan: Plan
    holding: tuple[tuple[bool, bool], ...]
    in_rows: dict[str, list[list[tuple[bool, bool]]]]
    """By sub-form and row how the rules of its rows stand."""

    @property
    def hidden(self) -> list[str]:
        return sorted(self.plan.shown_by_rule - self._of("show"))

    @property
    def needed(self) -> list[str]:
        return sorted(self._of("require"))

    def _of(self, purpose: str) -> set[str]:
        rules = zip(self.plan.rules, self.holding, strict=True)
        return {key for each, (holds, __) in rules if holds for key in getattr(each.rule, purpose) or ()}

    def as_json(self) -> list[Json]:
        return [{"when": holds, "check": checks} for holds, checks in self.holding]

    def rows_as_json(self, without: Collection[str] = ()) -> dict[str, list[list[Json]]]:
        known = {key: rows for key, rows in self.in_rows.items() if key not in without}
        return {key: [[{"when": holds, "check": checks} for holds, checks in row] for row in rows] for key, rows in known.items()}


def standing(act: Act, form: Form, values: Mapping[str, Any], record: int | None) -> Standing:
    plan = plan_of(act.catalogue, form.key, act.connection.dialect)
    before = read_record(act, form.key, record) if plan.compares_before and record is not None else None
    source = RecordValues(act, form, values, record, names=plan.names_before(before.values if before is not None else {}))
    in_rows = {
        subform: [[_holding(each, row) for each in rules] for row in _holders(source, form, subform)]
        for subform, rules in plan.row_rules.items()
    }
    return Standing(plan, tuple(_holding(each, source) for each in plan.rules), in_rows)


def _holding(rule: Checked, source: RecordValues | SubformRow) -> tuple[bool, bool]:
    holds = rule.when is None or _truth(rule.when, source)
    return holds, rule.check is None or not holds or _truth(rule.check, source)


def _truth(formula: Formula, source: RecordValues | SubformRow) -> bool:
    """What cannot be computed does not hold; saving says why."""
    try:
        return bool(evaluate(formula, source))
    except TierloomError:
        return False


# -- what the page carries ------------------------------------------------------------------------------------------------------
def carried(
    act: Act,
    form: Form,
    before: Mapping[str, Any],
    values: Mapping[str, Any],
    record: int | None,
    reader: Reader,
    stands: Standing,
    partly: Collection[str] = (),
) -> Json | None:
    """The page's share of the rules, or None where the form has nothing to follow. `before`: the record's values, or those of a new one.

    `partly`: sub-forms of whose rows the page has only some cells. What reads them is for the server alone, and none of it is carried."""
    plan = stands.plan
    live_defaults = record is None and bool(plan.defaults)
    computed = plan.computed | plan.followed
    if not (plan.rules or computed or plan.row_rules or plan.fills or live_defaults or any(plan.line_computed.values())):
        return None
    sight = Sight(act, form, record, partly)
    return {
        "run": _run(act),
        "fresh": record is None,
        "fields": {key: _typed(each) for key, each in sight.fields.items()},
        "values": {key: to_wire(before.get(key), each.formula_type()) for key, each in sight.fields.items()},
        "rules": [_rule(each, stood, sight, reader) for each, stood in zip(plan.rules, stands.as_json(), strict=True)],
        "defaults": {key: sight.tree(each) for key, each in plan.defaults.items() if record is None or key in plan.shown_by_rule},
        "computed": [_computed(form.by_key[key], each, sight, reader) for key, each in computed.items() if key in sight.fields],
        "subforms": {key: _subform(plan, key, sight, reader) for key in plan.line_computed if sight.sees(key)},
        "row_rules": {
            key: [_rule(each, {"when": False, "check": True}, sight, reader) for each in rules]
            for key, rules in plan.row_rules.items()
            if sight.sees(key)
        },
        "rows_stand": stands.rows_as_json(partly),
        "paths": paths(act, form, values, record, partly),
    }


class Sight:
    """What the person who fills in may see of a form."""

    def __init__(self, act: Act, form: Form, record: int | None, partly: Collection[str] = ()):
        self.act, self.form, self.record, self.partly = act, form, record, partly
        self.fields = {each.key: each for each in form.fields if each.stores != "rows" and _has_type(each) and self.sees(each.key)}

    def sees(self, key: str) -> bool:
        return key not in self.partly and may(self.act.person, "view", self.form.key, self.record, key)

    def tree(self, formula: Formula | None) -> Json | None:
        """The tree of a formula all of whose fields may be seen here; None for one that only the server can compute."""
        if formula is None or formula.uses.names or not all(self.sees(key) for key in reads(formula)):
            return None
        if any(each.path[0] not in self.form.by_key for each in formula.uses.relations):
            return None
        if "json" not in formula.memo:
            formula.memo["json"] = to_json(formula.tree)
        return formula.memo["json"]


def reads(formula: Formula) -> set[str]:
    """The fields of the form that a formula reads, references and sub-forms included."""
    uses = formula.uses
    return {*uses.fields, *uses.parent, *(name.split(".")[0] for name, __ in uses.paths), *(each.path[0] for each in uses.relations)}


def _has_type(kind: FieldType) -> bool:
    try:
        return bool(kind.formula_type())
    except NotImplementedError:
        return False


def _run(act: Act) -> Json:
    person = act.person
    return {
        "today": day_number(act.today),
        "now": str(micros_of(act.now)),
        "zone": act.zone.key,
        "person": {
            "id": person.id,
            "roles": sorted(person.roles),
            "reports": list(getattr(person, "reports", ())),
            "departments": list(getattr(person, "department_keys", ())),
        },
    }


def _typed(kind: FieldType) -> Json:
    """How the browser reads what is typed into a field."""
    type = kind.formula_type()
    found: Json = {**kind.typed(), "value": type_to_json(type)}
    if kind.type == "number":
        found["percent"] = getattr(kind, "in_percent")
    elif kind.type == "money":
        found["signs"] = sorted(signs_of(getattr(kind, "currency") or USUAL))
    elif kind.type == "text":
        found["format"] = getattr(kind, "format")
    return found


def _rule(each: Checked, stood: Json, sight: Sight, reader: Reader) -> Json:
    rule = each.rule
    found: Json = {name: list(getattr(rule, name)) for name in ("show", "require", "read_only") if getattr(rule, name) is not None}
    if rule.show is not None:
        found["hidden_value"] = rule.hidden_value
    if rule.limit is not None:
        found["limit"], found["options"] = list(rule.limit), list(rule.options)
    if each.check is not None:
        found["fields"], found["message"] = list(rule.fields), reader.shown(rule.message)
        found["reads"], found["check"] = sorted(reads(each.check)), sight.tree(each.check)
    return {**found, "when": None if each.when is None else sight.tree(each.when), "always": each.when is None, "stands": stood}


def _computed(kind: FieldType, formula: Formula, sight: Sight, reader: Reader) -> Json:
    return {"key": kind.key, "tree": sight.tree(formula), "shown": _shown(kind, reader)}


def _shown(kind: Any, reader: Reader) -> Json:
    """How a computed value is written: see `display` of formula fields."""
    type: Type = kind.formula_type()
    found: Json = {"result": type.kind, "scale": type.scale, "unit": reader.shown(kind.unit) if kind.unit else ""}
    if type.kind == "money":
        found["symbol"] = reader.money(Decimal(0), type.currency, 0).removesuffix("0")
    elif type.kind == "choice":
        found["options"] = {each.key: reader.shown(each.label) for each in kind.options}
    elif type.kind == "boolean":
        found["yes"], found["no"] = reader.say(_("Yes")), reader.say(_("No"))
    return found


def _subform(plan: Plan, key: str, sight: Sight, reader: Reader) -> Json:
    lines = plan.form.by_key[key].lines()
    return {
        "fields": {line: _typed(each) for line, each in lines.items() if each.writable and _has_type(each)},
        "defaults": [{"key": line, "tree": sight.tree(each)} for line, each in plan.line_defaults[key].items()],
        "computed": [_computed(lines[line], each, sight, reader) for line, each in plan.line_computed[key].items()],
    }


# -- fields of referenced records -----------------------------------------------------------------------------------------------
def paths(act: Act, form: Form, values: Mapping[str, Any], record: int | None, partly: Collection[str] = ()) -> dict[str, Json]:
    """`customer.level` → its type, and the values by the customer's id. That of a sub-form's row is written `items/product.price`."""
    found: dict[str, Json] = {}
    source = RecordValues(act, form, values, record)
    for subform, node in _path_nodes(plan_of(act.catalogue, form.key, act.connection.dialect)):
        first = node.reference.split(".")[0]
        holder = node.relation[0] if node.relation else subform
        rows = holder if holder in form.by_key and first in form.by_key[holder].lines() else None
        if rows is None and first not in form.by_key or not _may_follow(act, form, rows, node):
            continue
        if rows in partly or not may(act.person, "view", form.key, record, rows or first):
            continue
        name = f"{rows}/{node.reference}.{node.key}" if rows else f"{node.reference}.{node.key}"
        known = found.setdefault(name, {"type": type_to_json(node.type), "values": {}})["values"]
        for each in _holders(source, form, rows) if rows else [source]:
            target = each.values.get(first)
            if target is not None and may_read(act, form.by_key[rows].lines() if rows else form.by_key, node, target):
                known[str(target)] = to_wire(each.path(node.reference, "id" if node.key == "record" else node.key), node.type)
    return found


def _path_nodes(plan: Plan) -> Iterator[tuple[str | None, Path]]:
    formulas: list[tuple[str | None, Formula | None]] = [(None, each) for rule in plan.rules for each in (rule.when, rule.check)]
    formulas += [(subform, each) for subform, rules in plan.row_rules.items() for rule in rules for each in (rule.when, rule.check)]
    formulas += [(None, each) for each in (*plan.computed.values(), *plan.followed.values(), *plan.defaults.values())]
    for named in (plan.line_defaults, plan.line_computed):
        formulas += [(subform, each) for subform, lines in named.items() for each in lines.values()]
    for subform, formula in formulas:
        if formula is not None and (formula.uses.paths or formula.uses.relations):
            yield from ((subform, node) for node in walk(formula.tree) if isinstance(node, Path))


def _holders(source: RecordValues, form: Form, subform: str) -> Iterable[RecordValues]:
    return [SubformRow(source, form.by_key[subform].lines(), row) for row in source.values.get(subform) or ()]


def _may_follow(act: Act, form: Form, subform: str | None, node: Path) -> bool:
    """Whether the person may see the field at the end of a path."""
    fields = form.by_key if subform is None else form.by_key[subform].lines()
    target = ""
    for step in node.reference.split("."):
        target = getattr(fields[step], "form")
        fields = act.catalogue.forms[target].by_key
    return may(act.person, "view", target, None, node.key)
