"""Who uses a segment: found in the checked formulas, and in the triggers that name one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.formulas.definitions import sound

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.model import Definition


def users(catalogue: Catalogue) -> dict[str, list[Definition]]:
    """For each segment that is used the definitions that use it."""
    if "segment users" not in catalogue.memo:
        found: dict[str, dict[tuple[str, str], Definition]] = {}
        for each in catalogue.all():
            for key in _named(each, catalogue):
                found.setdefault(key, {})[each.kind, each.key] = each
        catalogue.memo["segment users"] = {key: list(some.values()) for key, some in found.items()}
    return catalogue.memo["segment users"]


def _named(definition: Definition, catalogue: Catalogue) -> set[str]:
    found: set[str] = set()
    trigger = getattr(definition, "trigger", None)
    if trigger is not None and getattr(trigger, "segment", None):
        found.add(trigger.segment)
    for _use, each in sound(definition, catalogue):
        found |= each.uses.segments
    return found
