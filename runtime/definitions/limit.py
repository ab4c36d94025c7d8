"""Limit across forms: what records come to together must stay below a bound that another record has, such as a customer's credit limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.form_rules import PERSON, Filled
from runtime.definitions.model import FormulaText, FormulaUse, Key, Model, Text
from runtime.definitions.naming import Names
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

FIGURE = ("number", "money")


class Limit(Model):
    """`total` and `at_most` are asked of the record that `through` points at, as it would be with what is being saved."""

    through: Annotated[str, Names()] = Field(title="Of the record chosen in")
    total: FormulaText = Field(title="What counts together")
    """A figure of that record, such as SUM(orders.amount)."""
    at_most: FormulaText = Field(title="At most")
    """A figure of that record, such as credit_limit. Where it is blank there is no limit."""
    when: FormulaText | None = Field(None, title="Only when")
    message: Text | None = Field(None, title="What to do about it")
    then: Literal["block", "workflow"] = Field("block", title="What happens beyond it")
    workflow: Key | None = Field(None, title="Workflow that decides")
    meanwhile: tuple[Annotated[Filled, Names(at="field")], ...] = Field((), max_length=20, title="Saved meanwhile with")
    """What the record gets until the workflow has decided, so that it does not count yet."""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        """What is wrong with what it names; paths start at the limit."""
        reference = form.by_key.get(self.through)
        if reference is None or reference.type != "reference":
            yield Problem("through", _("The field {key} is no reference, so no record can be chosen there.", key=self.through))
        if self.then == "workflow":
            yield from self._of_approval(form, catalogue)
        elif self.workflow is not None or self.meanwhile:
            yield Problem("then", _("A workflow decides only where what happens is “workflow”."))
        for number, each in enumerate(self.meanwhile):
            field = form.by_key.get(each.field)
            if field is None or not field.writable or field.stores != "column":
                yield Problem(f"meanwhile/{number}/field", _("The field {key} cannot be filled in by a rule.", key=each.field))

    def _of_approval(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        flow = catalogue.workflows.get(self.workflow or "")
        if flow is None:
            yield Problem("workflow", _("Say which workflow decides."))
        elif flow.form != form.key:
            yield Problem("workflow", _("The workflow {key} is for the form {form}.", key=flow.key, form=flow.form))

    def formulas(self, form: Form) -> Iterator[FormulaUse]:
        over_there = getattr(form.by_key.get(self.through), "form", None)
        if over_there is not None:
            for name in ("total", "at_most"):
                yield FormulaUse(name, getattr(self, name), over_there, None, FIGURE, kept=False)
        if self.when is not None:
            yield FormulaUse("when", self.when, form.key, None, ("boolean",), allow=PERSON, kept=False)
        for number, each in enumerate(self.meanwhile):
            if each.field in form.by_key and form.by_key[each.field].writable:
                expect = form.by_key[each.field].formula_type()
                yield FormulaUse(f"meanwhile/{number}/by", each.by, form.key, None, expect, allow=PERSON, kept=False)
