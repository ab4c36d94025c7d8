"""Run automation: sets off another one, handing over values, and waits for its end where that is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NoReturn

import sqlalchemy as sa
from pydantic import Field

from runtime.automation.given import kept
from runtime.automation.matching import add, runs_of
from runtime.automation.run_rows import UNFINISHED
from runtime.automation.steps._base import STEP_FORMULAS, Inside
from runtime.automation.steps._target import form_of_target
from runtime.automation.words import quoted
from runtime.definitions import naming
from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.shelf import STEPS
from runtime.definitions.step import Names
from runtime.errors import Problem, Refused
from runtime.system.tables import automation_run as table
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

LOOK_AGAIN = timedelta(hours=1)


@STEPS.register
class RunAutomation(Inside):
    """For the same record, or for the one that `target` names. The other one is set off by being called and runs as itself: with its own
    condition, owner and log. With `wait` this run goes on when the other has ended, and fails when that one failed."""

    type: Literal["run_automation"] = "run_automation"
    automation: Key = Field(title="Automation")
    target: Annotated[str, naming.Names()] | None = Field(None, max_length=120, title="Which record")
    inputs: dict[str, FormulaText] = Field({}, title="Values to hand over")
    wait: bool = Field(False, title="Wait for its end")

    grouped: ClassVar[bool] = False

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        called = catalogue.automations.get(self.automation)
        if called is None:
            yield Problem("automation", _("There is no automation with the key {key}.", key=self.automation))
        elif called.trigger.type != "called":
            yield Problem("automation", _("This automation does not begin by being called by another. Change what sets it off."))
        else:
            yield from (each.under("inputs") for each in called.trigger.problems_of_inputs(set(self.inputs)))  # type: ignore[attr-defined]

    def name_problems(self, form: str | None, names: Names, catalogue: Catalogue) -> Iterator[Problem]:
        called = catalogue.automations.get(self.automation)
        wanted = called.trigger.form_key(catalogue) if called is not None else None
        given = form_of_target(self.target, form, names, catalogue)
        if self.target is not None and given is None:
            yield Problem("target", _("The field {key} points at no record.", key=self.target))
        elif wanted is not None and given != wanted:
            yield Problem("automation", _("It is about records of another form. Say which record it is to run for."))

    def formulas(self, form: str | None, names: Names, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for key, text in self.inputs.items():
            yield FormulaUse(f"inputs/{key}", text, form, names=names, allow=STEP_FORMULAS)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        called = catalogue.automations.get(self.automation)
        name = quoted([called.label if called is not None else self.automation], language)
        return (
            _("run {automation} and wait for its end", automation=name) if self.wait else _("run {automation}", automation=name)
        ).in_language(language)

    # -- done -------------------------------------------------------------------------------------------------------------------
    def run(self, doing: Doing) -> dict[str, Any] | None:
        found = self._run_of(doing) or self._set_off(doing)
        if found is None:
            return doing.skip(_("“{field}” is blank, so there is no record for this step.", field=self.target or ""))
        if not self.wait:
            return {"run": found.id, "automation": self.automation}
        if found.state in UNFINISHED:
            self._wait_for(doing, found.id)
        if found.state in ("failed", "stopped"):
            raise Refused(
                [Problem("", _("Run {run}, which it waited for, did not end well. Run that again first, then this one.", run=found.id))]
            )
        return {"run": found.id, "automation": self.automation, "state": found.state}

    def _wait_for(self, doing: Doing, run: int) -> NoReturn:
        doing.wait_until(doing.act.now + LOOK_AGAIN, _("It waits for run {run} to end.", run=run), wakes=True)

    def _run_of(self, doing: Doing) -> Any:
        """The run that this step has set off already."""
        own = (table.c.automation == self.automation, table.c.cause_key.startswith(f"step:{doing.key}:", autoescape=True))
        return doing.act.connection.execute(sa.select(table.c.id, table.c.state).where(*own)).first()

    def _set_off(self, doing: Doing) -> Any:
        act = doing.act
        called = act.catalogue.automations.get(self.automation)
        if called is None:
            raise Refused([Problem("", _("There is no automation with the key {key}.", key=self.automation))])
        record = self._record(doing) if called.trigger.form_key(act.catalogue) is not None else None
        if record is None and self.target is not None:
            return None
        facts = {"inputs": {key: kept(doing.value(text)) for key, text in self.inputs.items()}}
        chain = act.cause.automations if act.cause is not None else ()
        (run,) = runs_of(act, called, [(record, facts)], f"step:{doing.key}", "automation", doing.run.event, chain)
        run["parent"] = doing.run.id if self.wait else None
        add(act, [run], chained=act.cause is not None and act.cause.bulk)
        return self._run_of(doing)

    def _record(self, doing: Doing) -> int | None:
        if self.target is None:
            return doing.record_id
        found = doing.given[self.target] if self.target in doing.names else doing.values.field(self.target)
        return None if found is None else int(found)
