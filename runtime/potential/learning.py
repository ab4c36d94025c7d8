"""Learning a model from the records as they are, testing it on the past, and saying what it expects of each record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from runtime.definitions.potential import Outcome, Potential, Purchases
from runtime.potential import buying, chances, worth
from runtime.potential.buying import WEEK, Buying
from runtime.potential.chances import Chances
from runtime.potential.extra import NoFit
from runtime.potential.figures import Asked, asked, together
from runtime.potential.purchases import Bought, bought, bought_between, left_out
from runtime.potential.testing import Test, judged
from runtime.potential.worth import Worth
from runtime.system import clock
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

Json = dict[str, Any]
Tick = Callable[[], None]
Say = Callable[[Message], None]
UNIT, MOST = 10_000, 10**15
STAGES = 3


def learn(act: Act, model: Potential, say: Say, tick: Tick) -> tuple[Json, Json, bool]:
    """(what was learnt, the back-test, whether it was passed). `say` is told of each of the STAGES. Raises NoFit.

    In one thread: the matrices of fitting are so small that several would only wait for each other, and other work needs the processors.
    """
    with threadpool_limits(1):
        return _learn(act, model, say, tick)


def _learn(act: Act, model: Potential, say: Say, tick: Tick) -> tuple[Json, Json, bool]:
    way = _Purchases(act, model, tick) if isinstance(model.learn, Purchases) else _Outcome(act, model, tick)
    say(_("Learning from everything up to today"))
    learnt = way.learn()
    say(_("Learning from the time before the test period"))
    try:
        test = way.test()
    except NoFit as error:
        refused = {language: error.message.in_language(language) for language in ("zh", "en")}
        return learnt, {"refused": refused}, False
    return learnt, test.to_json(), test.passed


def expect(act: Act, model: Potential, learnt: Json, tick: Tick = lambda: None) -> Iterator[list[Json]]:
    """What a learnt model expects of each record today, as rows of `potential_value` without model and fit, by record in portions."""
    way = _Purchases(act, model, tick) if isinstance(model.learn, Purchases) else _Outcome(act, model, tick)
    return way.expect(learnt)


# -- purchases ------------------------------------------------------------------------------------------------------------------------
class _Purchases:
    def __init__(self, act: Act, model: Potential, tick: Tick):
        assert isinstance(model.learn, Purchases)
        self.act, self.model, self.wanted, self.tick = act, model, model.learn, tick
        self.weeks = model.horizon_days / WEEK

    def learn(self) -> Json:
        found = bought(self.act, self.model, self.act.day, self.tick)
        fitted, valued = self._fit(found)
        again = found.count > 1
        gaps = (found.last - found.first)[again] / (found.count - 1)[again]
        return {
            "by": "purchases",
            "buying": asdict(fitted),
            "worth": valued and worth_to_json(valued),
            "customers": len(found),
            "again": int(again.sum()),
            "together": worth.together(found.valued, found.mean) if valued else None,
            "usual_gap": float(np.median(gaps)),
            "usual_orders": float(fitted.expected(found.summary, self.weeks).mean()),
            "usual_worth": float(valued.expected(0, 0)) if valued else None,
            "left_out": left_out(self.act, self.model, self.act.day),
        }

    def _fit(self, found: Bought) -> tuple[Buying, Worth | None]:
        fitted = buying.fit(found.summary, self.tick)
        return fitted, worth.fit(found.valued, found.mean, self.tick) if self.wanted.amount is not None else None

    def test(self) -> Test:
        until, after = self.act.day, self.act.day - self.model.horizon_days
        found = bought(self.act, self.model, after, self.tick)
        fitted, valued = self._fit(found)
        expected = fitted.expected(found.summary, self.weeks)
        actual, value = bought_between(self.act, self.model, after, until, found.records, self.tick)
        pace = (found.count - 1) / np.maximum(after - found.first, 1) * self.model.horizon_days
        hoped = None if valued is None else (float((expected * valued.expected(found.valued, found.mean)).sum()), float(value.sum()))
        return judged(expected, actual, pace, after, until, worth=hoped)

    def expect(self, learnt: Json) -> Iterator[list[Json]]:
        fitted = Buying(**learnt["buying"])
        valued = worth_of_json(learnt["worth"]) if learnt["worth"] else None
        found = bought(self.act, self.model, self.act.day, self.tick)
        summary, wanted = found.summary, self.wanted
        orders = fitted.expected(summary, self.weeks)
        columns = {"orders": orders, "active": fitted.alive(summary) * 100, "figure": orders}
        if valued is not None:
            each = valued.expected(found.valued, found.mean)
            whole = fitted.discounted(summary, wanted.lifetime_years, float(wanted.discount_percent) / 100)
            columns |= {"worth": each, "lifetime": whole * each, "figure": orders * each}
        kept = {name: scaled(values) for name, values in columns.items()}
        ages, lasts = found.until - found.first, found.last - found.first
        parts = (found.count - 1, lasts, ages, found.valued, found.mean)

        def basis(some: slice) -> list[Any]:
            return [list(each) for each in zip(*(part[some].tolist() for part in parts), strict=True)]

        return _rows(found.records, kept, basis)


def worth_to_json(found: Worth) -> Json:
    return {**asdict(found), "p": None if np.isinf(found.p) else found.p}


def worth_of_json(kept: Json) -> Worth:
    return Worth.constant(kept["gamma"]) if kept["p"] is None else Worth(**kept)


# -- a yes ----------------------------------------------------------------------------------------------------------------------------
class _Outcome:
    def __init__(self, act: Act, model: Potential, tick: Tick):
        assert isinstance(model.learn, Outcome)
        self.act, self.model, self.wanted, self.tick = act, model, model.learn, tick

    def _before(self, horizons: int) -> date:
        return self.act.today - timedelta(days=horizons * self.model.horizon_days)

    def _asked(self, horizons: int) -> Asked:
        """Figures so many horizons ago, and how it had turned out one horizon later."""
        return together(asked(self.act, self.model, self._before(horizons), self._before(horizons - 1), self.tick))

    def learn(self) -> Json:
        found = self._asked(1)
        fitted = chances.fit(found.raws, found.yes)
        return {
            "by": "outcome",
            "chances": fitted.to_json(),
            "customers": len(found.records),
            "yes": int(found.yes.sum()),
            "labels": [_label(each.label) for each in self.wanted.features],
        }

    def test(self) -> Test:
        before, found = self._asked(2), self._asked(1)
        fitted = chances.fit(before.raws, before.yes)
        if not len(found.records):
            raise NoFit(_("There was nobody to learn from at that time. Look at who is asked about, and at the number of days."))
        expected = fitted.chance(found.raws)
        naive = np.full(len(expected), before.yes.mean())
        area = chances.quality(expected, found.yes)
        after = clock.to_day(self._before(1))
        return judged(expected, found.yes, naive, after, self.act.day, is_yes=True, area=area)

    def expect(self, learnt: Json) -> Iterator[list[Json]]:
        fitted = Chances.of_json(learnt["chances"])
        for portion in asked(self.act, self.model, self.act.today, None, self.tick):
            shares, chance = fitted.shares(portion.raws), scaled(fitted.chance(portion.raws) * 100)
            strong = chances.strongest(shares)
            picked = np.take_along_axis(shares, strong, axis=1).round(4)
            basis = [
                [[place, share, _raw(portion.raws[place][row])] for place, share in zip(places, adds, strict=True)]
                for row, (places, adds) in enumerate(zip(strong.tolist(), picked.tolist(), strict=True))
            ]
            yield from _rows(portion.records, {"chance": chance, "figure": chance}, basis.__getitem__)


def _label(text: Any) -> Any:
    return text if isinstance(text, str) else {"zh": text.zh, "en": text.en}


def _raw(value: Any) -> Any:
    """A figure as it is kept for the reasons: a number, a text, or nothing."""
    if value is None or isinstance(value, str):
        return value
    return None if np.isnan(value) else round(float(value), 4)


# -- rows -----------------------------------------------------------------------------------------------------------------------------
FIGURES = ("figure", "orders", "active", "worth", "lifetime", "chance")
AT_ONCE = 5_000


def scaled(values: Any) -> Any:
    """Figures as they are stored: whole ten-thousandths, within what the column holds."""
    return np.clip(np.rint(np.nan_to_num(values) * UNIT), -MOST, MOST).astype(np.int64)


def _rows(records: Any, columns: Json, basis: Callable[[slice], list[Any]]) -> Iterator[list[Json]]:
    for start in range(0, len(records), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        ids, lists = records[some].tolist(), {name: each[some].tolist() for name, each in columns.items()}
        yield [
            {"record": record, "basis": kept, **{name: lists[name][place] if name in lists else None for name in FIGURES}}
            for place, (record, kept) in enumerate(zip(ids, basis(some), strict=True))
        ]
