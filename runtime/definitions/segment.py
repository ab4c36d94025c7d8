"""Segment: a saved condition over the records of a form."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from runtime.definitions.model import Definition, FormulaText, FormulaUse, Key
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class Segment(Definition):
    kind: Literal["segment"] = "segment"
    form: Key
    where: FormulaText

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield FormulaUse("where", self.where, self.form, None, ("boolean",))
