"""Signing in through the company's OpenID Connect provider: authorization code with PKCE, state and nonce.

What the provider says is believed only from a token that it signed for us (`aud`), in answer to this very question (`nonce`), just now.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import requests
import sqlalchemy as sa
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from runtime.errors import TierloomError
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.settings import Settings
from runtime.system.audit import note
from runtime.system.tables import person_identity
from runtime.system.workspace import Act
from runtime.texts import Message, _

SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
TIMEOUT = 10
LEEWAY = 60
"""Seconds by which two clocks may differ."""


class NotBelieved(TierloomError):
    """The provider's answer is not good; `reason` is for the log."""

    status = 401

    def __init__(self, reason: str, message: Message | None = None):
        self.reason = reason
        super().__init__(message or _("Signing in through the provider did not work. Begin anew; if it fails again, ask an administrator."))


@dataclass(frozen=True)
class Question:
    """What a browser is sent away with; `nonce` and `verifier` stay here."""

    address: str
    nonce: str
    verifier: str


def is_there(settings: Settings) -> bool:
    return bool(settings.oidc_issuer)


def ask(settings: Settings, callback: str, state: str) -> Question:
    """Where to send the browser, and what must come back."""
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    client = _client(settings, callback)
    address, _state = client.create_authorization_url(
        _metadata(settings)["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
    )
    return Question(address, nonce, verifier)


def claims_of(settings: Settings, callback: str, code: str, nonce: str, verifier: str) -> dict[str, Any]:
    """What the provider says about the person who has come back with this code."""
    metadata = _metadata(settings)
    try:
        answer = _client(settings, callback).fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier, timeout=TIMEOUT)
        keys = KeySet.import_key_set(_fetched(metadata["jwks_uri"]))
        claims = dict(jwt.decode(answer["id_token"], keys, algorithms=ALGORITHMS).claims)
        _check(settings, metadata["issuer"], claims, nonce)
    except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError, TypeError) as error:
        raise NotBelieved(f"{type(error).__name__}: {error}") from error
    return claims


def person_of(act: Act, claims: dict[str, Any]) -> Person:
    """Whose account this is: known from before, else by a confirmed e-mail address, else made where the settings allow it. Call as SYSTEM."""
    settings, subject = act.workspace.settings, str(claims["sub"])
    mine = sa.and_(person_identity.c.issuer == settings.oidc_issuer, person_identity.c.subject == subject)
    known = act.connection.execute(sa.select(person_identity.c.person).where(mine)).scalar()
    someone = accounts.by_id(act.connection, known) if known is not None else _linked(act, claims, subject)
    if not someone or not someone.active:
        raise NotBelieved("account switched off", _("This account is switched off. Ask an administrator."))
    return someone


def _linked(act: Act, claims: dict[str, Any], subject: str) -> Person:
    email, settings = str(claims.get("email") or ""), act.workspace.settings
    if not email or claims.get("email_verified") is not True:
        raise NotBelieved("no confirmed address", _("The provider did not confirm an e-mail address of yours, so no account can be found."))
    someone = accounts.by_email(act.connection, email)
    if someone is None and not settings.oidc_add:
        raise NotBelieved(
            "no account", _("Nobody here has the e-mail address {email}. Ask an administrator for an invitation.", email=email)
        )
    if someone is None:
        assert act.person is SYSTEM
        someone = accounts.add(act, email=email, name=str(claims.get("name") or email.partition("@")[0])[:200])
    act.connection.execute(
        person_identity.insert().values(issuer=settings.oidc_issuer, subject=subject, person=someone.id, created_at=act.micros)
    )
    note(act, "provider_linked", f"person:{someone.id}", issuer=settings.oidc_issuer)
    return someone


# -- what the provider says -------------------------------------------------------------------------------------------------------
def _check(settings: Settings, issuer: str, claims: dict[str, Any], nonce: str) -> None:
    wanted = jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    wanted.validate(claims)
    meant_for = claims["aud"]
    if isinstance(meant_for, list) and len(meant_for) > 1 and claims.get("azp") != settings.oidc_client_id:
        raise ValueError("the token is for several parties and was not asked for by us")


def _metadata(settings: Settings) -> dict[str, Any]:
    try:
        found = _fetched(f"{settings.oidc_issuer}/.well-known/openid-configuration")
        if found["issuer"].rstrip("/") != settings.oidc_issuer:
            raise ValueError(f"the provider calls itself {found['issuer']}")
    except (requests.RequestException, KeyError, ValueError) as error:
        raise NotBelieved(
            f"{type(error).__name__}: {error}", _("The sign-in provider does not answer. Try again in a moment, or use your password.")
        ) from error
    return found


def _fetched(address: str) -> Any:
    answer = requests.get(address, timeout=TIMEOUT, allow_redirects=False)
    answer.raise_for_status()
    return answer.json()


def _client(settings: Settings, callback: str) -> OAuth2Session:
    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret or None,
        scope=SCOPE,
        redirect_uri=callback,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if settings.oidc_client_secret else "none",
    )
