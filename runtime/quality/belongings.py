"""What hangs on a record beside its fields: comments, to-dos, followers, team and tags. They come over to the record that stays, and go back.

What one of them was shared with does not: whoever saw one of two records shall not see both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import TagSet
from runtime.records.changes import Changes
from runtime.system.sets import among
from runtime.system.tables import record_comment, record_follow, record_team, tag_assignment, todo
from runtime.tags.assigning import change, present, tag_fields
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

TALK = {"record_comment": record_comment, "todo": todo}
"""Tables whose rows simply change their record."""
FOLLOWS, TEAM, TAGS, CLAIMED = "record_follow", "record_team", "tag_assignment", "tag_claimed"
REASON = _("came over in a merge")


def bring(act: Act, form: str, keep: int, other: int, changes: Changes) -> dict[str, list[int]]:
    """Lets everything come over; gives what did, by place."""
    moved = {name: _repoint(act, table, form, _ids(act, table, form, other), other, keep) for name, table in TALK.items()}
    moved[FOLLOWS] = _follow(act, form, keep, other)
    moved[TEAM] = _join(act, form, keep, other)
    for tags in dictionaries(act, form):
        given, claimed = _tag(act, tags, keep, other, changes)
        moved[TAGS] = [*moved.get(TAGS, []), *given]
        moved[CLAIMED] = [*moved.get(CLAIMED, []), *claimed]
    return {name: rows for name, rows in moved.items() if rows}


def send_back(act: Act, form: str, keep: int, other: int, moved: Mapping[str, Sequence[int]], changes: Changes) -> None:
    """The other way round, as far as it has stayed as it came."""
    for name, table in TALK.items():
        _repoint(act, table, form, moved.get(name, ()), keep, other)
    own = record_follow.c
    followed = (own.form == form, own.record == keep, among(own.person, list(moved.get(FOLLOWS, ()))))
    act.connection.execute(record_follow.delete().where(*followed, own.follows == 1))
    team = record_team.c
    joined = (team.form == form, team.record == keep, among(team.person, list(moved.get(TEAM, ()))))
    act.connection.execute(record_team.delete().where(*joined))
    for tags in dictionaries(act, form):
        mine = set(moved.get(TAGS, ()))
        gone = [each.tag for each in present(act, tags, [keep]) if each.id in mine]
        change(act, tags, {keep: ([], gone)}, changes, follow=False)
    claimed = among(tag_assignment.c.id, list(moved.get(CLAIMED, ()))), tag_assignment.c.removed_at.is_(None)
    act.connection.execute(tag_assignment.update().where(*claimed).values(by_rule=1))


def dictionaries(act: Act, form: str) -> list[TagSet]:
    return [each for each in act.catalogue.tag_sets.values() if each.form == form]


def counts(act: Act, form: str, keep: int, other: int) -> dict[str, int]:
    """How many of each would come over."""
    found = {name: len(_ids(act, table, form, other)) for name, table in TALK.items()}
    return {**found, FOLLOWS: len(_new_followers(act, form, keep, other)), TEAM: len(_new_in_team(act, form, keep, other))}


def tags_to_come(act: Act, tags: TagSet, keep: int, other: int) -> tuple[list[str], list[int]]:
    """The tags of a dictionary that people have given to the other alone, and the assignments by rule of those they have given to the other
    while a rule has given them to the one that stays. Tags by rule do not come over: the rules decide anew."""
    here = present(act, tags, [keep, other])
    mine = {each.tag: each for each in here if each.record == keep}
    theirs = [each.tag for each in here if each.record == other and not each.by_rule and each.tag in tags.by_key]
    return [tag for tag in theirs if tag not in mine], [mine[tag].id for tag in theirs if tag in mine and mine[tag].by_rule]


def shown_by(act: Act, tags: TagSet) -> list[str]:
    """The fields that show a dictionary's tags."""
    return tag_fields(act, tags)


# -- pieces -------------------------------------------------------------------------------------------------------------------------
def _ids(act: Act, table: sa.Table, form: str, record: int) -> list[int]:
    return list(act.connection.execute(sa.select(table.c.id).where(table.c.form == form, table.c.record == record)).scalars())


def _repoint(act: Act, table: sa.Table, form: str, rows: Iterable[int], old: int, new: int) -> list[int]:
    wanted = list(rows)
    if wanted:
        mine = among(table.c.id, wanted), table.c.form == form, table.c.record == old
        act.connection.execute(table.update().where(*mine).values(record=new))
    return wanted


def _new_followers(act: Act, form: str, keep: int, other: int) -> list[int]:
    """Those who follow the other and have never said anything about the one that stays."""
    own = record_follow.c
    known = sa.select(own.person).where(own.form == form, own.record == keep)
    query = sa.select(own.person).where(own.form == form, own.record == other, own.follows == 1, own.person.not_in(known))
    return list(act.connection.execute(query.order_by(own.person)).scalars())


def _follow(act: Act, form: str, keep: int, other: int) -> list[int]:
    new = _new_followers(act, form, keep, other)
    if new:
        rows = [{"form": form, "record": keep, "person": person, "at": act.micros, "follows": 1} for person in new]
        act.connection.execute(record_follow.insert(), rows)
    return new


def _new_in_team(act: Act, form: str, keep: int, other: int) -> list[dict[str, Any]]:
    """Rows of the other's team for people who are not in the team of the one that stays."""
    own = record_team.c
    known = sa.select(own.person).where(own.form == form, own.record == keep)
    query = sa.select(own.person, own.role).where(own.form == form, own.record == other, own.person.not_in(known)).order_by(own.person)
    return [{"form": form, "record": keep, **row} for row in act.connection.execute(query).mappings()]


def _join(act: Act, form: str, keep: int, other: int) -> list[int]:
    new = _new_in_team(act, form, keep, other)
    if new:
        act.connection.execute(record_team.insert(), [{**each, "by": act.person.id, "at": act.micros} for each in new])
    return [each["person"] for each in new]


def _tag(act: Act, tags: TagSet, keep: int, other: int, changes: Changes) -> tuple[list[int], list[int]]:
    """Gives the record that stays the tags that come over; the assignments made, and those that are no rule's any more."""
    wanted, claimed = tags_to_come(act, tags, keep, other)
    reason = REASON.in_language(act.workspace.language)
    if claimed:
        mine = among(tag_assignment.c.id, claimed)
        act.connection.execute(tag_assignment.update().where(mine).values(by_rule=0, person=act.person.id, reason=reason))
    change(act, tags, {keep: (wanted, [])}, changes, reason=reason, follow=False)
    return [each.id for each in present(act, tags, [keep]) if each.tag in wanted], claimed
