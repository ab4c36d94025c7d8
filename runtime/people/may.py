"""The one gate. Every door asks here before it shows or changes anything."""

from __future__ import annotations

from runtime.errors import NotAllowed
from runtime.people.person import Person
from runtime.people.rights import EDIT
from runtime.texts import Message, _

BUILDERS_ONLY = frozenset({"build", "administer"})
ACTIONS = BUILDERS_ONLY | {"view", "add", "edit", "delete", "import", "export", "share", "claim", "views"}


def may(
    person: Person | None,
    action: str,
    form: str | None = None,
    record: int | None = None,
    field: str | None = None,
    app: str | None = None,
) -> bool:
    """Whether `person` may do `action` with a form, one record or one field. Without a record: whether with some record.

    Builders may everything; what others may with a form say its permission sets, see `runtime/people/rights.py`. With `app` it is asked
    whether they may build that one app. The person must be that of an act, because the sets are those in force and may ask the record.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    if person is None or not person.active:
        return False
    if person.is_builder or action == "administer" or (action == "build" and app is None):
        return person.is_builder
    if form is None and action != "build":
        return True
    if person.rights is None:
        raise LookupError(f"person {person.id} is not bound to an act, so their rights are not known")
    if action == "build":
        return person.rights.designs(app)
    return person.rights.allows(action, form, record, field)


def sees(person: Person, form: str, field: str, record: int | None = None) -> int:
    """How much of a field somebody sees: HIDDEN, MASKED, VIEW or EDIT of `runtime/people/rights.py`."""
    return EDIT if person.is_builder else person.rights.level(form, field, record)


def require(
    person: Person | None,
    action: str,
    form: str | None = None,
    record: int | None = None,
    field: str | None = None,
    app: str | None = None,
) -> None:
    if not may(person, action, form, record, field, app):
        raise NotAllowed(refusal(action, app))


def refusal(action: str, app: str | None = None) -> Message:
    if app is not None:
        return _("You may not build the app {app}. Ask its owner, or somebody who builds in this workspace.", app=app)
    if action in BUILDERS_ONLY:
        return _("This needs the right “builder”. Ask somebody who builds in this workspace to give it to you.")
    return _("You may not do this here. Ask somebody who builds in this workspace for the right to do it.")
