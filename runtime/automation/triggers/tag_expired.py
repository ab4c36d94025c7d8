"""Tag expired: the time of a temporary tag is over."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from runtime.automation.triggers._tagged import TagTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class TagExpired(TagTrigger):
    type: Literal["tag_expired"] = "tag_expired"

    @staticmethod
    def moved(item: dict[str, Any]) -> Collection[str]:
        return item.get("removed", ()) if item.get("expired") else ()

    @staticmethod
    def happens(tags: str, all_of_them: bool) -> Message:
        return (
            _("when the time of a tag of {tags} is over", tags=tags)
            if all_of_them
            else _("when the time of the tag {tags} is over", tags=tags)
        )
