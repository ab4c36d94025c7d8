"""Signature: one picture."""

from __future__ import annotations

from tests.makers import field_of, signature

ID = "abcdefghijklmnopqrstuv"


def test_there_is_one_signature() -> None:
    assert "One file goes here" in str(field_of(signature()).check((f"{ID}:9:a.png", f"{ID[::-1]}:9:b.png"))[0])
