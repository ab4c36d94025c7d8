"""Tag removed: a tag was taken from a record; one whose time is over has a trigger of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from runtime.automation.triggers._tagged import TagTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class TagRemoved(TagTrigger):
    type: Literal["tag_removed"] = "tag_removed"

    @staticmethod
    def moved(item: dict[str, Any]) -> Collection[str]:
        return () if item.get("expired") else item.get("removed", ())

    @staticmethod
    def happens(tags: str, all_of_them: bool) -> Message:
        return _("when a record loses a tag of {tags}", tags=tags) if all_of_them else _("when a record loses the tag {tags}", tags=tags)
