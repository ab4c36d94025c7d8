"""What a browser is told about every answer, and where it reports what it had to block."""
from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, g, request

from runtime.pages.identity import COOKIE, is_secure, start_session
from runtime.pages.web import csrf, public

blueprint = Blueprint("headers", __name__)
log = logging.getLogger("tierloom.csp")

LONGEST_REPORT = 4000
NEVER_KEPT = ("/api/", "/invite/", "/reset/", "/sign-in")
"""What no browser may keep, not even for going back: it would cost nobody what they typed."""


def policy(nonce: str) -> str:
    """Nothing from elsewhere, nothing inline; the nonce is for the style element of the formula editor."""
    return "; ".join([
        "default-src 'none'", "script-src 'self'", f"style-src 'self' 'nonce-{nonce}'", "img-src 'self' data: blob:", "font-src 'self'",
        "connect-src 'self'", "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'", "object-src 'none'", "report-uri /csp-report"])


def install(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy(g.get("nonce", "none")))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(self), microphone=(), payment=()")
    if is_secure():
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store" if request.path.startswith(NEVER_KEPT) else "private, no-cache")
        response.vary.update(["Cookie", "Accept-Language", "HX-Request"])
    if "slide_cookie" in g and not any(f"{COOKIE}=" in each for each in headers.getlist("Set-Cookie")):
        start_session(response, g.slide_cookie)
    return response


@blueprint.post("/csp-report")
@csrf.exempt
@public
def csp_report() -> tuple[str, int]:
    log.warning("blocked by the page's policy: %s", request.stream.read(LONGEST_REPORT).decode("utf-8", "replace"))
    return "", 204
