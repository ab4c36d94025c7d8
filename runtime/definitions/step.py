"""Step: what an automation does. One file a kind in runtime/automation/steps/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from runtime.definitions.model import FieldKey, FormulaUse, Model
from runtime.definitions.types import Type
from runtime.errors import Problem

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

Names = dict[str, Type]


class Step(Model):
    type: str
    key: FieldKey | None = Field(None, title="Name")
    """The steps behind this one use what it gives under this name."""

    outside: ClassVar[bool] = False
    """Whether it calls the outside world: such a step runs outside any transaction, with an idempotency key."""
    grouped: ClassVar[bool] = False
    """Whether one run may do it for many records, see `matching.may_group`."""
    once_per_group: ClassVar[bool] = False
    """Whether it is then done once for all of them: `concerns` is asked for each, `run_group` does it at the end."""
    tells_once: ClassVar[bool] = False
    """Whether it is done for each record of a group, but those whom its result names under `concerns` are told by one `run_group` at the end."""
    repeats: ClassVar[bool] = False
    """Whether its arms are gone through several times: the path of a step in them names the time as well, such as `2/each/17/0`."""

    def groups(self, form: str | None, catalogue: Catalogue) -> bool:
        """Whether one run may do it for many records of the form."""
        return self.grouped

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        """What is wrong beyond its shape; `form` is the form of the automation's record."""
        yield from ()

    def formulas(self, form: str | None, names: Names, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from ()

    def name_problems(self, form: str | None, names: Names, catalogue: Catalogue) -> Iterator[Problem]:
        """What is wrong with what it makes of the names that it may use: those of the trigger and of the steps before it."""
        yield from ()

    def gives(self, form: str | None, names: Names, catalogue: Catalogue) -> Names:
        """What the steps behind it may use, by name: `KEY` or `KEY.field`. The values stand in its result under `gives`."""
        return {}

    def arms(self) -> Mapping[str, tuple[Step, ...]]:
        """The steps inside it, by the part of the path that leads to them."""
        return {}

    def names_inside(self, arm: str, form: str | None, names: Names, catalogue: Catalogue) -> Names:
        """What only the steps of an arm may use, such as the present item of a loop."""
        return {}

    def values_inside(self, arm: str, time: str, result: Mapping[str, Any]) -> dict[str, Any]:
        """The values of these names, as JSON: `time` is the part of the path that names it, `result` what the step itself has kept."""
        return {}

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        """The step in words."""
        raise NotImplementedError

    def run(self, doing: Any) -> dict[str, Any] | None:
        """Does it; `doing` (automation/runs.py) carries the act, the record, the run and what outside steps need. Gives what the run log keeps."""
        raise NotImplementedError

    def writes(self, form: str | None) -> frozenset[str] | None:
        """The forms whose records it changes, where it can be done for all the records of a group at once by `run_all`: what one record gets
        must not hang on what others have got just before. None: one record after the other, and with it the whole automation."""
        return None

    def run_all(self, doings: Sequence[Any]) -> list[Any]:
        """Does it for many records at once, in few statements. Gives for each what `run` would give, or what it would raise; where that is
        an error, everything is taken back and those records are done alone."""
        raise NotImplementedError

    def concerns(self, doing: Any) -> list[str]:
        """Whom a record of a group concerns; only of a step that is done once for all of them."""
        raise NotImplementedError

    def run_group(self, doing_of: Any, whom: Mapping[str, Any]) -> dict[str, Any] | None:
        """Does it once: `whom` gives of everybody concerned how many records there were and the first of them, `doing_of` the step for one of
        these. Gives what the run log keeps beside the counts."""
        raise NotImplementedError


def in_order(steps: Iterable[Step], form: str | None, names: Names, catalogue: Catalogue) -> Iterator[tuple[int, Step, Names]]:
    """Steps of one arm with their numbers, each with the names that it may use: those given, and what the steps before it give."""
    known = names
    for number, step in enumerate(steps):
        yield number, step, known
        given = step.gives(form, known, catalogue) if step.key is not None else {}
        known = {**known, **given} if given else known


def formulas_of(steps: Iterable[Step], form: str | None, names: Names, catalogue: Catalogue) -> Iterator[FormulaUse]:
    """The formulas of the steps of one arm; paths begin with the step's number."""
    for number, step, known in in_order(steps, form, names, catalogue):
        yield from (use.under(str(number)) for use in step.formulas(form, known, catalogue))


def problems_of(steps: Iterable[Step], form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
    """What is wrong with the steps of one arm; paths begin with the step's number."""
    for number, step in enumerate(steps):
        yield from (each.under(str(number)) for each in step.problems(form, catalogue))


def every(steps: Iterable[Step], prefix: str = "") -> Iterator[tuple[str, Step]]:
    """All steps with those inside others: the path in the definition, and the step."""
    for number, step in enumerate(steps):
        yield f"{prefix}{number}", step
        for arm, inside in step.arms().items():
            yield from every(inside, f"{prefix}{number}/{in_definition(arm)}/")


def in_definition(arm: str) -> str:
    """Where the steps of an arm stand in the definition: dots of its name are the way into lists, as in `else_if.0.then`."""
    return arm.replace(".", "/")


def name_problems_of(steps: Iterable[Step], form: str | None, names: Names, catalogue: Catalogue) -> Iterator[Problem]:
    """What is wrong with the names that steps use, those inside others included; paths begin with the step's number."""
    for number, step, known in in_order(steps, form, names, catalogue):
        yield from (each.under(str(number)) for each in step.name_problems(form, known, catalogue))
        for arm, inside in step.arms().items():
            within = {**known, **step.names_inside(arm, form, known, catalogue)}
            yield from (each.under(f"{number}/{in_definition(arm)}") for each in name_problems_of(inside, form, within, catalogue))


@dataclass
class Reached:
    """What a step at a path may use: `names` with their types, `givers` the paths of the steps that gave them, `loops` what it stands in
    that has names of its own: the path of the step, the step, arm and time."""

    names: Names
    givers: list[str]
    loops: list[tuple[str, Step, str, str]]


def reached(steps: tuple[Step, ...], path: str, form: str | None, names: Names, catalogue: Catalogue) -> Reached:
    """What the step at a path of a run, such as `2/each/17/0`, may use. The path `""` is before the first step."""
    found = Reached(names, [], [])
    pieces, prefix = path.split("/") if path else [], ""
    while pieces:
        step = None
        for number, step, known in in_order(steps, form, found.names, catalogue):
            if number == int(pieces[0]):
                found.names = known
                break
            if step.key is not None:
                found.givers.append(f"{prefix}{number}")
        if step is None or len(pieces) == 1:
            break
        here, arm, time = f"{prefix}{pieces[0]}", pieces[1], pieces[2] if step.repeats else ""
        inside = step.names_inside(arm, form, found.names, catalogue)
        if inside:
            found.names = {**found.names, **inside}
            found.loops.append((here, step, arm, time))
        used = 3 if step.repeats else 2
        steps, prefix, pieces = step.arms()[arm], "/".join((here, *pieces[1:used], "")), pieces[used:]
    return found
