"""Pool: the records of a form without an owner, who may claim them, and when one that nobody looks after goes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import FormulaText, FormulaUse, Key, Model, Text, Who
from runtime.definitions.naming import Names
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.form import Form

CONTACTS = ("phone", "email")
"""Types of fields by which somebody could be reached: masked in the pool, where it says nothing else of them."""


class Reclaim(Model):
    """`followed_up`: the day of the last follow-up; left out, or blank, the days count from the day on which the owner got the record.
    `exempt`: records for which this holds are never taken back."""

    after_days: int = Field(30, ge=1, le=3650)
    followed_up: FormulaText | None = None
    warn_days: int = Field(3, ge=0, le=365)
    exempt: FormulaText | None = None


class Pool(Model):
    """`owner`: the field in which the owner stands; a record where it is blank is in the pool. `claim`: who may claim, by default whoever
    may change records of the form. `per_day`, `in_all`: how many a person may claim in a day, and own. `cooling_days`: how long somebody who
    gave a record up may not claim it again. `fields`: what is seen of a record before it is claimed."""

    owner: Annotated[Key, Names()] = "owner"
    claim: tuple[Who, ...] = ()
    per_day: int | None = Field(None, ge=1, le=10_000)
    in_all: int | None = Field(None, ge=1, le=1_000_000)
    cooling_days: int = Field(0, ge=0, le=3650)
    fields: dict[Annotated[str, Names()], Literal["view", "masked", "hidden"]] = {}
    reclaim: Reclaim | None = None

    def problems(self, form: Form) -> Iterator[Problem]:
        owner = form.by_key.get(self.owner)
        if owner is None or owner.type != "member":
            yield Problem("owner", _("Name a field of this form in which a person stands."))
        elif owner.required:
            yield Problem("owner", _("This field must be filled, so no record could be without an owner. Make it one that may be blank."))
        for number, who in enumerate(self.claim):
            if not who.startswith(("role:", "user:", "department:", "group:")):
                yield Problem(f"claim/{number}", _("Name a role, a department, a group or a person."))
        for key in self.fields:
            if key != "*" and key not in form.by_key:
                yield Problem(f"fields/{key}", _("This form has no field with the key {key}.", key=key))
        if self.reclaim is not None and self.reclaim.warn_days >= self.reclaim.after_days:
            yield Problem("reclaim/warn_days", _("Owners are warned before the record goes back: choose fewer days than after_days."))

    def formulas(self, form: str) -> Iterator[FormulaUse]:
        if self.reclaim is None:
            return
        for name, kinds in (("followed_up", ("date", "datetime")), ("exempt", ("boolean",))):
            text = getattr(self.reclaim, name)
            if text is not None:
                yield FormulaUse(f"reclaim/{name}", text, form, None, kinds)


class TeamRole(Model):
    """What somebody does who belongs to the team of a record: helper, service …"""

    key: Key
    label: Text
