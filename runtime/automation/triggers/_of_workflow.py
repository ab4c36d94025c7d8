"""What triggers by a workflow share: they listen on its form, whose records its runs are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from runtime.automation.triggers._base import EventTrigger

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class OfWorkflow(EventTrigger):
    """Each trigger names its workflow in a setting of its own, in the place where people look for it."""

    if TYPE_CHECKING:
        workflow: str

    own_sources: ClassVar[tuple[str, ...]] = ("workflow",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        flow = catalogue.workflows.get(self.workflow)
        return None if flow is None else flow.form

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield self.form_key(catalogue), f"workflow:{self.workflow}"
