"""From proposals to the end: drafts with their simulation, one vote each, one decision, one publication, and everybody knows."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions import versions
from runtime.errors import DefinitionProblems, NotAllowed, Refused
from runtime.reviews import deciding, proposals, reading
from runtime.system.tables import audit_log, notification, tier_state
from tests.reviews.world import Shop, rated

FAILING = [{"name": "One order of 1,500 is silver", "bands": {"spend": 1}, "expect": {"tier": "silver"}}]


def state(shop: Shop, number: int) -> str:
    return shop.review(number).state


# -- proposing ------------------------------------------------------------------------------------------------------------------------
def test_a_draft_is_proposed_with_its_words_its_tests_and_its_simulation(shop: Shop) -> None:
    number = shop.open()
    shop.draft(
        dimensions=rated([2000, 5600, 20000])["dimensions"], tests=[{"name": "Two", "bands": {"spend": 2}, "expect": {"tier": "silver"}}]
    )
    proposal = shop.propose(number)
    with shop.by(None) as act:
        found = proposals.find(act, proposal)
    assert found.simulation is not None and (found.simulation["population"], found.simulation["up"], found.simulation["down"]) == (4, 0, 1)
    assert {each["tier"]: (each["now"], each["then"]) for each in found.simulation["tiers"]}["gold"] == (2, 1)
    assert any("5600" in each["en"] for each in found.changes) and [each["ok"] for each in found.tests] == [True]
    assert "movers" not in found.simulation and "biggest" not in found.simulation


def test_later_changes_of_the_draft_do_not_change_what_was_proposed(shop: Shop) -> None:
    number, proposal = shop.voted_on([2000, 5000, 20000])
    shop.draft(dimensions=rated([3000, 5000, 20000])["dimensions"])
    with shop.by("lead") as act:
        deciding.approve(act, proposal)
        live = versions.find_version(act.connection, "tier_model", "value")
    assert live.body["dimensions"][0]["bands"]["cuts"] == [2000, 5000, 20000]
    with shop.by(None) as act:
        kept = [each for each in versions.versions(act.connection, "tier_model", "value") if not each.live]
    assert [3000, 5000, 20000] in [each.body["dimensions"][0]["bands"]["cuts"] for each in kept]
    assert state(shop, number) == "decided"


def test_who_may_not_publish_the_model_proposes_no_draft_but_something_else(shop: Shop) -> None:
    shop.plan(asked=("role:sales",))
    number = shop.open()
    shop.draft(label="Other")
    with pytest.raises(NotAllowed):
        shop.propose(number, by="ning")
    assert shop.propose(number, "Call basic customers once a month", by="ning", with_draft=False)
    with pytest.raises(NotAllowed):
        shop.propose(number, "Mine", by="part", with_draft=False)


def test_without_a_draft_or_a_difference_there_is_nothing_to_propose(shop: Shop) -> None:
    number = shop.open()
    with pytest.raises(Refused) as refused:
        shop.propose(number)
    assert [each.path for each in refused.value.problems] == ["with_draft"]
    shop.draft()
    with pytest.raises(Refused):
        shop.propose(number)
    with pytest.raises(Refused) as refused:
        shop.propose(number, " ", with_draft=False)
    assert [each.path for each in refused.value.problems] == ["title"]


def test_a_proposal_is_taken_back_by_whoever_made_it(shop: Shop) -> None:
    shop.plan(asked=("role:sales",))
    number = shop.open()
    proposal = shop.propose(number, "Less", by="ning", with_draft=False)
    with shop.by("part") as act, pytest.raises(NotAllowed):
        proposals.withdraw(act, proposal)
    with shop.by("ning") as act:
        proposals.withdraw(act, proposal)
    shop.step(number, "proposing")
    with pytest.raises(Refused):
        shop.step(number, "voting")
    assert state(shop, number) == "proposing"


# -- voting ---------------------------------------------------------------------------------------------------------------------------
def test_each_voter_has_one_vote_that_may_change_until_it_is_decided(shop: Shop) -> None:
    shop.plan(voters=("role:lead", "role:sales"))
    number, proposal = shop.voted_on()
    shop.vote(proposal, "ning", "no", "Too strict")
    shop.vote(proposal, "ning", "yes")
    shop.vote(proposal, "lead", "abstain")
    with shop.by(None) as act:
        (cast,) = proposals.votes(act, number).values()
        waiting = [row.person for row in reading.people_of(act, number, "vote") if row.done_at is None]
    assert {each.person: each.vote for each in cast} == {shop.id("ning"): "yes", shop.id("lead"): "abstain"} and waiting == []
    with shop.by("lead") as act:
        deciding.approve(act, proposal)
    with pytest.raises(Refused):
        shop.vote(proposal, "ning", "no", "After all")


def test_only_voters_vote_and_a_no_has_a_reason(shop: Shop) -> None:
    _number, proposal = shop.voted_on()
    for name in ("ning", "ada"):
        with pytest.raises(NotAllowed):
            shop.vote(proposal, name)
    with pytest.raises(Refused) as refused:
        shop.vote(proposal, "lead", "no")
    assert [each.path for each in refused.value.problems] == ["reason"]
    with pytest.raises(Refused):
        shop.vote(proposal, "lead", "perhaps")


def test_nobody_votes_before_the_vote(shop: Shop) -> None:
    number = shop.open()
    proposal = shop.propose(number, "Less", with_draft=False)
    with pytest.raises(Refused):
        shop.vote(proposal, "lead")


def test_the_vote_waits_for_the_simulation(shop: Shop) -> None:
    number = shop.open()
    shop.draft(dimensions=rated([2000, 5000, 20000])["dimensions"])
    with shop.by("ada") as act:
        proposals.propose(act, number, "Raise", "", True)
    shop.step(number, "proposing")
    with pytest.raises(Refused) as refused:
        shop.step(number, "voting")
    assert "not known yet" in str(refused.value.message)
    shop.work()
    shop.step(number, "voting")


# -- deciding -------------------------------------------------------------------------------------------------------------------------
def test_approving_publishes_the_model_and_rates_everybody_anew(shop: Shop) -> None:
    number, proposal = shop.voted_on([2000, 6500, 20000])
    before = shop.version()
    with shop.by("lead") as act:
        version = deciding.approve(act, proposal, "All agreed")
    assert version == before + 1 == shop.version()
    found = shop.review(number)
    assert (found.state, found.approved, found.published, found.decision) == ("decided", proposal, version, "All agreed")
    shop.work()
    tiers = dict(tuple(row) for row in shop.world.rows(sa.select(tier_state.c.record, tier_state.c.tier)))
    assert tiers[shop.ann] == "silver"
    assert {row.kind for row in shop.world.rows(sa.select(audit_log))} >= {"review_opened", "review_decided", "publish"}


def test_only_stewards_approve(shop: Shop) -> None:
    shop.plan(voters=("role:lead", "role:sales"))
    _number, proposal = shop.voted_on()
    for name in ("ning", "part", "out"):
        with shop.by(name) as act, pytest.raises(Exception) as error:
            deciding.approve(act, proposal)
        assert error.type.__name__ in ("NotAllowed", "NotFound")


def test_a_failing_rule_test_keeps_a_proposal_from_being_published(shop: Shop) -> None:
    number = shop.open()
    shop.draft(tests=FAILING)
    proposal = shop.propose(number)
    shop.step(number, "proposing")
    shop.step(number, "voting")
    with shop.by("lead") as act, pytest.raises(DefinitionProblems) as error:
        deciding.approve(act, proposal)
    assert "One order of 1,500 is silver" in str(error.value.problems[0].message)
    assert state(shop, number) == "voting" and shop.version() == 1


def test_a_model_that_was_published_meanwhile_is_not_overwritten(shop: Shop) -> None:
    number, proposal = shop.voted_on()
    shop.world.publish(rated([1100, 5000, 20000]))
    with shop.by("lead") as act, pytest.raises(Refused) as refused:
        deciding.approve(act, proposal)
    assert "version 2, not 1" in str(refused.value.message) and state(shop, number) == "voting"


def test_two_who_approve_at_once_publish_once_and_the_second_is_told_by_whom(shop: Shop) -> None:
    number, proposal = shop.voted_on()
    other = _other(shop, number)
    started, said = threading.Barrier(2), list[Any]()

    def decide(name: str, wanted: int) -> None:
        started.wait()
        try:
            with shop.by(name) as act:
                said.append(deciding.approve(act, wanted))
        except Refused as refused:
            said.append(str(refused.message))

    threads = [threading.Thread(target=decide, args=each) for each in (("lead", proposal), ("ada", other))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    refusals = [each for each in said if isinstance(each, str)]
    assert len(said) == 2 and len(refusals) == 1 and "decided already, by" in refusals[0]
    found = shop.review(number)
    assert found.state == "decided" and (found.published == shop.version()) == (found.approved == proposal)


def _other(shop: Shop, number: int) -> int:
    """A second proposal beside the first."""
    shop.step(number, "proposing")
    found = shop.propose(number, "Something else", with_draft=False)
    shop.step(number, "voting")
    return found


def test_killed_in_the_middle_nothing_was_decided(shop: Shop) -> None:
    number, proposal = shop.voted_on()
    with pytest.raises(KeyboardInterrupt), shop.by("lead") as act:
        deciding.approve(act, proposal)
        raise KeyboardInterrupt
    assert state(shop, number) == "voting" and shop.version() == 1
    with shop.by("lead") as act:
        assert deciding.approve(act, proposal) == 2


def test_a_review_may_end_without_a_change_with_a_reason(shop: Shop) -> None:
    number = shop.open()
    with shop.by("lead") as act:
        with pytest.raises(Refused):
            deciding.end_without_change(act, number, " ")
        deciding.end_without_change(act, number, "All is well")
        deciding.close(act, number)
    assert (state(shop, number), shop.version()) == ("closed", 1)


# -- everybody knows --------------------------------------------------------------------------------------------------------------------
def notices(shop: Shop, number: int) -> dict[int, bool]:
    with shop.by(None) as act:
        return {row.person: row.done_at is not None for row in reading.people_of(act, number, "notice")}


def test_everybody_with_access_is_told_and_acknowledges_and_then_it_is_closed(shop: Shop) -> None:
    number = shop.decided()
    with shop.by("lead") as act:
        with pytest.raises(Refused):
            deciding.announce(act, number, " ")
        assert deciding.announce(act, number, "The cuts are higher now.") == 4
    assert notices(shop, number) == {shop.id("ning"): False, shop.id("part"): False, shop.id("lead"): True, shop.id("ada"): False}
    rows = shop.world.rows(sa.select(notification).where(notification.c.person == shop.id("part"), notification.c.kind == "review"))
    assert [(row.subject, row.link) for row in rows] == [("What changes in value: please read it", f"/apps/shop/-/reviews/{number}/notice")]
    for name in ("ning", "part", "part"):
        with shop.by(name) as act:
            deciding.acknowledge(act, number)
            assert deciding.unread(act) is None
    assert state(shop, number) == "announced"
    with shop.by("out") as act, pytest.raises(Exception) as error:
        deciding.acknowledge(act, number)
    assert error.type.__name__ == "NotFound"
    with shop.by("ada") as act:
        assert deciding.unread(act) == number
        deciding.acknowledge(act, number)
    assert state(shop, number) == "closed"


def test_a_closed_review_does_not_change_any_more(shop: Shop) -> None:
    number = shop.decided()
    with shop.by("lead") as act:
        with pytest.raises(Refused):
            deciding.close(act, number)
        deciding.announce(act, number, "The cuts are higher now.")
        deciding.close(act, number)
    found = shop.review(number)
    with shop.by("lead") as act:
        (proposal,) = proposals.listed(act, number)
    attempts: list[Any] = [
        lambda act: deciding.close(act, number),
        lambda act: deciding.announce(act, number, "Again"),
        lambda act: deciding.end_without_change(act, number, "Never mind"),
        lambda act: deciding.approve(act, proposal.id),
        lambda act: deciding.go_on(act, number, "voting"),
        lambda act: proposals.propose(act, number, "More", "", False),
        lambda act: proposals.vote(act, proposal.id, "yes"),
        lambda act: proposals.withdraw(act, proposal.id),
    ]
    for attempt in attempts:
        with shop.by("lead") as act, pytest.raises(Refused):
            attempt(act)
    with shop.by("ning") as act, pytest.raises(Refused):
        deciding.acknowledge(act, number)
    assert shop.review(number) == found and notices(shop, number)[shop.id("ning")] is False


def test_two_who_acknowledge_last_at_once_close_it_once(shop: Shop) -> None:
    number = shop.decided()
    with shop.by("lead") as act:
        deciding.announce(act, number, "The cuts are higher now.")
    started = threading.Barrier(3)

    def know(name: str) -> None:
        started.wait()
        with shop.by(name) as act:
            deciding.acknowledge(act, number)

    threads = [threading.Thread(target=know, args=(name,)) for name in ("ning", "part", "ada")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert state(shop, number) == "closed"
    assert [row.kind for row in shop.world.rows(sa.select(audit_log)) if row.kind == "review_closed"] == ["review_closed"]
