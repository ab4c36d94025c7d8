"""Trigger: what starts an automation. One file a kind in runtime/automation/triggers/."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from runtime.definitions.model import FormulaUse, Model
from runtime.definitions.types import Type
from runtime.errors import Problem

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class Trigger(Model):
    type: str

    events: ClassVar[tuple[str, ...]] = ()
    """Kinds of events it listens to; empty for those the clock fires."""

    def form_key(self, catalogue: Catalogue) -> str | None:
        """The form whose record the automation's formulas read, or None."""
        return None

    def in_order(self) -> Iterator[tuple[str, str]]:
        """Dates (form, field) by whose order the clock looks for records; they get an index."""
        yield from ()

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        """Extra names its automation's formulas may use."""
        return {}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from ()

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from ()

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        """The trigger in words."""
        raise NotImplementedError

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        """Whether an event (its row) about one record (its part of the payload) fires it; the clock's triggers never match events."""
        return False
