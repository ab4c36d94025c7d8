"""What people are told about tags, in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.system.tables import notification, person, person_role
from runtime.texts import Message, in_language

if TYPE_CHECKING:
    from runtime.definitions.tag_set import TagSet
    from runtime.system.workspace import Act


def tell(act: Act, people: set[int], cause: str, subject: Message, body: Message | str | None, link: str) -> None:
    """One notification for each of them but the one who acts, in their own language."""
    wanted = sorted(people - {act.person.id, 0})
    rows = act.connection.execute(sa.select(person.c.id, person.c.language).where(person.c.id.in_(wanted), person.c.active == 1)).all()
    if not rows:
        return
    first = act.take_ids("notification", len(rows))
    act.connection.execute(
        notification.insert(),
        [
            {
                "id": number,
                "person": row.id,
                "at": act.micros,
                "subject": subject.in_language(row.language or act.workspace.language),
                "body": in_language(body, row.language or act.workspace.language),
                "link": link,
                "cause": f"{cause}:{row.id}",
                "kind": "tag",
            }
            for number, row in enumerate(rows, first)
        ],
    )


def approvers(act: Act, tags: TagSet) -> set[int]:
    """The people whom a dictionary names as those who approve tags; builders where it names nobody."""
    roles = [who.removeprefix("role:") for who in tags.may_approve if who.startswith("role:")]
    addresses = [who.removeprefix("user:").lower() for who in tags.may_approve if who.startswith("user:")]
    in_role = sa.select(person_role.c.person).where(person_role.c.role.in_(roles if tags.may_approve else ["builder"]))
    named = person.c.id.in_(in_role) | sa.func.lower(person.c.email).in_(addresses)
    return set(act.connection.execute(sa.select(person.c.id).where(named, person.c.active == 1)).scalars())


def home(act: Act, tags: TagSet, place: str = "") -> str:
    """The address of a dictionary, or of one of its pages."""
    app = tags.app or act.catalogue.forms[tags.form].app or next(iter(act.catalogue.apps), "")
    return f"/apps/{app}/-/tags{place}?set={tags.key}"
