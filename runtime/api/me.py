"""Who asks, and where."""

from __future__ import annotations

from typing import Any

from runtime.api.route import Call, Shape


class Me(Shape):
    """The person behind the token or session. `zone` is the workspace's: days begin and end by it."""

    id: str
    email: str
    name: str
    roles: tuple[str, ...]
    language: str | None
    workspace: str
    zone: str
    today: str


def me(call: Call) -> dict[str, Any]:
    person, own = call.act.person, call.act.workspace
    return {
        "id": str(person.id),
        "email": person.email,
        "name": person.name,
        "roles": sorted(person.roles),
        "language": person.language,
        "workspace": own.name,
        "zone": own.zone.key,
        "today": call.act.today.isoformat(),
    }
