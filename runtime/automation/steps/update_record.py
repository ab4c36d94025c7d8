"""Update record: writes fields of the record, of one it points at, or of one that a step before gave a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.steps._base import has_errors, of_each, saved_or_refused, value_formulas, value_problems
from runtime.automation.steps._target import OnRecord
from runtime.automation.words import field_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.records import gateway
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class UpdateRecord(OnRecord):
    """The formulas read the record that fired, whichever record is written."""

    type: Literal["update_record"] = "update_record"
    values: dict[Annotated[str, Names("target")], FormulaText] = Field(min_length=1, title="Values")

    def about(self, target: str, names: dict[str, Type], catalogue: Catalogue) -> Iterator[Problem]:
        yield from value_problems("values", target, self.values, catalogue)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from value_formulas("values", self.target_form(form, names, catalogue), self.values, form, names, catalogue)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        fields = quoted([field_label(self.known_form(form, catalogue), key, catalogue) for key in self.values], language)
        if self.target is None:
            return _("set {fields}", fields=fields).in_language(language)
        return _(
            "set {fields} of {reference}", fields=fields, reference=quoted([field_label(form, self.target, catalogue)], language)
        ).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        return self._said(aim.form, gateway.update(doing.act, aim.form, aim.record, self._values(doing)))

    def _values(self, doing: Doing) -> dict[str, Any]:
        return {key: doing.value(text) for key, text in self.values.items()}

    def _said(self, form: str, saved: gateway.Saved) -> dict[str, Any]:
        return {"form": form, "record": saved.id, "changed": sorted(saved.changes), "version": saved.written}

    def writes(self, form: str | None) -> frozenset[str] | None:
        """Others, which several may point at, are written one after the other."""
        return frozenset((form,)) if self.target is None and form is not None else None

    def run_all(self, doings: Sequence[Doing]) -> list[Any]:
        values = of_each(doings, self._values)
        if has_errors(values):
            return values
        act, form = doings[0].act, str(doings[0].form)
        rows = [gateway.BatchRow(given, doing.needed_record()) for given, doing in zip(values, doings, strict=True)]
        saved = saved_or_refused(gateway.write_batch(act, form, rows))
        return [self._said(form, each) if isinstance(each, gateway.Saved) else each for each in saved]
