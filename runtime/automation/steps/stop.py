"""Stop: the run ends here, and whatever stands behind it is not done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.places import formulas_in
from runtime.automation.steps._base import Inside, of_each
from runtime.automation.trouble import Ends
from runtime.definitions.model import FormulaUse, Text
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.texts import LANGUAGES, Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class Stop(Inside):
    """Also out of an arm or a loop. With `failed` the run is shown as failed, so that somebody looks at it."""

    type: Literal["stop"] = "stop"
    reason: Text | None = Field(None, title="Reason for the log")
    failed: bool = Field(False, title="As a failure")

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("reason", self.reason, form, names)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return (_("stop as failed") if self.failed else _("stop")).in_language(language)

    def writes(self, form: str | None) -> frozenset[str] | None:
        return frozenset()

    def run_all(self, doings: Sequence[Doing]) -> list[Any]:
        return of_each(doings, self._end)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        raise self._end(doing)

    def _end(self, doing: Doing) -> Ends:
        if self.reason is None:
            return Ends(_("The automation ends itself here."), self.failed)
        said = {language: doing.filled(self.reason, language) for language in LANGUAGES}
        return Ends(Message("{said}", {"said": said}), self.failed)
