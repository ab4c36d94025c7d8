"""The lock of a record on its page: why it is held, until when, and lifting it by hand."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from runtime.pages.apps import find_app
from runtime.pages.lists import find_form
from runtime.pages.web import done, signed_in, writing
from runtime.records import locking
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("locks", __name__)


def lock_shown(act: Act, form: str, record: int) -> dict[str, Any] | None:
    """The sentence about a lock, and whether this person may lift it."""
    row = locking.of_record(act, form, record)
    return None if row is None else {"sentence": locking.refusal(row), "may_lift": locking.may_lift(act, row)}


@blueprint.post("/apps/<app>/<form>/<int:record>/lock/lift")
@signed_in
def lift(app: str, form: str, record: int) -> Any:
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        locking.lift(act, form, record)
    return done(f"/apps/{app}/{form}/{record}", _("The lock is lifted."))
