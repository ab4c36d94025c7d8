"""Signing in through an OpenID Connect provider: a real one on a port of this machine, that signs real tokens and is told to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from joserfc import jwt
from joserfc.jwk import RSAKey

from runtime.people import accounts, second_factor
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import person_identity
from runtime.system.workspace import Workspace
from tests.pages.visitor import Visitor, words

CLIENT, PASSPHRASE = "tierloom", "a secret of both"
TURNED_DOWN = "Signing in through the provider did not work."


@dataclass
class Provider:
    """What the provider knows; `claims` and the other settings let it lie."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    other_key: RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    calls: int = 0

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.other_key or self.key)

    def signed_with_what_everybody_knows(self, claims: dict[str, Any]) -> str:
        """HS256 with the public key as the shared secret: a library that believes the token's own `alg` takes it for good."""
        parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in ({"alg": "HS256", "kid": "one"}, claims)]
        mark = hmac.new(self.key.as_pem(private=False), b".".join(parts), hashlib.sha256).digest()
        return b".".join([*parts, base64.urlsafe_b64encode(mark).rstrip(b"=")]).decode()

    def unsigned(self, claims: dict[str, Any]) -> str:
        parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in ({"alg": "none"}, claims)]
        return ".".join([*parts, ""])

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def authorize(self, address: str) -> str:
        """The person agrees: gives the address of the house to which their browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT and asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        return back.removeprefix("http://localhost")

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The exchange as the standard wants it: client, code once, the same address, the verifier of the challenge."""
        self.calls += 1
        name, _colon, passphrase = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if (unquote(name), unquote(passphrase).replace("+", " ")) != (CLIENT, PASSPHRASE):
            return 401, {"error": "invalid_client"}
        if asked is None or asked["redirect_uri"] != form["redirect_uri"] or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "17",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "email": "ning@example.com",
            "email_verified": True,
            "name": "Ning",
            **self.claims,
        }
        claims = {key: value for key, value in claims.items() if value is not None}
        signed = (self.sign or self.signed)(claims)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture(scope="module")
def signing_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture
def idp(signing_key: RSAKey) -> Iterator[Provider]:
    provider = Provider(key=signing_key)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {
                "/.well-known/openid-configuration": provider.metadata,
                "/keys": lambda: {"keys": [provider.key.as_dict(private=False)]},
            }.get(self.path)
            self._answer(*((404, {}) if found is None else (200, found())))

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._answer(*provider.token({name: values[0] for name, values in form.items()}, self.headers["Authorization"]))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_given: Any) -> None:
            """Says nothing into the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ning(sqlite_workspace: Workspace, idp: Provider, builder: Person, add_person: Callable[..., Person]) -> Person:
    """Ning, in a house that asks this provider."""
    sqlite_workspace.settings = replace(
        sqlite_workspace.settings, oidc_issuer=idp.issuer, oidc_client_id=CLIENT, oidc_client_secret=PASSPHRASE, oidc_name="Loom ID"
    )
    return add_person("ning@example.com", "member", password=None)


def come_back(visitor: Visitor, idp: Provider, onward: str = "/me"):
    away = visitor.get(f"/sign-in/provider?next={onward}")
    return visitor.get(idp.authorize(away.location))


def test_the_provider_opens_the_account_with_the_confirmed_address(app: Flask, idp: Provider, ning: Person):
    visitor = Visitor(app)
    assert "Sign in with Loom ID" in words(visitor.get("/sign-in?next=/me"))

    assert come_back(visitor, idp).location == "/me"
    assert visitor.is_signed_in and "ning@example.com" in words(visitor.get("/me"))


def test_the_second_time_the_provider_s_own_number_counts_not_the_address(
    app: Flask, idp: Provider, ning: Person, sqlite_workspace: Workspace
):
    come_back(Visitor(app), idp)
    idp.claims = {"email": "married@example.com", "email_verified": False}

    again = Visitor(app)
    assert come_back(again, idp).location == "/me" and "ning@example.com" in words(again.get("/me"))
    with sqlite_workspace.engine.connect() as connection:
        assert len(connection.execute(sa.select(person_identity)).all()) == 1


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "somebody else"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": [CLIENT, "another"]}, "several parties"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"sub": None}, "sub"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": 4_000_000_000}, "future"),
    ],
)
def test_a_token_that_is_not_for_us_and_now_opens_nothing(
    app: Flask, idp: Provider, ning: Person, lie: dict, why: str, caplog: pytest.LogCaptureFixture
):
    idp.claims = lie
    visitor = Visitor(app)

    answer = come_back(visitor, idp)

    assert answer.status_code == 401 and TURNED_DOWN in words(answer)
    assert not visitor.is_signed_in
    assert any("refused" in each.getMessage() and why in each.getMessage().lower() for each in caplog.records)


def test_a_token_signed_by_another_key_opens_nothing(app: Flask, idp: Provider, ning: Person):
    idp.other_key = RSAKey.generate_key(2048, {"kid": "one"})

    assert TURNED_DOWN in words(come_back(Visitor(app), idp))


@pytest.mark.parametrize("way", ["signed_with_what_everybody_knows", "unsigned"])
def test_a_token_that_chooses_its_own_way_of_being_signed_opens_nothing(app: Flask, idp: Provider, ning: Person, way: str):
    idp.sign = getattr(idp, way)

    assert TURNED_DOWN in words(come_back(Visitor(app), idp))


def test_an_answer_counts_once(app: Flask, idp: Provider, ning: Person):
    visitor = Visitor(app)
    back = idp.authorize(visitor.get("/sign-in/provider").location)
    assert visitor.get(back).status_code == 303
    visitor.post("/sign-out")

    assert visitor.get(back).status_code == 401 and not visitor.is_signed_in
    assert idp.calls == 1


def test_a_code_that_was_used_already_opens_nothing(app: Flask, idp: Provider, ning: Person):
    visitor = Visitor(app)
    back = idp.authorize(visitor.get("/sign-in/provider").location)
    idp.codes.clear()

    assert TURNED_DOWN in words(visitor.get(back))


def test_an_answer_to_another_browser_s_question_opens_nothing(app: Flask, idp: Provider, ning: Person):
    """Somebody sends the victim the link with which they were to come back themselves."""
    attacker, victim = Visitor(app), Visitor(app)
    back = idp.authorize(attacker.get("/sign-in/provider").location)
    victim.get("/sign-in/provider")

    assert victim.get(back).status_code == 401 and not victim.is_signed_in
    assert idp.calls == 0


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied&state=x"])
def test_an_answer_nobody_asked_for_is_refused_with_a_sentence(app: Flask, idp: Provider, ning: Person, query: str):
    answer = Visitor(app).get(f"/sign-in/provider/back{query}")

    assert answer.status_code == 401 and "Sign in once more." in words(answer)


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": "true"}, {"email_verified": None}, {"email": None}])
def test_an_address_that_is_not_confirmed_opens_nobody_s_account(app: Flask, idp: Provider, ning: Person, claims: dict):
    idp.claims = claims

    assert "did not confirm an e-mail address" in words(come_back(Visitor(app), idp))


def test_who_has_no_account_is_turned_away_or_becomes_a_member_as_the_setting_says(
    app: Flask, idp: Provider, ning: Person, sqlite_workspace: Workspace
):
    idp.claims = {"email": "new@example.com", "sub": "18", "name": "Newcomer"}
    assert "Nobody here has the e-mail address new@example.com." in words(come_back(Visitor(app), idp))

    sqlite_workspace.settings = replace(sqlite_workspace.settings, oidc_add=True)
    assert come_back(Visitor(app), idp).location == "/me"
    with sqlite_workspace.reading(SYSTEM) as act:
        new = accounts.by_email(act.connection, "new@example.com")
    assert new is not None and new.name == "Newcomer" and new.roles == {"member"}


def test_who_was_switched_off_stays_out(app: Flask, idp: Provider, ning: Person, sqlite_workspace: Workspace):
    come_back(Visitor(app), idp)
    with sqlite_workspace.writing(SYSTEM) as act:
        accounts.deactivate(act, ning.id)

    assert "This account is switched off." in words(come_back(Visitor(app), idp))


def test_the_second_factor_is_asked_for_after_the_provider_too(app: Flask, idp: Provider, ning: Person, sqlite_workspace: Workspace):
    import pyotp

    secret = second_factor.new_secret()
    with sqlite_workspace.writing(ning) as act:
        second_factor.switch_on(act, secret, pyotp.TOTP(secret).at(act.now))
    visitor = Visitor(app)

    assert come_back(visitor, idp).location == "/sign-in/code" and not visitor.is_signed_in


def test_a_provider_that_is_away_or_says_it_is_another_one_leaves_the_password(app: Flask, idp: Provider, ning: Person):
    real, idp.issuer = idp.issuer, "https://evil.example"
    assert "The sign-in provider does not answer." in words(Visitor(app).get("/sign-in/provider"))
    idp.issuer = real


def test_one_is_led_to_no_other_site_afterwards(app: Flask, idp: Provider, ning: Person):
    assert come_back(Visitor(app), idp, "//evil.example").location == "/"


def test_without_a_provider_there_is_no_such_page(app: Flask, builder: Person):
    assert Visitor(app).get("/sign-in/provider").location == "/sign-in"
    assert "Sign in with" not in words(Visitor(app).get("/sign-in"))
