"""The file of a backup: a ZIP with the database at one moment, the files of the data folder, and a manifest with their checksums."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from runtime.errors import Problem, Refused
from runtime.settings import Settings
from runtime.system import upgrade
from runtime.system.disk import room
from runtime.system.secrets import derive
from runtime.texts import Message, _

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
FOLDERS = ("files", "imports", "exports")
"""What of the data folder is kept; never the secret key."""
NAME = re.compile(r"(?:files|imports|exports)(?:/[^/\\:\x00-\x1f]+)+")
LARGEST_MANIFEST = 256 * 1024 * 1024
PIECE = 1024 * 1024
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Part:
    """A file of the archive: its size in bytes and SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`head`: state of the tables; `key`: a mark by which to see whether the secret key is the same one."""

    program: str
    database: str
    head: str
    made_at: str
    key: str
    parts: dict[str, Part]
    format: int = FORMAT


def key_mark(settings: Settings) -> str:
    return derive(settings.secret_key, "mark in backups").hex()[:16]


def program_version() -> str:
    return version("tierloom")


def places(settings: Settings) -> dict[str, Path]:
    """The folders whose files are kept; files on another machine (s3:) are kept there."""
    found = {name: settings.data_dir / name for name in FOLDERS}
    if not settings.files_url.startswith("file:"):
        return {name: path for name, path in found.items() if name != "files"}
    return {**found, "files": Path(settings.files_url.removeprefix("file:"))}


def refuse(message: Message) -> Refused:
    return Refused([Problem("file", message)])


def damaged(name: str) -> Refused:
    return refuse(_("This backup is damaged: {part} is not what was put into it. Take another backup; nothing was changed.", part=name))


# -- writing ----------------------------------------------------------------------------------------------------------------------
def write(target: Path, manifest: dict[str, Any], parts: Iterator[tuple[str, Path]]) -> Manifest:
    """Writes the archive beside its place and puts it there when it is whole; a file that is there is never overwritten."""
    if target.exists():
        raise refuse(_("{file} is there already. Choose another name.", file=str(target)))
    beside = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with room(), beside.open("xb") as file:
            os.chmod(beside, 0o600)
            done = _fill(file, manifest, parts)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    return done


def _fill(file: IO[bytes], manifest: dict[str, Any], parts: Iterator[tuple[str, Path]]) -> Manifest:
    kept: dict[str, Part] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, path in parts:
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue  # thrown away meanwhile
            with source, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as part:
                kept[name] = _copy(source, part)
        done = Manifest(**manifest, parts=kept)
        archive.writestr(MANIFEST, json.dumps(asdict(done), ensure_ascii=False, indent=1))
    return done


def _copy(source: IO[bytes], target: IO[bytes], most: int | None = None) -> Part:
    """Copies up to `most` bytes and one more, so that a part that is too long is noticed."""
    size, digest = 0, hashlib.sha256()
    while piece := source.read(PIECE if most is None else min(PIECE, most + 1 - size)):
        digest.update(piece)
        target.write(piece)
        size += len(piece)
    return Part(size, digest.hexdigest())


def _put_in_place(beside: Path, target: Path) -> None:
    try:
        os.link(beside, target)  # unlike a rename it overwrites nothing
    except FileExistsError as error:
        raise refuse(_("{file} is there already. Choose another name.", file=str(target))) from error
    except OSError:
        beside.rename(target)  # a file system without links
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Makes new names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- reading ----------------------------------------------------------------------------------------------------------------------
class Archive:
    """An archive whose manifest has been read and found good; its parts are checked when they are taken out."""

    def __init__(self, opened: zipfile.ZipFile):
        self._zip = opened
        self.manifest = _read_manifest(opened)
        self.database = DATABASES[self.manifest.database]
        _check_names(opened, self.manifest, self.database)

    @property
    def files(self) -> list[str]:
        return [name for name in self.manifest.parts if name != self.database]

    @property
    def bytes(self) -> int:
        return sum(part.size for part in self.manifest.parts.values())

    def take_out(self, name: str, target: Path) -> None:
        """Writes one part as a new file; raises Refused when it is not what was put in."""
        wanted = self.manifest.parts[name]
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with room(), self._zip.open(name) as source, target.open("xb") as file:
                found = _copy(source, file, wanted.size)
                file.flush()
                os.fsync(file.fileno())
        except DAMAGED as error:
            raise damaged(name) from error
        if found != wanted:
            raise damaged(name)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive to read; raises Refused for what is none, is damaged, or comes from a newer program."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise refuse(_("{file} cannot be read: {reason}", file=str(path), reason=error.strerror or str(error))) from error
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except (*DAMAGED, OSError, ValueError) as error:
            raise refuse(_("{file} is no backup of Tierloom, or it is cut off.", file=str(path))) from error
        with archive:
            yield Archive(archive)


def _read_manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise ValueError("too large")
        given = json.loads(archive.read(MANIFEST))
        parts = {str(name): Part(int(part["size"]), str(part["sha256"])) for name, part in given.pop("parts").items()}
        if int(given["format"]) > FORMAT:
            raise _newer(given.get("program", "?"))
        program, database, head, made_at, key = (str(given[name]) for name in ("program", "database", "head", "made_at", "key"))
        manifest = Manifest(program, database, head, made_at, key, parts)
    except (*DAMAGED, KeyError, ValueError, TypeError, AttributeError) as error:
        raise refuse(_("This is no backup of Tierloom, or its list of parts is damaged.")) from error
    if manifest.database not in DATABASES:
        raise refuse(_("This is no backup of Tierloom, or its list of parts is damaged."))
    if _numbers(manifest.program) > _numbers(program_version()) or not upgrade.knows(manifest.head):
        raise _newer(manifest.program)
    return manifest


def _newer(program: str) -> Refused:
    return refuse(
        _(
            "This backup was made by Tierloom {theirs}, and this is {ours}. Install that version or a newer one, then restore.",
            theirs=program,
            ours=program_version(),
        )
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _check_names(archive: zipfile.ZipFile, manifest: Manifest, database: str) -> None:
    """Only names that we give, each once, and no links: an archive may come from anywhere."""
    names = archive.namelist()
    for name in [*names, *manifest.parts]:
        if name in (database, MANIFEST):
            continue
        if not NAME.fullmatch(name) or {"..", "."} & set(name.split("/")):
            raise refuse(_("This backup holds a file that does not belong into it ({name}). Nothing was changed.", name=name[:100]))
    if any((each.external_attr >> 16) & 0o170000 == 0o120000 for each in archive.infolist()):
        raise refuse(_("This backup holds a file that does not belong into it ({name}). Nothing was changed.", name="link"))
    if len(set(names)) != len(names) or set(names) != {*manifest.parts, MANIFEST} or database not in manifest.parts:
        raise damaged(MANIFEST)
