"""What adding and removing a tag share: which tag of which set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from runtime.automation.steps._target import OnRecord
from runtime.automation.words import quoted
from runtime.definitions.model import Key
from runtime.definitions.step import Names as Known
from runtime.errors import Problem, TierloomError
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


class Tagging(OnRecord):
    tag_set: Key = Field(title="Tag dictionary")
    tag: Key = Field(title="Tag")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        tags = catalogue.tag_sets.get(self.tag_set)
        if tags is None:
            yield Problem("tag_set", _("There is no tag set with the key {key}.", key=self.tag_set))
        elif self.tag not in tags.by_key:
            yield Problem("tag", _("This dictionary has no tag with the key {key}.", key=self.tag))
        elif tags.by_key[self.tag].archived:
            yield Problem("tag", _("The tag {tag} is archived.", tag=tags.by_key[self.tag].label))

    def about(self, target: str, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        tags = catalogue.tag_sets.get(self.tag_set)
        if tags is not None and tags.form != target:
            yield Problem("tag_set", _("This tag dictionary belongs to another form."))

    def writes(self, form: str | None) -> frozenset[str] | None:
        return frozenset((form,)) if self.target is None and form is not None else None

    def change(self, act: Act, records: list[int]) -> list[int]:
        """Gives or takes the tag; gives back those where that changed something."""
        raise NotImplementedError

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        return None if aim is None else {"tag": self.tag, "changed": bool(self.change(doing.act, [aim.record]))}

    def run_all(self, doings: Sequence[Doing]) -> list[Any]:
        try:
            changed = set(self.change(doings[0].act, [each.needed_record() for each in doings]))
        except TierloomError as error:
            return [error] * len(doings)
        return [{"tag": self.tag, "changed": each.record_id in changed} for each in doings]

    def label(self, language: str, catalogue: Catalogue) -> str:
        tags = catalogue.tag_sets.get(self.tag_set)
        return quoted([tags.by_key[self.tag].label if tags is not None and self.tag in tags.by_key else self.tag], language)
