"""What fields share that show where a record stands in a workflow: the workflow writes them (runtime/workflow/on_record.py), nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from runtime.definitions.field_type import FieldType, Reader
from runtime.definitions.model import Key
from runtime.errors import Problem
from runtime.fields._entries import ReadOnlyField, control
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


class OfWorkflow(FieldType):
    workflow: Key = Field(title="Workflow")

    family = "computed"
    widget = "readonly"
    writable = False
    importable = False
    without = ("required", "unique", "default", "mask")

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, ReadOnlyField, [], reader)

    def to_entry(self, value: Any, reader: Reader) -> str:
        return self.display(value, reader)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        flow = catalogue.workflows.get(self.workflow)
        if flow is None:
            yield Problem("workflow", _("There is no workflow with the key {key}.", key=self.workflow))
        elif flow.form != form.key:
            yield Problem("workflow", _("The workflow {key} is for the form {form}.", key=flow.key, form=flow.form))
