"""Files that pretend, burst, or would like to be somewhere else."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile

import pytest

from runtime.errors import Refused
from runtime.files import keeping, tokens
from runtime.files.keeping import Limits
from runtime.files.kinds import HEAD, KINDS, LARGEST_DIRECTORY, Sample
from runtime.files.pictures import without_traces
from runtime.system.workspace import Workspace
from tests.files.conftest import PDF, png

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + b"\x00" * 60
NAMES = [
    "../../etc/passwd.txt",
    "..\\..\\boot.txt",
    "/abs/olute.txt",
    "a\x00b.txt",
    "a\r\nSet-Cookie: x=1.txt",
    "invoice\u202etxt.exe.txt",
    "con.txt",
    "NUL.txt",
    ".htaccess.txt",
    "....txt",
    " .txt",
    "a" * 5000 + ".txt",
    "合同" * 200 + ".txt",
    "é".join("ab") + ".txt",
    '"><script>.txt',
    "a:b|c?.txt",
    "%2e%2e%2fa.txt",
    "\ud800.txt",
]


def taken(workspace: Workspace, name: str, content: bytes, limits: Limits = Limits(1024 * 1024)) -> tuple[str, bytes]:
    with keeping.received(workspace, name, io.BytesIO(content), limits) as arrived:
        return arrived.name, arrived.path.read_bytes()


def office(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return packed.getvalue()


# -- names ------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_leads_nowhere_and_hides_nothing(sqlite_workspace: Workspace, name: str) -> None:
    kept, _content = taken(sqlite_workspace, name, b"plain")
    assert kept.endswith(".txt") and 4 < len(kept) <= tokens.LONGEST_NAME and not kept.startswith(".")
    assert not any(each in kept for each in '/\\:"<>|?*') and not any(unicodedata.category(each).startswith("C") for each in kept)
    assert tokens.parts(tokens.token("a" * 22, 5, kept)) == ("a" * 22, 5, kept)


@pytest.mark.parametrize(
    "name", ["a.php", "a.pdf.exe", "a.svg", "a.html", "a.docm", "a.jsp.", "a", "", ".pdf", "a.PdF ", "a.pdf\u202efdp.js", "pdf"]
)
def test_endings_that_are_not_on_the_list_are_refused(sqlite_workspace: Workspace, name: str) -> None:
    if tokens.clean_name(name).lower().endswith(".pdf"):
        assert taken(sqlite_workspace, name, PDF)[0].lower().endswith(".pdf")
        return
    with pytest.raises(Refused, match="are not taken"):
        taken(sqlite_workspace, name, PDF)


# -- contents ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", SVG),
        ("a.jpg", HTML),
        ("a.gif", b"GIF8;" + HTML),
        ("a.pdf", HTML),
        ("a.pdf", b"\n" * 20 + PDF),
        ("a.txt", b"\xff"),
        ("a.docx", office("word/document.xml")),
        ("a.xlsx", office("[Content_Types].xml", "word/document.xml")),
        ("a.docx", b"PK\x03\x04" + b"\x00" * 100),
        ("a.docx", EXE),
        ("a.doc", PDF),
        ("a.zip", EXE),
        ("a.txt", EXE),
        ("a.csv", b"a,b\n\x00\x01\x02"),
        ("a.mp4", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40),
        ("a.webp", b"RIFF\x04\x00\x00\x00WAVE"),
        ("a.mp3", HTML),
    ],
)
def test_a_file_is_what_it_contains_not_what_it_is_called(sqlite_workspace: Workspace, name: str, content: bytes) -> None:
    with pytest.raises(Refused, match="does not contain what its name says"):
        taken(sqlite_workspace, name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", office("[Content_Types].xml", "word/document.xml")),
        ("a.xlsx", office("[Content_Types].xml", "xl/workbook.xml")),
        ("a.txt", "合同".encode("gb18030")),
        ("a.csv", "\ufeffa,合\n".encode()),
        ("a.zip", office("x")),
    ],
)
def test_the_real_ones_are_taken(sqlite_workspace: Workspace, name: str, content: bytes) -> None:
    assert taken(sqlite_workspace, name, content) == (name, content)


def test_every_kind_refuses_what_is_no_such_file() -> None:
    for content in (EXE, b"\x00" * 64, b"\xff"):
        assert [ending for ending, kind in KINDS.items() if kind.fits(Sample(content[:HEAD], io.BytesIO(content)))] == []


def test_a_packed_bomb_is_kept_packed(sqlite_workspace: Workspace) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            archive.writestr(name, b"0" * 30_000_000)
    assert len(packed.getvalue()) < 100_000
    assert taken(sqlite_workspace, "bomb.xlsx", packed.getvalue())[1] == packed.getvalue()


@pytest.mark.parametrize("length", [LARGEST_DIRECTORY + 1, 2**32 - 1])
def test_the_directory_of_a_zip_is_not_believed(sqlite_workspace: Workspace, length: int) -> None:
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, length, 0, 0)
    with pytest.raises(Refused, match="does not contain"):
        taken(sqlite_workspace, "a.docx", b"PK\x03\x04" + end)


# -- sizes ------------------------------------------------------------------------------------------------------------------------
def test_nothing_and_too_much_are_refused(sqlite_workspace: Workspace) -> None:
    with pytest.raises(Refused, match="is empty"):
        taken(sqlite_workspace, "a.pdf", b"")
    with pytest.raises(Refused, match="too large. A file may have 1 MB here"):
        taken(sqlite_workspace, "a.pdf", PDF + b"0" * 1024 * 1024)
    assert list((sqlite_workspace.settings.data_dir / keeping.ARRIVALS).iterdir()) == []


class Endless(io.RawIOBase):
    given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.given += 1
        return b"%PDF-" + b"0" * (1024 * 1024)


def test_a_stream_without_end_is_cut_off(sqlite_workspace: Workspace) -> None:
    stream = Endless()
    with pytest.raises(Refused, match="too large"):
        with keeping.received(sqlite_workspace, "a.pdf", stream, Limits(3 * 1024 * 1024)):
            pass
    assert stream.given <= 5


# -- pictures ---------------------------------------------------------------------------------------------------------------------
def jpeg(*segments: bytes, after: bytes = b"") -> bytes:
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xdb\x00\x04\x00\x00" + scan + b"\xff\xd9" + after


def segment(mark: int, content: bytes) -> bytes:
    return bytes([0xFF, mark]) + struct.pack(">H", len(content) + 2) + content


def exif(turn: int = 1) -> bytes:
    entries = struct.pack("<H", 2) + struct.pack("<HHIHH", 0x0112, 3, 1, turn, 0) + struct.pack("<HHII", 0x8825, 4, 1, 200)
    return segment(0xE1, b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + entries + b"GPS 31.2304 121.4737 Canon")


def test_a_picture_does_not_tell_where_it_was_taken(sqlite_workspace: Workspace) -> None:
    given = jpeg(
        segment(0xE0, b"JFIF\x00"),
        exif(),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<gps/>"),
        segment(0xFE, b"by Lin"),
        after=b"\xff\xd8\xff\xe1MPF GPS",
    )
    _name, kept = taken(sqlite_workspace, "a.jpg", given)
    assert kept == jpeg(segment(0xE0, b"JFIF\x00"))


def test_a_picture_that_was_taken_sideways_still_says_so() -> None:
    kept = without_traces(jpeg(exif(turn=6)), "image/jpeg")
    assert b"GPS" not in kept and b"Canon" not in kept and kept[2:4] == b"\xff\xe1"
    assert without_traces(kept, "image/jpeg") == kept and kept[-len(jpeg()) + 2 :] == jpeg()[2:]


def test_texts_within_other_pictures_go_too() -> None:
    assert without_traces(png((b"tEXt", b"GPS"), (b"eXIf", b"GPS"), (b"gAMA", b"\x00\x00\xb1\x8f")), "image/png") == png(
        (b"gAMA", b"\x00\x00\xb1\x8f")
    )
    body = b"VP8X\x0a\x00\x00\x00\x0c" + b"\x00" * 9 + b"VP8 \x04\x00\x00\x00abcd"
    webp = b"RIFF" + struct.pack("<I", len(body) + 4 + 12) + b"WEBP" + body + b"EXIF\x04\x00\x00\x00GPS!"
    kept = without_traces(webp, "image/webp")
    assert b"GPS" not in kept and kept[4:8] == struct.pack("<I", len(kept) - 8) and kept[20] == 0


GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + b"\x00" * 6
FRAME = b"!\xf9\x04\x00\x00\x00\x00\x00" + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00" + b"\x02\x02\x44\x01\x00"
TURNS = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"


def test_a_gif_loses_its_comments_and_what_comes_after_it() -> None:
    given = GIF + TURNS + b"!\xfe\x06by Lin\x00" + FRAME + b"!\xff\x0bXMP DataXMP\x03GPS\x00" + FRAME + b";GPS"
    assert without_traces(given, "image/gif") == GIF + TURNS + FRAME + FRAME + b";"


def box(kind: bytes, *inner: bytes) -> bytes:
    content = b"".join(inner)
    return struct.pack(">I", 8 + len(content)) + kind + content


def item(number: int, kind: bytes) -> bytes:
    return box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, kind), b"\x00")


def heic(
    *more: bytes,
    places: tuple[tuple[int, int, int], ...] = ((1, 0, 4), (2, 4, 8), (3, 12, 5)),
    items: bytes = item(1, b"hvc1") + item(2, b"Exif") + item(3, b"mime"),
    way: int = 0,
    table: bytes = b"\x44\x00",
) -> bytes:
    """A picture PPPP; beside it, in the same place, what the camera wrote, and bytes nobody speaks of."""
    start = 0
    for _round in range(2):  # the places count from the start of the file, behind a table of fixed length
        iloc = struct.pack(">I", 1 << 24) + table + struct.pack(">H", len(places))
        for number, at, length in places:
            iloc += struct.pack(">HHHHII", number, way, 0, 1, start + at, length)
        told = box(b"iprp", box(b"ipco", box(b"irot", b"\x01"), box(b"udes", b"GPS")), box(b"ipma", b"\x00" * 8))
        meta = box(
            b"meta", b"\x00" * 4, box(b"iinf", struct.pack(">IH", 0, 3), items), told, box(b"udta", b"GPS"), box(b"iloc", iloc), *more
        )
        head = box(b"ftyp", b"heic\x00\x00\x00\x00mif1") + box(b"uuid", b"GPS") + meta
        start = len(head) + 8
    return head + box(b"mdat", b"PPPPGPS GPS <gps>GPS") + box(b"mpvd", b"GPS") + b"SEFT GPS"


def test_a_heic_keeps_its_picture_and_nothing_beside_it(sqlite_workspace: Workspace) -> None:
    given = heic()
    _name, kept = taken(sqlite_workspace, "a.heic", given)
    assert b"GPS" not in kept and b"gps" not in kept and kept.endswith(box(b"mdat", b"PPPP" + b"\x00" * 16))
    assert len(kept) == len(given) - len(box(b"mpvd", b"GPS") + b"SEFT GPS") and kept.find(b"hvc1") == given.find(b"hvc1")
    assert b"irot\x01" in kept and b"Exif" not in kept and without_traces(kept, "image/heic") == kept


@pytest.mark.parametrize(
    "content",
    [
        heic(places=((1, 0, 2**31),)),
        heic(places=((1, 2**31, 4),)),
        heic(places=((1, 0, 0),)),
        heic(places=((1, 17, 9),)),
        heic(way=1),
        heic(way=2),
        heic(table=b"\x40\x00"),
        heic(table=b"\xff\xff"),
        heic(items=box(b"infe", b"\x02")),
        heic(items=box(b"infe", b"\x00" * 20)),
        heic(items=box(b"free") * 6_000),
        heic(box(b"iloc", b"\x00" * 8)),
        heic()[:-60],
        heic()[:-8] + heic(),
        box(b"ftyp", b"heic\x00\x00\x00\x00mif1"),
        box(b"ftyp", b"heic\x00\x00\x00\x00mif1") + box(b"meta"),
        box(b"ftyp", b"heic\x00\x00\x00\x00mif1") + box(b"free") * 6_000,
    ],
)
def test_a_heic_that_cannot_be_cleaned_is_refused_with_a_way_out(sqlite_workspace: Workspace, content: bytes) -> None:
    with pytest.raises(Refused, match="Place and device cannot be taken out of the picture “a.heic”. Save it as JPEG"):
        taken(sqlite_workspace, "a.heic", content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gif", GIF + FRAME),
        ("a.gif", b"GIF89a\x01"),
        ("a.gif", GIF + b"!\xfe\xff"),
        ("a.jpg", b"\xff\xd8\xff\xe1\xff\xff" + b"x"),
        ("a.jpg", b"\xff\xd8\xff"),
        ("a.jpg", jpeg()[:-2]),
        ("a.png", png()[:40]),
        ("a.png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT"),
        ("a.png", png()[:-12]),
        ("a.webp", b"RIFF\xff\x00\x00\x00WEBPVP8 \xff\xff\xff\x7f"),
    ],
)
def test_a_broken_picture_is_refused_in_words(sqlite_workspace: Workspace, name: str, content: bytes) -> None:
    with pytest.raises(Refused, match="is damaged"):
        taken(sqlite_workspace, name, content)


def test_a_picture_with_a_page_in_it_loses_the_page(sqlite_workspace: Workspace) -> None:
    _name, kept = taken(sqlite_workspace, "a.png", png((b"tEXt", HTML)) + HTML)
    assert kept == png()


def test_only_hashes_are_looked_for(sqlite_workspace: Workspace) -> None:
    place = keeping.place(sqlite_workspace)
    (sqlite_workspace.settings.data_dir / "secret_key").write_text("x")
    assert place.open("../../secret_key") is None and place.open("..") is None
