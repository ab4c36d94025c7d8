"""Why somebody may or may not do something with a record: the permission sets that name them, and whether their rows take the record in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.people.may import may, require, sees
from runtime.people.person import Person
from runtime.people.rights import (
    ALL,
    EDIT,
    HIDDEN,
    LOOKING,
    MASKED,
    OPEN,
    POOL,
    VIEW,
    Grant,
    grants_of,
    names,
    sets_by_form,
)
from runtime.records.guard import bind
from runtime.system.tables import person as person_table
from runtime.system.tables import record_share
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

ACTIONS = ("view", "add", "edit", "delete", "import", "export")
ON_A_RECORD = ("view", "edit", "delete", "export", "share")
DOING: dict[str, Message] = {
    "view": _("see it"),
    "add": _("add records"),
    "edit": _("change it"),
    "delete": _("delete it"),
    "import": _("import records"),
    "export": _("export it"),
    "share": _("share it"),
}
LEVELS: dict[int, Message] = {HIDDEN: _("hidden"), MASKED: _("masked"), VIEW: _("seen"), EDIT: _("open to change")}


@dataclass(frozen=True)
class Source:
    """Where a right comes from. `key`: of the permission set, None where it is no set; `named`: by which of its entries the person is meant.

    `holds`: whether it takes the record in; None where none was asked about.
    """

    key: str | None
    label: Any
    named: str | None
    grant: Grant
    holds: bool | None


@dataclass(frozen=True)
class Verdict:
    """Whether the person may do something, and for every source why."""

    action: str
    allowed: bool
    why: tuple[Message, ...]


@dataclass(frozen=True)
class FieldVerdict:
    field: Any
    level: int
    why: Message


@dataclass(frozen=True)
class Why:
    person: Person
    sources: tuple[Source, ...]
    verdicts: tuple[Verdict, ...]
    fields: tuple[FieldVerdict, ...]


def why(act: Act, person: Person, form: str, record: int | None = None) -> Why:
    """Everything about one person, and one record or all of a form. For those who administer."""
    require(act.person, "administer")
    found = tuple(sources(act, person, form, record))
    whose = bind(act, person)
    wanted = ACTIONS if record is None else ON_A_RECORD
    verdicts = tuple(Verdict(each, may(whose, each, form, record), tuple(_reasons(act, person, form, each, found))) for each in wanted)
    able = whose.active and (whose.rights is None or may(whose, "view", form, record))
    fields = tuple(_field(whose, form, each, record, found) for each in act.catalogue.forms[form].fields) if able else ()
    return Why(person, found, verdicts, fields)


def sources(act: Act, person: Person, form: str, record: int | None = None) -> Iterator[Source]:
    """What gives the person rights to the form's records."""
    if not person.active:
        return
    catalogue, whose = act.catalogue, bind(act, person)
    if person.is_builder:
        yield Source(None, _("the right “builder”"), "role:builder", ALL, None if record is None else True)
        return
    held = frozenset() if record is None else whose.rights.held(form, record)
    for grant in grants_of(whose, catalogue, form):
        holds = None if record is None else grant.rows is None or grant.key in held
        if grant is ALL:
            yield Source(None, _("designing this app"), None, grant, holds)
        elif grant is OPEN:
            yield Source(None, _("being a member, because the form has no permission set"), None, grant, holds)
        elif grant is LOOKING:
            yield Source(None, _("being an analyst of this app"), None, grant, holds)
        elif grant.shared is not None:
            share = next(each for each in whose.shares if each.id == grant.shared)
            yield Source(None, _sharing(act, share, record), share.who, grant, holds)
        elif grant.key == POOL:
            yield Source(None, _("the pool of this form: it has no owner, and they may claim it"), None, grant, holds)
        else:
            its = catalogue.permission_sets[grant.key]
            named = next((who for who in its.for_ if names(person, who)), None) or next(
                (who for who in its.for_ if who.startswith("field:")), None
            )
            yield Source(grant.key, its.label, named, grant, holds)


def _sharing(act: Act, share: Any, record: int | None) -> Message:
    found = None if record is None else by_whom(act, share.id, record)
    return _("records that are shared with them") if found is None else _("this record is shared with them by {name}", name=found)


def by_whom(act: Act, share: int, record: int) -> str | None:
    """The name of whoever shared a record so."""
    query = sa.select(person_table.c.name).join(record_share, record_share.c.by == person_table.c.id)
    return act.connection.execute(query.where(record_share.c.share == share, record_share.c.record == record)).scalar()


def _reasons(act: Act, person: Person, form: str, action: str, found: tuple[Source, ...]) -> Iterator[Message]:
    if not person.active:
        yield _("The account is switched off.")
        return
    if not found:
        sets = sets_by_form(act.catalogue).get(form, ())
        yield (
            _("None of the {count} permission sets of this form names {name}.", count=len(sets), name=person.name)
            if sets
            else _("The form has no permission set, so only members may use it, and {name} is none.", name=person.name)
        )
    for each in found:
        yield _reason(each, action)


def _reason(source: Source, action: str) -> Message:
    words = {"set": source.label, "action": DOING[action]}
    if action not in source.grant.actions:
        return _("“{set}” does not allow to {action}.", **words)
    if source.grant.rows is None:
        return _("“{set}” allows to {action}, for every record.", **words)
    if source.holds is None:
        return _("“{set}” allows to {action}, for records where its condition holds.", **words)
    if source.holds:
        return _("“{set}” allows to {action}: its condition holds for this record.", **words)
    return _("“{set}” would allow to {action}, but its condition does not hold for this record.", **words)


def _field(whose: Person, form: str, field: Any, record: int | None, found: tuple[Source, ...]) -> FieldVerdict:
    level = sees(whose, form, field.key, record)
    counting = [each for each in found if "view" in each.grant.actions and each.holds is not False]
    best = next((each for each in counting if each.grant.level(field.key) == level), None)
    if best is None:
        return FieldVerdict(field, level, _("No set that holds here shows this field."))
    own = field.key in best.grant.fields
    sentence = _("“{set}” says so of this field.", set=best.label) if own else _("“{set}” says so of all other fields.", set=best.label)
    return FieldVerdict(field, level, sentence)


# -- the other way round -----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Seer:
    """Somebody who sees a record, with what lets them and what else they may."""

    person: Person
    sources: tuple[Source, ...]
    actions: tuple[str, ...]


def who_sees(act: Act, people: list[Person], form: str, record: int) -> tuple[list[Seer], list[Person]]:
    """Of these people those who see the record, and those who do not."""
    require(act.person, "administer")
    seers, others = [], []
    for each in people:
        whose = bind(act, each)
        if not may(whose, "view", form, record):
            others.append(each)
            continue
        holding = tuple(source for source in sources(act, each, form, record) if source.holds)
        seers.append(Seer(each, holding, tuple(action for action in ON_A_RECORD if may(whose, action, form, record))))
    return seers, others
