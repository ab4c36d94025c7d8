"""Button: runs an automation on the record when somebody presses it; holds no value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Reader
from runtime.definitions.model import Text
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._entries import PanelField, control
from runtime.fields._silent import Silent
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Button(Silent):
    type: Literal["button"] = "button"
    automation: str = Field(title="Automation")
    """One whose trigger is `button`."""
    ask: Text | None = Field(None, title="Asked before")
    done: Text | None = Field(None, title="Said afterwards")
    look: Literal["plain", "primary"] = Field("plain", title="Appearance")

    icon = "click"
    title, about = _("Button"), _("Runs an automation on the record when somebody presses it. Holds no value.")
    widget = "button"

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, PanelField, [], reader)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        found = catalogue.automations.get(self.automation)
        if found is None:
            yield Problem("automation", _("There is no automation with the key {key}.", key=self.automation))
        elif found.trigger.type != "button" or found.trigger.form_key(catalogue) != form.key:
            yield Problem("automation", _("The automation {automation} is not started by a button of this form. Choose the trigger “button” there.",
                                          automation=found.label))
