"""The long work of this part, under the names by which jobs call it; runtime/kinds.py registers it."""

from __future__ import annotations

from runtime.system import jobs
from runtime.transfer import checking, exporting, importing, undoing


def register() -> None:
    jobs.KINDS.update({"import_check": checking.run, "import": importing.run, "import_undo": undoing.run, "export": exporting.run})
