"""Who may see a file: whoever sees a field that holds it, or held it. There is no other way to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.files import tokens
from runtime.people.may import may
from runtime.system.tables import file_use, stored_file

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class Stored:
    """What the database knows of a file."""

    id: str
    hash: str
    name: str
    size: int
    person: int
    at: int

    @property
    def token(self) -> str:
        return tokens.token(self.id, self.size, self.name)


def seen(act: Act, id: str) -> Stored | None:
    """The file with this id, if the person may see it; None for every other one, there or not."""
    row = act.connection.execute(sa.select(stored_file).where(stored_file.c.id == id)).first()
    if row is None:
        return None
    uses = act.connection.execute(sa.select(file_use.c.form, file_use.c.record, file_use.c.field).where(file_use.c.file == id)).all()
    fresh = not uses and row.person == act.person.id  # sent, and not part of a record yet
    return Stored(*row) if fresh or any(_sees(act, *use) for use in uses) else None


def _sees(act: Act, form: str, record: int, field: str) -> bool:
    """What is in the rows of a sub-form, at a path like `items.photos`, is seen like the sub-form. A field that is no more, or a form, shows
    nothing to anybody but those who may build."""
    known = act.catalogue.forms.get(form)
    if known is None or known.at(field) is None:
        return act.person.is_builder
    return may(act.person, "view", form, record, field.partition(".")[0])


def note(act: Act, form: str, changes: Iterable[tuple[int, str, Any, Any]]) -> None:
    """Writes down which fields took a file and which let go of one: (record, field, tokens before, tokens after)."""
    for record, field, before, after in changes:
        gone, come = _ids(before), _ids(after)
        where = (file_use.c.form == form, file_use.c.record == record, file_use.c.field == field)
        for id in sorted(gone - come):
            act.connection.execute(file_use.update().where(*where, file_use.c.file == id).values(removed_at=act.micros))
        for id in sorted(come - gone):
            again = act.connection.execute(file_use.update().where(*where, file_use.c.file == id).values(removed_at=None))
            if not again.rowcount:
                act.connection.execute(file_use.insert().values(file=id, form=form, record=record, field=field))


def _ids(value: Any) -> set[str]:
    return {found[0] for each in value or () if (found := tokens.parts(each)) is not None}
