"""Alembic over the system's own tables. Forms' tables (r_…) are never its business."""
from __future__ import annotations

from typing import Any

from alembic import context

from runtime.system.tables import metadata


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    return not (kind == "table" and (name or "").startswith("r_"))


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, include_object=ours, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
