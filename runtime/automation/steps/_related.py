"""What steps about the records that point at one share: which relation, and which of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from runtime.automation.finding import condition_problems, condition_use, found
from runtime.automation.steps._base import Inside, needs_record
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.step import Names as Known
from runtime.errors import Problem, TierloomError
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

MOST = 1_000


class TooMany(TierloomError):
    """A step would change more records than one transaction should."""


class Related(Inside):
    """`relation`: how the records that point at this one are called. In the condition `this.FIELD` is the record that fired."""

    relation: Annotated[str, Names()] = Field(title="Related records")
    where: FormulaText | None = Field(None, title="Only those for which")

    def related(self, form: str | None, catalogue: Catalogue) -> tuple[str, str] | None:
        """The form of these records, and their field that points back."""
        return catalogue.relations_to(form or "").get(self.relation)

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from needs_record(form)
        if form in catalogue.forms and self.related(form, catalogue) is None:
            yield Problem("relation", _("No records that point here are called {key}.", key=self.relation))

    def name_problems(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        related = self.related(form, catalogue)
        if related is not None:
            yield from condition_problems("where", self.where, related[0], form, names, catalogue)

    def formulas(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[FormulaUse]:
        related = self.related(form, catalogue)
        if related is not None and self.where is not None:
            yield condition_use("where", self.where, related[0], form, names, catalogue)

    def records(self, doing: Doing) -> tuple[str, list[int]]:
        """Their form, and those that the owner sees; more than can be done in one step are refused."""
        form, reference = self.related(doing.form, doing.act.catalogue) or ("", "")
        several = doing.act.catalogue.forms[form].by_key[reference].stores == "many"
        points = f"this.record in {reference}" if several else f"{reference} == this.record"
        condition = points if self.where is None else f"({points}) and ({self.where})"
        records = found(doing, form, condition, ("id",), MOST + 1)
        if len(records) > MOST:
            raise TooMany(
                _("These are more than {most} records, too many for one step. Find them and go through them one by one.", most=MOST)
            )
        return form, records

    def label(self, language: str, catalogue: Catalogue, form: str | None) -> str:
        related = self.related(form, catalogue)
        return quoted([form_label(related[0], catalogue) if related is not None else self.relation], language)

    def nothing(self, doing: Doing) -> Any:
        return doing.skip(_("There are no such records."))
