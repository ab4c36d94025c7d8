"""Image: pictures, from the camera or the album of a phone as well."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._files import Attached
from runtime.files.kinds import KINDS, SHOWN_IN_PLACE, endings
from runtime.texts import _


@FIELD_TYPES.register
class Image(Attached):
    type: Literal["image"] = "image"
    most: int = Field(9, ge=1, le=50, title="Greatest number of pictures")
    camera: bool = Field(False, title="Only from the camera")
    """Phones then open the camera at once; it is a convenience, no proof."""

    family, icon = "files", "photo"
    title, about = _("Pictures"), _("Photos from the camera or the album.")
    widget = "images"

    @property
    def families(self) -> tuple[str, ...]:
        return ("picture",)

    @property
    def offered(self) -> str:
        """Without HEIC, so that an iPhone makes a JPEG of its photo, which every browser draws; a HEIC that comes all the same is taken."""
        return ",".join(f".{each}" for each in endings(self.families) if KINDS[each].content_type in SHOWN_IN_PLACE)

    @property
    def most_files(self) -> int:
        return self.most
