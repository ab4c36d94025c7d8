"""Comments on records: plain text in which people can be mentioned. Whoever sees the record sees them and may add some."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import bots, telling
from runtime.collaboration.following import follows_by_itself, followers
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.records import query
from runtime.system.tables import person
from runtime.system.tables import record_comment as table
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LONGEST = 5000
AT_ONCE = 50
MENTION = re.compile(r"<@(\d{1,16})>")


@dataclass(frozen=True)
class Said:
    """A comment that was written: its number, and the people who were mentioned and may not see the record."""

    id: int
    untold: list[int]


def add(act: Act, form: str, record: int, text: str) -> Said:
    """Adds a comment; tells those who are mentioned, then those who follow the record."""
    query.get(act, form, record)
    body = _checked(act, text)
    number = act.take_ids("record_comment")
    act.connection.execute(table.insert().values(id=number, form=form, record=record, person=act.person.id, at=act.micros, body=body))
    follows_by_itself(act, form, record, act.person.id)
    return Said(number, _tell(act, form, record, number, body, mentioned(body), followers(act, form, record)))


def edit(act: Act, form: str, record: int, number: int, text: str) -> Said:
    """Changes one's own comment. People who are mentioned for the first time are told."""
    row = _own(act, form, record, number)
    body = _checked(act, text)
    if body == row.body:
        return Said(number, [])
    act.connection.execute(table.update().where(table.c.id == number).values(body=body, edited_at=act.micros))
    return Said(number, _tell(act, form, record, number, body, mentioned(body) - mentioned(row.body), []))


def remove(act: Act, form: str, record: int, number: int) -> None:
    """Takes away one's own comment; whoever builds may take away any. A line stays that there was one."""
    row = find(act, form, record, number)
    if row.person != act.person.id and not act.person.is_builder:
        raise NotAllowed(_("You can change or remove only what you wrote yourself."))
    act.connection.execute(table.update().where(table.c.id == number).values(body="", removed_at=act.micros))


def listed(act: Act, form: str, record: int, limit: int = AT_ONCE, before: int | None = None) -> list[Any]:
    """The newest first; a removed one has no text. Raises NotFound where the record is not there for the person."""
    query.get(act, form, record, deleted=True)
    earlier = [] if before is None else [table.c.id < before]
    wanted = sa.select(table).where(table.c.form == form, table.c.record == record, *earlier)
    return list(act.connection.execute(wanted.order_by(table.c.id.desc()).limit(limit)))


def count(act: Act, form: str, record: int) -> int:
    mine = (table.c.form == form, table.c.record == record, table.c.removed_at.is_(None))
    return act.connection.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar() or 0


def find(act: Act, form: str, record: int, number: int) -> Any:
    query.get(act, form, record)
    row = act.connection.execute(sa.select(table).where(table.c.id == number, table.c.form == form, table.c.record == record)).first()
    if row is None or row.removed_at is not None:
        raise NotFound(_("This comment is not there any more."))
    return row


def _own(act: Act, form: str, record: int, number: int) -> Any:
    row = find(act, form, record, number)
    if row.person != act.person.id:
        raise NotAllowed(_("You can change or remove only what you wrote yourself."))
    return row


# -- mentions -----------------------------------------------------------------------------------------------------------------------
def mentioned(body: str) -> set[int]:
    return {int(number) for number in MENTION.findall(body)}


def pieces(body: str, names: dict[int, str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is somebody's name."""
    found: list[tuple[str, bool]] = []
    end = 0
    for match in MENTION.finditer(body):
        name = names.get(int(match[1]))
        found += [(body[end : match.start()], False), (f"@{name}" if name else match[0], bool(name))]
        end = match.end()
    return [piece for piece in [*found, (body[end:], False)] if piece[0]]


def plain(act: Act, body: str) -> str:
    """The text as people type it: @Name."""
    return "".join(text for text, _is_name in pieces(body, names_in(act, [body])))


def names_in(act: Act, bodies: Iterable[str]) -> dict[int, str]:
    """The names of all who are mentioned."""
    return query.people_names(act, {number for body in bodies for number in mentioned(body)})


def _checked(act: Act, text: str) -> str:
    plain_text = telling.clean(text).replace("\r\n", "\n").strip()
    if not plain_text:
        raise Refused([Problem("body", _("Write something first."))])
    if len(plain_text) > LONGEST:
        raise Refused([Problem("body", _("A comment has {most} characters at most.", most=f"{LONGEST:,}"))])
    return _with_mentions(act, plain_text) if "@" in plain_text else plain_text


def _with_mentions(act: Act, text: str) -> str:
    """@Name or @e-mail of somebody with an account becomes a mention; the longest name that fits wins. A name that two have is refused."""
    people: dict[str, set[int]] = {}
    for row in act.connection.execute(sa.select(person.c.id, person.c.name, person.c.email).where(person.c.active == 1)):
        for word in (row.name.casefold(), row.email.casefold()):
            if f"@{word}" in text.casefold():
                people.setdefault(word, set()).add(row.id)
    if not people:
        return text
    names = "|".join(re.escape(word) for word in sorted(people, key=len, reverse=True))
    return re.sub(rf"(?<![\w.@<])@({names})(?![A-Za-z0-9_])", lambda match: _mention(match, people), text, flags=re.IGNORECASE)


def _mention(match: re.Match[str], people: dict[str, set[int]]) -> str:
    found = people.get(match[1].casefold(), set())
    if len(found) > 1:
        raise Refused(
            [Problem("body", _("Several people are called {name}. Write the e-mail address after the @ instead.", name=match[1]))]
        )
    return f"<@{next(iter(found))}>" if found else match[0]


# -- telling ------------------------------------------------------------------------------------------------------------------------
def _tell(act: Act, form: str, record: int, number: int, body: str, new: set[int], others: list[int]) -> list[int]:
    """Tells; gives those who were mentioned and may not see the record."""
    who, title = act.person.name, telling.title_of(act, form, record)
    text, about, link = plain(act, body), (form, record), f"#comment-{number}"
    mention, comment = _("{who} mentions you at {record}", who=who, record=title), _("{who} comments on {record}", who=who, record=title)
    telling.tell(act, "mention", new, mention, text, about, f"mention:{number}", link)
    telling.tell(act, "comment", set(others) - new, comment, text, about, f"comment:{number}", link)
    if others:
        bots.say(act, "comment", form, record, comment, text)
    return sorted(
        each for each in new - {act.person.id} if (someone := telling.person_in(act, each)) and not telling.sees(act, someone, form, record)
    )
