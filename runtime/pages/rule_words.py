"""A condition in plain words, with the labels that people see on forms. What it has no words for stays a formula."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.formulas import Formula
from runtime.formulas.functions.base import SHELF
from runtime.formulas.scope import SYSTEM_LABELS
from runtime.formulas.tree import (
    Aggregate,
    Among,
    Call,
    Compare,
    Field,
    Literal,
    Logic,
    Negative,
    Node,
    Not,
    Operation,
    Path,
    Within,
    literal_value,
    walk,
)
from runtime.pages.web import reader
from runtime.texts import Message, _

KNOWN = (Aggregate, Among, Call, Compare, Field, Literal, Logic, Negative, Not, Operation, Path, Within)
COMPARED: dict[str, Message] = {
    "==": _("{left} is {right}"),
    "!=": _("{left} is not {right}"),
    ">": _("{left} is more than {right}"),
    ">=": _("{left} is at least {right}"),
    "<": _("{left} is less than {right}"),
    "<=": _("{left} is at most {right}"),
}
AGGREGATES: dict[str, Message] = {
    "COUNT": _("number of {rows}"),
    "SUM": _("sum of {value} over {rows}"),
    "AVG": _("average {value} of {rows}"),
    "MIN": _("least {value} of {rows}"),
    "MAX": _("greatest {value} of {rows}"),
}
CALLS: dict[str, Message] = {
    "DAYS_SINCE": _("days since {a}"),
    "ISEMPTY": _("{a} is blank"),
    "CONTAINS": _("{a} contains {b}"),
    "STARTSWITH": _("{a} begins with {b}"),
    "TODAY": _("today"),
    "CURRENT_USER": _("the person asking"),
    "MY_REPORTS": _("those whom the person asking leads"),
    "MY_DEPARTMENTS": _("the departments of the person asking"),
}
SIGNS = {"*": "×", "/": "÷", "-": "−"}


def in_words(catalogue: Catalogue, form: str, rule: Formula) -> str | None:
    """The condition as a sentence, or None where words would be harder to read than the formula."""
    nodes = list(walk(rule.tree))
    if len(nodes) > 40 or not all(isinstance(each, KNOWN) for each in nodes):
        return None
    return Teller(catalogue, catalogue.forms[form]).tell(rule.tree)


class Teller:
    def __init__(self, catalogue: Catalogue, form: Form):
        self.catalogue, self.form = catalogue, form

    def tell(self, node: Node, beside: Node | None = None) -> str:
        """A node in words; `beside` is what a constant is compared with, whose labels it takes."""
        return getattr(self, f"_{type(node).__name__.lower()}")(node, beside)

    def _literal(self, node: Literal, beside: Node | None) -> str:
        if isinstance(node.value, bool):
            return reader().say(_("yes") if node.value else _("no"))
        if isinstance(node.value, Decimal):
            kind = beside.type if beside is not None else node.type
            return (
                reader().money(node.value, kind.currency, 0 if node.value == node.value.to_integral_value() else None)
                if kind.kind == "money"
                else reader().number(node.value)
            )
        return self._option(node.value, beside)

    def _option(self, key: str, beside: Node | None) -> str:
        """A constant text: the label of the option, tag or tier that it names."""
        field = self._definition(beside)
        options = {each.key: each.label for each in getattr(field, "options", ())}
        if field is not None and field.stores == "rated":
            return reader().tier_label(field.tier_model, key)
        if field is not None and key.isdecimal() and field.type in ("member", "members"):
            return reader().person_name(int(key))
        if field is not None and key.isdecimal() and field.type in ("reference", "multi_reference"):
            return reader().record_title(field.form, int(key))
        if field is not None and field.stores == "assigned":
            return reader().tag_label(field.tag_set, key)
        return reader().shown(options[key]) if key in options else reader().say(_("“{text}”", text=key))

    def _negative(self, node: Negative, beside: Node | None) -> str:
        value = literal_value(node)
        return f"−{self.tell(node.operand, beside)}" if value is None else self._literal(Literal(node.type, value), beside)

    def _field(self, node: Field, _beside: Node | None) -> str:
        field = self._definition(node)
        if field is None and node.key in SYSTEM_LABELS:
            return reader().shown(SYSTEM_LABELS[node.key])
        return reader().shown(field.label) if field is not None else node.key

    def _path(self, node: Path, _beside: Node | None) -> str:
        form, words = self._form_of(node.relation), []
        for step in node.reference.split("."):
            reference: Any = form.by_key.get(step)
            if reference is None:
                return f"{node.reference}.{node.key}"
            words.append(reader().shown(reference.label))
            form = self.catalogue.forms[reference.form]
        return " · ".join([*words, reader().shown(form.by_key[node.key].label) if node.key in form.by_key else node.key])

    def _operation(self, node: Operation, _beside: Node | None) -> str:
        sides = [f"({self.tell(each)})" if isinstance(each, Operation) else self.tell(each) for each in (node.left, node.right)]
        return f"{sides[0]} {SIGNS.get(node.operator, node.operator)} {sides[1]}"

    def _compare(self, node: Compare, _beside: Node | None) -> str:
        return reader().say(
            Message(COMPARED[node.operator].text, {"left": self.tell(node.left, node.right), "right": self.tell(node.right, node.left)})
        )

    def _logic(self, node: Logic, _beside: Node | None) -> str:
        parts = [f"({self.tell(each)})" if isinstance(each, Logic) else self.tell(each) for each in node.operands]
        joined = _("{a} and {b}") if node.operator == "and" else _("{a} or {b}")
        return reduce(lambda a, b: reader().say(Message(joined.text, {"a": a, "b": b})), parts)

    def _not(self, node: Not, _beside: Node | None) -> str:
        return reader().say(_("not: {condition}", condition=self.tell(node.operand)))

    def _within(self, node: Within, _beside: Node | None) -> str:
        return reader().say(
            _(
                "{what} is one of {values}",
                what=self.tell(node.operand),
                values=self._listed([self.tell(each, node.operand) for each in node.options]),
            )
        )

    def _among(self, node: Among, _beside: Node | None) -> str:
        words = {"list": self.tell(node.list), "value": self.tell(node.operand, node.list)}
        return reader().say(_("{value} is one of {list}", **words) if isinstance(node.list, Call) else _("{list} has {value}", **words))

    def _call(self, node: Call, _beside: Node | None) -> str:
        told = [self.tell(each, node.arguments[0]) for each in node.arguments]
        if node.function == "IN_SEGMENT":
            return self._segment(str(literal_value(node.arguments[0])))
        if node.function in CALLS:
            return reader().say(Message(CALLS[node.function].text, dict(zip("ab", told, strict=False))))
        return f"{reader().shown(SHELF[node.function].label)}({self._listed(told)})"

    def _segment(self, key: str) -> str:
        segment = self.catalogue.segments.get(key)
        return reader().say(_("is in the segment “{name}”", name=segment.label if segment is not None else key))

    def _aggregate(self, node: Aggregate, _beside: Node | None) -> str:
        rows = self._rows(node.relation)
        if node.days is not None or node.months is not None:
            last = (
                _("{rows} in the last {n} days", rows=rows, n=node.days)
                if node.days is not None
                else _("{rows} in the last {n} months", rows=rows, n=node.months)
            )
            if node.before:
                last = (
                    _("{rows} in the {n} days that ended {ago} days ago", rows=rows, n=node.days, ago=node.days * node.before)
                    if node.days is not None
                    else _(
                        "{rows} in the {n} months that ended {ago} months ago",
                        rows=rows,
                        n=node.months,
                        ago=(node.months or 0) * node.before,
                    )
                )
            rows = reader().say(last)
        if node.where is not None:
            rows = reader().say(_("{rows} where {condition}", rows=rows, condition=self.tell(node.where)))
        value = self.tell(node.value) if node.value is not None else ""
        if node.function in AGGREGATES and (value or node.function == "COUNT"):
            return reader().say(Message(AGGREGATES[node.function].text, {"rows": rows, "value": value}))
        return f"{reader().shown(SHELF[node.function].label)}({self._listed([each for each in (value, rows) if each])})"

    # -- where names lead ---------------------------------------------------------------------------------------------------------
    def _definition(self, node: Node | None) -> Any:
        """The field behind a node, or None."""
        if isinstance(node, Field) and not node.system:
            relation = node.relation[:-1] if node.parent else node.relation
            return getattr(self._form_of(relation), "by_key", {}).get(node.key)
        if isinstance(node, Path):
            form: Any = self._form_of(node.relation)
            for step in node.reference.split("."):
                form = self.catalogue.forms[form.by_key[step].form] if step in form.by_key else self.form
            return form.by_key.get(node.key)
        return None

    def _form_of(self, relation: tuple[str, ...]) -> Any:
        """The form, or sub-form, whose rows a relation names."""
        found: Any = self.form
        for name in relation:
            if name in found.by_key:
                found = found.by_key[name]
            elif name in self.catalogue.relations_to(found.key):
                found = self.catalogue.forms[self.catalogue.relations_to(found.key)[name][0]]
        return found

    def _rows(self, relation: tuple[str, ...]) -> str:
        return reader().shown(self._form_of(relation).label) if relation else reader().shown(self.form.label)

    @staticmethod
    def _listed(words: list[str]) -> str:
        return ("、" if reader().language == "zh" else ", ").join(words)
