"""Where the database is not as the definitions say: somebody has changed tables by hand, or a restore by other means was not whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.records.tables import FormTables, tables_of
from runtime.system.tables import metadata
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def differences(act: Act) -> Iterator[Message]:
    """What is missing, table by table; columns that no definition names any more are kept on purpose and are no difference."""
    look = sa.inspect(act.connection)
    there = set(look.get_table_names())
    for table in metadata.sorted_tables:
        yield from _missing(look, there, table, _("the system itself"))
    for form, built in tables_of(act.catalogue).items():
        for table in _all(built):
            yield from _missing(look, there, table, _("the form {form}", form=form))


def _all(built: FormTables) -> list[sa.Table]:
    search = sa.Table(built.search.name, sa.MetaData())  # its columns are each database's own affair
    return [each for each in (built.main, built.calc, *built.lists, search, *built.rows.values()) if each is not None]


def _missing(look: sa.Inspector, there: set[str], table: sa.Table, owner: Message) -> Iterator[Message]:
    if table.name not in there:
        yield _(
            "The database has no table {table}, which belongs to {owner}. Restore a backup, or ask for help.", table=table.name, owner=owner
        )
        return
    found = {each["name"] for each in look.get_columns(table.name)}
    for name in [each.name for each in table.columns if each.name not in found]:
        yield _(
            "The table {table} of the database has no column {column}, which belongs to {owner}. Restore a backup, or ask for help.",
            table=table.name,
            column=name,
            owner=owner,
        )
