"""Merging two records over the API, and taking a merge back."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from runtime.api.route import RECORD_ID, Call, Shape
from runtime.quality import merging
from runtime.quality.choosing import Pair
from runtime.quality.merging import Moves

Side = Literal["keep", "other", "both"]


class Versions(Shape):
    """The versions of the two records as they were read; refused with 409 when one has changed since."""

    keep: int = Field(ge=1, le=2**31 - 1)
    other: int = Field(ge=1, le=2**31 - 1)


class Merge(Shape):
    """`keep` takes over `other`, which goes into the trash. `take` says by field whose value is taken where it is not the proposed one; `both`
    is for sub-forms and multiple choices. `dry_run` only tells what would happen."""

    keep: str = Field(pattern=RECORD_ID)
    other: str = Field(pattern=RECORD_ID)
    take: dict[str, Side] = {}
    versions: Versions | None = None
    dry_run: bool = False


class Choice(Shape):
    """`taken` is what the rules propose for a field in which the two differ, `why` the reason; `open`: it may be chosen otherwise."""

    field: str
    taken: Side
    why: str
    open: bool


class Moved(Shape):
    """How many records of a form come over by which of its fields (`items.product` in a sub-form)."""

    form: str
    field: str
    count: int


class Line(Shape):
    path: str
    message: str


class Done(Shape):
    """`id` is the number of the merge, null in a dry run; `fields` and `moved` tell of what the caller may see."""

    id: str | None
    keep: str
    other: str
    fields: tuple[Choice, ...]
    moved: tuple[Moved, ...]
    errors: tuple[Line, ...]


class Undone(Shape):
    """`left`: how many records and rows stay with the one that stayed, because they have been changed since."""

    form: str
    keep: str
    other: str
    left: int


def merge(call: Call, form: str) -> dict[str, Any]:
    act, given = call.act, call.body
    keep, other = int(given.keep), int(given.other)
    found = merging.preview(act, form, keep, other)
    told = {
        "keep": str(keep),
        "other": str(other),
        "fields": [_choice(call, each, given.take) for each in found.pairs if each.shown and each.differs],
        "moved": [_moved(each) for each in found.moves if each.seen],
    }
    if given.dry_run:
        return {"id": None, **told, "errors": [{"path": each.path, "message": call.say(each.message)} for each in found.problems]}
    versions = (None, None) if given.versions is None else (given.versions.keep, given.versions.other)
    made = merging.merge(act, form, keep, other, given.take, versions)
    return {"id": str(made.id), **told, "errors": []}


def undo(call: Call, id: int) -> dict[str, Any]:
    back = merging.undo(call.act, id)
    return {"form": back.form, "keep": str(back.keep), "other": str(back.other), "left": back.left}


def _choice(call: Call, pair: Pair, take: dict[str, str]) -> dict[str, Any]:
    return {"field": pair.key, "taken": take.get(pair.key, pair.taken), "why": call.say(pair.why), "open": pair.open}


def _moved(moves: Moves) -> dict[str, Any]:
    return {"form": moves.place.form, "field": moves.place.path, "count": moves.seen}
