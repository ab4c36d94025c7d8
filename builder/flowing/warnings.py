"""What might be better about a workflow. None of it keeps anybody from publishing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.node import PeopleNode
from runtime.definitions.workflow import Workflow
from runtime.errors import Problem
from runtime.texts import _

EVERYBODY = ("builder",)
"""Roles that see every form."""


def workflow_warnings(flow: Any, catalogue: Catalogue) -> Iterator[Problem]:
    assert isinstance(flow, Workflow)
    if not flow.enabled:
        yield Problem("enabled", _("It is switched off: publishing changes nothing until it is on."))
    for number, node in enumerate(flow.nodes):
        yield from (each.under(f"nodes/{number}") for each in _blind(flow, node, catalogue))
    if not any(isinstance(each, PeopleNode) for each in flow.nodes):
        yield Problem("nodes", _("Nobody is asked anything in this workflow: whatever is started is approved at once."))


def _blind(flow: Workflow, node: Any, catalogue: Catalogue) -> Iterator[Problem]:
    """Those who decide about something of which they see nothing, here or elsewhere."""
    fields = getattr(node, "fields", None)
    if fields is not None and node.type != "start" and fields and all(each == "hidden" for each in fields.values()) and "*" in fields:
        yield Problem("fields", _("Every field is hidden here, so nobody sees what this is about."))
    form = catalogue.forms.get(flow.form)
    for place, who in enumerate(getattr(node, "approvers", ()) or ()):
        sort, _colon, name = who.partition(":")
        if form is not None and sort == "role" and name not in EVERYBODY and not _sees(name, flow.form, catalogue):
            yield Problem(
                f"approvers/{place}",
                _(
                    "No permission set lets the role {role} see records of {form}: they see one only on the page of its approval.",
                    role=name,
                    form=form.label,
                ),
            )


def _sees(role: str, form: str, catalogue: Catalogue) -> bool:
    """A form without permission sets is open to every member."""
    sets = [each for each in catalogue.permission_sets.values() if each.form == form and not each.off]
    return not sets or any("view" in each.actions and (f"role:{role}" in each.for_ or "role:member" in each.for_) for each in sets)
