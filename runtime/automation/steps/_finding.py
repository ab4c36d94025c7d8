"""What finding one record and finding many share: which form, which records, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from runtime.automation.finding import condition_problems, condition_use, order_problems
from runtime.automation.steps._base import Inside
from runtime.definitions.model import FieldKey, FormulaText, FormulaUse, Key
from runtime.definitions.naming import ORDER, Names
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class Finding(Inside):
    """The condition reads the records that are looked for; `this.FIELD` is the record that fired."""

    key: FieldKey = Field(title="Name")
    form: Key = Field(title="Form")
    where: FormulaText | None = Field(None, title="Only those for which")
    order: tuple[Annotated[str, Names("form", within=ORDER)], ...] = Field((), max_length=3, title="Order")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
        yield from order_problems("order", self.order, self.form, catalogue)

    def name_problems(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[Problem]:
        yield from condition_problems("where", self.where, self.form, form, names, catalogue)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.where is not None:
            yield condition_use("where", self.where, self.form, form, names, catalogue)
