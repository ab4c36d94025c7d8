"""Notifications: everybody who is told may see what it is about, and has not asked to be left in peace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.collaboration import choices
from runtime.people.may import may
from runtime.people.may import sees as level_of
from runtime.people.organisation import read_person
from runtime.people.rights import VIEW
from runtime.records import query
from runtime.records.rows import read_record
from runtime.system.prepared import prepared
from runtime.system.tables import notification, notification_choice
from runtime.system.tables import person as person_table
from runtime.texts import Message, in_language

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act

LONGEST = 200
LONGEST_BODY = 1000


def tell(
    act: Act,
    kind: str,
    people: Iterable[int],
    subject: Message,
    body: str = "",
    about: tuple[str, int] | None = None,
    cause: str | None = None,
    link: str | None = None,
) -> list[int]:
    """Leaves a notification for each of the people; gives those who got one. Whoever does the act is not told what they do themselves.

    `about`: form and record; people who may not see it, or not any more, are left out. `cause`: the same cause tells nobody twice.
    """
    told = []
    for number in sorted(set(people) - {act.person.id}):
        if about is None:
            if _tell_of_nothing_secret(act, kind, number, subject, body, cause, link):
                told.append(number)
            continue
        someone = person_in(act, number)
        if someone is None or (about is not None and not sees(act, someone, *about)):
            continue
        if _leave(act, kind, someone, subject, body, about, cause, link if about is None else page_of(act, *about, link)):
            told.append(number)
    return told


def _tell_of_nothing_secret(act: Act, kind: str, number: int, subject: Message, body: str, cause: str | None, link: str | None) -> bool:
    """Nobody's rights need to be known for it: whether the person is here, their language and their choice, in one statement."""
    statement = prepared(act.catalogue.memo, "told plainly", act.connection.dialect, _here_with_choice)
    found = statement.first(act.connection, {"the_person": number, "the_kind": kind})
    if found is None:
        return False
    language, app, mail = found
    choice = choices.USUAL[kind] if app is None else choices.Choice(bool(app), mail)
    return _insert(act, kind, number, language, choice, subject, body, None, cause, link)


def _here_with_choice() -> sa.Select[Any]:
    own, chosen = person_table.c, notification_choice.c
    kind = sa.and_(chosen.person == own.id, chosen.kind == sa.bindparam("the_kind", type_=sa.Text()))
    return (
        sa.select(own.language, chosen.app, chosen.mail)
        .select_from(person_table.outerjoin(notification_choice, kind))
        .where(own.id == sa.bindparam("the_person", type_=sa.BigInteger()), own.active == 1)
    )


def _leave(
    act: Act, kind: str, someone: Person, subject: Message, body: str, about: tuple[str, int] | None, cause: str | None, link: str | None
) -> bool:
    choice = choices.wishes_of(act.connection, someone.id).kinds[kind]
    said = subject if about is None else _for(someone, act, subject, about)
    return _insert(act, kind, someone.id, someone.language, choice, said, body, about, cause, link)


def _insert(
    act: Act,
    kind: str,
    person: int,
    language: str | None,
    choice: choices.Choice,
    subject: Message,
    body: str,
    about: tuple[str, int] | None,
    cause: str | None,
    link: str | None,
) -> bool:
    mail = None if choice.mail == choices.NEVER or not act.workspace.settings.smtp_url else choice.mail
    if not choice.app and mail is None:
        return False
    row = {
        "id": act.take_ids("notification"),
        "person": person,
        "at": act.micros,
        "subject": str(in_language(subject, language or act.workspace.language))[:LONGEST],
        "body": body[:LONGEST_BODY],
        "link": link,
        "cause": None if cause is None else f"{cause}:{person}",
        "kind": kind,
        "form": about[0] if about else None,
        "record": about[1] if about else None,
        "mail": mail,
        "hidden": int(not choice.app),
        "read_at": None if choice.app else act.micros,
    }
    statement = prepared(act.catalogue.memo, "new notification", act.connection.dialect, lambda: _new(act.connection.dialect))
    return statement.run(act.connection, row).rowcount == 1


def _new(dialect: sa.Dialect) -> Any:
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    return insert(notification).on_conflict_do_nothing()


def _for(someone: Person, act: Act, subject: Message, about: tuple[str, int]) -> Message:
    """The sentence without the record's title where this person may not see it."""
    title = act.catalogue.forms[about[0]].title
    if "record" not in subject.values or title is None or level_of(someone, about[0], title, about[1]) >= VIEW:
        return subject
    return Message(subject.text, {**subject.values, "record": f"#{about[1]}"})


# -- who may see what -------------------------------------------------------------------------------------------------------------
def person_in(act: Act, number: int) -> Person | None:
    """An active person with the rights they have in this act."""
    if number == act.person.id:
        return act.person
    someone = read_person(act.connection, person_table.c.id == number)
    if someone is None or not someone.active:
        return None
    return replace(act, person=someone, after_commit=[], notes=[]).person  # an act of their own: rights ask for the person of the act


def sees(act: Act, someone: Person, form: str, record: int) -> bool:
    """Whether the record is there and this person may see it."""
    if form not in act.catalogue.forms:
        return False
    found = read_record(act, form, record)
    return found is not None and found.deleted_at is None and may(someone, "view", form, record)


def page_of(act: Act, form: str, record: int, part: str | None = None) -> str | None:
    """The address of a record's page: in the form's own app, else in the first that has the form in its menu."""
    definition = act.catalogue.forms.get(form)
    apps = act.catalogue.apps
    here = [key for key, app in apps.items() if any(f"form:{form}" in section.items for section in app.menu)]
    app = definition.app if definition is not None and definition.app in apps else next(iter([*here, *apps]), None)
    return None if app is None else f"/apps/{app}/{form}/{record}{part or ''}"


def title_of(act: Act, form: str, record: int) -> str:
    """What a record is called; its number where it has no title."""
    return query.titles(act, {form: {record}}).get((form, record)) or f"#{record}"


def clean(text: str) -> str:
    """A text that every database can keep."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()
