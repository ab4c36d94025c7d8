"""Together: the steps of a group, each for many records at once.

Only where it makes no difference to what a record gets whether others have gone through the steps before it or not: all steps say that they
can be done so, and no formula reads what the automation writes in other records. Everything else goes record by record, see groups.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Beside, Doing
from runtime.automation.starting import left_out
from runtime.automation.trouble import Ends
from runtime.definitions.step import every
from runtime.errors import TierloomError
from runtime.formulas.definitions import computed, sound
from runtime.system.sets import among
from runtime.system.tables import derived_dirty
from runtime.texts import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtime.definitions.automation import Automation
    from runtime.definitions.catalogue import Catalogue
    from runtime.formulas import Formula
    from runtime.system.workspace import Act

Went = tuple[str, Any, list[str]]
"""A step that a record came to: path, step, and whom it concerns where they are told once of all."""
Ending = tuple[str, Message | None]


class Apart(Exception):
    """These records have to be dealt with one by one."""

    def __init__(self, records: Iterable[int]):
        self.records = set(records)


# -- whether it can be ----------------------------------------------------------------------------------------------------------------
def may_go(automation: Automation, catalogue: Catalogue) -> bool:
    """Whether the records of a group may go through the steps together."""
    memo = catalogue.memo.setdefault("automations together", {})
    if id(automation) not in memo:
        memo[id(automation)] = automation, _may_go(automation, catalogue)  # kept beside it, so that no other gets its id
    return memo[id(automation)][1]


def _may_go(automation: Automation, catalogue: Catalogue) -> bool:
    form, written = automation.trigger.form_key(catalogue), set[str]()
    if form not in catalogue.forms or automation.trigger.of_deleted:  # type: ignore[attr-defined]
        return False
    tells = []
    for path, step in every(automation.steps):
        writes = frozenset() if step.once_per_group or step.arms() else step.writes(form)
        if writes is None:
            return False
        written |= writes
        tells += [f"steps/{path}/"] if step.once_per_group else []
    deciding = (read for use, read in sound(automation, catalogue) if not use.path.startswith(tuple(tells)))
    return all(_is_apart(catalogue, form, read, written) for read in deciding)


def _is_apart(catalogue: Catalogue, form: str, read: Formula, written: set[str], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a formula reads nothing that steps change in other records than its own."""
    uses = read.uses
    if uses.beyond or uses.population or uses.segments or uses.dimensions or uses.parent:
        return False
    if any(each.form in written and each.subform is None for each in uses.relations):
        return False
    others = [(getattr(catalogue.forms[form].field(reference), "form", None), key) for reference, key in uses.paths]
    if any(other is None or other in written or not _is_entered(catalogue, other, key) for other, key in others):
        return False
    if any(each.subform is None and not all(_is_entered(catalogue, each.form, key) for key in each.fields) for each in uses.relations):
        return False
    formulas = computed(catalogue, catalogue.forms[form])
    return all(
        _is_apart(catalogue, form, formulas[key], written, seen | {key}) for key in uses.fields if key in formulas and key not in seen
    )


def _is_entered(catalogue: Catalogue, form: str, key: str) -> bool:
    """Whether a field of another form holds what people entered there, and not what follows from other records."""
    field = catalogue.forms[form].field(key)
    return field is None or (field.writable and field.stores in ("column", "many"))


# -- doing it -------------------------------------------------------------------------------------------------------------------------
class Together:
    """Some records of a group on their way through the steps. Raises Apart where some have to be dealt with one by one; then nothing of it
    may stay."""

    def __init__(self, act: Act, automation: Automation, members: Sequence[Any], doing_of: Callable[[Any, str], Doing]):
        self.act, self.automation, self._doing_of = act, automation, doing_of
        self.form = str(automation.trigger.form_key(act.catalogue))
        self.members = members
        self.went: dict[int, list[Went]] = {each.record: [] for each in members}
        self.endings: dict[int, Ending] = {}
        self._read_anew(members)

    def go(self) -> None:
        """All the steps for all of them. Afterwards `endings` says how each ended, `went` where it came by."""
        on = []
        for each in self.members:
            ending = left_out(self._doing(each, ""))
            if ending is None:
                on.append(each)
            else:
                self.endings[each.record] = ending
        for each in self._steps(self.automation.steps, "", on):
            self.endings[each.record] = ("done", None)

    def _read_anew(self, members: Iterable[Any]) -> None:
        self._beside = Beside(self.act, self.form, [each.record for each in members])

    def _doing(self, member: Any, path: str) -> Doing:
        doing = self._doing_of(member, path)
        doing.beside = self._beside
        return doing

    def _steps(self, steps: Any, prefix: str, members: list[Any]) -> list[Any]:
        """Those who came to the end of these steps, in their order."""
        for number, step in enumerate(steps):
            if not members:
                break
            path = f"{prefix}{number}"
            if step.arms():
                members = self._branch(step, path, members)
            else:
                members = self._step(step, path, members)
        return members

    def _branch(self, step: Any, path: str, members: list[Any]) -> list[Any]:
        arms: dict[str, list[Any]] = {}
        for each, result in zip(members, self._each(step.run, path, members), strict=True):
            arms.setdefault((result or {}).get("arm", ""), []).append(each)
        staying = [self._steps(step.arms().get(arm, ()), f"{path}/{arm}/", some) for arm, some in arms.items()]
        return sorted((each for some in staying for each in some), key=lambda each: each.record)

    def _step(self, step: Any, path: str, members: list[Any]) -> list[Any]:
        lines: list[Went] = [(path, step, []) for _each in members]
        for each, line in zip(members, lines, strict=True):
            self.went[each.record].append(line)
        if step.once_per_group:
            for line, concerned in zip(lines, self._each(step.concerns, path, members), strict=True):
                line[2].extend(concerned)
            return members
        results = step.run_all([self._doing(each, path) for each in members])
        wrong = [each.record for each, result in zip(members, results, strict=True) if isinstance(result, TierloomError)]
        if wrong:
            raise Apart(wrong)
        staying = []
        for each, line, result in zip(members, lines, results, strict=True):
            if isinstance(result, Ends):
                self.endings[each.record] = ("failed" if result.failed else "done", result.reason)
                continue
            line[2].extend(str(person) for person in (result or {}).get("concerns", ()))
            staying.append(each)
        if step.writes(self.form):
            self._read_anew(members)
            self._require_fresh(members)
        return staying

    def _each(self, call: Any, path: str, members: list[Any]) -> list[Any]:
        """What it gives for each; whoever it cannot be said of goes apart."""
        found, wrong = [], []
        for each in members:
            try:
                found.append(call(self._doing(each, path)))
            except TierloomError:
                wrong.append(each.record)
        if wrong:
            raise Apart(wrong)
        return found

    def _require_fresh(self, members: list[Any]) -> None:
        """What follows from many changes may be put off; one after the other it is there for the next step."""
        put_off = sa.select(derived_dirty.c.record).where(
            derived_dirty.c.form == self.form, among(derived_dirty.c.record, [each.record for each in members])
        )
        if self.act.connection.execute(put_off.limit(1)).first() is not None:
            raise Apart(each.record for each in self.members)
