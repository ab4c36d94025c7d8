"""A small sum in words, for links that want to keep simple scripts out. Read aloud by a screen reader like any other label."""

from __future__ import annotations

import secrets

from runtime.texts import Message, _

WORDS: tuple[Message, ...] = (
    _("zero"), _("one"), _("two"), _("three"), _("four"), _("five"), _("six"), _("seven"), _("eight"), _("nine"),
)  # fmt: skip


def new_sum() -> tuple[int, int]:
    return 1 + secrets.randbelow(9), 1 + secrets.randbelow(9)


def in_words(sum: tuple[int, int]) -> Message:
    return _("How much is {first} plus {second}? Write it in figures.", first=WORDS[sum[0]], second=WORDS[sum[1]])
