"""Import finished: all rows of a file were written, or as many as there were when somebody cancelled it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from runtime.automation.triggers._base import RecordTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import CHOICE, NUMBER, TEXT, Type
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

FIGURES = {"rows": "rows", "new": "new", "changed": "update", "unchanged": "unchanged", "refused": "faulty"}
"""Names of formulas, and what the event calls them."""


@TRIGGERS.register
class ImportFinished(RecordTrigger):
    """About no record: `form` is the form into which it went. Formulas may use `import.file`, `import.state` (done or cancelled), `import.rows`,
    `import.new`, `import.changed`, `import.unchanged` and `import.refused`."""

    type: Literal["import_finished"] = "import_finished"

    events: ClassVar[tuple[str, ...]] = ("import_finished",)
    own_sources: ClassVar[tuple[str, ...]] = ("import",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        return None

    def listens(self, catalogue: Catalogue) -> Any:
        yield self.form, ""

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        figures = {f"import.{name}": NUMBER(0) for name in FIGURES}
        return {"import.file": TEXT, "import.state": CHOICE(("done", "cancelled")), **figures}

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        return {"file": item.get("file"), "state": item.get("state"), **{name: item.get(key) for name, key in FIGURES.items()}}

    def values(self, doing: Doing) -> dict[str, Any]:
        return {f"import.{name}": doing.facts.get(name) for name in ("file", "state", *FIGURES)}

    @staticmethod
    def happens(form: str) -> Message:
        return _("when an import into {form} is finished", form=form)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return event.form == self.form
