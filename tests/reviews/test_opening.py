"""When a review opens: on its day, once, and again after the next period; or because somebody opens it."""

from __future__ import annotations

import threading
from datetime import date

import pytest
import sqlalchemy as sa

from runtime.automation import due
from runtime.errors import NotAllowed, Refused
from runtime.people.person import SYSTEM
from runtime.reviews import deciding, opening, plans
from runtime.system.tables import notification, review
from runtime.texts import in_language
from tests.reviews.world import TODAY, Shop


def told(shop: Shop, name: str) -> list[str]:
    query = sa.select(notification.c.subject).where(notification.c.person == shop.id(name), notification.c.kind == "review")
    return [row.subject for row in shop.world.rows(query.order_by(notification.c.id))]


def test_what_the_model_says_of_its_review_is_the_plan_until_somebody_sets_one(shop: Shop) -> None:
    with shop.by("lead") as act:
        plan = plans.plan_of(act, act.catalogue.tier_models["value"])
    assert (plan.months, plan.next_day, plan.voters, plan.saved) == (3, date(2026, 7, 1), ("role:lead",), False)


def test_a_review_opens_once_on_its_day_and_then_a_period_later(shop: Shop) -> None:
    shop.tick()
    shop.tick()
    (found,) = shop.reviews()
    assert (found.state, found.opened_by, found.first_day, found.last_day) == ("collecting", SYSTEM.id, date(2026, 7, 1), TODAY)
    assert in_language(found.title, "en") == "Review, quarter 4 of 2026" and in_language(found.title, "zh") == "2026 年第 4 季度复盘"
    with shop.by("lead") as act:
        assert plans.plan_of(act, act.catalogue.tier_models["value"]).next_day == date(2027, 1, 1)
    assert told(shop, "lead") == ["A review of value is open"] and told(shop, "ning") == []


def test_an_open_review_keeps_the_next_one_waiting(shop: Shop) -> None:
    number = shop.open()
    shop.tick()
    assert [each.id for each in shop.reviews()] == [number]
    with shop.by("lead") as act:
        deciding.end_without_change(act, number, "All is well")
        deciding.close(act, number)
    shop.later(1).tick()
    assert [each.state for each in shop.reviews()] == ["collecting", "closed"]


def test_two_processes_that_look_at_the_clock_open_one_review(shop: Shop) -> None:
    started = threading.Barrier(2)

    def look() -> None:
        started.wait()
        due.start_nightly(shop.workspace)

    threads = [threading.Thread(target=look) for _number in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(shop.reviews()) == 1


def test_a_claim_that_was_rolled_back_opens_nothing_twice(shop: Shop) -> None:
    """Killed in the middle, the transaction leaves no trace, and the next look opens it."""
    with pytest.raises(KeyboardInterrupt), shop.by(None) as act:
        assert opening.open_due(act, "value") is not None
        raise KeyboardInterrupt
    assert shop.reviews() == []
    shop.tick()
    assert len(shop.reviews()) == 1


@pytest.mark.parametrize(
    ("months", "first", "month_day", "today", "next_day"),
    [
        (1, date(2026, 1, 31), 31, date(2026, 1, 31), date(2026, 2, 28)),
        (1, date(2026, 2, 28), 31, date(2026, 2, 28), date(2026, 3, 31)),
        (3, date(2026, 1, 1), 1, date(2026, 12, 5), date(2027, 1, 1)),
        (12, date(2024, 2, 29), 29, date(2024, 3, 1), date(2025, 2, 28)),
        (None, date(2026, 1, 31), 31, date(2026, 1, 31), None),
    ],
)
def test_the_next_day_keeps_its_day_of_the_month(
    months: int | None, first: date, month_day: int, today: date, next_day: date | None
) -> None:
    plan = plans.Plan(months, first, month_day, 7, (), (), (), False, True)
    assert plans.following(plan, today) == next_day


def test_a_plan_for_one_day_opens_one_review(shop: Shop) -> None:
    shop.plan(next_day=date(2026, 10, 5))
    shop.tick()
    assert shop.reviews() == []
    shop.on(date(2026, 10, 6)).tick()
    assert len(shop.reviews()) == 1
    with shop.by("lead") as act:
        assert plans.plan_of(act, act.catalogue.tier_models["value"]).next_day is None


def test_the_day_is_that_of_the_workspace_and_begins_in_the_morning(shop: Shop) -> None:
    """On 5 October it is eight in the morning in Shanghai when it is midnight in UTC."""
    shop.plan(next_day=date(2026, 10, 5))
    for day, hour in ((date(2026, 10, 4), 15), (date(2026, 10, 4), 16), (date(2026, 10, 4), 23)):
        shop.world.on(day, hour)
        shop.tick()
        assert shop.reviews() == []
    shop.world.on(date(2026, 10, 5), hour=0)
    shop.tick()
    assert len(shop.reviews()) == 1


def test_who_leads_the_model_opens_one_and_nobody_else(shop: Shop) -> None:
    for name in ("ning", "part", "out"):
        with pytest.raises(NotAllowed):
            shop.open(by=name)
    number = shop.open(by="ada")
    with pytest.raises(Refused) as refused:
        shop.open()
    assert "open already" in str(refused.value.message) and [each.id for each in shop.reviews()] == [number]


def test_a_plan_says_everything_that_is_wrong_with_it(shop: Shop) -> None:
    with pytest.raises(Refused) as refused:
        shop.plan(months=99, next_day=date(2020, 1, 1), survey_days=0, asked=("user:nobody@example.com", "planet:mars"),
                  questions=[{"kind": "song", "text": {"en": "x" * 400}}])  # fmt: skip
    assert [each.path for each in refused.value.problems] == [
        "months", "survey_days", "next_day", "asked", "asked", "questions/0", "questions/0"]  # fmt: skip
    with pytest.raises(Refused) as refused:
        shop.plan(months=3)
    assert [each.path for each in refused.value.problems] == ["next_day"]
    assert shop.world.rows(sa.select(review)) == []


def test_only_who_leads_the_model_sets_its_plan(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        shop.plan(by="ning", months=1, next_day=TODAY)
