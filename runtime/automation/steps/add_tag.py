"""Add tag: the record gets a tag, unless it has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runtime.automation.steps._tagging import Tagging
from runtime.definitions.shelf import STEPS
from runtime.tags import assigning
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


@STEPS.register
class AddTag(Tagging):
    type: Literal["add_tag"] = "add_tag"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return self.of_target(language, catalogue, form, _("add the tag {tag}", tag=self.label(language, catalogue)))

    def change(self, act: Act, records: list[int]) -> list[int]:
        return assigning.give(act, self.tag_set, self.tag, records)
