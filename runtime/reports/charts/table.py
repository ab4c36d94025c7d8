"""Table: the first records of a form in an order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.naming import ORDER, Names
from runtime.definitions.shelf import CHARTS
from runtime.errors import Problem
from runtime.formulas.definitions import formula
from runtime.people.may import may, require
from runtime.records import query
from runtime.records.lookup import NoLookup
from runtime.reports.charts._tile import PERSON, Drawing, Tile, ask
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act

SHOWN = ("column", "computed", "rated")


@CHARTS.register
class Table(Tile):
    """Columns that the person may not see are left out."""

    type: Literal["table"] = "table"
    form: Key = Field(title="Form")
    columns: tuple[Annotated[str, Names("form")], ...] = Field(min_length=1, max_length=12, title="Columns")
    filter: FormulaText | None = Field(None, title="Only records for which this holds")
    sort: tuple[Annotated[str, Names("form", within=ORDER)], ...] = Field((), title="Order")
    most: int = Field(8, ge=1, le=50, title="Most rows")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        form = catalogue.forms.get(self.form)
        if form is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        for name, keys in (("columns", self.columns), ("sort", tuple(key.lstrip("-") for key in self.sort))):
            for number, key in enumerate(keys):
                if key not in form.by_key:
                    yield Problem(f"{name}/{number}", _("This form has no field with the key {key}.", key=key))
                elif form.by_key[key].stores not in SHOWN:
                    yield Problem(f"{name}/{number}", _("A field with several values has no place in this table."))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.filter is not None:
            yield FormulaUse("filter", self.filter, self.form, None, ("boolean",), allow=PERSON)

    def figures(self, act: Act) -> dict[str, Any]:
        require(act.person, "view", self.form)
        form = act.catalogue.forms[self.form]
        if self.filter is not None:
            ask(act, self.form, formula(act.catalogue, self.form, self.filter, allow=PERSON, expect=("boolean",)))
        columns = [key for key in self.columns if may(act.person, "view", self.form, None, key)]
        page = query.page(act, self.form, filter=self.filter, sort=self.sort, columns=columns, limit=self.most)
        return {
            "columns": columns,
            "records": [
                {"id": each.id, "values": [_json(form.by_key[key], each.values.get(key)) for key in columns]} for each in page.records
            ],
        }

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        form = act.catalogue.forms[self.form]
        fields = [form.by_key[key] for key in figures["columns"]]
        lookup = NoLookup(act.zone)
        values = [
            [None if value is None else field.parse(value, lookup) for field, value in zip(fields, each["values"], strict=True)]
            for each in figures["records"]
        ]
        for place, field in enumerate(fields):
            if field.type == "reference":
                reader.know_records(getattr(field, "form"), [row[place] for row in values])
            elif field.formula_type().kind == "member":
                reader.know_people(row[place] for row in values)
        rows = [[field.display(value, reader) for field, value in zip(fields, row, strict=True)] for row in values]
        return Drawing(
            columns=[reader.shown(field.label) for field in fields],
            rows=rows,
            links=[f"/apps/{app}/{self.form}/{each['id']}" for each in figures["records"]],
        )


def _json(field: Any, value: Any) -> Any:
    return None if value is None else field.to_json(value)
