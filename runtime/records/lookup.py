"""Finding what a typed text points at: people by e-mail or name, records by their match field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from runtime.errors import FieldError
from runtime.records.tables import tables_of
from runtime.system.prepared import prepared
from runtime.system.tables import person
from runtime.texts import LANGUAGES, shown

if TYPE_CHECKING:
    from runtime.system.workspace import Act


class NoLookup:
    """For converting values that point at nothing."""

    def __init__(self, zone: ZoneInfo):
        self.zone = zone

    def person(self, text: str) -> int | None:
        return int(text) if text.isdecimal() else None

    def tag(self, tag_set: str, text: str) -> str | None:
        return text

    def record(self, form: str, match: str | None, text: str) -> int | None:
        return int(text) if text.isdecimal() else None


class ActLookup:
    """Asks the database, and remembers within one act."""

    def __init__(self, act: Act, by_id: bool = True):
        """`by_id`: a number is taken for a record's id first, as pages and the API send it; files mean the match field."""
        self.act, self.zone, self.by_id = act, act.zone, by_id
        self.known: dict[Any, int | None] = {}

    def person(self, text: str) -> int | None:
        wanted = text.strip()
        if ("person", wanted) not in self.known:
            column = person.c.email if "@" in wanted else person.c.name
            found = (
                self.act.connection.execute(
                    sa.select(person.c.id).where(sa.func.lower(column) == wanted.lower(), person.c.active == 1).limit(2)
                )
                .scalars()
                .all()
            )
            self.known["person", wanted] = found[0] if len(found) == 1 else self._person_by_number(wanted)
        return self.known["person", wanted]

    def _person_by_number(self, text: str) -> int | None:
        if not text.isdecimal():
            return None
        return self.act.connection.execute(sa.select(person.c.id).where(person.c.id == int(text))).scalar()

    def tag(self, tag_set: str, text: str) -> str | None:
        """The key of a tag given by key or label of either language."""
        found = self.act.catalogue.tag_sets.get(tag_set)
        for tag in found.tags if found else ():
            if text.strip().casefold() in {tag.key, *(shown(tag.label, language).casefold() for language in LANGUAGES)}:
                return tag.key
        return None

    def record(self, form: str, match: str | None, text: str) -> int | None:
        if (form, match, text) not in self.known:
            found = self._by_id(form, text) if self.by_id or match is None else None
            if found is None and match is not None:
                found = self._by_match(form, match, text)
            self.known[form, match, text] = found
        return self.known[form, match, text]

    def _by_id(self, form: str, text: str) -> int | None:
        if not text.isdecimal() or len(text) > 16:
            return None
        main = tables_of(self.act.catalogue)[form].main
        statement = prepared(
            self.act.catalogue.memo,
            ("by id", form),
            self.act.connection.dialect,
            lambda: sa.select(main.c.id).where(main.c.id == sa.bindparam("wanted"), main.c.deleted_at.is_(None)),
        )
        return statement.scalar(self.act.connection, {"wanted": int(text)})

    def _by_match(self, form: str, match: str, text: str) -> int | None:
        built = tables_of(self.act.catalogue)[form]
        field, column = built.by_path[match], built.column(match)
        try:
            wanted = field.to_column(field.parse(text, self))
        except FieldError:
            return None  # not a value of the match field: then it matches nothing
        statement = prepared(
            self.act.catalogue.memo,
            ("by match", form, match),
            self.act.connection.dialect,
            lambda: (
                sa.select(built.main.c.id)
                .where(column == sa.bindparam("wanted", type_=column.type), built.main.c.deleted_at.is_(None))
                .limit(1)
            ),
        )
        return None if wanted is None else statement.scalar(self.act.connection, {"wanted": wanted})
