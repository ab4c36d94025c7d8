"""View: a saved list of a form's records."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from runtime.definitions.model import SYSTEM_FIELDS, Definition, FormulaText, FormulaUse, Key, Who
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class View(Definition):
    kind: Literal["view"] = "view"
    form: Key
    as_: Literal["list"] = Field("list", alias="as")
    filter: FormulaText | None = None
    columns: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    for_: tuple[Who, ...] = Field((), alias="for")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        form = catalogue.forms.get(self.form)
        if form is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        for name, keys in (("columns", self.columns), ("sort", tuple(key.lstrip("-") for key in self.sort))):
            for number, key in enumerate(keys):
                if key not in form.by_key and key not in SYSTEM_FIELDS:
                    yield Problem(f"{name}/{number}", _("This form has no field with the key {key}.", key=key))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.filter is not None:
            yield FormulaUse("filter", self.filter, self.form, None, ("boolean",), allow=frozenset({"person"}))
