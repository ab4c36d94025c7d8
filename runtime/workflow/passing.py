"""What an act did to the nodes of a run: which were reached, which are done with and how. It is told as one event an act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from runtime.records import outbox
from runtime.workflow.state import OPEN, Run

if TYPE_CHECKING:
    from runtime.system.workspace import Act

HOW = ("done", "rejected", "returned", "cut")
"""done: it went on from there. cut: it ended without a decision there, such as by a withdrawal or what others decided."""


def steps(before: Run | None, after: Run) -> Iterator[dict[str, Any]]:
    """Nodes that were reached and finished, in the order of their visits."""
    old = {} if before is None else {each.number: each.state for each in before.visits}
    said = after.log[0 if before is None else len(before.log) :]
    for visit in after.visits:
        if visit.number not in old:
            yield {"node": visit.node, "happens": "reached"}
        if visit.state != OPEN and old.get(visit.number, OPEN) == OPEN:
            here = [each for each in said if each.node == visit.node]
            acts = {each.act for each in here}
            how = "done" if visit.state == "done" else next((each for each in ("rejected", "returned") if each in acts), "cut")
            person = next((each.person for each in reversed(here) if each.person), None)
            yield {"node": visit.node, "happens": "finished", "how": how, "person": person}


def tell(act: Act, workflow: str, form: str, done: Sequence[tuple[int, int, int, Run | None, Run]]) -> list[int]:
    """Tells what became of these: record, run, who started it, the run as it was and as it is. Gives the events."""
    items = [
        (record, {"workflow": workflow, "run": run, "starter": starter, "steps": moved})
        for record, run, starter, before, after in done
        if (moved := list(steps(before, after)))
    ]
    if len(items) == 1:
        return [outbox.append(act, "workflow_step", form, *items[0], source="workflow")]
    if items:
        records = [record for record, _item in items]
        return [outbox.append(act, "workflow_step", form, None, {"items": items}, records=records, source="workflow")]
    return []
