"""Find one: the first record for which a condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.finding import found
from runtime.automation.given import record_names
from runtime.automation.steps._finding import Finding
from runtime.automation.words import form_label, quoted
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import NotFound
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class FindOne(Finding):
    """Gives the record under its name: `NAME.field` reads it in the steps behind, and is blank where none was found."""

    type: Literal["find_one"] = "find_one"
    otherwise: Literal["go_on", "fail"] = Field("go_on", title="When there is none")

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        return record_names(self.key, self.form, catalogue) if self.form in catalogue.forms else {}

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        label = quoted([form_label(self.form, catalogue)], language)
        if self.where is None:
            return _("find a record of {form} as {name}", form=label, name=self.key).in_language(language)
        return _("find a record of {form} with {condition} as {name}", form=label, condition=self.where, name=self.key).in_language(
            language
        )

    def run(self, doing: Doing) -> dict[str, Any] | None:
        record = next(iter(found(doing, self.form, self.where, self.order, 1)), None)
        if record is None and self.otherwise == "fail":
            raise NotFound(
                _("There is no record of {form} for which the condition holds.", form=form_label(self.form, doing.act.catalogue))
            )
        return {"form": self.form, "record": record, "gives": {self.key: record}}
