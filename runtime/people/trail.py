"""The trail of what was done to people and their rights (table `audit`)."""
from __future__ import annotations

from typing import Any

from runtime.system.database import to_json
from runtime.system.tables import audit
from runtime.system.workspace import Act


def note(act: Act, deed: str, what: str, **details: Any) -> None:
    """One line: `deed` such as "person_added", `what` such as "person:17". Never holds a password or a token."""
    act.connection.execute(audit.insert().values(
        id=act.take_ids("audit"), at=act.micros, person=act.person.id, act=deed, what=what,
        details=to_json(details) if details else None))
