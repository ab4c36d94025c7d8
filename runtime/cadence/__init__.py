"""Follow-up plans: the service plan of a tier makes to-dos at the right time, moves on with each contact and stops when the customer replies.

A plan is that of a tier in a tier model (`plans/TIER`). It is named `MODEL/TIER`, or `MODEL` for that of the tier which the record has now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.model import Text
    from runtime.system.workspace import Act
    from runtime.texts import Message


def start(act: Act, record: int, plan: str) -> dict[str, object] | None:
    """Begins a follow-up plan for a record, in the transaction of the act, and takes the place of one of the same model that is running.

    `plan`: `MODEL/TIER` or `MODEL`. Gives `{"cadence": id, "plan": "MODEL/TIER", "next_due": "2026-03-01" or None}`, or None where the
    same plan is running already, or the record's tier has none. Raises NotFound for a plan or a record that does not exist.
    The to-dos are made by the clock of the engine, each once per (record, plan, day).
    """
    from runtime.cadence.running import begin

    return begin(act, record, plan)


def stop(act: Act, record: int, plan: str, why: str | None = None) -> int:
    """Ends the running follow-up plan of a record: `MODEL/TIER` only that one, `MODEL` whichever of the model runs. Open to-dos that it made are
    taken away. Gives how many plans ended (0 or 1). The rhythm of a tier begins anew when the record comes into another tier."""
    from runtime.cadence.running import end

    return end(act, record, plan, why)


def plans_for(catalogue: Catalogue, form: str) -> list[tuple[str, Text, Text | None]]:
    """The plans that can be started for the records of a form: `MODEL` and each `MODEL/TIER`, with the labels (texts of the definition) of the model and
    of the tier, as choices of a step's setting."""
    from runtime.cadence.plans import choices

    return choices(catalogue, form)


def plan_problem(catalogue: Catalogue, form: str | None, plan: str) -> Message | None:
    """What is wrong with the name of a plan where it is used for records of a form; None if nothing."""
    from runtime.cadence.plans import problem_with

    return problem_with(catalogue, form, plan)
