"""Lock record: holds the record as it is, against people, imports and the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.people import who_problems
from runtime.automation.places import formulas_in
from runtime.automation.steps._target import OnRecord
from runtime.definitions.model import FormulaText, FormulaUse, Text, Who
from runtime.definitions.shelf import STEPS
from runtime.definitions.step import Names as Known
from runtime.definitions.types import DATE
from runtime.errors import Problem
from runtime.people.may import require
from runtime.records import locking
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class LockRecord(OnRecord):
    """Steps may go on writing it. The reason stands on its page, with who may lift the lock: whoever builds, and those named here."""

    type: Literal["lock_record"] = "lock_record"
    reason: Text = Field(title="Reason")
    until: FormulaText | None = Field(None, title="Last day")
    lift: tuple[Who, ...] = Field((), max_length=20, title="Who may lift it")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        for number, who in enumerate(self.lift):
            if not who.startswith(("role:", "user:", "field:", "group:", "department:")):
                yield Problem(f"lift/{number}", _("Name a role, a person, a group, a department or a field."))
            elif who.startswith("field:") and self.target is None:
                yield from who_problems(f"lift/{number}", who, form, catalogue)

    def about(self, target: str, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        for number, who in enumerate(self.lift):
            if who.startswith("field:") and self.target is not None:
                yield from who_problems(f"lift/{number}", who, target, catalogue)

    def formulas(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("reason", self.reason, form, names)
        if self.until is not None:
            yield FormulaUse("until", self.until, form, None, DATE, names, frozenset({"person"}))

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        message = _("lock the record") if self.until is None else _("lock the record until {day}", day=self.until)
        return self.of_target(language, catalogue, form, message)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        require(doing.act.person, "edit", aim.form, aim.record)
        until = None if self.until is None else doing.value(self.until)
        reason = doing.filled(self.reason, None)
        fresh = locking.lock(doing.act, aim.form, aim.record, reason, until, self.lift, doing.automation.key)
        return {"form": aim.form, "record": aim.record, "until": None if until is None else until.isoformat(), "was_free": fresh}
