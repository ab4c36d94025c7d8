"""Deciding from the link in a mail: for one person, one task, a while, once; opening it decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runtime.automation import engine, mail
from runtime.collaboration import letters
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import person, workflow_task
from runtime.system.workspace import Workspace
from runtime.workflow import governing, mail_links, running
from tests.ownership.conftest import files  # noqa: F401
from tests.pages.visitor import Visitor, words
from tests.workflow.test_pages import APP, visit  # noqa: F401
from tests.workflow.test_running import Office, office_in

SHOWN = {"fields": {"name": "view", "amount": "view", "cost": "hidden"}, "comment": "required_on_reject"}
OPEN = {"mail_link": "without_sign_in"}
ONE = {"id": "A", "mode": "or", "approvers": ["u1@example.com"], "more": SHOWN}
NEXT = {"id": "B", "mode": "or", "approvers": ["u2@example.com"], "more": SHOWN}


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    office.publish([ONE, NEXT], withdraw="until_next_handler_acts", **OPEN)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP])
        act.connection.execute(person.update().values(language="en"))
    return office


@pytest.fixture
def stranger(office: Office, visit: Callable[[str], Visitor]) -> Visitor:  # noqa: F811
    """A browser without a session."""
    return Visitor(visit("u5").app)


def link(office: Office, run: int, name: str, **more: Any) -> str:
    """What the mail says, as its maker writes it."""
    with office.workspace.reading(SYSTEM) as act:
        task = office.task(run, name)
        at = act.connection.execute(workflow_task.select().where(workflow_task.c.id == task)).one().at
        given = {"task": task, "person": office.people[name].id, "since": at, "until": act.micros + mail_links.LASTS, **more}
        return f"/decide/{mail_links.write(office.workspace, **given)}"


@pytest.fixture
def post(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """A mail server that keeps what it is given: (to, text)."""
    sent: list[tuple[str, str]] = []
    own = office.workspace
    monkeypatch.setattr(own, "settings", replace(own.settings, smtp_url="smtp://localhost", base_url="http://localhost"))
    monkeypatch.setattr(mail, "send", lambda _settings, to, _subject, body, _key: sent.append((to, body)))
    return sent


def delivered(office: Office) -> None:
    now = office.workspace.now  # letters about approvals wait until a decision cannot be undone any more
    office.workspace.now = lambda: now() + timedelta(seconds=16)  # type: ignore[method-assign]
    letters.make_due(office.workspace)
    office.workspace.now = now  # type: ignore[method-assign]
    engine.settle(office.workspace)


def test_the_mail_offers_the_link_in_the_language_of_the_person(office: Office, post: list[tuple[str, str]]) -> None:
    with office.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().where(person.c.id == office.people["u1"].id).values(language="zh"))
    office.start()
    delivered(office)
    (body,) = [body for to, body in post if to == "u1@example.com"]
    assert "无需登录" in body and body.count("http://localhost/decide/") == 1 and "http://localhost/approvals/1" in body


def test_the_mail_offers_no_link_by_default_nor_for_what_needs_more_than_a_decision(office: Office, post: list[tuple[str, str]]) -> None:
    office.publish([ONE])
    office.start()
    delivered(office)
    handle = {"key": "fill", "type": "handle", "approvers": ["user:u1@example.com"]}
    every = [{"key": "start", "type": "start"}, handle, {"key": "end", "type": "end"}]
    lines = [{"from": "start", "to": "fill"}, {"from": "fill", "to": "end"}]
    body = {"kind": "workflow", "key": "flow", "label": "Flow", "form": "order", "nodes": every, "lines": lines, **OPEN}
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])
    office.start()
    delivered(office)
    assert len(post) == 2 and all("/decide/" not in body and "http://localhost/approvals/" in body for _to, body in post)


def test_the_link_in_the_mail_works_without_signing_in(office: Office, stranger: Visitor, post: list[tuple[str, str]]) -> None:
    run, _record = office.start(amount=5, cost=77777)
    delivered(office)
    (path,) = [line.removeprefix("http://localhost") for _to, body in post for line in body.split("\n") if "/decide/" in line]
    page = stranger.get(path)
    assert page.status_code == 200 and "Deal" in words(page) and "77777" not in page.get_data(as_text=True)
    assert office.stands(run) == ("running", ["a:u1"]), "looking decides nothing"
    answer = stranger.post_without_token(path, {"act": "approve", "comment": "Fine"})
    assert answer.status_code == 200 and "Approved." in words(answer) and office.stands(run) == ("running", ["b:u2"])
    assert "Set-Cookie" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    again = stranger.post_without_token(path, {"act": "reject", "comment": "No"})
    assert again.status_code == 410 and "You have approved this already." in words(again)
    assert office.stands(run) == ("running", ["b:u2"])


def test_looking_at_it_by_any_way_decides_nothing(office: Office, stranger: Visitor) -> None:
    run, _record = office.start()
    path = link(office, run, "u1")
    for ask in (stranger.client.get, stranger.client.head, stranger.client.options):
        ask(f"{path}?act=approve")
        ask(path)
    assert stranger.get(path).status_code == 200 and office.stands(run) == ("running", ["a:u1"])


def test_a_page_of_somebody_else_cannot_send_it(office: Office, stranger: Visitor) -> None:
    run, _record = office.start()
    path = link(office, run, "u1")
    for header in ({"Origin": "https://evil.example.com"}, {"Sec_Fetch_Site": "cross-site"}):
        assert stranger.post_without_token(path, {"act": "approve"}, **header).status_code == 403
    assert office.stands(run) == ("running", ["a:u1"])


def test_what_a_rule_of_the_node_refuses_is_said_on_the_page_and_can_be_mended(office: Office, stranger: Visitor) -> None:
    run, _record = office.start()
    path = link(office, run, "u1")
    refused = stranger.post_without_token(path, {"act": "reject"})
    assert refused.status_code == 422 and "Write a comment." in words(refused) and office.stands(run)[0] == "running"
    assert stranger.post_without_token(path, {"act": "reject", "comment": "Too dear"}).status_code == 200
    assert office.stands(run)[0] == "rejected"


def test_nobody_decides_by_mail_about_what_lies_in_the_trash(office: Office, stranger: Visitor) -> None:
    run, record = office.start()
    path = link(office, run, "u1")
    with office.act("admin") as act:
        gateway.delete(act, "order", record)
    for answer in (stranger.get(path), stranger.post_without_token(path, {"act": "approve"})):
        assert answer.status_code == 410 and "in the trash" in words(answer) and office.stands(run) == ("running", ["a:u1"])


def test_where_a_signature_is_asked_for_a_mail_decides_nothing(office: Office, stranger: Visitor) -> None:
    office.publish([{**ONE, "more": {**SHOWN, "signature": "on_approve"}}], **OPEN)
    run, _record = office.start()
    path = link(office, run, "u1")
    refused = stranger.post_without_token(path, {"act": "approve"})
    assert refused.status_code == 422 and "Sign first" in words(refused) and office.stands(run) == ("running", ["a:u1"])
    assert stranger.post_without_token(path, {"act": "reject", "comment": "No"}).status_code == 200 and office.stands(run)[0] == "rejected"


def test_it_can_be_returned(office: Office, stranger: Visitor) -> None:
    run, _record = office.start()
    assert stranger.post_without_token(link(office, run, "u1"), {"act": "return", "to": "start"}).status_code == 200
    assert office.stands(run)[0] == "returned"


@pytest.mark.parametrize("what", ["transfer", "add", "withdraw", "administer", ""])
def test_nothing_else_can_be_done_by_it(office: Office, stranger: Visitor, what: str) -> None:
    run, _record = office.start()
    answer = stranger.post_without_token(link(office, run, "u1"), {"act": what, "person": "1"})
    assert answer.status_code == 422 and office.stands(run) == ("running", ["a:u1"])


def test_a_link_that_was_tampered_with_is_not_ours(office: Office, stranger: Visitor) -> None:
    run, _record = office.start()
    good = link(office, run, "u1")
    stamp = good.rsplit(".", 1)
    forged = [
        f"{good}x",
        f"{stamp[0]}.{'A' * len(stamp[1])}",
        "/decide/x",
        f"/decide/{'x' * 5000}",
        "/decide/WzEsMSwxLDFd.AAAA",
        link(office, run, "u1", task=999_999),
    ]
    for each in forged:
        for answer in (stranger.get(each), stranger.post_without_token(each, {"act": "approve"})):
            assert answer.status_code == 404 and "does not work" in words(answer)
    someone = link(office, run, "u1", person=office.people["u2"].id)
    assert stranger.post_without_token(someone, {"act": "approve"}).status_code == 410
    assert office.stands(run) == ("running", ["a:u1"])


def expired(office: Office, run: int) -> None:
    now = office.workspace.now()
    office.workspace.now = lambda: now + timedelta(days=4)  # type: ignore[method-assign]


def withdrawn(office: Office, run: int) -> None:
    with office.act("ini") as act:
        running.withdraw(act, run)


def given_away(office: Office, run: int) -> None:
    with office.act("u1") as act:
        running.transfer(act, office.task(run, "u1"), office.people["u8"].id)


def left(office: Office, run: int) -> None:
    with office.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().where(person.c.id == office.people["u1"].id).values(active=0))


def switched_off(office: Office, run: int) -> None:
    office.publish([ONE, NEXT])


def ended(office: Office, run: int) -> None:
    with office.act("admin") as act:
        governing.end(act, run, "over")


def opened_anew(office: Office, run: int) -> None:
    """Approved and taken back: the person is asked, but by a newer mail."""
    office.approve(run, "u1")
    with office.act("u1") as act:
        running.take_back(act, office.task(run, "u1"))


WORTHLESS: list[tuple[Callable[[Office, int], None], str]] = [
    (expired, "This link is too old."),
    (withdrawn, "Whoever started this has withdrawn it"),
    (given_away, "You have given this to somebody else."),
    (left, "does not work here any more"),
    (switched_off, "Links in mails do not decide here any more."),
    (ended, "This has been ended"),
    (opened_anew, "You were asked again since."),
]


@pytest.mark.parametrize(("happens", "sentence"), WORTHLESS, ids=[each.__name__ for each, _sentence in WORTHLESS])
def test_a_link_that_is_worth_nothing_any_more_says_why(
    office: Office, stranger: Visitor, happens: Callable[[Office, int], None], sentence: str
) -> None:
    run, _record = office.start()
    path = link(office, run, "u1")
    happens(office, run)
    before = office.stands(run)
    for answer in (stranger.get(path), stranger.post_without_token(path, {"act": "approve"})):
        assert answer.status_code == 410 and sentence in words(answer)
    assert office.stands(run) == before


def test_by_default_the_link_asks_to_sign_in(office: Office, stranger: Visitor) -> None:
    office.publish([ONE])
    run, _record = office.start()
    assert stranger.post_without_token(link(office, run, "u1"), {"act": "approve"}).status_code == 410
    assert office.stands(run) == ("running", ["a:u1"])


def test_those_who_administer_try_again_on_the_page_of_the_run(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    """What a node could not set off is named there, with the reason and a button."""
    nodes = [{"key": "start", "type": "start"}, {"key": "sub", "type": "sub_flow", "workflow": "below"}, {"key": "end", "type": "end"}]
    lines = [{"from": "start", "to": "sub"}, {"from": "sub", "to": "end"}]
    below = {
        "kind": "workflow",
        "key": "below",
        "label": "Below",
        "form": "order",
        "nodes": [nodes[0], nodes[2]],
        "lines": [{"from": "start", "to": "end"}],
    }
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [below])
    for body in ({**below, "key": "flow", "label": "Flow", "nodes": nodes, "lines": lines}, {**below, "enabled": False}):
        with office.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [body])
    run, _record = office.start()
    admin, page = visit("admin"), f"/apps/shop/-/workflows/{run}"
    assert "Below cannot be done" in words(admin.get(page)) and "switched off" in words(admin.get(page))
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [below])
    assert admin.post(page, {"what": "try_again", "visit": "2"}).status_code == 422, "it needs a reason"
    assert admin.post(page, {"what": "try_again", "visit": "2", "reason": "on again"}).status_code == 303
    assert office.stands(run)[0] == "approved"


def test_the_log_says_that_it_came_from_a_mail(office: Office, stranger: Visitor, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    run, _record = office.start()
    stranger.post_without_token(link(office, run, "u1"), {"act": "approve"})
    assert "approved (from the mail)" in words(visit("u1").get(f"/approvals/{run}"))
