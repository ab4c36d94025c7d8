"""Texts that a spreadsheet would run as a formula, in the files we write and in those we read."""

from __future__ import annotations

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escaped(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) or (text.startswith("'") and text[1:].startswith(("'", *DANGEROUS))) else text


def unescaped(text: str) -> str:
    """The text without the apostrophe that `escaped` puts before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(("'", *DANGEROUS)) else text
