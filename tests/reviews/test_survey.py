"""The survey: who is asked, what may be answered, who reads it, and that people are reminded."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, Refused
from runtime.reviews import reading, reminding, survey
from runtime.system.tables import notification
from tests.reviews.world import Shop

OWN = [
    {"kind": "scale", "text": {"zh": "好用吗？", "en": "Is it useful?"}},
    {"kind": "words", "text": {"en": "What is missing?"}},
    {"kind": "yes_no", "text": {"en": ""}},
]


def asked(shop: Shop) -> int:
    shop.plan(asked=("role:sales", "role:part"), questions=OWN, survey_days=5)
    return shop.open()


def answer(shop: Shop, number: int, by: str, **given: str) -> None:
    with shop.by(by) as act:
        survey.answer(act, number, given)


def reminders(shop: Shop, name: str) -> list[str]:
    query = sa.select(notification.c.subject).where(notification.c.person == shop.id(name), notification.c.kind == "review")
    return [row.subject for row in shop.world.rows(query.order_by(notification.c.id)) if row.subject.startswith("Reminder")]


def test_the_usual_questions_are_in_both_languages() -> None:
    assert len(survey.USUAL) == 5 and all(set(each["text"]) == {"zh", "en"} and each["kind"] in survey.KINDS for each in survey.USUAL)


def test_answers_are_kept_and_changed_until_the_survey_is_over(shop: Shop) -> None:
    number = asked(shop)
    assert [each["key"] for each in shop.review(number).questions] == ["q1", "q2"]
    answer(shop, number, "ning", q1="2", q2="More colours")
    answer(shop, number, "ning", q1="4", q2="")
    answer(shop, number, "part", q1="5")
    with shop.by("lead") as act:
        scale, words = survey.results(act, reading.find(act, number))
        people = {row.person: row.done_at is not None for row in reading.people_of(act, number, "survey")}
    assert (scale["count"], scale["mean"], words["count"]) == (2, 4.5, 0)
    assert people == {shop.id("ning"): True, shop.id("part"): True, shop.id("lead"): False}
    shop.later(6)
    with pytest.raises(Refused):
        answer(shop, number, "ning", q1="1")


def test_what_cannot_be_an_answer_is_refused_beside_its_question(shop: Shop) -> None:
    number = asked(shop)
    with pytest.raises(Refused) as refused:
        answer(shop, number, "ning", q1="6", q2="x" * 3000)
    assert [each.path for each in refused.value.problems] == ["q1", "q2"]
    with pytest.raises(Refused):
        answer(shop, number, "ning")


def test_only_who_is_asked_answers(shop: Shop) -> None:
    number = asked(shop)
    with pytest.raises(NotAllowed):
        answer(shop, number, "ada", q1="3")


def test_somebody_without_access_to_the_form_is_not_asked(shop: Shop) -> None:
    shop.plan(asked=("role:stranger", "role:sales"))
    number = shop.open()
    with shop.by(None) as act:
        assert {row.person for row in reading.people_of(act, number, "survey")} == {shop.id("ning"), shop.id("lead")}


def test_who_has_not_answered_is_reminded_every_third_day_until_the_survey_is_over(shop: Shop) -> None:
    number = asked(shop)
    answer(shop, number, "part", q1="5")
    shop.later(1).tick()
    assert reminders(shop, "ning") == []
    shop.later(2).tick()
    shop.tick()
    assert reminders(shop, "ning") == ["Reminder: your answers to the review of value are still missing"] and reminders(shop, "part") == []
    shop.later(10).tick()
    assert len(reminders(shop, "ning")) == 1


def test_who_leads_the_review_reminds_at_once(shop: Shop) -> None:
    number = asked(shop)
    with shop.by("ning") as act, pytest.raises(NotAllowed):
        reminding.remind(act, number)
    with shop.by("lead") as act:
        assert reminding.remind(act, number) == 3
    assert len(reminders(shop, "ning")) == 1
