"""Called: another automation starts it, and hands it values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers import _inputs
from runtime.automation.triggers._base import EventTrigger, no_form
from runtime.automation.triggers._inputs import Input
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@TRIGGERS.register
class Called(EventTrigger):
    """No event fires it: the step `run_automation` makes the run. Formulas may use `input.KEY`; with `form` it is about a record of that form."""

    type: Literal["called"] = "called"
    form: Key | None = Field(None, title="About a record of")
    inputs: tuple[Input, ...] = Field((), max_length=50, title="Values that it is given")

    grouped: ClassVar[bool] = False

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield from ()

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        return _inputs.names(self.inputs, "input")

    def values(self, doing: Doing) -> dict[str, Any]:
        return _inputs.values(self.inputs, "input", doing.facts.get("inputs", {}), doing.workspace.zone)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.form is not None:
            yield from no_form(self.form, catalogue)
        yield from _inputs.problems(self.inputs)

    def problems_of_inputs(self, given: set[str]) -> Iterator[Problem]:
        """What is wrong with handing it these values: one that it does not know, or one that is missing."""
        known = {each.key for each in self.inputs}
        for key in sorted(given - known):
            yield Problem(key, _("The automation that is called takes no value {key}.", key=key))
        for each in self.inputs:
            if each.required and each.key not in given:
                yield Problem(each.key, _("The automation that is called needs the value {key}.", key=each.key))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        if self.form is None:
            return _("when another automation calls it").in_language(language)
        form = quoted([form_label(self.form, catalogue)], language)
        return _("when another automation calls it for a record of {form}", form=form).in_language(language)
