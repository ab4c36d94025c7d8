"""Write comment: leaves a comment on the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.places import formulas_in
from runtime.automation.steps._target import OnRecord
from runtime.collaboration import comments
from runtime.definitions.model import FormulaUse, Text
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.texts import _, shown

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class WriteComment(OnRecord):
    """In the name of the automation's owner. People who are named in it as @Name are told, as from a comment by hand."""

    type: Literal["write_comment"] = "write_comment"
    text: Text = Field(title="Text")

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("text", self.text, form, names)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return self.of_target(language, catalogue, form, _("comment “{text}”", text=shown(self.text, language)))

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        text = doing.filled(self.text, None).strip()
        if not text:
            return doing.skip(_("The comment is blank, so none was written."))
        said = comments.add(doing.act, aim.form, aim.record, text[: comments.LONGEST])
        return {"form": aim.form, "record": aim.record, "comment": said.id}
