"""What the steps about workflows have in common: which workflow, and that it is one of the record's form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from runtime.automation.steps._target import OnRecord
from runtime.automation.words import quoted
from runtime.definitions.model import Key
from runtime.definitions.step import Names as Known
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class WithWorkflow(OnRecord):
    workflow: Key = Field(title="Workflow")

    grouped: ClassVar[bool] = False

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if self.workflow not in catalogue.workflows:
            yield Problem("workflow", _("There is no workflow with the key {key}.", key=self.workflow))

    def about(self, target: str, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        flow = catalogue.workflows.get(self.workflow)
        if flow is not None and flow.form != target:
            yield Problem("workflow", _("This workflow is about records of another form."))

    def flow_label(self, language: str, catalogue: Catalogue) -> str:
        flow = catalogue.workflows.get(self.workflow)
        return quoted([flow.label if flow is not None else self.workflow], language)
