"""Approval node: where a record stands in a workflow; of several nodes at once the one that was reached first."""

from __future__ import annotations

from typing import Any, Literal

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import CHOICE, Type
from runtime.fields._approvals import OfWorkflow
from runtime.fields._texts import text_of
from runtime.texts import _


@FIELD_TYPES.register
class ApprovalNode(OfWorkflow):
    type: Literal["approval_node"] = "approval_node"

    icon = "git-branch"
    title, about = _("Approval node"), _("Where the record stands in a workflow.")
    operators = ("is", "is_not", "any_of", "none_of", "blank", "not_blank")

    def formula_type(self) -> Type:
        return CHOICE()

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        return text_of(raw)

    def display(self, value: str | None, reader: Reader) -> str:
        named = getattr(reader, "node_label", lambda workflow, node: node)  # a reader without a catalogue shows keys
        return "" if value is None else named(self.workflow, value)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "readOnly": True}
