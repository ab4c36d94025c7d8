"""Tag added: a record got a tag, by hand, by a rule, by an import or by an automation."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from runtime.automation.triggers._tagged import TagTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class TagAdded(TagTrigger):
    type: Literal["tag_added"] = "tag_added"

    @staticmethod
    def moved(item: dict[str, Any]) -> Collection[str]:
        return item.get("added", ())

    @staticmethod
    def happens(tags: str, all_of_them: bool) -> Message:
        return _("when a record gets a tag of {tags}", tags=tags) if all_of_them else _("when a record gets the tag {tags}", tags=tags)
