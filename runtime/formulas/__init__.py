"""The formula language: one checked tree a formula, read by evaluation, SQL, dependencies and explanation.

formula = check("SUM(orders.amount, on=orders.paid_on, days=365)", Scope(catalogue, "customer"))
evaluate(formula, values)      # one record
to_sql(formula, source)        # sets of records
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from runtime.definitions.types import Type
from runtime.formulas.arithmetic import CannotCompute
from runtime.formulas.bounds import Plan
from runtime.formulas.bounds import plan as _plan
from runtime.formulas.checking import Checker
from runtime.formulas.evaluate import Values, evaluate
from runtime.formulas.parse import parse
from runtime.formulas.scope import Scope
from runtime.formulas.to_sql import RelatedSource, Source, to_condition, to_sql, to_sql_scaled
from runtime.formulas.tokens import stored, tokenize
from runtime.formulas.tree import Node, from_json, to_json
from runtime.formulas.uses import RelationUse, Uses, uses_of

__all__ = [
    "CannotCompute",
    "Formula",
    "RelatedSource",
    "RelationUse",
    "Scope",
    "Source",
    "Uses",
    "Values",
    "check",
    "evaluate",
    "from_json",
    "relations_read",
    "to_condition",
    "to_json",
    "to_sql",
    "to_sql_scaled",
]


@dataclass(frozen=True)
class Formula:
    """A checked formula. `text` is the stored spelling: keys instead of labels, one form of operators and functions."""

    text: str
    tree: Node
    type: Type
    uses: Uses
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What readers have compiled of it."""

    @cached_property
    def plan(self) -> Plan | None:
        return _plan(self.tree)

    @property
    def sql(self) -> bool:
        """Whether everything translates to SQL exactly."""
        return self.plan is not None


def check(text: str, scope: Scope, expect: Any = None) -> Formula:
    """Reads and checks a formula. `expect`: a kind of type, several kinds, or a Type that the result must fit.

    Raises FormulaProblems with everything that is wrong, each with its place in `text`.
    """
    tokens = tokenize(text)
    checker = Checker(scope)
    tree = checker.check(parse(tokens), expect)
    return Formula(stored(tokens, checker.names), tree, tree.type, uses_of(tree, scope))


def relations_read(formula: Formula) -> set[str]:
    """The relations of the record that a formula reads: a tier dimension is missing when none of them has any row."""
    return {use.path[0] for use in formula.uses.relations}
