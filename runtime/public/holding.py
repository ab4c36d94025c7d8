"""Files of entries that wait: they belong to no record yet, and must not be thrown away with what nobody used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.fields._files import Attached
from runtime.files import tokens
from runtime.public.links import Link
from runtime.public.principal import person_of
from runtime.system.tables import file_use, stored_file

if TYPE_CHECKING:
    from runtime.system.workspace import Act

HOLDER = "*public"
"""The form under which files of waiting entries are held; nobody but builders sees them."""


def hold_files(act: Act, link: Link, number: int, raw: dict[str, Any]) -> None:
    """Files of an entry that waits are not thrown away."""
    for id in sent(act, link, raw):
        act.connection.execute(file_use.insert().values(file=id, form=HOLDER, record=number, field=str(link.id)))


def sent(act: Act, link: Link, raw: dict[str, Any]) -> dict[str, str]:
    """Of the files that the entry names: id → token, as we know them, if they were sent by this link."""
    form = act.catalogue.forms[link.form]
    named = [text for key, value in raw.items() for text in _named(form.field(key), value)]
    ids = {id for each in named if (id := tokens.id_in(each)) is not None}
    rows = act.connection.execute(sa.select(stored_file).where(stored_file.c.id.in_(sorted(ids)), stored_file.c.person == person_of(link)))
    return {row.id: tokens.token(row.id, row.size, row.name) for row in rows}


def _named(field: Any, value: Any) -> list[str]:
    """What a field of files names, or what those of a sub-form's rows do."""
    if isinstance(field, Attached):
        return _texts(value)
    lines = field.lines() if field is not None else {}
    rows = [row for row in value if isinstance(row, dict)] if lines and isinstance(value, list) else []
    return [text for row in rows for key, given in row.items() for text in _named(lines.get(key), given)]


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
