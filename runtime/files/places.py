"""Where the contents of files lie, each under its SHA-256: a folder of this machine, or a store that speaks S3.

A content is complete under its name or not there at all, and never changes.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

from runtime.errors import SettingsError
from runtime.system.archive import sync_folder
from runtime.system.disk import room
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.settings import Settings

HASH = re.compile(r"[0-9a-f]{64}")
PIECE = 1024 * 1024


class Place(Protocol):
    """Contents by hash."""

    def put(self, hash: str, source: Path) -> None:
        """Takes over a file that lies in the folder for arrivals; durable when this returns."""

    def open(self, hash: str) -> IO[bytes] | None:
        """None when it is not there."""

    def remove(self, hash: str) -> None: ...

    def old(self, seconds: float) -> Iterator[str]:
        """The hashes that have been there longer than this."""


class Folder:
    """`ab/abcdef…` below one folder."""

    def __init__(self, root: Path):
        self.root = root

    def _path(self, hash: str) -> Path:
        if not HASH.fullmatch(hash):
            raise FileNotFoundError(hash)
        return self.root / hash[:2] / hash

    def put(self, hash: str, source: Path) -> None:
        target = self._path(hash)
        with room():
            if not target.parent.is_dir():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_folder(self.root)
            beside = target.with_name(f".{secrets.token_hex(8)}")
            try:
                _move(source, beside)
                os.replace(beside, target)
            finally:
                beside.unlink(missing_ok=True)
            sync_folder(target.parent)

    def open(self, hash: str) -> IO[bytes] | None:
        try:
            return self._path(hash).open("rb")
        except FileNotFoundError:
            return None

    def remove(self, hash: str) -> None:
        self._path(hash).unlink(missing_ok=True)

    def old(self, seconds: float) -> Iterator[str]:
        before = time.time() - seconds
        for path in self.root.glob("??/*") if self.root.is_dir() else ():
            if HASH.fullmatch(path.name) and path.stat().st_mtime < before:
                yield path.name


def _move(source: Path, target: Path) -> None:
    """Within one file system a rename; FILES_URL may name another one."""
    try:
        os.rename(source, target)
    except OSError:
        with source.open("rb") as content, target.open("xb") as file:
            while piece := content.read(PIECE):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        source.unlink(missing_ok=True)


class Bucket:
    """A bucket of a store that speaks S3. Who may come in stands where boto3 looks for it: AWS_ACCESS_KEY_ID and its like."""

    def __init__(self, name: str, prefix: str = "", endpoint: str | None = None, region: str | None = None):
        try:
            import boto3
        except ImportError as error:
            raise SettingsError(
                _("TIERLOOM_FILES_URL names an S3 store, and the package boto3 is not there. Install Tierloom with its extra “s3”.")
            ) from error
        self.name, self.prefix = name, prefix.strip("/")
        self._client = boto3.client("s3", endpoint_url=endpoint, region_name=region)

    def _key(self, hash: str) -> str:
        return f"{self.prefix}/{hash}" if self.prefix else hash

    def put(self, hash: str, source: Path) -> None:
        with source.open("rb") as content:
            self._client.put_object(Bucket=self.name, Key=self._key(hash), Body=content, ContentLength=source.stat().st_size)
        source.unlink(missing_ok=True)

    def open(self, hash: str) -> IO[bytes] | None:
        try:
            return self._client.get_object(Bucket=self.name, Key=self._key(hash))["Body"]
        except self._client.exceptions.NoSuchKey:
            return None

    def remove(self, hash: str) -> None:
        self._client.delete_object(Bucket=self.name, Key=self._key(hash))

    def old(self, seconds: float) -> Iterator[str]:
        before = time.time() - seconds
        start = f"{self.prefix}/" if self.prefix else ""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=start):
            for each in page.get("Contents", ()):
                hash = each["Key"].removeprefix(start)
                if HASH.fullmatch(hash) and each["LastModified"].timestamp() < before:
                    yield hash


def place_of(settings: Settings) -> Place:
    """Where TIERLOOM_FILES_URL says. Raises SettingsError for an address that is none."""
    address = settings.files_url or f"file:{settings.data_dir / 'files'}"
    if address.startswith("file:"):
        return Folder(Path(address.removeprefix("file:")))
    url = urlsplit(address)
    if url.scheme != "s3" or not url.netloc:
        raise SettingsError(_("TIERLOOM_FILES_URL is {value}; write file:/folder or s3://bucket/folder.", value=address))
    given = {name: values[-1] for name, values in parse_qs(url.query).items()}
    return Bucket(url.netloc, url.path, given.get("endpoint"), given.get("region"))
