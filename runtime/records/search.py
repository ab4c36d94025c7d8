"""Our own bigram index: right for two Chinese characters, where the trigram indexes of SQLite and PostgreSQL find nothing.

A record's search text is its searchable values, normalised, one a line. SQLite keeps the bigrams in a contentless FTS5 table (which
needs the old text to forget it), PostgreSQL in a text[] column with a GIN index. A hit is always verified on the search text itself.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

_SKIPPED = re.compile(r"[\W_]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def normalise(text: str) -> str:
    """Full width folded, letters small, everything but letters and digits dropped."""
    if text.isascii():
        return _SKIPPED.sub("", text.lower())
    return _SKIPPED.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(4096)
def initials(title: str) -> str:
    """Pinyin initials of a Chinese title: 林女士 → lns; blank for others."""
    if not _CHINESE.search(title):
        return ""
    return normalise("".join(lazy_pinyin(title, style=Style.FIRST_LETTER)))


@lru_cache(4096)
def pinyin(title: str) -> str:
    """A Chinese title spelled out: 电话 → dianhua; blank for others."""
    return normalise("".join(lazy_pinyin(title))) if _CHINESE.search(title) else ""


def search_text(words: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(word for word in map(normalise, words) if word))


def grams(text: str) -> list[str]:
    """The distinct bigrams of a search text and the last character of each line, written so that no tokenizer splits them."""
    found: dict[str, None] = {}
    for line in text.split("\n"):
        codes = [f"{ord(letter):x}" for letter in line]
        for first, second in zip(codes, codes[1:], strict=False):
            found[f"{first}z{second}"] = None
        if codes:
            found[codes[-1]] = None
    return list(found)


def query_grams(wanted: str) -> list[str]:
    """The bigrams a record must have to contain `wanted` (normalised, at least two characters)."""
    codes = [f"{ord(letter):x}" for letter in wanted]
    return list(dict.fromkeys(f"{first}z{second}" for first, second in zip(codes, codes[1:], strict=False)))
