"""What a query page finds: records for which every field that is asked has exactly the value that was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import FieldError
from runtime.public.links import Link
from runtime.public.settings import may_be_matched
from runtime.records.lookup import ActLookup
from runtime.records.tables import tables_of

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def found(act: Act, link: Link, raw: Mapping[str, Any]) -> list[int]:
    """At most so many as the link shows, the newest first.

    A value that no record could have, or none, is no other case than one that no record has: the same statement runs with a value that
    fits nothing, so that neither the answer nor the time says which field was wrong.
    """
    built = tables_of(act.catalogue)[link.form]
    conditions: list[Any] = [built.main.c.deleted_at.is_(None)]
    lookup = ActLookup(act)
    for key in link.settings.ask:
        kind = act.catalogue.forms[link.form].field(key)
        stored = None
        if kind is not None and may_be_matched(kind):
            try:
                stored = kind.to_column(kind.parse(raw.get(key), lookup))
            except FieldError:
                stored = None
        conditions.append(sa.false() if stored is None or kind is None else built.column(key) == stored)
    statement = sa.select(built.main.c.id).where(*conditions).order_by(built.main.c.id.desc()).limit(link.settings.most)
    return [] if not link.settings.ask else list(act.connection.execute(statement).scalars())
