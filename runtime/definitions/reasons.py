"""Reasons that publishing asks for, kept with the version: why something is as it is although it looks like an oversight."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.system.tables import definition, version_reason
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.model import Definition
    from runtime.system.workspace import Act

MOST = 1000


@dataclass(frozen=True)
class Need:
    """What has to be given a reason: `about` such as `tier:low` of a definition, and why in a sentence."""

    kind: str
    key: str
    about: str
    sentence: Message


ASK: list[Callable[[Act, Catalogue, list[Definition]], Iterable[Need]]] = []
"""Asked before a set is published: (act, catalogue as it will be, the set). Filled by runtime/kinds.py in plain sight."""


class ReasonNeeded(Refused):
    """Publishing needs a written reason; every sentence that asks for it stands at the path `reason`."""

    def __init__(self, needs: list[Need]):
        self.needs = needs
        how = _("Write down why that is right, as the reason, or let something use it.")
        super().__init__([Problem("reason", _("{what} {how}", what=each.sentence, how=how)) for each in needs])


def open_needs(act: Act, definitions: list[Definition]) -> list[Need]:
    """The reasons that publishing a set asks for and that nobody has given in an earlier version."""
    return [each for each in all_needs(act, definitions) if each.about not in given(act, each.kind, each.key)]


def all_needs(act: Act, definitions: list[Definition]) -> list[Need]:
    wanted = act.catalogue.with_definitions(definitions)
    return [need for ask in ASK for need in ask(act, wanted, definitions)]


def require(act: Act, definitions: list[Definition], reason: str | None) -> None:
    """Raises ReasonNeeded where a reason is asked for and none is given."""
    needed = [] if reason and reason.strip() else open_needs(act, definitions)
    if needed:
        raise ReasonNeeded(needed)


def given(act: Act, kind: str, key: str, version: int | None = None) -> dict[str, str]:
    """What was given reasons, with them, in a version; without a number in the one in force."""
    own, of = version_reason.c, definition.c
    query = (
        sa.select(own.about, own.reason)
        .join(definition, of.id == own.definition)
        .where(of.kind == kind, of.key == key, own.version == (of.version if version is None else version))
        .order_by(own.about)
    )
    return {about: reason for about, reason in act.connection.execute(query)}


def of_versions(act: Act, kind: str, key: str) -> dict[int, list[str]]:
    """The different reasons of each version that has any."""
    own, of = version_reason.c, definition.c
    query = sa.select(own.version, own.reason).join(definition, of.id == own.definition).where(of.kind == kind, of.key == key)
    found: dict[int, dict[str, None]] = {}
    for version, reason in act.connection.execute(query.order_by(own.version, own.about)):
        found.setdefault(version, {})[reason] = None
    return {version: list(reasons) for version, reasons in found.items()}


def keep(act: Act, row: int, version: int, needs: list[Need], earlier: dict[str, str], reason: str | None) -> None:
    """Keeps the reason with a version: the one given now, or what an earlier version says of the same."""
    text = reason.strip()[:MOST] if reason else ""
    rows = [
        {
            "definition": row,
            "version": version,
            "about": each.about,
            "reason": earlier.get(each.about) or text,
            "person": act.person.id,
            "at": act.micros,
        }
        for each in needs
        if earlier.get(each.about) or text
    ]
    if rows:
        act.connection.execute(version_reason.insert(), rows)
