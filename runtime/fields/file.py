"""File: attachments, sent while the form is still being filled in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._files import Attached, Family
from runtime.texts import _


@FIELD_TYPES.register
class File(Attached):
    type: Literal["file"] = "file"
    most: int = Field(9, ge=1, le=50, title="Greatest number of files")
    kinds: tuple[Family, ...] = Field((), title="Kinds of files")
    """All that are known where none is named."""

    family, icon = "files", "paperclip"
    title, about = _("Files"), _("Documents, sheets, pictures and more, sent while filling in.")

    @property
    def families(self) -> tuple[str, ...]:
        return self.kinds

    @property
    def most_files(self) -> int:
        return self.most
