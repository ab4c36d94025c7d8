"""Step: what an automation does. One file a kind in runtime/automation/steps/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from runtime.definitions.model import FormulaUse, Model
from runtime.definitions.types import Type
from runtime.errors import Problem

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class Step(Model):
    type: str

    outside: ClassVar[bool] = False
    """Whether it calls the outside world: such a step runs outside any transaction, with an idempotency key."""

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        """What is wrong beyond its shape; `form` is the form of the automation's record."""
        yield from ()

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from ()

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        """The step in words."""
        raise NotImplementedError

    def run(self, doing: Any) -> dict[str, Any] | None:
        """Does it; `doing` (automation/runs.py) carries the act, the record, the run and what outside steps need. Gives what the run log keeps."""
        raise NotImplementedError
