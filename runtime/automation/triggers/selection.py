"""Selection: somebody starts it on records picked in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.triggers._base import RecordTrigger
from runtime.definitions.model import Who
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import MEMBER, Type
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@TRIGGERS.register
class Selection(RecordTrigger):
    """No event fires it: `runtime/automation/selecting.py` makes the runs. `may_start`: only these people, of those who may change the record."""

    type: Literal["selection"] = "selection"
    may_start: tuple[Who, ...] = Field((), max_length=50, title="Who may start it")

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        """`pressed_by`: who started it."""
        return {"pressed_by": MEMBER}

    def values(self, doing: Doing) -> dict[str, Any]:
        return {"pressed_by": doing.facts.get("pressed_by")}

    @staticmethod
    def happens(form: str) -> Message:
        return _("when somebody starts it for picked records of {form}", form=form)
