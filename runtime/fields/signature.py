"""Signature: drawn with finger, pen or mouse, or typed; kept as a picture."""

from __future__ import annotations

from typing import Literal

from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._files import Attached
from runtime.texts import _


@FIELD_TYPES.register
class Signature(Attached):
    type: Literal["signature"] = "signature"

    family, icon = "files", "signature"
    title, about = _("Signature"), _("Signed with the finger, a pen, the mouse, or typed.")
    widget = "signature"

    @property
    def families(self) -> tuple[str, ...]:
        return ("picture",)
