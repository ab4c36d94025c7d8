"""Finding what a typed text points at: people by e-mail or name, records by their match field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from runtime.errors import FieldError
from runtime.fields._files import Attached
from runtime.files import using
from runtime.people.may import may
from runtime.people.organisation import organisation_of
from runtime.records.tables import tables_of
from runtime.system.prepared import prepared
from runtime.system.tables import person

if TYPE_CHECKING:
    from runtime.records.rows import Record
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

    def department(self, text: str) -> str | None:
        return text

    def linked(self, field: Any, text: str) -> str | None:
        return text

    def fits(self, form: str, field: Any, text: str, ours: Mapping[str, Any]) -> bool:
        return True

    def file(self, id: str, token: str) -> str | None:
        return token


def _zone_of(act: Act) -> ZoneInfo:
    """An instant that a person types into a page is meant in the zone in which pages show it to that person."""
    return ZoneInfo(act.person.zone) if act.source == "form" and act.person.zone else act.zone


class ActLookup:
    """Asks the database, and remembers within one act."""

    def __init__(self, act: Act, by_id: bool = True, present: Record | None = None):
        """`by_id`: a number is taken for a record's id first, as pages and the API send it; files mean the match field.

        `present`: a record that is being changed; what it points at may stay, whether or not the person sees it.
        """
        self.act, self.zone, self.by_id = act, _zone_of(act), by_id
        self.known: dict[Any, int | None] = {}
        self.files: dict[tuple[str, str], str | None] = {}
        self.linked_to: dict[Any, str | None] = {}
        self.fitting: dict[Any, bool] = {}
        self.kept: set[tuple[str, str]] = set()
        for each in present.form.fields if present is not None else ():
            self._keep(each, present.values.get(each.key) if present is not None else None)

    def _keep(self, field: Any, value: Any) -> None:
        if field.type == "linked_choice" and value is not None:
            self.kept.add((field.key, value))
        elif field.type == "reference" and value is not None and self.act.person.rights is not None:
            self.known[field.form, field.match, str(value)] = value
        elif field.type == "multi_reference" and self.act.person.rights is not None:
            self.known.update({(field.form, field.match, str(each)): each for each in value or ()})
        elif isinstance(field, Attached) and self.act.person.rights is not None:
            self.files.update({("file", each.partition(":")[0]): each for each in value or ()})
        elif field.stores == "rows":
            for line in field.lines().values():
                for row in value or ():
                    self._keep(line, row.get(line.key))

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
            one, knows = found[0] if len(found) == 1 else self._person_by_number(wanted), self.act.person.knows
            self.known["person", wanted] = one if knows is None or one in knows else None
        return self.known["person", wanted]

    def _person_by_number(self, text: str) -> int | None:
        if not text.isdecimal() or len(text) > 16:
            return None
        return self.act.connection.execute(sa.select(person.c.id).where(person.c.id == int(text))).scalar()

    def tag(self, tag_set: str, text: str) -> str | None:
        """The key of a tag given by key, label of either language or a further name."""
        found = self.act.catalogue.tag_sets.get(tag_set)
        tag = found.find(text) if found else None
        return tag.key if tag is not None else None

    def linked(self, field: Any, text: str) -> str | None:
        """What the record has already stays, even where the other form holds it no more."""
        if (field.key, text) in self.kept:
            return text
        from runtime.records import linking

        asked = ("linked", field.form, field.field, field.where, text)
        if asked not in self.linked_to:
            self.linked_to[asked] = linking.value(self.act, field, text)
        return self.linked_to[asked]

    def fits(self, form: str, field: Any, text: str, ours: Mapping[str, Any]) -> bool:
        """Whether a linked choice fits what is filled in beside it; asked once for the same values."""
        from runtime.records import linking

        asked = (form, field.form, field.field, field.where, field.pairs, text, tuple(ours.items()))
        if asked not in self.fitting:
            self.fitting[asked] = linking.fits(self.act, form, field, text, ours, self)
        return self.fitting[asked]

    def department(self, text: str) -> str | None:
        return organisation_of(self.act.connection).find(text)

    def file(self, id: str, token: str) -> str | None:
        """A file that the person sent just now, or sees in some record; what a record holds already stays."""
        if ("file", id) not in self.files:
            found = using.seen(self.act, id)
            self.files["file", id] = None if found is None else found.token
        return self.files["file", id]

    def record(self, form: str, match: str | None, text: str) -> int | None:
        if (form, match, text) not in self.known:
            found = self._by_id(form, text) if self.by_id or match is None else None
            if found is None and match is not None:
                found = self._by_match(form, match, text)
                found = found if found is None or self.may_find(form, found, match) else None
            self.known[form, match, text] = found if found is None or self.may_find(form, found) else None
        return self.known[form, match, text]

    def may_find(self, form: str, record: int, match: str | None = None) -> bool:
        """Whether the person sees the record, and the value by which it was found. What they do not see is not there."""
        return self.act.person.rights is None or may(self.act.person, "view", form, record, match)

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
