"""Workflows that an import starts for its new records, where whoever imports asks for it. Workflows are a layer above: kinds.py says how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from runtime.errors import Problem, Refused
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.workflow import Workflow
    from runtime.system.workspace import Act

MAY: list[Callable[[Act, Workflow], bool]] = []
"""Whether the person of an act may start a workflow."""
START: list[Callable[[Act, str, Sequence[int]], Any]] = []
"""Starts a workflow for each of these records that has none of it under way."""


def startable(act: Act, form: str) -> list[Workflow]:
    """The workflows that whoever imports records of a form may start for them."""
    return [each for each in act.catalogue.workflows.values() if each.form == form and each.enabled and all(may(act, each) for may in MAY)]


def require(act: Act, form: str, key: str | None) -> None:
    if key is not None and all(each.key != key for each in startable(act, form)):
        raise Refused([Problem("workflow", _("There is no workflow {key} that you may start for this form.", key=key))])


def start(act: Act, key: str, records: Sequence[int]) -> None:
    for each in START:
        each(act, key, records)
