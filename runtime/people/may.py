"""The one gate. Every door asks here before it shows or changes anything."""

from __future__ import annotations

from runtime.errors import NotAllowed
from runtime.people.person import Person
from runtime.texts import Message, _

BUILDERS_ONLY = frozenset({"build", "administer"})
ACTIONS = BUILDERS_ONLY | {"view", "add", "edit", "delete", "import", "export"}


def may(person: Person | None, action: str, form: str | None = None, record: int | None = None, field: str | None = None) -> bool:
    """Whether `person` may do `action` with a form, one record or one field; builders may all, members everything but design and run the house."""
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    if person is None or not person.active:
        return False
    return person.is_builder or (action not in BUILDERS_ONLY and "member" in person.roles)


def require(person: Person | None, action: str, form: str | None = None, record: int | None = None, field: str | None = None) -> None:
    if not may(person, action, form, record, field):
        raise NotAllowed(refusal(action))


def refusal(action: str) -> Message:
    if action in BUILDERS_ONLY:
        return _("This needs the right “builder”. Ask somebody who builds in this workspace to give it to you.")
    return _("You may not do this here. Ask somebody who builds in this workspace for the right to do it.")
