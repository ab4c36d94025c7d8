"""What cameras write into pictures beside the picture: where it was taken, with what, by whom. It is taken out; how to turn it stays.

Only whole containers are touched, never the picture itself. What does not have the form of its kind raises ValueError.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from runtime.files import heif

KEPT_IN_JPEG = frozenset({0xE0, 0xE2, 0xEE})
"""JFIF, colour profile, Adobe's mark of the colours; the other APP segments and the comments go."""
LEFT_OUT_OF_PNG = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
LEFT_OUT_OF_WEBP = frozenset({b"EXIF", b"XMP "})
KEPT_IN_GIF = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
"""How often it turns, and the colour profile; comments and other programs' own parts go."""
PNG = b"\x89PNG\r\n\x1a\n"
TURNED = 0x0112


def without_traces(content: bytes, content_type: str) -> bytes:
    """The same picture without what tells of place, device and person; other kinds of files as they are."""
    found = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp, "image/gif": _gif, "image/heic": heif.without_traces}.get(
        content_type
    )
    return content if found is None else found(content)


# -- JPEG -------------------------------------------------------------------------------------------------------------------------
def _jpeg(content: bytes) -> bytes:
    kept, turn = [b"\xff\xd8"], 1
    for mark, segment in _segments(content):
        if mark == 0xE1 and segment[4:10] == b"Exif\x00\x00":
            turn = _turn(segment[10:]) or turn
        elif mark in KEPT_IN_JPEG or not (0xE0 <= mark <= 0xEF or mark == 0xFE):
            kept.append(segment)
    return b"".join(kept[:1] + ([_turned(turn)] if turn != 1 else []) + kept[1:])


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(mark, segment) up to the picture itself, which comes last and whole."""
    at = 2
    while True:
        if len(content) < at + 4 or content[at] != 0xFF:
            raise ValueError("a segment of the JPEG is cut off")
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        if mark == 0xDA:
            yield mark, content[at : _end_of_picture(content, at)]
            return
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if length < 2 or at + 2 + length > len(content):
            raise ValueError("a segment of the JPEG is cut off")
        yield mark, content[at : at + 2 + length]
        at += 2 + length


def _end_of_picture(content: bytes, at: int) -> int:
    """Behind the last scan. Phones append films and further pictures there, with traces of their own."""
    while True:
        at = content.find(b"\xff", at)
        mark = content[at + 1] if 0 <= at < len(content) - 1 else None
        if mark is None:
            raise ValueError("the JPEG has no end")
        if mark == 0xD9:
            return at + 2
        if mark == 0 or mark == 0xFF or 0xD0 <= mark <= 0xD7:  # part of the picture
            at += 1 if mark == 0xFF else 2
            continue
        if len(content) < at + 4:
            raise ValueError("a segment of the JPEG is cut off")
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]


def _turn(exif: bytes) -> int | None:
    """How the picture is to be turned, 1 to 8; None where it does not say."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return None
    (start,) = struct.unpack(f"{order}I", exif[4:8])
    if len(exif) < start + 2:
        return None
    (count,) = struct.unpack(f"{order}H", exif[start : start + 2])
    for number in range(min(count, 200)):
        entry = exif[start + 2 + 12 * number : start + 14 + 12 * number]
        if len(entry) == 12 and struct.unpack(f"{order}H", entry[:2])[0] == TURNED:
            (turn,) = struct.unpack(f"{order}H", entry[8:10])
            return turn if 1 <= turn <= 8 else None
    return None


def _turned(turn: int) -> bytes:
    body = b"Exif\x00\x00MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, TURNED, 3, 1, turn, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


# -- PNG, GIF and WebP ------------------------------------------------------------------------------------------------------------
def _png(content: bytes) -> bytes:
    kept, at = [PNG], len(PNG)
    while at < len(content):
        if len(content) < at + 12:
            raise ValueError("a piece of the PNG is cut off")
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            raise ValueError("a piece of the PNG is cut off")
        if name not in LEFT_OUT_OF_PNG:
            kept.append(content[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    raise ValueError("the PNG has no end")


def _gif(content: bytes) -> bytes:
    at = 13 + _colours(content, 10)
    kept = [content[:at]]
    while (mark := content[at : at + 1]) in (b"!", b","):
        start = at
        at = _end_of_pieces(content, at + 2 if mark == b"!" else at + 11 + _colours(content, at + 9))
        own = content[start + 1 : start + 2]
        if mark == b"," or own in (b"\x01", b"\xf9") or (own == b"\xff" and content[start + 3 : start + 14] in KEPT_IN_GIF):
            kept.append(content[start:at])
    if mark != b";":
        raise ValueError("the GIF has no end")
    return b"".join([*kept, b";"])


def _colours(content: bytes, at: int) -> int:
    """How many bytes the table of colours takes that the flags at this place speak of."""
    if at >= len(content):
        raise ValueError("the GIF is cut off")
    return 3 << (content[at] & 7) + 1 if content[at] & 0x80 else 0


def _end_of_pieces(content: bytes, at: int) -> int:
    while at < len(content):
        if not content[at]:
            return at + 1
        at += content[at] + 1
    raise ValueError("a piece of the GIF is cut off")


def _webp(content: bytes) -> bytes:
    kept, at = [], 12
    end = min(len(content), 8 + struct.unpack("<I", content[4:8])[0])
    while at + 8 <= end:
        name, (length,) = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])
        whole = 8 + length + length % 2
        if at + 8 + length > end:
            raise ValueError("a piece of the WebP is cut off")
        piece = content[at : at + whole]
        if name == b"VP8X" and length >= 10:
            piece = piece[:8] + bytes([piece[8] & ~0x0C]) + piece[9:]  # no EXIF and no XMP follow
        if name not in LEFT_OUT_OF_WEBP:
            kept.append(piece)
        at += whole
    body = b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
