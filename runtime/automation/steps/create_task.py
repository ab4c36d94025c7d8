"""Create task: puts something to do on somebody's list, with a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.people import in_words, language_of, recipients_of, who_problems
from runtime.automation.places import formulas_in
from runtime.automation.steps._base import has_errors, of_each
from runtime.automation.steps._target import OnRecord
from runtime.collaboration import todos
from runtime.definitions.model import FormulaText, FormulaUse, Text, Who
from runtime.definitions.shelf import STEPS
from runtime.definitions.step import Names as Known
from runtime.definitions.types import DATE
from runtime.errors import Problem, Refused, TierloomError
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
        if doing.shared is not None:
            (result,) = self.run_all([doing])
            if isinstance(result, TierloomError):
                raise result
            return result
        wanted, due = self._wanted(doing)
        given, without = [], []
        for each in wanted:
            try:
                given.append(todos.add(doing.act, each))
            except Refused as refused:
                without.append(_not_seen(refused, each))
        return self._said(doing, given, without, due)

    def _wanted(self, doing: Doing) -> tuple[list[todos.Wanted], date | None]:
        """What everybody who is meant would get, and by when."""
        aim = self.aimed(doing) if self.target is not None or doing.record_id is not None else None
        if self.target is not None and aim is None:
            return [], None
        about = (aim.form, aim.record) if aim is not None else (None, None)
        due = None if self.due is None else doing.value(self.due)
        people = [each for each in recipients_of(doing, self.to) if each.person is not None]
        return [todos.Wanted(self._title(doing, each.language), each.person, due, *about) for each in people], due

    def _title(self, doing: Doing, language: str | None) -> str:
        return " ".join(doing.filled(self.title, language).split())[: todos.LONGEST]

    def _said(self, doing: Doing, given: list[int], without: list[int], due: date | None) -> dict[str, Any] | None:
        if doing.skipped is not None:
            return None
        if not given:
            return doing.skip(_("Nobody who is meant by this step may see the record at the moment, or nobody is meant."))
        result = {"todos": given, "due": None if due is None else due.isoformat()}
        return {**result, "may_not_see": without} if without else result

    # -- for many records -----------------------------------------------------------------------------------------------------------
    tells_once: ClassVar[bool] = True

    def writes(self, form: str | None) -> frozenset[str] | None:
        return frozenset()

    def run_all(self, doings: Sequence[Doing]) -> list[Any]:
        """The to-dos without telling of them: whoever gets some hears of all of them at the end."""
        asked = of_each(doings, self._wanted)
        if has_errors(asked):
            return asked
        every = [(number, each) for number, (wanted, _due) in enumerate(asked) for each in wanted]
        given, without = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
        concerned = defaultdict[int, list[int]](list)
        for (number, each), answer in zip(every, todos.add_many(doings[0].act, [each for _number, each in every]), strict=True):
            if isinstance(answer, Refused):
                without[number].append(_not_seen(answer, each))
            else:
                given[number].append(answer)
                concerned[number].append(each.person or 0)
        said = [self._said(doing, given[number], without[number], asked[number][1]) for number, doing in enumerate(doings)]
        return [{**(each or {}), "concerns": concerned[number]} for number, each in enumerate(said)]

    def run_group(self, doing_of: Callable[[int], Doing], whom: Mapping[str, Any]) -> dict[str, Any] | None:
        for number, (count, records) in whom.items():
            doings = [doing_of(each) for each in records]
            act, language = doings[0].act, language_of(doings[0].act, int(number))
            aim = self.aimed(doings[0]) if self.target is not None or doings[0].record_id is not None else None
            titles = [self._title(each, language) for each in doings]
            todos.tell_of_many(act, int(number), titles, count, doings[0].key, None if aim is None else (aim.form, aim.record))
        return {"people": [int(each) for each in whom]}


def _not_seen(refused: Refused, wanted: todos.Wanted) -> int:
    """Whose to-do was refused because they may not see the record; whatever else is wrong is raised."""
    if [problem.path for problem in refused.problems] != ["person"]:
        raise refused
    return wanted.person or 0
