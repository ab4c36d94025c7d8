"""Remove tag: the record loses a tag, if it has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from runtime.automation.steps._tagging import Tagging
from runtime.definitions.shelf import STEPS
from runtime.errors import Problem
from runtime.tags import assigning
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


@STEPS.register
class RemoveTag(Tagging):
    type: Literal["remove_tag"] = "remove_tag"

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        tags = catalogue.tag_sets.get(self.tag_set)
        if tags is not None and self.tag in tags.by_key and tags.by_key[self.tag].rule is not None:
            yield Problem("tag", _("The tag {tag} follows a rule and would come back at once.", tag=tags.by_key[self.tag].label))

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return self.of_target(language, catalogue, form, _("remove the tag {tag}", tag=self.label(language, catalogue)))

    def change(self, act: Act, records: list[int]) -> list[int]:
        return assigning.take(act, self.tag_set, self.tag, records)
