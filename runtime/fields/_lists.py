"""Several values in one text, as cells of a spreadsheet hold them."""
from __future__ import annotations

import re
from typing import Any

from runtime.fields._texts import text_of

BETWEEN = re.compile(r"[,，、;；|\n]")


def parts_of(raw: Any) -> list[str]:
    """The texts of a list, or of one text with commas between them; blanks are left out."""
    given = raw if isinstance(raw, (list, tuple, set, frozenset)) else BETWEEN.split(text_of(raw) or "")
    return [text for each in given if (text := text_of(each)) is not None]
