"""Permission set: who may do what with which records and fields of a form."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import Definition, FormulaText, FormulaUse, Key, Who
from runtime.definitions.naming import Names
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

Action = Literal["view", "add", "edit", "delete", "import", "export", "share", "views"]


class PermissionSet(Definition):
    kind: Literal["permission_set"] = "permission_set"
    form: Key
    for_: tuple[Who, ...] = Field((), alias="for")
    actions: tuple[Action, ...] = ("view",)
    rows: FormulaText | None = None
    fields: dict[Annotated[str, Names()], Literal["view", "edit", "masked", "hidden"]] = {"*": "view"}
    off: bool = False
    """Switched off without being deleted."""

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        form = catalogue.forms.get(self.form)
        if form is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        for key in self.fields:
            if key != "*" and key not in form.by_key:
                yield Problem(f"fields/{key}", _("This form has no field with the key {key}.", key=key))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.rows is not None:
            yield FormulaUse("rows", self.rows, self.form, None, ("boolean",), allow=frozenset({"person"}))
