"""What makes the product installable on a phone: the manifest, the icons, the service worker and the page it shows without a connection.

None of it knows anything of a record or a person; the worker keeps the offline page and its style sheet, and nothing else.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import hypot
from pathlib import Path

from flask import Blueprint, Response, current_app, g, jsonify, render_template, request

from runtime.errors import NotFound
from runtime.pages.web import public, reader
from runtime.texts import _

blueprint = Blueprint("phone", __name__)

BLUE, WHITE = (0x1F, 0x5F, 0xD0), (255, 255, 255)
SIZES = (180, 192, 512)
BARS = ((5.0, 14.2, 12.0, 1.0), (5.0, 9.8, 9.4, 0.82), (5.0, 5.4, 6.0, 0.62))
"""Left, top, width and strength of the three rungs on a square of 22."""
HIGH = 2.4
"""How high a rung is."""
A_DAY = 24 * 3600


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """What an installed app is called and looks like, in the language of the address."""
    _speak_as_asked()
    say = reader().say
    icons = [{"src": f"/app-icon/{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any"} for size in SIZES[1:]]
    icons.append({"src": "/app-icon/512.png?whole=1", "sizes": "512x512", "type": "image/png", "purpose": "maskable"})
    answer = jsonify(
        id="/",
        name="Tierloom",
        short_name="Tierloom",
        description=say(_("Customers in tiers, and what to do for each of them.")),
        lang="zh-CN" if g.language == "zh" else "en",
        start_url="/",
        scope="/",
        display="standalone",
        background_color="#f6f7f9",
        theme_color="#1f5fd0",
        icons=icons,
        shortcuts=[
            {"name": say(_("My to-dos")), "url": "/tasks", "icons": icons[:1]},
            {"name": say(_("Search")), "url": "/search", "icons": icons[:1]},
        ],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@blueprint.get("/service-worker.js")
@public
def worker() -> Response:
    """From the root, because a worker looks after the pages below its address."""
    file = Path(str(current_app.static_folder)) / current_app.jinja_env.globals["asset"]("service_worker.js").rpartition("/")[2]  # type: ignore[operator]
    answer = Response(file.read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/offline")
@public
def offline() -> str:
    _speak_as_asked()
    return render_template("offline.html")


def _speak_as_asked() -> None:
    """These addresses are fetched without a cookie: they name the language themselves."""
    if request.args.get("language") in ("zh", "en"):
        g.language = request.args["language"]


@blueprint.get("/app-icon/<int:size>.png")
@public
def icon(size: int) -> Response:
    """The sign as a picture; `whole` fills the square, for systems that cut their own shape out of it."""
    if size not in SIZES:
        raise NotFound(_("There is no such icon."))
    answer = Response(drawn(size, bool(request.args.get("whole")) or size == 180), mimetype="image/png")
    answer.headers["Cache-Control"] = f"public, max-age={A_DAY}"
    return answer


@dataclass(frozen=True)
class Box:
    """A rectangle with round corners, in pixels, and what it is filled with."""

    middle: tuple[float, float]
    half: tuple[float, float]
    radius: float
    color: tuple[float, ...]

    def beyond(self, axis: int, at: float) -> float:
        """How far a place lies beyond the straight part of a side; 0 within it."""
        return max(abs(at - self.middle[axis]) - self.half[axis] + self.radius, 0.0)

    def cover(self, beyond_x: float, beyond_y: float) -> float:
        """How much of a pixel it covers, 0 to 1."""
        return min(max(0.5 + self.radius - hypot(beyond_x, beyond_y), 0.0), 1.0)


@lru_cache(8)
def drawn(size: int, whole: bool) -> bytes:
    """The sign as a PNG with smooth edges."""
    pixel = size / 22
    shrunk = 0.72 if whole else 1.0  # the outer part may be cut off
    ground = None if whole else Box((size / 2, size / 2), (size / 2, size / 2), 6 * pixel, BLUE)
    bars = [_bar(pixel, shrunk, *each) for each in BARS]
    lines: dict[tuple[float, ...], bytes] = {}
    picture = []
    for y in range(size):
        beyond = tuple(min(each.beyond(1, y + 0.5), each.radius + 1) for each in (*([ground] if ground else []), *bars))
        if beyond not in lines:  # most lines look like another one
            lines[beyond] = b"".join(_pixel(x + 0.5, ground, bars, beyond) for x in range(size))
        picture.append(lines[beyond])
    return _png(size, picture)


def _bar(pixel: float, shrunk: float, left: float, top: float, width: float, strength: float) -> Box:
    middle = (left + width / 2, top + HIGH / 2)
    color = tuple(strength * white + (1 - strength) * blue for white, blue in zip(WHITE, BLUE, strict=True))
    x, y = ((11 + (each - 11) * shrunk) * pixel for each in middle)
    return Box((x, y), (width / 2 * shrunk * pixel, HIGH / 2 * shrunk * pixel), HIGH / 2 * shrunk * pixel, color)


def _pixel(x: float, ground: Box | None, bars: Sequence[Box], beyond: Sequence[float]) -> bytes:
    """Red, green, blue and how opaque, each 0 to 255."""
    opaque = 1.0 if ground is None else ground.cover(ground.beyond(0, x), beyond[0])
    color: tuple[float, ...] = BLUE
    for bar, beyond_y in zip(bars, beyond[-len(bars) :], strict=True):
        if covered := bar.cover(bar.beyond(0, x), beyond_y):
            color = tuple(covered * own + (1 - covered) * below for own, below in zip(bar.color, color, strict=True))
    return bytes(round(each) for each in (*color, 255 * opaque))


def _png(size: int, lines: Sequence[bytes]) -> bytes:
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(b"\x00" + each for each in lines), 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
