"""Where contents lie: a folder, or a store that speaks S3."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.errors import SettingsError
from runtime.files.places import Bucket, Folder, Place, place_of
from runtime.settings import read_settings

HASH, OTHER = "ab" * 32, "cd" * 32


class Store:
    """As much of boto3's S3 client as is asked for, over a dictionary."""

    class exceptions:
        class NoSuchKey(Exception): ...

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: Any, ContentLength: int) -> None:
        content = Body.read()
        assert len(content) == ContentLength
        self.kept[Bucket, Key] = content

    def get_object(self, Bucket: str, Key: str) -> Any:
        if (Bucket, Key) not in self.kept:
            raise self.exceptions.NoSuchKey
        return {"Body": io.BytesIO(self.kept[Bucket, Key])}

    def delete_object(self, Bucket: str, Key: str) -> None:
        self.kept.pop((Bucket, Key), None)

    def get_paginator(self, name: str) -> Any:
        assert name == "list_objects_v2"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        old = datetime.now(UTC) - timedelta(days=2)
        yield {}
        yield {"Contents": [{"Key": key, "LastModified": old} for bucket, key in self.kept if bucket == Bucket and key.startswith(Prefix)]}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    asked: list[tuple[Any, ...]] = []

    def client(kind: str, endpoint_url: str | None, region_name: str | None) -> Store:
        asked.append((kind, endpoint_url, region_name))
        return store

    store.asked = asked  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "boto3", SimpleNamespace(client=client))
    return store


def places(tmp_path: Path, store: Store) -> list[Place]:
    return [Folder(tmp_path / "files"), Bucket("crm", "papers")]


def test_a_content_is_there_under_its_hash_until_it_is_removed(tmp_path: Path, store: Store) -> None:
    for place in places(tmp_path, store):
        arrived = tmp_path / "arrived"
        for _twice in range(2):
            arrived.write_bytes(b"tea")
            place.put(HASH, arrived)
            assert not arrived.exists()
        found = place.open(HASH)
        assert found is not None and found.read() == b"tea"
        found.close()
        assert place.open(OTHER) is None
        assert list(place.old(-60)) == [HASH]
        place.remove(HASH)
        place.remove(HASH)
        assert place.open(HASH) is None and list(place.old(-60)) == []


def test_the_address_says_which(tmp_path: Path, store: Store) -> None:
    def of(address: str) -> Place:
        return place_of(read_settings({"TIERLOOM_DATA_DIR": str(tmp_path), "TIERLOOM_FILES_URL": address}))

    folder = of("")
    assert isinstance(folder, Folder) and folder.root == tmp_path / "files"
    bucket = of("s3://crm/a/b?endpoint=https://store.example.com&region=cn-north-1")
    assert isinstance(bucket, Bucket) and (bucket.name, bucket.prefix) == ("crm", "a/b")
    assert store.asked == [("s3", "https://store.example.com", "cn-north-1")]  # type: ignore[attr-defined]
    for wrong in ("ftp://a/b", "files", "s3://", "file:", "file:relative"):
        with pytest.raises(SettingsError, match="write file:/folder or s3://bucket/folder"):
            of(wrong)


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SettingsError, match="Install Tierloom with its extra “s3”"):
        Bucket("crm")
