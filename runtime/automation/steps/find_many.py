"""Find many: the records for which a condition holds, as a list for a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.finding import found
from runtime.automation.steps._finding import Finding
from runtime.automation.words import form_label, quoted
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import LIST, NUMBER, RECORD, Type
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

MOST = 10_000


@STEPS.register
class FindMany(Finding):
    """Gives the list under its name, and as `NAME.count` how many they are. The result says when there were more than it takes."""

    type: Literal["find_many"] = "find_many"
    limit: int = Field(1000, ge=1, le=MOST, title="At most")

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        return {self.key: LIST(RECORD(self.form)), f"{self.key}.count": NUMBER(0)} if self.form in catalogue.forms else {}

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        label = quoted([form_label(self.form, catalogue)], language)
        if self.where is None:
            return _("find the records of {form} as {name}", form=label, name=self.key).in_language(language)
        return _("find the records of {form} with {condition} as {name}", form=label, condition=self.where, name=self.key).in_language(
            language
        )

    def run(self, doing: Doing) -> dict[str, Any] | None:
        records = found(doing, self.form, self.where, self.order, self.limit + 1)
        more = len(records) > self.limit
        records = records[: self.limit]
        return {
            "form": self.form,
            "count": len(records),
            **({"more": True} if more else {}),
            "gives": {self.key: records, f"{self.key}.count": len(records)},
        }
