"""What steps about the rows of a sub-form share: which sub-form, which rows, and formulas that read a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from runtime.automation.steps._base import STEP_FORMULAS, Inside, needs_record
from runtime.automation.words import field_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.step import Names as Known
from runtime.errors import NotFound, Problem
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.records import gateway
from runtime.records.rows import Record, read_record
from runtime.records.values import RecordValues, SubformRow
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

SYSTEM_NAMES = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


class OnRows(Inside):
    subform: Annotated[str, Names()] = Field(title="Sub-form")

    def lines(self, form: str | None, catalogue: Catalogue) -> Any:
        """The fields of a row; empty where there is no such sub-form."""
        field = catalogue.forms[form].field(self.subform) if form in catalogue.forms else None
        return field.lines() if field is not None else {}

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from needs_record(form)
        if form in catalogue.forms and not self.lines(form, catalogue):
            yield Problem("subform", _("The field {key} is no sub-form.", key=self.subform))

    def label(self, language: str, catalogue: Catalogue, form: str | None) -> str:
        return quoted([field_label(form, self.subform, catalogue)], language)

    def rows(self, doing: Doing) -> tuple[Record, tuple[dict[str, Any], ...]]:
        """The record, held for this transaction so that nobody else's rows are lost, and its rows."""
        found = read_record(doing.act, str(doing.form), doing.needed_record(), lock=True)
        if found is None or found.deleted_at is not None:
            raise NotFound(_("This record does not exist any more."))
        return found, found.values.get(self.subform) or ()

    def evaluated(self, doing: Doing, record: Record, row: dict[str, Any], text: str) -> Any:
        """What a formula gives that reads a row, and through it the record it belongs to."""
        asked = formula(doing.act.catalogue, doing.form, text, doing.names, STEP_FORMULAS, subform=self.subform)
        doing.require_readable(asked)
        doing.require_readable(formula(doing.act.catalogue, doing.form, f"COUNT({self.subform})", doing.names, STEP_FORMULAS))
        system = {name: getattr(record, name) for name in SYSTEM_NAMES}
        parent = RecordValues(doing.act, record.form, record.values, record.id, system, doing.given)
        return evaluate(asked, SubformRow(parent, record.form.by_key[self.subform].lines(), row))

    def write(self, doing: Doing, rows: list[dict[str, Any]]) -> dict[str, Any]:
        saved = gateway.update(doing.act, str(doing.form), doing.needed_record(), {self.subform: rows})
        return {
            "form": doing.form,
            "record": doing.record_id,
            "rows": len(rows),
            "changed": sorted(saved.changes),
            "version": saved.written,
        }


def row_use(path: str, text: str, form: str | None, subform: str | None, names: Known, expect: Any) -> FormulaUse:
    return FormulaUse(path, text, form, subform, expect, names, STEP_FORMULAS)


class WritesRows(OnRows):
    """Steps that give the fields of a row values."""

    values: dict[Annotated[str, Names("subform")], FormulaText] = Field(min_length=1, title="Values")
    read_a_row: ClassVar[bool]
    """Whether the formulas of the values read a row, or the record alone."""

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        lines = self.lines(form, catalogue)
        for key in self.values if lines else ():
            if key not in lines:
                yield Problem(f"values/{key}", _("The rows have no field with this key."))
            elif not lines[key].writable:
                yield Problem(f"values/{key}", _("The field {key} cannot be written by a step.", key=key))

    def formulas(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from super().formulas(form, names, catalogue)
        lines = self.lines(form, catalogue)
        for key, text in self.values.items() if lines or not self.read_a_row else ():
            expect = lines[key].formula_type() if key in lines else None
            yield row_use(f"values/{key}", text, form, self.subform if self.read_a_row else None, names, expect)


class OnSomeRows(OnRows):
    where: FormulaText | None = Field(None, title="Only those for which")

    def formulas(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.where is not None and self.lines(form, catalogue):
            yield row_use("where", self.where, form, self.subform, names, ("boolean",))

    def chosen(self, doing: Doing, record: Record, rows: tuple[dict[str, Any], ...]) -> list[bool]:
        return [self.where is None or bool(self.evaluated(doing, record, row, self.where)) for row in rows]
