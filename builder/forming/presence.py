"""Who has a draft open at this moment. A sign of life is a small file: it costs no writer of the database anything, and ends by itself."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

FRESH = 25
"""Seconds after the last sign of life; pages give one every ten."""
LONGEST_PLACE = 100


def here(folder: Path, kind: str, key: str, person: int, place: str) -> None:
    """Says that a person has the draft open, and at what part of it they are."""
    home = _home(folder, kind, key)
    home.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"place": place[:LONGEST_PLACE]})
    fresh = home / f"{person}.{os.getpid()}.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(home / str(person))


def gone(folder: Path, kind: str, key: str, person: int) -> None:
    (_home(folder, kind, key) / str(person)).unlink(missing_ok=True)


def others(folder: Path, kind: str, key: str, person: int, now: float | None = None) -> list[dict[str, Any]]:
    """The others who have it open: `{person, place}`."""
    moment = time.time() if now is None else now
    found = []
    home = _home(folder, kind, key)
    for each in sorted(home.iterdir()) if home.is_dir() else []:
        if not each.name.isdecimal() or int(each.name) == person:
            continue
        with contextlib.suppress(OSError, ValueError):  # it may be gone by now
            if moment - each.stat().st_mtime > FRESH:
                each.unlink(missing_ok=True)
            else:
                found.append({"person": int(each.name), "place": str(json.loads(each.read_text(encoding="utf-8"))["place"])})
    return found


def _home(folder: Path, kind: str, key: str) -> Path:
    return folder / "presence" / f"{kind}.{key}"
