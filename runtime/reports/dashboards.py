"""A dashboard's figures, tile by tile: one that may not be seen, or does not work, says so in its own place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.definitions.chart import Part
from runtime.definitions.dashboard import Dashboard
from runtime.errors import NotAllowed, NotFound, TierloomError
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class TileFigures:
    """One tile: its figures, or the sentence that stands in their place."""

    part: Part
    figures: dict[str, Any] | None
    trouble: Message | None = None


def find_dashboard(act: Act, key: str) -> Dashboard:
    found = act.catalogue.dashboards.get(key)
    if found is None:
        raise NotFound(_("There is no dashboard with the key {key}.", key=key))
    return found


def figures_of(act: Act, dashboard: Dashboard) -> list[TileFigures]:
    """The figures of every tile, in reading order, each asked through the gate for the person of the act."""
    return list(_figures(act, sorted(dashboard.parts, key=lambda part: (part.at[1], part.at[0]))))


def _figures(act: Act, parts: list[Part]) -> Iterator[TileFigures]:
    for part in parts:
        try:
            yield TileFigures(part, part.figures(act))
        except NotAllowed:
            yield TileFigures(part, None, _("This figure reads records or fields that are not open to you."))
        except (TierloomError, KeyError, ValueError) as error:
            # a form, a field or a model that it names is gone, or its formula needs more than the database can do
            yield TileFigures(part, None, _("This tile does not work any more: {reason}", reason=_reason(error)))


def _reason(error: Exception) -> Message:
    if isinstance(error, TierloomError):
        return error.message
    return (
        _("{name} is not there", name=str(error.args[0]))
        if isinstance(error, KeyError) and error.args
        else _("its formula cannot be worked out by the database")
    )
