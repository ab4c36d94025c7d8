"""The kinds of files that are taken, told by what they contain. Neither the name nor what a browser says of a file is believed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from runtime.texts import Message, _

HEAD = 4096
END_OF_ZIP = b"PK\x05\x06"
LONGEST_COMMENT = 65_557
LARGEST_DIRECTORY = 4 * 1024 * 1024
TEXT_LOOKED_AT = 64 * 1024
PLAIN = "\t\n\r\f\x0b\x1b"


@dataclass
class Sample:
    """What is needed to tell a file: its beginning, and the whole where the beginning does not say it."""

    head: bytes
    stream: IO[bytes]

    def names_in_zip(self) -> frozenset[str]:
        """The names in the directory of a ZIP; nothing of it is unpacked. Empty when it has none that can be read."""
        self.stream.seek(0, 2)
        size = self.stream.tell()
        self.stream.seek(max(0, size - LONGEST_COMMENT))
        tail = self.stream.read(LONGEST_COMMENT)
        at = tail.rfind(END_OF_ZIP)
        if at < 0 or len(tail) < at + 22:
            return frozenset()
        length, start = struct.unpack("<II", tail[at + 12 : at + 20])
        if length > LARGEST_DIRECTORY or start + length > size:
            return frozenset()
        self.stream.seek(start)
        return frozenset(_names(self.stream.read(length)))


def _names(directory: bytes) -> list[str]:
    found, at = [], 0
    while directory[at : at + 4] == b"PK\x01\x02" and len(directory) >= at + 46:
        name, extra, comment = struct.unpack("<HHH", directory[at + 28 : at + 34])
        found.append(directory[at + 46 : at + 46 + name].decode("utf-8", "replace"))
        at += 46 + name + extra + comment
    return found


@dataclass(frozen=True)
class Kind:
    """`family`: what a field is set to take. `fits`: whether a file contains what its ending promises."""

    content_type: str
    family: str
    fits: Callable[[Sample], bool]


def _starts(*signs: bytes) -> Callable[[Sample], bool]:
    return lambda sample: sample.head.startswith(signs)


def _riff(kind: bytes) -> Callable[[Sample], bool]:
    return lambda sample: sample.head[:4] == b"RIFF" and sample.head[8:12] == kind


def _media(*brands: bytes) -> Callable[[Sample], bool]:
    """The ISO base media format: what it is stands in its first box."""
    return lambda sample: sample.head[4:8] == b"ftyp" and any(brand in sample.head[8:64] for brand in brands)


def _office(part: str) -> Callable[[Sample], bool]:
    def fits(sample: Sample) -> bool:
        return sample.head.startswith(b"PK\x03\x04") and {"[Content_Types].xml", part} <= sample.names_in_zip()

    return fits


def _open_document(kind: bytes) -> Callable[[Sample], bool]:
    return lambda sample: sample.head.startswith(b"PK\x03\x04") and sample.head[30:].startswith(b"mimetype" + kind)


def _old_office(sample: Sample) -> bool:
    return sample.head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def _text(sample: Sample) -> bool:
    """Readable in UTF-8, UTF-16 with its mark, or GB18030, without signs that no text has."""
    sample.stream.seek(0)
    piece = sample.stream.read(TEXT_LOOKED_AT)
    marked = piece.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        for cut in range(4 if len(piece) == TEXT_LOOKED_AT else 1):  # the piece may end within a letter
            try:
                text = piece[: len(piece) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return not any(each < " " and each not in PLAIN for each in text)
    return False


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_OPEN = "application/vnd.oasis.opendocument."
_JPEG = Kind("image/jpeg", "picture", _starts(b"\xff\xd8\xff"))
_HEIC = Kind("image/heic", "picture", _media(b"heic", b"heix", b"heim", b"heis", b"mif1"))
KINDS: dict[str, Kind] = {
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": Kind("image/png", "picture", _starts(b"\x89PNG\r\n\x1a\n")),
    "gif": Kind("image/gif", "picture", _starts(b"GIF87a", b"GIF89a")),
    "webp": Kind("image/webp", "picture", _riff(b"WEBP")),
    "heic": _HEIC,
    "heif": _HEIC,
    "pdf": Kind("application/pdf", "document", _starts(b"%PDF-")),
    "docx": Kind(_WORD, "document", _office("word/document.xml")),
    "doc": Kind("application/msword", "document", _old_office),
    "wps": Kind("application/vnd.ms-works", "document", _old_office),
    "odt": Kind(f"{_OPEN}text", "document", _open_document(b"application/vnd.oasis.opendocument.text")),
    "rtf": Kind("application/rtf", "document", _starts(b"{\\rtf")),
    "xlsx": Kind(_SHEET, "sheet", _office("xl/workbook.xml")),
    "xls": Kind("application/vnd.ms-excel", "sheet", _old_office),
    "et": Kind("application/vnd.ms-excel", "sheet", _old_office),
    "ods": Kind(f"{_OPEN}spreadsheet", "sheet", _open_document(b"application/vnd.oasis.opendocument.spreadsheet")),
    "csv": Kind("text/csv", "sheet", _text),
    "pptx": Kind(_SLIDES, "slides", _office("ppt/presentation.xml")),
    "ppt": Kind("application/vnd.ms-powerpoint", "slides", _old_office),
    "odp": Kind(f"{_OPEN}presentation", "slides", _open_document(b"application/vnd.oasis.opendocument.presentation")),
    "txt": Kind("text/plain", "text", _text),
    "md": Kind("text/plain", "text", _text),
    "log": Kind("text/plain", "text", _text),
    "zip": Kind("application/zip", "archive", _starts(b"PK\x03\x04", END_OF_ZIP)),
    "7z": Kind("application/x-7z-compressed", "archive", _starts(b"7z\xbc\xaf\x27\x1c")),
    "rar": Kind("application/vnd.rar", "archive", _starts(b"Rar!\x1a\x07")),
    "gz": Kind("application/gzip", "archive", _starts(b"\x1f\x8b")),
    "mp3": Kind("audio/mpeg", "audio", _starts(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")),
    "m4a": Kind("audio/mp4", "audio", _media(b"M4A", b"mp42", b"isom")),
    "wav": Kind("audio/wav", "audio", _riff(b"WAVE")),
    "amr": Kind("audio/amr", "audio", _starts(b"#!AMR")),
    "mp4": Kind("video/mp4", "video", _media(b"isom", b"mp41", b"mp42", b"iso2", b"iso5", b"iso6", b"avc1", b"M4V")),
    "mov": Kind("video/quicktime", "video", _media(b"qt  ")),
    "webm": Kind("video/webm", "video", _starts(b"\x1a\x45\xdf\xa3")),
}
FAMILIES: dict[str, Message] = {
    "picture": _("pictures"),
    "document": _("documents"),
    "sheet": _("sheets"),
    "slides": _("slides"),
    "text": _("texts"),
    "archive": _("archives"),
    "audio": _("recordings"),
    "video": _("videos"),
}
SHOWN_IN_PLACE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Pictures that every browser draws."""


def kind_named(name: str) -> Kind | None:
    return KINDS.get(name.rpartition(".")[2].lower()) if "." in name else None


def endings(families: tuple[str, ...]) -> list[str]:
    """The endings of the files of these families; of all where none is named."""
    return [ending for ending, kind in KINDS.items() if not families or kind.family in families]
