"""Who has a draft open."""

from __future__ import annotations

import time
from pathlib import Path

from builder.forming.presence import FRESH, gone, here, others


def test_others_are_seen_where_they_are_and_nobody_sees_oneself(tmp_path: Path) -> None:
    here(tmp_path, "form", "customer", 1, "f:name")
    here(tmp_path, "form", "customer", 2, "s:0")
    assert others(tmp_path, "form", "customer", 1) == [{"person": 2, "place": "s:0"}]
    assert others(tmp_path, "form", "order", 1) == []


def test_whoever_leaves_or_falls_silent_is_not_there_any_more(tmp_path: Path) -> None:
    here(tmp_path, "form", "customer", 2, "")
    here(tmp_path, "form", "customer", 3, "")
    gone(tmp_path, "form", "customer", 3)
    gone(tmp_path, "form", "customer", 3)
    assert [each["person"] for each in others(tmp_path, "form", "customer", 1)] == [2]
    assert others(tmp_path, "form", "customer", 1, now=time.time() + FRESH + 1) == []


def test_a_file_that_says_nothing_is_nobody(tmp_path: Path) -> None:
    here(tmp_path, "form", "customer", 2, "")
    (tmp_path / "presence" / "form.customer" / "2").write_text("{", encoding="utf-8")
    (tmp_path / "presence" / "form.customer" / "notes.txt").write_text("", encoding="utf-8")
    assert others(tmp_path, "form", "customer", 1) == []
