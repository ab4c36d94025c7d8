"""Assign: hands the record to somebody of a pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from runtime.automation.once import insert_once
from runtime.automation.people import in_words, people_of, who_problems
from runtime.automation.steps._base import Inside, needs_record
from runtime.automation.words import field_label, quoted
from runtime.definitions.model import Who
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS
from runtime.errors import Problem
from runtime.records import gateway
from runtime.records.tables import tables_of
from runtime.system.ids import take
from runtime.system.tables import id_counter
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class Assign(Inside):
    """`by` least_loaded: whoever has the fewest records of this form; round_robin: one after the other.

    Nobody gets more than `capacity` records; when all are full the record stays where it is, and the run log says so.
    """

    type: Literal["assign"] = "assign"
    field: Annotated[str, Names()] = Field(title="Field")
    pool: Who = Field(title="Who may get it")
    by: Literal["least_loaded", "round_robin"] = Field("least_loaded", title="Choose by")
    capacity: int | None = Field(None, ge=1, title="Most records a person")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from needs_record(form)
        field = catalogue.forms[form].field(self.field) if form in catalogue.forms else None
        if form in catalogue.forms and (field is None or field.formula_type().kind != "member" or not field.writable):
            yield Problem("field", _("The field {key} holds no person.", key=self.field))
        if not self.pool.startswith(("role:", "user:")):
            yield Problem("pool", _("A pool is a role or a person."))
        else:
            yield from who_problems("pool", self.pool, form, catalogue)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        named = {
            "pool": in_words(self.pool, form, catalogue),
            "field": quoted([field_label(form, self.field, catalogue)], language),
            "most": self.capacity or 0,
        }
        if self.by == "round_robin":
            message = _("assign {field} to {pool} in turn", **named)
        else:
            message = _("assign {field} to whoever of {pool} has the fewest", **named)
        if self.capacity is not None:
            message = _("{assign} (at most {most} each)", assign=message, most=self.capacity)
        return message.in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        act, form = doing.act, doing.form
        assert form is not None
        pool = people_of(act, self.pool)
        if not pool:
            return doing.skip(_("There is nobody in the pool {pool}. The record stays where it is.", pool=self.pool))
        # taking the turn also makes parallel runs of this step wait for each other, so that they count the same loads
        turns = f"turn {doing.automation.key} {doing.path}"
        insert_once(act.connection, id_counter, {"name": turns, "next": 1})
        turn = take(act.connection, turns) - 1
        loads = self._loads(doing, pool)
        free = [each for each in pool if self.capacity is None or loads[each] < self.capacity]
        if not free:
            return doing.skip(
                _(
                    "Everybody in the pool {pool} has {most} records already. The record stays where it is.",
                    pool=self.pool,
                    most=self.capacity,
                )
            )
        if self.by == "round_robin":
            chosen = min(free, key=lambda each: (pool.index(each) - turn) % len(pool))
        else:
            chosen = min(free, key=lambda each: (loads[each], each))
        gateway.update(act, form, doing.needed_record(), {self.field: chosen})
        return {"person": chosen, "records": loads[chosen] + 1}

    def _loads(self, doing: Doing, pool: list[int]) -> dict[int, int]:
        """How many other living records of the form each of the pool has."""
        built = tables_of(doing.act.catalogue)[doing.form or ""]
        column, main = built.column(self.field), built.main
        query = (
            sa.select(column, sa.func.count())
            .where(column.in_(pool), main.c.deleted_at.is_(None), main.c.id != doing.record_id)
            .group_by(column)
        )
        found = {person: count for person, count in doing.act.connection.execute(query)}
        return {each: found.get(each, 0) for each in pool}
