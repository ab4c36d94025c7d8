"""What roles are called, by `role:KEY` as definitions write them."""

from __future__ import annotations

from runtime.people import accounts
from runtime.system.workspace import Act
from runtime.texts import Message


def role_names(act: Act) -> dict[str, Message | str]:
    return {f"role:{key}": label for key, label in accounts.known_roles(act.connection).items()}
