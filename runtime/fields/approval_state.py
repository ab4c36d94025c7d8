"""Approval state: how far a record has come in a workflow."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Literal

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import LocalText
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import CHOICE, Type
from runtime.fields._approvals import OfWorkflow
from runtime.fields._options import Finder, Option
from runtime.fields._texts import text_of
from runtime.texts import _

STATES = {
    "running": ("审批中", "under way", "blue"),
    "returned": ("已退回", "returned", "orange"),
    "withdrawn": ("已撤回", "withdrawn", "gray"),
    "approved": ("已通过", "approved", "green"),
    "rejected": ("已驳回", "rejected", "red"),
    "ended": ("已终止", "ended", "gray"),
}


@FIELD_TYPES.register
class ApprovalState(OfWorkflow):
    type: Literal["approval_state"] = "approval_state"

    icon = "circle-check"
    title, about = _("Approval state"), _("How far the record has come in a workflow.")
    operators = ("is", "is_not", "any_of", "none_of", "blank", "not_blank")
    options: ClassVar[tuple[Option, ...]] = tuple(
        Option(key=key, label=LocalText(zh=zh, en=en), color=color) for key, (zh, en, color) in STATES.items()
    )

    @cached_property
    def finder(self) -> Finder:
        return Finder(self.options)

    def formula_type(self) -> Type:
        return CHOICE(tuple(STATES))

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        return None if text is None else self.finder.key_of(text)

    def display(self, value: str | None, reader: Reader) -> str:
        return "" if value is None else self.finder.label_of(value, reader.language)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "enum": [*STATES, None], "readOnly": True}
