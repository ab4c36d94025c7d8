"""Secrets: sealed rows that definitions name. Without SECRET_KEY they cannot be read."""
from __future__ import annotations

import base64
import hashlib
import hmac
import re

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from runtime.errors import NotFound, Problem, Refused
from runtime.system import clock
from runtime.system.tables import secret
from runtime.texts import _

NAME = re.compile(r"^[a-z][a-z0-9_]{0,60}$")


def set_secret(connection: sa.Connection, secret_key: str, name: str, value: str) -> None:
    if not NAME.match(name):
        raise Refused([Problem("name", _("A secret's name starts with a letter a–z and has only letters, digits and _."))])
    connection.execute(secret.delete().where(secret.c.name == name))
    connection.execute(secret.insert().values(name=name, sealed=seal(secret_key, value), updated_at=clock.to_micros(clock.now())))


def get_secret(connection: sa.Connection, secret_key: str, name: str) -> str:
    sealed = connection.execute(sa.select(secret.c.sealed).where(secret.c.name == name)).scalar()
    if sealed is None:
        raise NotFound(_("There is no secret named {name}. Set it with: tierloom secret set {name}", name=name))
    return unseal(secret_key, sealed)


def secret_names(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(secret.c.name).order_by(secret.c.name)).scalars())


def derive(secret_key: str, purpose: str) -> bytes:
    """32 bytes for one purpose, so that no two uses of the secret key share a key."""
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).digest()


def seal(secret_key: str, value: str) -> str:
    return _fernet(secret_key).encrypt(value.encode()).decode()


def unseal(secret_key: str, sealed: str) -> str:
    try:
        return _fernet(secret_key).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Refused([Problem("", _("This secret was sealed with another SECRET_KEY and cannot be read. Set it again."))]) from error


def _fernet(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(secret_key, "secrets")))
