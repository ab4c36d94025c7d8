"""Create related: adds a record that points at this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.given import record_names
from runtime.automation.steps._base import Inside, needed_values, needs_record, value_formulas, value_problems
from runtime.automation.words import form_label, quoted
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
class CreateRelated(Inside):
    """Its field that points here is filled by itself. The formulas read the record that fired."""

    type: Literal["create_related"] = "create_related"
    relation: Annotated[str, Names()] = Field(title="Related records")
    values: dict[Annotated[str, Names("relation")], FormulaText] = Field({}, title="Values")

    def related(self, form: str | None, catalogue: Catalogue) -> tuple[str, str] | None:
        return catalogue.relations_to(form or "").get(self.relation)

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from needs_record(form)
        related = self.related(form, catalogue)
        if related is not None:
            yield from value_problems("values", related[0], self.values, catalogue)
            yield from needed_values("values", related[0], {**self.values, related[1]: "record"}, catalogue)
        elif form in catalogue.forms:
            yield Problem("relation", _("No records that point here are called {key}.", key=self.relation))

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        related = self.related(form, catalogue)
        if related is not None:
            yield from value_formulas("values", related[0], self.values, form, names, catalogue)

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        related = self.related(form, catalogue)
        return record_names(self.key, related[0], catalogue) if self.key is not None and related is not None else {}

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        related = self.related(form, catalogue)
        label = quoted([form_label(related[0], catalogue) if related is not None else self.relation], language)
        return _("add one of its {form}", form=label).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        form, reference = self.related(doing.form, doing.act.catalogue) or ("", "")
        record = doing.needed_record()
        several = doing.act.catalogue.forms[form].by_key[reference].stores == "many"
        values = {key: doing.value(text) for key, text in self.values.items()}
        saved = gateway.create(doing.act, form, {**values, reference: (record,) if several else record})
        return {"form": form, "record": saved.id, "version": saved.written, "gives": {self.key: saved.id} if self.key is not None else {}}
