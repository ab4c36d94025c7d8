"""How often one may ask: a runaway script or somebody who tries addresses must not slow everybody down.

The web processes of one machine count together (system/counters.py); whoever guesses passwords is slowed down in the database
besides (people/throttle.py).
"""

from __future__ import annotations

import time

from flask import Flask, g, request

from runtime.errors import TierloomError
from runtime.system.counters import Counters
from runtime.texts import _

MINUTE, HOUR = 60, 3600
FREE = {"static", "health.healthz", "health.readyz", "metrics.metrics"}
SIGNED_OUT_SHARE = 4
"""Somebody signed out gets this part of what a signed-in person may; an office shares one network address."""
RARE = {
    "sign_in.send_reset": 10,
    "sign_in.set_new_password": 30,
    "sign_in.accept_invitation": 30,
    "account.set_up": 30,
    "mail_decisions.decide": 60,
    "sign_in.from_provider": 60,
}
"""Requests an hour from one network address, where each costs a letter, a password hash or a call to another server."""


class TooOften(TierloomError):
    status = 429

    def __init__(self, seconds: int):
        self.seconds = seconds
        super().__init__(
            _("That was too often in a short time. Try again in a second.")
            if seconds <= 1
            else _("That was too often in a short time. Try again in {minutes} minutes.", minutes=-(-seconds // 60))
            if seconds > 120
            else _("That was too often in a short time. Try again in {seconds} seconds.", seconds=seconds)
        )


def install(app: Flask, per_minute: int) -> None:
    """Limits requests of a person, or of a network address where nobody is signed in; `per_minute` 0: no limit."""
    if not per_minute:
        return
    counters, stranger = Counters(), max(1, per_minute // SIGNED_OUT_SHARE)

    def count(name: str, most: int, window: int) -> None:
        if seconds := counters.hit(name, most, window, time.time()):
            raise TooOften(seconds)

    def check() -> None:
        if request.endpoint in FREE:
            return
        address = request.remote_addr or "unknown"
        if request.method == "POST" and request.endpoint in RARE:
            count(f"{request.endpoint} {address}", RARE[request.endpoint], HOUR)
        if g.person is None:
            count(f"address {address}", stranger, MINUTE)
        else:
            count(f"person {g.person.id}", per_minute, MINUTE)

    app.before_request(check)
