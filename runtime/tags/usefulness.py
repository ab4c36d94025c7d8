"""How useful tags are: what they cover, what they tell apart, how they overlap, how fresh they are, who uses them, and what they go with.

All figures come from a few statements over sets. Entropy is that of a yes and no in bits: 1 where half of the records have the tag, 0 where
all or none have. `own` is what is left of it once the other tag that tells most about it is known (conditional entropy): a tag that says
what another says already has none. Overlap is Jaccard's: records that have both ÷ records that have either.
The lift compares the share of records for which a fact holds with and without the tag; its interval is Newcombe's (1998, method 10, from
Wilson's) at 95 %. It says what goes together, not what brings what about.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from math import log2, sqrt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import FormulaProblem, FormulaProblems, NotFound
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import NotAsSql, to_sql
from runtime.people.person import SYSTEM
from runtime.records.sources import Rows
from runtime.records.streaming import attempted
from runtime.records.tables import tables_of
from runtime.system import jobs
from runtime.system.database import to_json
from runtime.system.tables import tag_assignment, tag_figures
from runtime.tags.references import consumers
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas import Formula
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "tag_usefulness"
NEAREST = 3
KEPT_DAYS = 400
Z = 1.959963984540054
ALL = ""
"""Stands for all tags in `tag_figures`."""


@dataclass(frozen=True)
class Lift:
    """For how many the fact holds: `yes` of `with_tag`, `other_yes` of `without_tag`; the difference of the shares and its interval."""

    with_tag: int
    yes: int
    without_tag: int
    other_yes: int
    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out that there is no difference."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Figures:
    """One tag. `nearest`: (other tag, records with both, overlap); `last`: microseconds; `given_30`: how often it was given in 30 days."""

    tag: str
    records: int
    coverage: float
    entropy: float
    own: float
    nearest: list[tuple[str, int, float]] = field(default_factory=list)
    last: int | None = None
    given_30: int = 0
    consumers: list[tuple[str, str]] = field(default_factory=list)
    lift: Lift | None = None


@dataclass(frozen=True)
class Meter:
    """All tags of a dictionary on one day; `outcome` is the fact of the lift, `population` how many living records there are."""

    day: int
    at: int
    population: int
    outcome: str | None
    tags: dict[str, Figures]


# -- measuring ----------------------------------------------------------------------------------------------------------------------
def measure(act: Act, tags: TagSet, outcome: str | None = None) -> Meter:
    """Measures now. Raises FormulaProblems where the database cannot tell the fact of all records at once."""
    counts, last, recent = _counts(act, tags)
    main = tables_of(act.catalogue)[tags.form].main
    population = act.connection.execute(sa.select(sa.func.count()).select_from(main).where(main.c.deleted_at.is_(None))).scalar() or 0
    pairs = _pairs(act, tags)
    held = _outcome(act, tags, outcome) if outcome else None
    used = consumers(act.catalogue, tags)
    found = {}
    for tag in living(tags):
        records = counts.get(tag.key, 0)
        found[tag.key] = Figures(
            tag.key,
            records,
            records / population if population else 0.0,
            entropy(records, population),
            _own(tag.key, records, population, counts, pairs),
            _nearest(tag.key, records, counts, pairs),
            last.get(tag.key),
            recent.get(tag.key, 0),
            used[tag.key],
            _lift(records, population, held, tag.key) if held is not None else None,
        )
    return Meter(act.day, act.micros, population, outcome, found)


def living(tags: TagSet) -> list[Tag]:
    return [tag for tag in tags.tags if not tag.archived]


def _alive(act: Act, tags: TagSet, given: Any) -> tuple[Any, Any]:
    """Assignments in force joined with their living records, and the condition."""
    main = tables_of(act.catalogue)[tags.form].main
    keys = [tag.key for tag in living(tags)]
    condition = sa.and_(
        given.c.form == tags.form,
        given.c.tag_set == tags.key,
        given.c.removed_at.is_(None),
        main.c.deleted_at.is_(None),
        given.c.tag.in_(keys),
    )
    return given.join(main, main.c.id == given.c.record), condition


def _counts(act: Act, tags: TagSet) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    given = tag_assignment
    joined, alive = _alive(act, tags, given)
    counts = act.connection.execute(sa.select(given.c.tag, sa.func.count()).select_from(joined).where(alive).group_by(given.c.tag)).all()
    month = act.micros - 30 * 86_400_000_000
    ever = act.connection.execute(
        sa.select(given.c.tag, sa.func.max(given.c.at), sa.func.sum(sa.case((given.c.at >= month, 1), else_=0)))
        .where(given.c.form == tags.form, given.c.tag_set == tags.key)
        .group_by(given.c.tag)
    ).all()
    return dict(counts), {tag: at for tag, at, _count in ever}, {tag: int(count) for tag, _at, count in ever}  # type: ignore[arg-type]


def _pairs(act: Act, tags: TagSet) -> dict[tuple[str, str], int]:
    """How many records have both of two tags, in either order."""
    one, other = tag_assignment.alias(), tag_assignment.alias()
    joined, alive = _alive(act, tags, one)
    same = sa.and_(
        other.c.form == one.c.form,
        other.c.record == one.c.record,
        other.c.tag_set == one.c.tag_set,
        other.c.removed_at.is_(None),
        other.c.tag > one.c.tag,
    )
    query = (
        sa.select(one.c.tag, other.c.tag, sa.func.count())
        .select_from(joined.join(other, same))
        .where(alive)
        .group_by(one.c.tag, other.c.tag)
    )
    found = {}
    for first, second, count in act.connection.execute(query):
        found[first, second] = found[second, first] = count
    return found


def _outcome(act: Act, tags: TagSet, outcome: str) -> dict[str, int]:
    """tag → records that have it and for which the fact holds; under the empty key all for which it holds."""
    asked = formula(act.catalogue, tags.form, outcome, expect=("boolean",))
    rows = Rows(act, tags.form)
    try:
        held = rows.select(rows.id.label("record")).where(to_sql(asked, rows.source)).subquery()
    except NotAsSql:
        raise _cannot(outcome) from None
    given = tag_assignment
    alive = sa.and_(given.c.form == tags.form, given.c.tag_set == tags.key, given.c.removed_at.is_(None))
    query = (
        sa.select(given.c.tag, sa.func.count())
        .select_from(given.join(held, held.c.record == given.c.record))
        .where(alive)
        .group_by(given.c.tag)
    )
    whole = sa.select(sa.literal(ALL), sa.func.count()).select_from(held)
    values = {"today": act.day, "now": act.micros}
    found = attempted(act, True, lambda: [*act.connection.execute(query, values).all(), *act.connection.execute(whole, values).all()])
    if found is None:
        raise _cannot(outcome)
    return {tag: count for tag, count in found}


def check(act: Act, tags: TagSet, outcome: str) -> None:
    """Raises FormulaProblems for a fact that cannot be asked of all records at once."""
    if not formula(act.catalogue, tags.form, outcome, expect=("boolean",)).sql:
        raise _cannot(outcome)


def _cannot(outcome: str) -> FormulaProblems:
    sentence = _("This cannot be asked of all records at once. Make a formula field of a part of it and ask for that field.")
    return FormulaProblems([FormulaProblem(sentence, 0, len(outcome))])


# -- arithmetic ---------------------------------------------------------------------------------------------------------------------
def entropy(part: int, whole: int) -> float:
    """Of a yes and no, in bits: entropy(1, 2) is 1, entropy(0, 9) is 0."""
    if whole <= 0 or part <= 0 or part >= whole:
        return 0.0
    share = part / whole
    return -share * log2(share) - (1 - share) * log2(1 - share)


def conditional(one: int, other: int, both: int, whole: int) -> float:
    """The entropy of a tag that is left when it is known who has the other: conditional(5, 5, 5, 10) is 0."""
    if whole <= 0:
        return 0.0
    return (other * entropy(both, other) + (whole - other) * entropy(one - both, whole - other)) / whole


def jaccard(one: int, other: int, both: int) -> float:
    return both / (one + other - both) if both else 0.0


def wilson(yes: int, of: int) -> tuple[float, float]:
    """The interval of a share at 95 % (Wilson 1927)."""
    share = yes / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    reach = Z * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def newcombe(yes: int, of: int, other_yes: int, other: int) -> tuple[float, float, float]:
    """Difference of two independent shares with its interval at 95 %."""
    one, two = yes / of, other_yes / other
    low, high = wilson(yes, of)
    other_low, other_high = wilson(other_yes, other)
    difference = one - two
    return (
        difference,
        difference - sqrt((one - low) ** 2 + (other_high - two) ** 2),
        difference + sqrt((high - one) ** 2 + (two - other_low) ** 2),
    )


def _own(tag: str, records: int, population: int, counts: dict[str, int], pairs: dict[tuple[str, str], int]) -> float:
    left = [conditional(records, counts[other], pairs.get((tag, other), 0), population) for other in counts if other != tag]
    return min([entropy(records, population), *left])


def _nearest(tag: str, records: int, counts: dict[str, int], pairs: dict[tuple[str, str], int]) -> list[tuple[str, int, float]]:
    found = [(other, both, jaccard(records, counts[other], both)) for (one, other), both in pairs.items() if one == tag and other in counts]
    return sorted(found, key=lambda each: (-each[2], each[0]))[:NEAREST]


def _lift(records: int, population: int, held: dict[str, int], tag: str) -> Lift | None:
    yes, other = held.get(tag, 0), population - records
    if not records or not other:
        return None
    other_yes = held[ALL] - yes
    return Lift(records, yes, other, other_yes, *newcombe(yes, records, other_yes, other))


# -- keeping ------------------------------------------------------------------------------------------------------------------------
def keep(act: Act, tags: TagSet, meter: Meter) -> None:
    """Keeps the figures of a day in the place of those measured earlier that day; very old days go."""
    own = tag_figures.c
    act.connection.execute(
        tag_figures.delete().where(own.tag_set == tags.key, sa.or_(own.day == meter.day, own.day < meter.day - KEPT_DAYS))
    )
    whole = {"population": meter.population, "outcome": meter.outcome}
    rows = [(ALL, whole), *((tag, asdict(each)) for tag, each in meter.tags.items())]
    act.connection.execute(
        tag_figures.insert(),
        [{"tag_set": tags.key, "day": meter.day, "tag": tag, "at": meter.at, "figures": to_json(figures)} for tag, figures in rows],
    )


def newest(act: Act, tags: TagSet) -> Meter | None:
    """The figures that were measured last."""
    own = tag_figures.c
    day = act.connection.execute(sa.select(sa.func.max(own.day)).where(own.tag_set == tags.key)).scalar()
    if day is None:
        return None
    rows = {row.tag: row for row in act.connection.execute(sa.select(tag_figures).where(own.tag_set == tags.key, own.day == day))}
    whole = json.loads(rows[ALL].figures)
    found = {tag: _read(json.loads(row.figures)) for tag, row in rows.items() if tag != ALL and tag in tags.by_key}
    return Meter(day, rows[ALL].at, whole["population"], whole["outcome"], found)


def _read(values: dict[str, Any]) -> Figures:
    read: dict[str, Any] = {name: [tuple(each) for each in values[name]] for name in ("nearest", "consumers")}
    return Figures(**{**values, **read, "lift": Lift(**values["lift"]) if values["lift"] else None})


# -- as a job -----------------------------------------------------------------------------------------------------------------------
def queue(act: Act, tag_set: str, outcome: str | None = None) -> int:
    return jobs.start(act, KIND, {"tag_set": tag_set, "outcome": outcome}, subject=f"tag_set:{tag_set}")


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """Measures outside a writing transaction; without a fact of its own by the one measured last, else by the dictionary's."""
    with workspace.reading(SYSTEM) as act:
        tags = act.catalogue.tag_sets.get(job.payload["tag_set"])
        if tags is None:
            raise NotFound(_("There is no tag set with the key {key}.", key=job.payload["tag_set"]))
        meter = measure(act, tags, job.payload["outcome"] or _usual(act, tags))
    with workspace.writing(SYSTEM, "schedule") as act:
        keep(act, tags, meter)
    return {"tags": len(meter.tags), "records": meter.population}


def _usual(act: Act, tags: TagSet) -> str | None:
    """The fact of the last time if it can still be asked, else that of the dictionary."""
    last = newest(act, tags)
    if last is None or last.outcome is None:
        return tags.outcome
    try:
        asked: Formula = formula(act.catalogue, tags.form, last.outcome, expect=("boolean",))
    except FormulaProblems:
        return tags.outcome
    return last.outcome if asked.sql else tags.outcome


def register() -> None:
    jobs.KINDS.setdefault(KIND, run)
