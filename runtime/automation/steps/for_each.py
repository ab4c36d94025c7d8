"""For each: the same steps for each record of a list, each record that points at this one, or each row of a sub-form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.given import kept, record_names
from runtime.automation.steps._base import Inside
from runtime.automation.words import field_label, form_label, quoted, said
from runtime.definitions.model import FieldKey, FormulaUse, Key
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS, OneOf
from runtime.definitions.step import Names as Known
from runtime.definitions.step import Step, formulas_of, problems_of
from runtime.errors import Problem
from runtime.people.may import may
from runtime.records import query
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

AnyStep = Annotated[Step, OneOf(STEPS)]
MOST = 5000


@STEPS.register
class ForEach(Inside):
    """What it goes through is fixed when it begins. Its steps use the present one under its name: `NAME` and `NAME.field`.

    `items`: a list that a step before has found. `form` and `field`: the records of a form whose field points at the record, the newest first.
    `rows`: a sub-form of the record.
    """

    type: Literal["for_each"] = "for_each"
    key: FieldKey = Field(title="Name of the present one")
    items: str | None = Field(None, max_length=60, title="List that was found")
    form: Key | None = Field(None, title="Records of the form")
    field: Annotated[str, Names("form")] | None = Field(None, title="That point here with")
    rows: Annotated[str, Names()] | None = Field(None, title="Rows of the sub-form")
    limit: int = Field(500, ge=1, le=MOST, title="At most")
    each: tuple[AnyStep, ...] = Field(min_length=1, max_length=50, title="Steps")

    repeats: ClassVar[bool] = True
    grouped: ClassVar[bool] = False

    # -- checked ----------------------------------------------------------------------------------------------------------------
    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if [self.items, self.form, self.rows].count(None) != 2:
            yield Problem("items", _("Say what it goes through: a list, the records that point here, or the rows of a sub-form."))
        if self.form is not None:
            yield from self._pointing_problems(form, catalogue)
        if self.rows is not None and form in catalogue.forms and self._subform(form, catalogue) is None:
            yield Problem("rows", _("This form has no sub-form with the key {key}.", key=self.rows))
        yield from (each.under("each") for each in problems_of(self.each, form, catalogue))

    def _pointing_problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        field = catalogue.forms[self.form].field(self.field or "")
        if field is None or field.type != "reference" or (form in catalogue.forms and getattr(field, "form", None) != form):
            yield Problem("field", _("The field {key} does not point at this record.", key=self.field or ""))

    def name_problems(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        if self.items is not None and self._list_form(names) is None:
            yield Problem("items", _("No step before gives a list of records under the name {name}.", name=self.items))

    def formulas(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[FormulaUse]:
        within = {**names, **self.names_inside("each", form, names, catalogue)}
        yield from (use.under("each") for use in formulas_of(self.each, form, within, catalogue))

    def arms(self) -> Mapping[str, tuple[Step, ...]]:
        return {"each": self.each}

    def inner(self) -> Iterator[tuple[str, int, Any]]:
        yield from (("each", number, step) for number, step in enumerate(self.each))

    def names_inside(self, arm: str, form: str | None, names: Known, catalogue: Catalogue) -> Known:
        if self.rows is not None:
            subform = self._subform(form, catalogue)
            return {f"{self.key}.{each.key}": each.formula_type() for each in subform.fields} if subform is not None else {}
        found = self.form or self._list_form(names)
        return record_names(self.key, found, catalogue) if found in catalogue.forms else {}

    def values_inside(self, arm: str, time: str, result: Mapping[str, Any]) -> dict[str, Any]:
        items = result.get("items", ())
        item = items[int(time)] if int(time) < len(items) else None
        if isinstance(item, dict):
            return {f"{self.key}.{key}": value for key, value in item.items()}
        return {self.key: item}

    def _list_form(self, names: Known) -> str | None:
        found = names.get(self.items or "")
        return found.item.form if found is not None and found.kind == "list" and found.item is not None else None

    def _subform(self, form: str | None, catalogue: Catalogue) -> Any:
        field = catalogue.forms[form].field(self.rows or "") if form in catalogue.forms else None
        return field if field is not None and field.type == "subform" else None

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        steps = said(self.each, language, catalogue, form)
        if self.rows is not None:
            rows = quoted([field_label(form, self.rows, catalogue)], language)
            return _("for each row of {rows} ({steps})", rows=rows, steps=steps).in_language(language)
        if self.form is not None:
            records = quoted([form_label(self.form, catalogue)], language)
            return _("for each record of {form} that points here ({steps})", form=records, steps=steps).in_language(language)
        return _("for each of {list} ({steps})", list=self.items or "", steps=steps).in_language(language)

    # -- done -------------------------------------------------------------------------------------------------------------------
    def run(self, doing: Doing) -> dict[str, Any] | None:
        items, more = self._items(doing)
        if not items:
            doing.skip(_("There is none, so there is nothing to do."))
            return None
        return {"arm": "each", "times": len(items), "items": items, **({"more": True} if more else {})}

    def _items(self, doing: Doing) -> tuple[list[Any], bool]:
        """What it goes through, as JSON, and whether there were more than it takes."""
        if self.rows is not None:
            found: list[Any] = [{key: kept(value) for key, value in row.items()} for row in doing.values.field(self.rows) or ()]
        elif self.form is not None:
            records, count = query.related(doing.act, self.form, self.field or "", doing.needed_record(), self.limit)
            return [each.id for each in records], count > len(records)
        else:
            form = self._list_form(doing.names)
            found = [int(each) for each in doing.given[self.items or ""] or () if form and may(doing.act.person, "view", form, int(each))]
        return found[: self.limit], len(found) > self.limit
