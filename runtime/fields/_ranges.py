"""Bounds as regular expressions: JSON Schema compares numbers, but what the API takes as a text must say its bounds by a pattern."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal


def decimals_between(least: Decimal, most: Decimal, scale: int) -> str:
    """Decimals from least to most with at most `scale` decimals, without zeros before: `-0.5`, `12`, `12.30`. Anchored."""
    low, high = int(least.scaleb(scale)), int(most.scaleb(scale))
    found = []
    if low < 0:
        found.append("-" + _either(_plain(max(1, -high), -low, scale)))
    if high >= 0:
        found.append(_either(_plain(max(0, low), high, scale)))
    return f"^{_either(found)}$"


def between(least: str, most: str) -> str:
    """Texts of one length that lie between two of it, figure by figure: days and times of day. Not anchored."""
    if least == most:
        return least
    first, last = least[0], most[0]
    if first == last:
        return first + between(least[1:], most[1:])
    whole_first, whole_last = not set(least[1:]) & set("123456789"), not set(most[1:]) & set("012345678")
    begin, end = int(first) + (not whole_first), int(last) - (not whole_last)
    found = [] if whole_first else [first + _from(least[1:])]
    if begin <= end:
        found.append(_figure(begin, end) + _any(least[1:]))
    return _either(found if whole_last else [*found, last + _up_to(most[1:])])


def _plain(low: int, high: int, scale: int) -> list[str]:
    """The alternatives for the numbers from low to high, neither below zero, counted in smallest units."""
    unit = 10**scale
    (first, after), (last, before) = divmod(low, unit), divmod(high, unit)
    if first == last:
        return [f"{first}{_decimals(after, before, scale)}"]
    found = [f"{first}{_decimals(after, unit - 1, scale)}"]
    found += [f"{each}{_decimals(0, unit - 1, scale)}" for each in _whole(first + 1, last - 1)]
    return [*found, f"{last}{_decimals(0, before, scale)}"]


def _whole(low: int, high: int) -> Iterator[str]:
    while low <= high:
        end = min(high, 10 ** len(str(low)) - 1)
        yield between(str(low), str(end)) if low != end else str(low)
        low = end + 1


def _decimals(low: int, high: int, scale: int) -> str:
    """The decimals from low to high, with fewer figures where those left out are zeros."""
    if not scale:
        return ""
    if low == 0 and high == 10**scale - 1:
        return rf"(\.[0-9]{{1,{scale}}})?"
    found = []
    for figures in range(1, scale + 1):
        step = 10 ** (scale - figures)
        least, most = -(-low // step), high // step
        if least <= most:
            found.append(between(f"{least:0{figures}}", f"{most:0{figures}}"))
    return rf"(\.{_either(found)})" + ("?" if low == 0 else "")


def _from(text: str) -> str:
    """Texts of its length that are not below it."""
    return "" if not text else between(text, "".join("9" if each.isdigit() else each for each in text))


def _up_to(text: str) -> str:
    return "" if not text else between("".join("0" if each.isdigit() else each for each in text), text)


def _any(text: str) -> str:
    figures = "".join("d" if each.isdigit() else each for each in text)
    return figures.replace("d", "[0-9]") if len(figures) < 2 or set(figures) != {"d"} else f"[0-9]{{{len(figures)}}}"


def _figure(low: int, high: int) -> str:
    return str(low) if low == high else f"[{low}-{high}]"


def _either(found: list[str]) -> str:
    return found[0] if len(found) == 1 else f"({'|'.join(found)})"
