"""Button: somebody presses a button on a record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger, no_form
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import MEMBER, Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@TRIGGERS.register
class ButtonPressed(EventTrigger):
    """No event fires it: `runtime/automation/pressing.py` makes the run."""

    type: Literal["button"] = "button"
    form: Key = Field(title="Form")

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        """`pressed_by`: who pressed it."""
        return {"pressed_by": MEMBER}

    def values(self, doing: Doing) -> dict[str, Any]:
        return {"pressed_by": doing.facts.get("pressed_by")}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        return _(
            "when somebody presses a button on a record of {form}", form=quoted([form_label(self.form, catalogue)], language)
        ).in_language(language)
