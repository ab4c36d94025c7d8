"""Query panel: shows the records of another form that fit this one; holds no value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Reader
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._entries import PanelField, control
from runtime.fields._pairs import comparable
from runtime.fields._silent import Silent
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

RECORD = "record"


@FIELD_TYPES.register
class QueryPanel(Silent):
    type: Literal["query_panel"] = "query_panel"
    form: str = Field(title="Form")
    theirs: Annotated[str, Names("form")] = Field(title="Field of that form")
    ours: Annotated[str, Names()] = Field(title="Must equal this field here")
    """A field of this form; `record` where the other is a reference to this form."""
    where: FormulaText | None = Field(None, title="Only records where")
    """A condition on the records of that form."""
    columns: tuple[Annotated[str, Names("form")], ...] = Field((), max_length=8, title="Columns")
    """Fields of that form; what its lists show where none is named."""
    most: int = Field(10, ge=1, le=50, title="Records at a time")

    family, icon = "related", "table"
    title, about = _("Query"), _("Shows the records of another form that fit this one. Holds no value.")
    widget = "query_panel"

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, PanelField, [], reader)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        other = form if self.form == form.key else catalogue.forms.get(self.form)
        if other is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        for key in self.columns:
            if key not in other.by_key:
                yield Problem("columns", _("The form {form} has no field with the key {key}.", form=other.label, key=key))
        yield from self._pair_problems(form, other)

    def _pair_problems(self, form: Form, other: Form) -> Iterator[Problem]:
        theirs, ours = other.field(self.theirs), form.field(self.ours)
        if theirs is None:
            yield Problem("theirs", _("The form {form} has no field with the key {key}.", form=other.label, key=self.theirs))
        elif self.ours == RECORD:
            if theirs.type != "reference" or getattr(theirs, "form") != form.key:
                yield Problem("theirs", _("The field {field} does not refer to this form.", field=theirs.label))
        elif ours is None:
            yield Problem("ours", _("This form has no field with the key {key}.", key=self.ours))
        elif not comparable(theirs, ours):
            yield Problem("ours", _("{field} and {other} do not hold the same kind of value.", field=ours.label, other=theirs.label))

    def formulas(self, form: Form, catalogue: Catalogue, subform: str | None = None) -> Iterator[FormulaUse]:
        if self.where is not None and (self.form == form.key or self.form in catalogue.forms):
            yield FormulaUse("where", self.where, self.form, None, ("boolean",), allow=frozenset({"person"}), kept=False)
