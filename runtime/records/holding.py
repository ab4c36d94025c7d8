"""What is worked out from related rows must count those of everybody: writers of PostgreSQL see nothing of each other before the commit.

So whoever has added, changed or taken away a related row first holds the records that it belongs to, and works them out only then, in a new
statement: the second writer waits there for the first one's commit and sees what was written. Records are held in the order of their forms and
ids, so that two who want the same ones never wait for each other in a circle. SQLite has one writer at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.records.affected import dependencies
from runtime.records.tables import tables_of
from runtime.system.prepared import prepared
from runtime.system.sets import among

if TYPE_CHECKING:
    from runtime.records.changes import Changes
    from runtime.system.workspace import Act


def hold(act: Act, changes: Changes, most: int | None = None) -> None:
    """Holds the records whose related rows were touched and that are not held yet; not those of forms with more than `most` of them, which are
    noted and worked off later."""
    if act.connection.dialect.name != "postgresql":
        return
    relations = dependencies(act.catalogue).relations
    for form in sorted(changes.touched.keys() & relations.keys()):
        names = relations[form]
        wanted = {each for name, ids in changes.touched[form].items() if name in names for each in ids} - changes.held[form]
        if wanted and (most is None or len(wanted) <= most):
            lock_rows(act, form, wanted)
            changes.held[form] |= wanted


def lock_rows(act: Act, form: str, ids: set[int]) -> None:
    """Keeps other writers off these records until the act ends."""
    main = tables_of(act.catalogue)[form].main
    query = sa.select(main.c.id).where(among(main.c.id)).order_by(main.c.id).with_for_update(key_share=True)
    prepared(act.catalogue.memo, ("hold", form), act.connection.dialect, lambda: query).run(act.connection, {"ids": sorted(ids)})
