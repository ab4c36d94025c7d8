"""What a review finds, for whom it is there, and that it stays."""

from __future__ import annotations

from datetime import date

import pytest

from runtime.collaboration import appeals, todos
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.reviews import deciding, facts, reading
from runtime.tiers.overriding import override
from tests.makers import day, form_json, member, reference
from tests.reviews.world import Shop, rated


def facts_of(shop: Shop, number: int) -> dict:
    found = shop.review(number).facts
    assert found is not None
    return found


def test_the_distribution_then_and_now_and_who_moved(shop: Shop) -> None:
    found = facts_of(shop, shop.open())
    assert {each["tier"]: (each["then"], each["now"]) for each in found["tiers"]} == {
        "diamond": (0, 0), "gold": (1, 2), "silver": (1, 0), "basic": (2, 2)}  # fmt: skip
    assert found["movement"] == {"up": 1, "down": 0, "stayed": 3, "entered": 0, "left": 0}
    assert (found["mobility"]["stayed"], found["mobility"]["net"]) == ("0.7500", "0.2500")


def test_what_was_set_by_hand_and_objected_to_since_the_last_review(shop: Shop) -> None:
    with shop.by("lead") as act:
        override(act, "value", shop.cid, "gold", "Brings others", date(2026, 10, 20))
        override(act, "value", shop.dan, "silver", "Brings others", date(2027, 6, 1))
    with shop.by("ning") as act:
        appeals.object_to(act, "value", shop.ann, "diamond", "She leads a group")
    found = facts_of(shop, shop.open())
    assert found["overrides"] == {"in_force": 2, "ending": 1, "made": 2, "reasons": [{"reason": "Brings others", "count": 2}]}
    assert found["appeals"] == {"open": 1, "accepted": 0, "refused": 0, "withdrawn": 0}


def test_rule_tests_are_told_with_their_outcome(shop: Shop) -> None:
    shop.world.publish(rated(tests=[{"name": "Two of four", "bands": {"spend": 2}, "expect": {"tier": "silver"}}]))
    (found,) = facts_of(shop, shop.open())["tests"]
    assert (found["name"], found["ok"]) == ("Two of four", True)


def test_who_came_back_of_each_tier_and_what_they_brought(shop: Shop) -> None:
    """The model sums orders by their date, so orders are what is counted: of the silver ones of July, Bea bought again."""
    found = facts_of(shop, shop.open())["effects"]
    assert (found["form"], found["currency"], found["days"]) == ("Order", "CNY", 92)
    silver, basic = (next(each for each in found["tiers"] if each["tier"] == key) for key in ("silver", "basic"))
    assert (silver["count"], silver["came"], silver["fresh"], silver["began"], silver["amount"]) == (1, 1, 0, 0, "4000.00")
    assert (basic["count"], basic["came"], basic["amount"]) == (2, 0, "0.00")


def test_who_bought_for_the_first_time(shop: Shop) -> None:
    shop.on(date(2026, 6, 30))
    new = shop.world.customer("Eve")
    shop.world.order(new, 900, date(2026, 6, 2), status="returned")
    shop.on(date(2026, 10, 1))
    shop.world.order(new, 100, date(2026, 9, 1))
    basic = next(each for each in facts_of(shop, shop.open())["effects"]["tiers"] if each["tier"] == "basic")
    assert (basic["count"], basic["came"], basic["fresh"], basic["began"]) == (3, 1, 1, 1)


def test_to_dos_that_were_done_by_their_day(shop: Shop) -> None:
    shop.on(date(2026, 7, 10))
    with shop.by("ada") as act:
        kept, late, _open = (todos.add(act, todos.Wanted("Call", None, date(2026, 7, 11), "customer", shop.ann)) for _each in range(3))
        todos.add(act, todos.Wanted("Call", None, date(2026, 10, 1), "customer", shop.ann))
    shop.on(date(2026, 7, 11))
    with shop.by("ada") as act:
        todos.tick(act, kept)
    shop.on(date(2026, 7, 12))
    with shop.by("ada") as act:
        todos.tick(act, late)
    shop.on(date(2026, 10, 1))
    gold = next(each for each in facts_of(shop, shop.open())["effects"]["tiers"] if each["tier"] == "gold")
    assert (gold["due"], gold["kept"]) == (3, 1)


def test_a_model_that_reads_no_rows_says_nothing_of_coming_back(shop: Shop) -> None:
    body = rated()
    body["dimensions"] = [{**body["dimensions"][0], "key": "points", "value": "points"}]
    shop.world.publish(body)
    found = facts_of(shop, shop.open())["effects"]
    assert found["form"] is None and all("came" not in each for each in found["tiers"])


def test_the_next_review_begins_where_this_one_ended(shop: Shop) -> None:
    first = shop.open()
    with shop.by("lead") as act:
        deciding.end_without_change(act, first, "All is well")
        deciding.close(act, first)
    shop.on(date(2026, 12, 20))
    assert shop.review(shop.open()).first_day == date(2026, 10, 1)


def test_figures_are_worked_out_again_until_it_is_decided_and_stay_then(shop: Shop) -> None:
    number = shop.open()
    shop.later(1)
    shop.world.order(shop.cid, 1200, date(2026, 10, 2))
    assert facts_of(shop, number)["movement"]["up"] == 1
    with shop.by("ning") as act, pytest.raises(NotAllowed):
        facts.refresh(act, number)
    with shop.by("lead") as act:
        facts.refresh(act, number)
        assert facts.job_of(act, number) is not None
    shop.work()
    assert facts_of(shop, number)["movement"]["up"] == 2
    with shop.by("lead") as act:
        facts.refresh(act, number)
        deciding.end_without_change(act, number, "All is well")
        with pytest.raises(Refused):
            facts.refresh(act, number)
    shop.world.order(shop.dan, 1200, date(2026, 10, 2))
    shop.work()
    assert facts_of(shop, number)["movement"]["up"] == 2


def test_counts_of_all_are_for_those_who_see_all(shop: Shop) -> None:
    shop.plan(voters=(f"user:{shop.id('part')}",))
    number = shop.open()
    for name, sees in {"lead": True, "ning": True, "part": False}.items():
        with shop.by(name) as act:
            assert reading.sees_facts(act, reading.find(act, number)) is sees, name


def test_a_plan_may_open_the_counts_to_voters(shop: Shop) -> None:
    shop.plan(voters=(f"user:{shop.id('part')}",), open_figures=True)
    number = shop.open()
    with shop.by("part") as act:
        assert reading.sees_facts(act, reading.find(act, number))


def test_a_stranger_finds_no_review(shop: Shop) -> None:
    number = shop.open()
    with shop.by("out") as act:
        assert reading.listed(act, act.catalogue.tier_models.values()) == []
        with pytest.raises(NotFound):
            reading.find(act, number)


def test_whether_each_tier_was_contacted_as_often_as_its_plan_says(shop: Shop) -> None:
    """Nobody was called: of the silver ones of July only Bea was due, until she rose, and so were the gold ones."""
    fields = [reference("customer", "customer", many_name="calls"), day("called_on"), member("caller")]
    shop.world.publish(form_json(*fields, key="call", title="called_on", event_date="called_on"))
    assert facts_of(shop, shop.open())["cadence"] == {"promised": False, "forms": ["call"], "tiers": []}
    shop.world.publish(rated(plans={"gold": {"contact_every_days": 30}}))
    shop.later(40)
    shop.world.add("call", customer=shop.ann, called_on=date(2026, 10, 20))
    with shop.by("lead") as act:
        facts.refresh(act, 1)
    shop.work()
    (gold,) = facts_of(shop, 1)["cadence"]["tiers"]
    assert gold == {"tier": "gold", "due": 2, "kept": 1, "made": 1, "timely": 1, "overdue": 1, "longest": 10}
