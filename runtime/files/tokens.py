"""How a record names a file: `ID:SIZE:NAME`. History, search and lists need no second look to say what it is called.

Only `ID` is ever believed from outside; size and name are put in by the server.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

ID = re.compile(r"[A-Za-z0-9_-]{22}")
TOKEN = re.compile(r"([A-Za-z0-9_-]{22}):([0-9]{1,15}):([^\x00]{1,200})", re.S)
ADDRESS = re.compile(r"/files/([A-Za-z0-9_-]{22})$")
LONGEST_NAME = 120
FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])")


def new_id() -> str:
    return secrets.token_urlsafe(16)


def token(id: str, size: int, name: str) -> str:
    return f"{id}:{size}:{name}"


def parts(text: str) -> tuple[str, int, str] | None:
    """(id, bytes, name) of a token; None for any other text."""
    found = TOKEN.fullmatch(text)
    return None if found is None else (found[1], int(found[2]), found[3])


def id_in(text: str) -> str | None:
    """The id that a text names: alone, at the head of a token, or at the end of the address that an export writes."""
    head = text.strip().partition(":")[0]
    if ID.fullmatch(head):
        return head
    found = ADDRESS.search(text.strip())
    return None if found is None else found[1]


def clean_name(given: str) -> str:
    """A name that is safe on every system: the last part of a path, NFC, without signs that steer, hide or turn round."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    kept = "".join(each for each in last if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    stem, dot, ending = " ".join(FORBIDDEN.sub("_", kept).split()).rstrip(" .").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    stem = stem.strip(" .") or "file"
    if RESERVED.fullmatch(stem.partition(".")[0]):
        stem = f"_{stem}"
    ending = ending.strip()[:10]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"
