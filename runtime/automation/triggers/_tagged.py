"""What the triggers about tags share: which tags of which dictionary."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger
from runtime.automation.words import quoted
from runtime.definitions.model import Key
from runtime.definitions.types import CHOICE, LIST, Type
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


class TagTrigger(EventTrigger):
    """Without `tags` any tag of the dictionary. Formulas may use `changed_tags`, those that came or went at once."""

    tag_set: Key = Field(title="Tag dictionary")
    tags: tuple[Key, ...] = Field((), title="One of these tags")

    events: ClassVar[tuple[str, ...]] = ("tags_changed",)

    @staticmethod
    def moved(item: dict[str, Any]) -> Collection[str]:
        """The tags of an event that this kind is about."""
        raise NotImplementedError

    @staticmethod
    def happens(tags: str, all_of_them: bool) -> Message:
        """The sentence that says it, of quoted names: of tags, or of the dictionary when any of its tags is meant."""
        raise NotImplementedError

    def form_key(self, catalogue: Catalogue) -> str | None:
        tags = catalogue.tag_sets.get(self.tag_set)
        return tags.form if tags is not None else None

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield self.form_key(catalogue), f"tag_set:{self.tag_set}"

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        tags = catalogue.tag_sets.get(self.tag_set)
        return {"changed_tags": LIST(CHOICE(tuple(tags.by_key) if tags is not None else ()))}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        tags = catalogue.tag_sets.get(self.tag_set)
        if tags is None:
            yield Problem("tag_set", _("There is no tag set with the key {key}.", key=self.tag_set))
            return
        for number, key in enumerate(self.tags):
            if key not in tags.by_key:
                yield Problem(f"tags/{number}", _("This dictionary has no tag with the key {key}.", key=key))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        tags = catalogue.tag_sets.get(self.tag_set)
        known = tags.by_key if tags is not None else {}
        labels = [known[key].label if key in known else key for key in self.tags]
        named = quoted(labels or [tags.label if tags is not None else self.tag_set], language)
        return self.happens(named, not self.tags).in_language(language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return record is not None and item.get("tag_set") == self.tag_set and bool(self._meant(item))

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        return {"tags": self._meant(item)}

    def values(self, doing: Doing) -> dict[str, Any]:
        return {"changed_tags": tuple(doing.facts.get("tags", ()))}

    def _meant(self, item: dict[str, Any]) -> list[str]:
        return [key for key in self.moved(item) if not self.tags or key in self.tags]
