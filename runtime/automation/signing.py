"""Signatures that providers demand of a request, by the method each of them has published. What they sign is what is really sent.

`hmac`: HMAC-SHA256 of moment and body, as our own webhooks have it. `aliyun`: ACS3-HMAC-SHA256, version 3 of Alibaba Cloud's signature.
`tencent`: TC3-HMAC-SHA256, version 3 of Tencent Cloud's. A further one is a function here and a line in METHODS.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from runtime.automation import outbound


@dataclass(frozen=True)
class Request:
    """`headers` are those that are sent beside the ones of the signature; `key_id` names the secret to the provider."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    key_id: str
    secret: str
    now: datetime
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()

    @property
    def path(self) -> str:
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """In the order of the names, everything encoded but letters, figures and `-_.~`."""
        pairs = sorted(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))
        return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)

    def canonical(self, signed: Mapping[str, str]) -> str:
        """What is signed of it: `signed` are the headers, their names in small letters."""
        lines = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
        return "\n".join((self.method, self.path, self.query, lines, ";".join(sorted(signed)), _hash(self.body)))


def signed(method: str, request: Request) -> dict[str, str]:
    """The headers that the signature adds."""
    return METHODS[method](request)


def _plain(request: Request) -> dict[str, str]:
    named = {"X-Tierloom-Key": request.key_id} if request.key_id else {}
    return {**named, **outbound.signature(request.secret, request.body, request.now)}


def _aliyun(request: Request) -> dict[str, str]:
    """https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature"""
    added = {
        "x-acs-date": f"{request.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": request.nonce,
        "x-acs-content-sha256": _hash(request.body),
    }
    own = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith("x-acs-")}
    headers = {**own, **added, "host": request.host}
    names = ";".join(sorted(headers))
    seal = _seal(request.secret.encode(), "ACS3-HMAC-SHA256\n" + _hash(request.canonical(headers).encode())).hex()
    return {**added, "Authorization": f"ACS3-HMAC-SHA256 Credential={request.key_id},SignedHeaders={names},Signature={seal}"}


def _tencent(request: Request) -> dict[str, str]:
    """https://cloud.tencent.com/document/api/382/52072; the service is the first part of the host."""
    stamp, day = str(int(request.now.timestamp())), f"{request.now.astimezone(UTC):%Y-%m-%d}"
    given = {name.lower(): value for name, value in request.headers.items()}
    headers = {"content-type": given.get("content-type", ""), "host": request.host}
    if "x-tc-action" in given:
        headers["x-tc-action"] = given["x-tc-action"].lower()
    scope = f"{day}/{request.host.partition('.')[0]}/tc3_request"
    text = "\n".join(("TC3-HMAC-SHA256", stamp, scope, _hash(request.canonical(headers).encode())))
    key = f"TC3{request.secret}".encode()
    for part in scope.split("/"):
        key = _seal(key, part)
    names = ";".join(sorted(headers))
    credential = f"Credential={request.key_id}/{scope}, SignedHeaders={names}, Signature={_seal(key, text).hex()}"
    return {"X-TC-Timestamp": stamp, "Authorization": f"TC3-HMAC-SHA256 {credential}"}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seal(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


METHODS: dict[str, Callable[[Request], dict[str, str]]] = {"hmac": _plain, "aliyun": _aliyun, "tencent": _tencent}
