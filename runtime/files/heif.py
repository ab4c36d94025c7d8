"""HEIC: boxes within boxes (ISO 14496-12, ISO 23008-12). What tells of place, device and person becomes zeros; nothing else moves.

Where bytes lie is written down in the file itself, so its length stays: only what the pictures themselves point at is kept, and what follows the last of
the boxes that are needed goes. What does not have this form raises ValueError.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PICTURES = frozenset({b"hvc1", b"hev1", b"lhv1", b"vvc1", b"av01", b"avc1", b"jpeg", b"j2k1", b"unci", b"grid", b"iden", b"iovl", b"tmap"})
"""Kinds of items that are pictures or put pictures together; others (Exif, mime, uri) speak about them."""
NEEDED = frozenset({b"ftyp", b"meta", b"mdat"})
KEPT_IN_META = frozenset({b"hdlr", b"dinf", b"pitm", b"iinf", b"iref", b"iprp", b"iloc", b"grpl"})
TELLING = frozenset({b"udes", b"altt", b"crtt", b"mdft", b"cmin", b"cmex", b"uuid"})
"""Properties that describe: words, times, the camera's lens and stand."""
LARGEST_META = 4 * 1024 * 1024
MOST_BOXES = 5_000
MOST_PLACES = 10
Range = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """`start` of its header, `body` behind it, `end`."""

    kind: bytes
    start: int
    body: int
    end: int


def without_traces(content: bytes) -> bytes:
    boxes = list(_boxes(content, 0, len(content)))
    metas = [each for each in boxes if each.kind == b"meta"]
    if len(metas) != 1 or not 12 <= metas[0].end - metas[0].start <= LARGEST_META:
        raise ValueError("a HEIC has one table of what is in it")
    (meta,) = metas
    last = max(each.end for each in boxes if each.kind in NEEDED)
    cleaned = bytearray(last)
    for box in boxes:
        if box.start < last:
            _head(cleaned, content, box, box.kind in NEEDED)
    for start, end in [*_of_table(cleaned, content, meta), *_of_pictures(content, boxes, meta)]:
        cleaned[start:end] = content[start:end]
    _free_others(cleaned, content, meta)
    _blank_telling(cleaned, content, meta)
    return bytes(cleaned)


def _head(cleaned: bytearray, content: bytes, box: Box, kept: bool) -> None:
    """A box that is not kept is as long as before and says that it is free."""
    cleaned[box.start : box.body] = content[box.start : box.body]
    if not kept:
        cleaned[box.start + 4 : box.start + 8] = b"free"
    elif box.kind == b"ftyp":
        cleaned[box.body : box.end] = content[box.body : box.end]


def _boxes(content: bytes, at: int, end: int) -> Iterator[Box]:
    """The boxes side by side; ends at what is none, such as what a phone has hung on."""
    for _box in range(MOST_BOXES):
        if at + 8 > end:
            return
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        body = at + 8
        if size == 1 and at + 16 <= end:
            (size,), body = struct.unpack(">Q", content[at + 8 : at + 16]), at + 16
        stop = end if size == 0 else at + size
        if stop < body or stop > end:
            return
        yield Box(kind, at, body, stop)
        at = stop
    raise ValueError("a HEIC does not have so many parts")


# -- the table of what is in it -----------------------------------------------------------------------------------------------------
def _within(content: bytes, meta: Box) -> list[Box]:
    return list(_boxes(content, meta.body + 4, meta.end))


def _one(boxes: list[Box], kind: bytes) -> Box:
    found = [each for each in boxes if each.kind == kind]
    if len(found) != 1:
        raise ValueError("a part of the table is missing, or there twice")
    return found[0]


def _of_table(cleaned: bytearray, content: bytes, meta: Box) -> Iterator[Range]:
    yield meta.body, meta.body + 4
    for box in _within(content, meta):
        _head(cleaned, content, box, box.kind in KEPT_IN_META or box.kind == b"idat")
        if box.kind in KEPT_IN_META:
            yield box.body, box.end


def _of_pictures(content: bytes, boxes: list[Box], meta: Box) -> list[Range]:
    """Where the bytes of the pictures lie, each place once."""
    inner = _within(content, meta)
    wanted = {item for item, at in _items(content, meta) if content[at : at + 4] in PICTURES}
    places = [*((0, each) for each in boxes if each.kind == b"mdat"), *((1, each) for each in inner if each.kind == b"idat")]
    if len(places) > MOST_PLACES:
        raise ValueError("a HEIC does not lie in so many places")
    shift = {1: next((each.body for each in inner if each.kind == b"idat"), 0)}
    found = []
    for item, way, start, length in _extents(content, _one(inner, b"iloc"), wanted):
        start += shift.get(way, 0)
        if not any(way == each and box.body <= start and start + length <= box.end for each, box in places):
            raise ValueError(f"the picture {item} does not lie in the file")
        found.append((start, start + length))
    return _merged(found)


def _merged(ranges: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _items(content: bytes, meta: Box) -> Iterator[tuple[int, int]]:
    """(item, where its kind stands)"""
    iinf = _one(_within(content, meta), b"iinf")
    for box in _boxes(content, iinf.body + (8 if content[iinf.body] else 6), iinf.end):
        entry = _Reading(content, box.body, box.end)
        version = entry.number(4) >> 24
        if box.kind != b"infe" or version not in (2, 3):
            raise ValueError("an item does not say what it is")
        item, _guard, _kind = entry.number(2 * version - 2), entry.number(2), entry.number(4)
        yield item, entry.at - 4


def _free_others(cleaned: bytearray, content: bytes, meta: Box) -> None:
    """An item that is blank now calls itself free, so that nobody takes zeros for what a camera writes."""
    for _item, at in _items(content, meta):
        if content[at : at + 4] not in PICTURES:
            cleaned[at : at + 4] = b"free"


def _extents(content: bytes, iloc: Box, wanted: set[int]) -> Iterator[tuple[int, int, int, int]]:
    """(item, way of counting, start, length) of the items asked for."""
    table = _Reading(content, iloc.body, iloc.end)
    version = table.number(4) >> 24
    sizes = table.number(2)
    of_start, of_length, of_base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    of_index = sizes & 15 if version else 0
    if version > 2 or not of_length or any(each not in (0, 4, 8) for each in (of_start, of_length, of_base, of_index)):
        raise ValueError("the places of the items cannot be read")
    wide = 4 if version == 2 else 2
    for _item in range(table.number(wide)):
        item = table.number(wide)
        way = table.number(2) & 15 if version else 0
        elsewhere = table.number(2)
        base, count = table.number(of_base), table.number(2)
        if item not in wanted:
            table.skip(count * (of_index + of_start + of_length))
            continue
        if way > 1 or elsewhere:
            raise ValueError("a picture lies elsewhere")
        for _extent in range(count):
            table.skip(of_index)
            start, length = table.number(of_start), table.number(of_length)
            if not length:
                raise ValueError("a picture does not say how long it is")
            yield item, way, base + start, length


class _Reading:
    def __init__(self, content: bytes, at: int, end: int):
        self.content, self.at, self.end = content, at, end

    def skip(self, size: int) -> None:
        self.at += size
        if self.at > self.end:
            raise ValueError("the table is cut off")

    def number(self, size: int) -> int:
        self.skip(size)
        return int.from_bytes(self.content[self.at - size : self.at], "big")


def _blank_telling(cleaned: bytearray, content: bytes, meta: Box) -> None:
    """Properties are counted, so those that tell something stay there, free and blank."""
    for iprp in (each for each in _within(content, meta) if each.kind == b"iprp"):
        for ipco in (each for each in _boxes(content, iprp.body, iprp.end) if each.kind == b"ipco"):
            for box in _boxes(content, ipco.body, ipco.end):
                if box.kind in TELLING:
                    _head(cleaned, content, box, kept=False)
                    cleaned[box.body : box.end] = bytes(box.end - box.body)
