"""What the front line is asked: the questions of a model, answers to them, and what they come to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration.telling import clean
from runtime.errors import NotAllowed, Problem, Refused
from runtime.records import query
from runtime.reviews.reading import Review, is_asked, locked
from runtime.system import clock
from runtime.system.tables import review_answer, review_person
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

SCALE, YES_NO, WORDS = "scale", "yes_no", "words"
KINDS: dict[str, Message] = {SCALE: _("1 to 5"), YES_NO: _("Yes or no"), WORDS: _("In words")}
MOST_QUESTIONS, LONGEST_QUESTION, LONGEST_ANSWER = 10, 300, 2000
USUAL: tuple[dict[str, Any], ...] = (
    {
        "key": "q1",
        "kind": SCALE,
        "text": {
            "zh": "等级和你认识的客户相符吗？（1 完全不符，5 完全相符）",
            "en": "Do the tiers fit the customers you know? (1 not at all, 5 fully)",
        },
    },
    {
        "key": "q2",
        "kind": WORDS,
        "text": {"zh": "哪类客户的等级常常不对？为什么？", "en": "Which customers are often in the wrong tier, and why?"},
    },
    {
        "key": "q3",
        "kind": YES_NO,
        "text": {"zh": "各等级的服务标准做得到吗？", "en": "Can you keep the service standard of each tier?"},
    },
    {
        "key": "q4",
        "kind": WORDS,
        "text": {"zh": "哪一条规则最该改？怎么改？", "en": "Which rule should change first, and how?"},
    },
    {
        "key": "q5",
        "kind": WORDS,
        "text": {"zh": "还需要什么，才能把分层用起来？", "en": "What else do you need to work by the tiers?"},
    },
)


def checked_questions(given: Iterable[dict[str, Any]], problems: list[Problem]) -> tuple[dict[str, Any], ...]:
    """Questions with text and kind; those without a text are left out. Keys stay, new ones are numbered on."""
    wanted = [each for each in given if any(text.strip() for text in _texts(each))]
    if len(wanted) > MOST_QUESTIONS:
        problems.append(Problem("questions", _("At most {most} questions: more are not answered.", most=MOST_QUESTIONS)))
    taken = {each.get("key") for each in wanted}
    free = (f"q{number}" for number in range(1, 1000) if f"q{number}" not in taken)
    found = []
    for number, each in enumerate(wanted):
        zh, en = (" ".join(clean(text).split()) for text in _texts(each))
        if max(len(zh), len(en)) > LONGEST_QUESTION:
            problems.append(Problem(f"questions/{number}", _("At most {most} characters.", most=LONGEST_QUESTION)))
        if each.get("kind") not in KINDS:
            problems.append(Problem(f"questions/{number}", _("Choose one of the list.")))
        text = {name: value for name, value in (("zh", zh), ("en", en)) if value}
        found.append({"key": each.get("key") or next(free), "kind": each.get("kind"), "text": text})
    return tuple(found)


def _texts(question: dict[str, Any]) -> tuple[str, str]:
    text = question.get("text") or {}
    return (text, "") if isinstance(text, str) else (text.get("zh") or "", text.get("en") or "")


# -- answering ----------------------------------------------------------------------------------------------------------------------
def answer(act: Act, number: int, given: dict[str, str]) -> None:
    """Keeps the answers of the person of the act; they may be changed until the survey is over. Raises NotAllowed or Refused."""
    review = locked(act, number)
    if not is_asked(act, review.id, "survey"):
        raise NotAllowed(_("You are not among those who are asked in this review."))
    if review.state != "collecting" or act.today > review.survey_until:
        raise Refused([], _("This survey is over. Tell a steward what you think."))
    answers, problems = {}, []
    for question in review.questions:
        text = clean(given.get(question["key"], "")).strip()
        wrong = _wrong(question["kind"], text)
        if wrong is not None:
            problems.append(Problem(question["key"], wrong))
        elif text:
            answers[question["key"]] = text
    if not answers and not problems:
        problems.append(Problem("", _("Answer at least one question.")))
    if problems:
        raise Refused(problems)
    _keep(act, review, answers)


def _wrong(kind: str, text: str) -> Message | None:
    if len(text) > LONGEST_ANSWER:
        return _("At most {most} characters.", most=LONGEST_ANSWER)
    allowed = {SCALE: ("", "1", "2", "3", "4", "5"), YES_NO: ("", "yes", "no")}.get(kind)
    return _("Choose one of the list.") if allowed is not None and text not in allowed else None


def _keep(act: Act, review: Review, answers: dict[str, str]) -> None:
    own, mine = review_answer.c, review_person.c
    values = {"answers": json.dumps(answers, ensure_ascii=False), "at": act.micros}
    changed = act.connection.execute(review_answer.update().where(own.review == review.id, own.person == act.person.id).values(values))
    if not changed.rowcount:
        act.connection.execute(review_answer.insert().values(review=review.id, person=act.person.id, **values))
    waiting = (mine.review == review.id, mine.part == "survey", mine.person == act.person.id)
    act.connection.execute(review_person.update().where(*waiting).values(done_at=act.micros))


def answers_of(act: Act, review: Review, person: int) -> dict[str, str]:
    """What one person has answered so far."""
    own = review_answer.c
    found = act.connection.execute(sa.select(own.answers).where(own.review == review.id, own.person == person)).scalar()
    return json.loads(found) if found else {}


# -- what they come to --------------------------------------------------------------------------------------------------------------
def results(act: Act, review: Review) -> list[dict[str, Any]]:
    """For each question the counts or the words, by name, the newest first. For those who lead the review; the caller asks."""
    rows = act.connection.execute(
        sa.select(review_answer).where(review_answer.c.review == review.id).order_by(review_answer.c.at.desc())
    ).all()
    names = query.people_names(act, [row.person for row in rows])
    given = [(names.get(row.person, ""), clock.from_micros(row.at), json.loads(row.answers)) for row in rows]
    return [
        _result(question, [(who, at, its[question["key"]]) for who, at, its in given if question["key"] in its])
        for question in review.questions
    ]


def _result(question: dict[str, Any], said: list[tuple[str, Any, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {**question, "count": len(said)}
    if question["kind"] == WORDS:
        return {**found, "words": [{"who": who, "at": at, "text": text} for who, at, text in said]}
    counts = Counter(text for _who, _at, text in said)
    options = ("5", "4", "3", "2", "1") if question["kind"] == SCALE else ("yes", "no")
    found["counts"] = [{"option": each, "count": counts[each]} for each in options]
    if question["kind"] == SCALE and said:
        found["mean"] = round(sum(int(text) for _who, _at, text in said) / len(said), 1)
    return found
