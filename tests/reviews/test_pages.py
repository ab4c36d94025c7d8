"""The pages of reviews: who reaches them, what they show each, what is refused beside its field, and that people see only what they may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.people import passwords
from runtime.people.person import SYSTEM
from runtime.reviews import deciding, survey
from runtime.system.tables import person as person_table
from tests.ownership.conftest import files as files  # noqa: PLC0414 - the manifest for both halves
from tests.pages.visitor import Visitor, words
from tests.reviews.world import Shop

PASSWORD = "kettle boils at noon"
LIST = "/apps/shop/-/reviews"


@pytest.fixture
def visit(lite_shop: Shop, files: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Visitor]:
    from app import create_app

    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    app = create_app(lite_shop.workspace, dist=files)
    app.testing = True

    def sign_in(name: str) -> Visitor:
        with lite_shop.workspace.writing(SYSTEM) as act:
            hashed = passwords.hashed(PASSWORD)
            act.connection.execute(person_table.update().where(person_table.c.id == lite_shop.id(name)).values(password=hashed))
        return Visitor(app).sign_in(f"{name}@example.com", PASSWORD)

    return sign_in


def test_the_list_says_when_the_next_review_opens_and_who_leads_opens_one(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    lead = visit("lead")
    page = words(lead.get(LIST))
    assert "No review yet." in page and "on 07-01, then every 3 months" in page and "Open a review now" in page
    assert "Open a review now" not in words(visit("ning").get(LIST))
    answer = lead.post(f"{LIST}/open", {"model": "value"})
    assert answer.status_code == 303
    assert "The figures are being worked out" in words(lead.get(answer.location))
    again = lead.post(f"{LIST}/open", {"model": "value"})
    assert again.status_code == 422 and "is open already" in words(again)
    assert visit("ning").post(f"{LIST}/open", {"model": "value"}).status_code == 403


def test_who_sees_a_part_of_the_records_does_not_see_the_counts_of_all(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    lite_shop.plan(voters=(f"user:{lite_shop.id('part')}",))
    number, _proposal = lite_shop.voted_on()
    lead, part = (words(visit(name).get(f"{LIST}/{number}")) for name in ("lead", "part"))
    assert "Mobility index" in lead and "of 4" in lead
    assert "Mobility index" not in part and "you see a part of them" in part and "of 4" not in part
    assert visit("out").get(f"{LIST}/{number}").status_code == 404


def test_answers_are_for_those_who_lead_and_the_survey_says_so(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    lite_shop.plan(asked=("role:sales",))
    number = lite_shop.open()
    ning = visit("ning")
    assert "reads your answers with your name" in words(ning.get(f"{LIST}/{number}/survey"))
    bad = ning.post(f"{LIST}/{number}/survey", {"q1": "9", "q2": "Pudong"})
    assert bad.status_code == 422 and "Choose one of the list." in words(bad) and "Pudong" in bad.get_data(as_text=True)
    assert ning.post(f"{LIST}/{number}/survey", {"q1": "4", "q2": "Pudong"}).status_code == 303
    assert "Pudong" in words(visit("lead").get(f"{LIST}/{number}")) and "Pudong" not in words(ning.get(f"{LIST}/{number}"))
    assert visit("ada").get(f"{LIST}/{number}/survey").status_code == 403


def test_small_numbers_are_shown_as_too_few(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    page = words(visit("ada").get(f"{LIST}/{lite_shop.open()}"))
    assert "not enough data (1/1)" in page and "100%" not in page.partition("What became of each tier")[2].partition("What people say")[0]


def test_a_refused_step_is_said_on_the_page_and_keeps_what_was_typed(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    number, proposal = lite_shop.voted_on()
    lead = visit("lead")
    with lite_shop.by("ada") as act:
        deciding.approve(act, proposal)
    answer = lead.post(f"{LIST}/{number}/proposals/{proposal}/approve")
    assert answer.status_code == 422 and "decided already, by Ada" in words(answer)
    other = lead.post(f"{LIST}/{number}/announce", {"note": "x" * 5000})
    assert other.status_code == 422 and "x" * 5000 in other.get_data(as_text=True)


def test_facts_stand_before_opinions_and_who_has_to_vote_is_led_to_the_proposals(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    number, _proposal = lite_shop.voted_on()
    raw = visit("lead").get(f"{LIST}/{number}").get_data(as_text=True)
    assert raw.index("Mobility index") < raw.index("What became of each tier") < raw.index('id="proposed"')
    waiting = {name: 'href="#proposed"' in visit(name).get(f"{LIST}/{number}").get_data(as_text=True) for name in ("lead", "ning")}
    assert waiting == {"lead": True, "ning": False}


def test_a_proposal_of_another_review_is_not_found(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    number, proposal = lite_shop.voted_on()
    lead = visit("lead")
    for what in ("vote", "approve", "withdraw"):
        assert lead.post(f"{LIST}/{number}/proposals/{proposal + 1}/{what}").status_code == 404
        assert lead.post(f"{LIST}/{number + 1}/proposals/{proposal}/{what}").status_code == 404


def test_an_announcement_stands_above_every_page_until_it_is_read(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    number, ning = lite_shop.decided(), visit("ning")
    assert "please read it" not in words(ning.get("/apps/shop/customer"))
    assert ning.get(f"{LIST}/{number}/notice").status_code == 404
    with lite_shop.by("lead") as act:
        deciding.announce(act, number, "Silver begins at 2,000.")
    assert "What changes in value: please read it" in words(ning.get("/apps/shop/customer"))
    assert "Silver begins at 2,000." in words(ning.get(f"{LIST}/{number}/notice"))
    assert ning.post(f"{LIST}/{number}/notice").status_code == 303
    assert "please read it" not in words(ning.get("/apps/shop/customer"))
    assert "Ada not yet" in words(visit("lead").get(f"{LIST}/{number}"))


def test_a_closed_review_shows_changes_counts_votes_and_who_read_it(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    lite_shop.plan(voters=("role:sales",))
    number, proposal = lite_shop.voted_on()
    lite_shop.vote(proposal, "ning", "no", "Too strict for me")
    with lite_shop.by("lead") as act:
        deciding.approve(act, proposal, "The others agreed")
        deciding.announce(act, number, "Silver begins at 2,000.")
        deciding.close(act, number)
    page = words(visit("lead").get(f"{LIST}/{number}"))
    for wanted in (
        "Closed",
        "Raise the cuts",
        "The others agreed",
        "1000, 5000, 20000 → 2000, 5000, 20000",
        "of 4",
        "Too strict for me",
        "Ning not yet",
    ):
        assert wanted in page, wanted


def test_the_plan_is_for_who_leads_and_keeps_what_was_typed(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    assert visit("ning").get(f"{LIST}/plan/value").status_code == 403
    lead, given = (
        visit("lead"),
        {"months": "3", "next_day": "2020-01-01", "survey_days": "7", "asked": "role:sales", "asked_person": "nobody@x.org"},
    )
    refused = lead.post(
        f"{LIST}/plan/value", {**given, "question_key": "", "question_zh": "好吗？", "question_en": "", "question_kind": "words"}
    )
    assert refused.status_code == 422 and "好吗？" in refused.get_data(as_text=True)
    saved = lead.post(
        f"{LIST}/plan/value",
        {**given, "next_day": "2027-01-01", "asked_person": "part@example.com", "question_key": "", "question_zh": "好吗？", "question_en": "",
         "question_kind": "words"},
    )  # fmt: skip
    assert saved.status_code == 303
    number = lite_shop.open()
    with lite_shop.by("part") as act:
        survey.answer(act, number, {"q1": "Yes"})


def test_looking_as_somebody_else_changes_nothing(lite_shop: Shop, visit: Callable[[str], Visitor]) -> None:
    number = lite_shop.decided()
    with lite_shop.by("lead") as act:
        deciding.announce(act, number, "Silver begins at 2,000.")
    ada = visit("ada")
    ada.post(f"/admin/people/{lite_shop.id('ning')}/view-as")
    assert ada.post(f"{LIST}/{number}/notice").status_code in (403, 404)
    assert "Ning not yet" in words(visit("lead").get(f"{LIST}/{number}"))
