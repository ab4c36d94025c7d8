"""Which encoding a text file is in: a mark at its beginning, strict UTF-8, else what makes the most common characters of it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from functools import cache

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CHOICES = ("utf-8-sig", "gb18030", "big5", "cp1252", "utf-16")
"""What a person may choose from; `utf-8-sig` reads files with and without the mark."""
NAMES = {"utf-8-sig": "UTF-8", "gb18030": "GB 18030 (GBK)", "big5": "Big5", "cp1252": "Windows-1252", "utf-16": "UTF-16"}
SAMPLE = 256 * 1024
SIGNS = set("€‚ƒ„…†‡ˆ‰‹‘’“”•–—˜™›¡£§©«®°±²³´µ·»¼½¾¿")
FOREIGN = re.compile(r"[^\x00-\x7f]+")


def encoding_of(pieces: Iterable[bytes]) -> str:
    """The encoding of a file given piece by piece; every piece is read, since an old encoding may show late."""
    utf8 = codecs.getincrementaldecoder("utf-8")()
    foreign = bytearray()
    is_utf8, first, rest = True, True, b""
    for piece in pieces:
        if first:
            for mark, name in MARKS:
                if piece.startswith(mark):
                    return name
            first = False
        if is_utf8:
            try:
                utf8.decode(piece)
            except UnicodeDecodeError:
                is_utf8 = False
        if len(foreign) < SAMPLE:
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()[-4096:]
            foreign += b"\n".join(line for line in lines if not line.isascii())
    if is_utf8:
        try:
            utf8.decode(b"", True)
            return "utf-8-sig"
        except UnicodeDecodeError:
            pass
    return likeliest(bytes(foreign[:SAMPLE] + (rest if not rest.isascii() else b"")))


def likeliest(sample: bytes) -> str:
    """The old encoding in which most characters beyond ASCII are common ones."""
    shares = {name: _share(sample, name) for name in ("gb18030", "big5", "cp1252")}
    return max(shares, key=lambda name: shares[name])


def _share(sample: bytes, name: str) -> float:
    decoder = codecs.getincrementaldecoder(name)("replace" if name == "cp1252" else "strict")
    try:
        text = decoder.decode(sample)
    except UnicodeDecodeError:
        return 0.0
    if name == "cp1252":
        return _western(text)
    foreign = "".join(FOREIGN.findall(text))
    common = _common(name)
    return sum(char in common for char in foreign) / len(foreign) if foreign else 0.0


def _western(text: str) -> float:
    """Accented letters stand alone between plain ones; long runs of them are another encoding seen wrongly."""
    runs = FOREIGN.findall(text)
    good = sum(len(run) for run in runs if len(run) <= 2 and all(char in SIGNS or "À" <= char <= "ÿ" for char in run))
    return good / sum(map(len, runs)) if runs else 0.0


@cache
def _common(name: str) -> frozenset[str]:
    """The characters that the standard itself lists as common, and the signs between them."""
    if name == "big5":
        pairs = [
            (first, second)
            for first in range(0xA1, 0xC7)
            for second in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
            if first != 0xC6 or second < 0x7F
        ]
    else:
        name = "gb2312"
        pairs = [(first, second) for first in (*range(0xA1, 0xA4), *range(0xB0, 0xD8)) for second in range(0xA1, 0xFF)]
    return frozenset(bytes(pair).decode(name, "ignore") for pair in pairs) - {""}
