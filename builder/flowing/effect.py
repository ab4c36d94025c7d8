"""What publishing a workflow does to what is under way."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from runtime.system.tables import workflow_run
from runtime.system.workspace import Act
from runtime.texts import Message, _


def sentences(act: Act, body: dict[str, Any]) -> list[Message]:
    """One for each version with runs under way: they keep it to their end."""
    own = workflow_run.c
    counts = sa.select(own.version, sa.func.count()).where(own.workflow == str(body.get("key")), own.open_record.is_not(None))
    found = [
        _("{count} under way began with version {version} and keep it to their end.", count=f"{count:,}", version=version)
        for version, count in act.connection.execute(counts.group_by(own.version).order_by(own.version))
    ]
    if found:
        found.append(_("Whatever is started from then on follows the new version."))
    return found
