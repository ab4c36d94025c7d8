"""What makes the product installable on a phone: the manifest, the icons, the service worker and the page it shows without a connection.

None of it knows anything of a record or a person; the worker keeps the offline page and its style sheet, and nothing else.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from flask import Blueprint, Response, current_app, g, jsonify, render_template, request

from runtime.errors import NotFound
from runtime.pages.web import public, reader
from runtime.texts import _

blueprint = Blueprint("phone", __name__)

BLUE, WHITE = (0x1F, 0x5F, 0xD0), (255, 255, 255)
SIZES = (180, 192, 512)
BARS = ((5.0, 14.2, 12.0, 1.0), (5.0, 9.8, 9.4, 0.82), (5.0, 5.4, 6.0, 0.62))
"""Left, top, width and strength of the three rungs on a square of 22."""
FINE = 4
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


@lru_cache(8)
def drawn(size: int, whole: bool) -> bytes:
    """The sign as a PNG, its edges smoothed by drawing it finer first."""
    many = size * FINE
    y, x = np.mgrid[0:many, 0:many] * (22 / many)
    picture = np.zeros((many, many, 4))
    ground = np.ones((many, many), bool) if whole else _rounded(x, y, 0, 0, 22, 22, 6)
    picture[ground] = (*BLUE, 255)
    shrunk = 0.72 if whole else 1.0  # the outer part may be cut off
    for left, top, width, strength in BARS:
        from_left, from_top = (11 + (each - 11) * shrunk for each in (left, top))
        bar = _rounded(x, y, from_left, from_top, width * shrunk, 2.4 * shrunk, 1.2 * shrunk)
        picture[bar, :3] = np.array(WHITE) * strength + np.array(BLUE) * (1 - strength)
    fine = picture.reshape(size, FINE, size, FINE, 4)
    opaque = fine[..., 3].mean((1, 3))
    color = (fine[..., :3] * fine[..., 3:]).mean((1, 3)) / np.maximum(opaque, 1)[..., None]
    return _png(np.dstack([color, opaque]).round().astype(np.uint8))


def _rounded(x: np.ndarray, y: np.ndarray, left: float, top: float, width: float, height: float, radius: float) -> np.ndarray:
    """Which points lie in a rectangle with round corners."""
    from_x = np.maximum(np.abs(x - left - width / 2) - (width / 2 - radius), 0)
    from_y = np.maximum(np.abs(y - top - height / 2) - (height / 2 - radius), 0)
    return from_x**2 + from_y**2 <= radius**2


def _png(pixels: np.ndarray) -> bytes:
    height, width, _channels = pixels.shape
    lines = b"".join(b"\x00" + row.tobytes() for row in pixels)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
