"""What should become of a tag, judged by its figures: merged, split, dropped, given something to do, or kept; each with its reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.definitions.tag_set import TagSet
from runtime.tags.usefulness import Figures, Meter
from runtime.texts import Message, _

MERGE_FROM = 0.8
"""Overlap from which two tags are nearly one."""
SPLIT_FROM = 0.8
"""Share of the records from which a tag tells hardly anything."""
STALE_AFTER = 180
"""Days after which a tag given by hand that nobody was given is stale."""
LEAST = 20
"""Records below which no overlap and no share is judged."""
ORDER = ("merge", "split", "drop", "idle", "keep")
DAY = 86_400_000_000


@dataclass(frozen=True)
class Verdict:
    """`what`: merge (with `other`), split, drop, idle (nothing follows from it) or keep."""

    tag: str
    what: str
    reason: Message
    other: str | None = None


def verdicts(tags: TagSet, meter: Meter) -> list[Verdict]:
    """One for each tag, those to act on first."""
    found: dict[str, Verdict] = {}
    for key, each in meter.tags.items():
        if key in tags.by_key and not tags.by_key[key].archived and tags.by_key[key].family != "control":
            found[key] = _verdict(tags, meter, each, found)
    return sorted(found.values(), key=lambda each: ORDER.index(each.what))


def _verdict(tags: TagSet, meter: Meter, one: Figures, judged: dict[str, Verdict]) -> Verdict:
    twin = _twin(tags, meter, one)
    if twin is not None and not any(each.what == "merge" and each.other == one.tag for each in judged.values()):
        other, overlap = twin
        reason = _(
            "{share} of those who have it or “{other}” have both: two names for nearly the same records.",
            share=percent(overlap),
            other=tags.by_key[other].label,
        )
        return Verdict(one.tag, "merge", reason, other)
    if meter.population >= LEAST and one.coverage > SPLIT_FROM:
        reason = _(
            "{share} of all records have it, so it tells hardly anybody apart. Ask what is different among them.",
            share=percent(one.coverage),
        )
        return Verdict(one.tag, "split", reason)
    return _by_use(tags, meter, one)


def _by_use(tags: TagSet, meter: Meter, one: Figures) -> Verdict:
    by_hand = tags.by_key[one.tag].rule is None
    age = None if one.last is None else (meter.at - one.last) // DAY
    if not one.records and not one.consumers:
        return Verdict(one.tag, "drop", _("No record has it and nothing follows from it."))
    if by_hand and not one.consumers and age is not None and age > STALE_AFTER:
        return Verdict(one.tag, "drop", _("Nobody was given it for {days} days and nothing follows from it.", days=age))
    if not one.consumers:
        return Verdict(one.tag, "idle", _("Nothing follows from it: no automation, segment, view, tier or right asks for it."))
    return Verdict(one.tag, "keep", _("It tells records apart and {count} definitions use it.", count=len(one.consumers)))


def _twin(tags: TagSet, meter: Meter, one: Figures) -> tuple[str, float] | None:
    """The tag into which it could be merged: the larger of two that overlap."""
    for other, both, overlap in one.nearest:
        there = meter.tags.get(other)
        if there is None or overlap < MERGE_FROM or both < LEAST or tags.by_key[other].archived or tags.by_key[other].family == "control":
            continue
        if (there.records, other) >= (one.records, one.tag):
            return other, overlap
    return None


def percent(share: float) -> str:
    return f"{round(share * 100)}%"
