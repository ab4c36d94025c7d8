"""Assign: hands the record to somebody of a pool, and says why it was this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from runtime.automation.finding import condition_problems, condition_use, names_about, value_of, as_column
from runtime.automation.people import POOLS, in_words, people_of, who_problems
from runtime.automation.steps._base import Inside, has_errors, needs_record, of_each, saved_or_refused
from runtime.automation.steps._turns import in_turn
from runtime.automation.words import field_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse, Model, Who
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS
from runtime.definitions.step import Names as Known
from runtime.definitions.types import MEMBER
from runtime.errors import Problem, TierloomError
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.records import gateway
from runtime.records.sources import Rows
from runtime.texts import LANGUAGES, Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

PERSON = frozenset({"person"})
CHOSEN = "chosen"


class PoolFor(Model):
    """Those who get records of a kind: by tier, by language, by whatever a condition can tell."""

    when: FormulaText = Field(title="If")
    pool: Who = Field(title="Who may get it")


class Overloaded(TierloomError):
    """Everybody of a pool has as many records as one may have."""


@STEPS.register
class Assign(Inside):
    """`by` least_loaded: whoever has the fewest records of this form; round_robin: one after the other.

    The first of `pools` whose condition holds names who may get it, else `pool`: groups and roles are people's skills. With `keep` whoever has
    the record keeps it, and `rather` is asked before anybody else, as far as they belong to the pool. `counting`: only such records count as
    load. Nobody gets more than `capacity`; when all are full the record stays where it is, or with `when_full` the run fails.
    """

    type: Literal["assign"] = "assign"
    field: Annotated[str, Names()] = Field(title="Field")
    pool: Who = Field(title="Who may get it")
    pools: tuple[PoolFor, ...] = Field((), max_length=20, title="Others for some records")
    by: Literal["least_loaded", "round_robin"] = Field("least_loaded", title="Choose by")
    keep: bool = Field(False, title="Whoever has it keeps it")
    rather: FormulaText | None = Field(None, title="Rather this person")
    capacity: int | None = Field(None, ge=1, title="Most records a person")
    counting: FormulaText | None = Field(None, title="Count only records for which")
    when_full: Literal["leave", "fail"] = Field("leave", title="When all are full")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from needs_record(form)
        field = catalogue.forms[form].field(self.field) if form in catalogue.forms else None
        if form in catalogue.forms and (field is None or field.formula_type().kind != "member" or not field.writable):
            yield Problem("field", _("The field {key} holds no person.", key=self.field))
        named = [("pool", self.pool), *((f"pools/{number}/pool", each.pool) for number, each in enumerate(self.pools))]
        for path, pool in named:
            if not pool.startswith(POOLS):
                yield Problem(path, _("A pool is a role, a group, a department or a person."))
            else:
                yield from who_problems(path, pool, form, catalogue)

    def name_problems(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        yield from condition_problems("counting", self.counting, form or "", form, names, catalogue)

    def formulas(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for number, each in enumerate(self.pools):
            yield FormulaUse(f"pools/{number}/when", each.when, form, None, ("boolean",), names, PERSON)
        if self.rather is not None:
            yield FormulaUse("rather", self.rather, form, None, MEMBER, names, PERSON)
        if self.counting is not None and form is not None:
            yield condition_use("counting", self.counting, form, form, names, catalogue)

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
        if self.keep:
            message = _("{assign}, unless somebody of them has it", assign=message)
        return message.in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        who, pool = self._pool(doing)
        if not pool:
            return self._nobody(doing, who)
        # taking the turn also makes parallel runs of this step wait for each other, so that they count the same loads
        result = self._hand_out(doing, who, pool, in_turn(doing.act, f"{doing.automation.key} {doing.path}"))
        if result is None or CHOSEN not in result:
            return result
        saved = gateway.update(doing.act, str(doing.form), doing.needed_record(), {self.field: result.pop(CHOSEN)})
        return {**result, "form": doing.form, "record": saved.id, "version": saved.written}

    def writes(self, form: str | None) -> frozenset[str] | None:
        """Where only some records count as load, they are counted anew for each."""
        return frozenset((form,)) if form is not None and self.counting is None else None

    def run_all(self, doings: Sequence[Doing]) -> list[Any]:
        """As it is handed out one after the other: each goes along with what those before it have got."""
        pools = of_each(doings, self._pool)
        if has_errors(pools):
            return pools
        turns = sum(1 for _who, pool in pools if pool)
        act, turn = doings[0].act, in_turn(doings[0].act, f"{doings[0].automation.key} {doings[0].path}", turns) if turns else 0
        results: list[Any] = []
        for doing, (who, pool) in zip(doings, pools, strict=True):
            if not pool:
                results.append(self._nobody(doing, who))
                continue
            results += of_each([doing], lambda doing, who=who, pool=pool, turn=turn: self._hand_out(doing, who, pool, turn))
            turn += 1
        if has_errors(results):
            return results
        changed = [number for number, each in enumerate(results) if each is not None and CHOSEN in each]
        rows = [gateway.BatchRow({self.field: results[number].pop(CHOSEN)}, doings[number].needed_record()) for number in changed]
        for number, saved in zip(changed, saved_or_refused(gateway.write_batch(act, str(doings[0].form), rows)), strict=True):
            if isinstance(saved, gateway.Saved):
                results[number] |= {"form": doings[number].form, "record": saved.id, "version": saved.written}
            else:
                results[number] = saved
        return results

    def _pool(self, doing: Doing) -> tuple[str, list[int]]:
        """Who may get the record: as it is named, and the people."""
        who = next((each.pool for each in self.pools if doing.holds(each.when)), self.pool)
        return who, doing.once(("pool", who), lambda: people_of(doing.act, who))

    def _nobody(self, doing: Doing, who: str) -> None:
        named = in_words(who, doing.form, doing.act.catalogue)
        return doing.skip(_("There is nobody in the pool {pool}. The record stays where it is.", pool=named))

    def _hand_out(self, doing: Doing, who: str, pool: list[int], turn: int) -> dict[str, Any] | None:
        """What the run log keeps; with whoever is to get the record under CHOSEN, if somebody is."""
        has = doing.values.field(self.field)
        if self.keep and has in pool:
            return self._said(doing, has, None, _("It was with {person} already, who belongs to the pool.", person=self._name(doing, has)))
        loads = self._loads_of(doing, who, pool, has)
        free = [each for each in pool if self.capacity is None or loads[each] < self.capacity]
        if not free:
            return self._full(doing, who, loads)
        chosen, why = self._choice(doing, pool, free, loads, turn)
        self._counted(doing, who, has, chosen)
        return {**self._said(doing, chosen, loads, why), CHOSEN: chosen}

    def _choice(self, doing: Doing, pool: list[int], free: list[int], loads: dict[int, int], turn: int) -> tuple[int, Message]:
        rather = None if self.rather is None else doing.value(self.rather)
        if rather in free:
            return rather, _("{person} is asked before anybody else.", person=self._name(doing, rather))
        if self.by == "round_robin":
            chosen = min(free, key=lambda each: (pool.index(each) - turn) % len(pool))
            return chosen, _("It was the turn of {person}.", person=self._name(doing, chosen))
        chosen = min(free, key=lambda each: (loads[each], each))
        return chosen, _("{person} had the fewest: {count}.", person=self._name(doing, chosen), count=loads[chosen])

    def _full(self, doing: Doing, who: str, loads: dict[int, int]) -> dict[str, Any] | None:
        pool = in_words(who, doing.form, doing.act.catalogue)
        message = _("Everybody in the pool {pool} has {most} records already. The record stays where it is.", pool=pool, most=self.capacity)
        if self.when_full == "fail":
            raise Overloaded(message)
        doing.skip(message)
        return {"loads": {str(person): count for person, count in loads.items()}}

    def _said(self, doing: Doing, chosen: int, loads: dict[int, int] | None, why: Message) -> dict[str, Any]:
        """What the run log keeps: who, with how many now, what everybody had, and why."""
        result: dict[str, Any] = {"person": chosen, "why": {language: why.in_language(language) for language in LANGUAGES}}
        if loads is not None:
            result |= {"records": loads[chosen] + 1, "loads": {str(person): count for person, count in loads.items()}}
        return result

    def _name(self, doing: Doing, person: int) -> str:
        return doing.once(("name", person), lambda: doing.values.member_name(person)) or f"#{person}"

    def _loads_of(self, doing: Doing, who: str, pool: list[int], has: Any) -> dict[int, int]:
        """How many others each has. For the records of a group they are counted once, and then go along with what is handed out."""
        if doing.shared is None or self.counting is not None:
            return self._loads(doing, pool)
        whole = doing.once((doing.path, who), lambda: self._loads(doing, pool, own=True))
        return {each: count - (each == has) for each, count in whole.items()}

    def _counted(self, doing: Doing, who: str, has: Any, chosen: int) -> None:
        whole = None if doing.shared is None else doing.shared.get((doing.path, who))
        if whole is not None:
            whole[chosen] += 1
            if has in whole:
                whole[has] -= 1

    def _loads(self, doing: Doing, pool: list[int], own: bool = False) -> dict[int, int]:
        """How many other living records of the form each of the pool has. `own`: the record itself counts too."""
        form = str(doing.form)
        rows = Rows(doing.act, form)
        main, column, conditions = rows.table, rows.built.column(self.field), []
        if self.counting is not None:
            names = names_about(form, doing.names, doing.act.catalogue)
            asked = formula(doing.act.catalogue, form, self.counting, names, PERSON, expect=("boolean",))
            rows.names = {name: as_column(value_of(doing, name), names[name]) for name in asked.uses.names}
            conditions.append(to_sql(asked, rows.source))
        if not own:
            conditions.append(main.c.id != doing.record_id)
        query = rows.select(column, sa.func.count()).where(column.in_(pool), *conditions).group_by(column)
        values = {"today": doing.act.day, "now": doing.act.micros}
        found = {person: count for person, count in doing.act.connection.execute(query, values)}
        return {each: found.get(each, 0) for each in pool}
