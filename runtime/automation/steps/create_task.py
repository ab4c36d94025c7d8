"""Create task: puts something to do on somebody's list, with a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.people import in_words, recipients, who_problems
from runtime.automation.places import formulas_in
from runtime.automation.steps._target import OnRecord
from runtime.collaboration import todos
from runtime.definitions.model import FormulaText, FormulaUse, Text, Who
from runtime.definitions.shelf import STEPS
from runtime.definitions.step import Names as Known
from runtime.definitions.types import DATE
from runtime.errors import Problem, Refused
from runtime.texts import _, shown

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class CreateTask(OnRecord):
    """Everybody named gets a to-do of their own and is told. Whoever may not see the record gets none, which the run log says."""

    type: Literal["create_task"] = "create_task"
    to: tuple[Who, ...] = Field(min_length=1, max_length=50, title="For")
    title: Text = Field(title="What is to be done")
    due: FormulaText | None = Field(None, title="Due")

    def name_problems(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        if self.target is not None or form is not None:
            yield from super().name_problems(form, names, catalogue)  # without a record it is a to-do alone

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        for number, who in enumerate(self.to):
            yield from who_problems(f"to/{number}", who, form, catalogue)

    def formulas(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("title", self.title, form, names)
        if self.due is not None:
            yield FormulaUse("due", self.due, form, None, DATE, names, frozenset({"person"}))

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        people = [in_words(who, form, catalogue) for who in self.to]
        message = _("give {people} the to-do “{title}”", people=people, title=shown(self.title, language))
        if self.due is not None:
            message = _("give {people} the to-do “{title}”, due on {day}", people=people, title=shown(self.title, language), day=self.due)
        return self.of_target(language, catalogue, form, message)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing) if self.target is not None or doing.record_id is not None else None
        if self.target is not None and aim is None:
            return None
        about = (aim.form, aim.record) if aim is not None else (None, None)
        due = None if self.due is None else doing.value(self.due)
        given, without = [], []
        for each in recipients(doing.act, self.to, doing.values):
            if each.person is None:
                continue
            title = " ".join(doing.filled(self.title, each.language).split())[: todos.LONGEST]
            try:
                given.append(todos.add(doing.act, todos.Wanted(title, each.person, due, *about)))
            except Refused as refused:
                if [problem.path for problem in refused.problems] != ["person"]:
                    raise
                without.append(each.person)
        if not given:
            return doing.skip(_("Nobody who is meant by this step may see the record at the moment, or nobody is meant."))
        result = {"todos": given, "due": None if due is None else due.isoformat()}
        return {**result, "may_not_see": without} if without else result
