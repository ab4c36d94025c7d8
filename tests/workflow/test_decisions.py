"""What is given with a decision: a signature where the node asks for one, files as far as it takes them; and who may read that."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from runtime.workflow import keeping, second_thoughts
from tests import makers
from tests.files.conftest import png
from tests.ownership.conftest import files  # noqa: F401
from tests.pages.visitor import Visitor, words
from tests.workflow.test_pages import APP, started, visit  # noqa: F401
from tests.workflow.test_running import NOBODY_SEES, TWO, Office, office_in

SIGNS = {"fields": {"*": "view", "cost": "hidden"}, "signature": "on_approve", "attachments": 2, "comment": "required_on_both", "print_after": True}
Visits = Callable[[str], Visitor]


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    office.publish([{**TWO[0], "more": SIGNS}, {**TWO[1], "more": {"fields": {"*": "view", "cost": "hidden"}, "brief": ["amount"]}}], label="Contract approval")
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, {**NOBODY_SEES, "rows": "created_by == CURRENT_USER()"}])
    return office


def send(visitor: Visitor, run: str, what: str, name: str = "signature.png") -> Any:
    return visitor.post(f"{run}/files/{what}", {"file": (io.BytesIO(png()), name)}, Accept="application/json")


def status(visitor: Visitor, path: str) -> int:
    answer = visitor.get(path)
    answer.get_data()
    answer.close()
    return answer.status_code


def test_a_signature_and_files_stand_in_the_log_and_are_read_by_those_concerned(office: Office, visit: Visits) -> None:  # noqa: F811
    ini, first, second, stranger = visit("ini"), visit("u1"), visit("u2"), visit("u5")
    run = started(office, ini)
    page = first.get(run).get_data(as_text=True)
    assert "data-signature" in page and f"{run}/files/files" in page and f"{run}/files/signature" in page
    answer = first.post(run, {"act": "approve", "task": "1"})
    assert answer.status_code == 422 and "Sign first" in words(answer) and office.stands(1) == ("running", ["a:u1"])
    signed, paper = send(first, run, "signature").json, send(first, run, "files", "quote.png").json
    answer = first.post(run, {"act": "approve", "task": "1", "signature": signed["token"], "files": paper["token"]})
    assert answer.status_code == 303 and office.stands(1) == ("running", ["b:u2"])
    with office.workspace.reading(SYSTEM) as act:
        more = keeping.read(act, 1, lock=False)[1].log[-1].more
    assert more == {"signature": signed["token"], "files": [paper["token"]]}
    for reader in (first, second, ini):
        assert signed["url"] in reader.get(run).get_data(as_text=True)
        assert status(reader, signed["url"]) == status(reader, paper["url"]) == 200
    boss = visit("admin")
    house = boss.get("/apps/shop/-/workflows/1").get_data(as_text=True)
    assert signed["url"] in house and paper["url"] in house and status(boss, signed["url"]) == 200
    assert stranger.get(signed["url"]).status_code == 404 and stranger.get(f"{run}/print").status_code == 404
    printed = second.get(f"{run}/print")
    assert signed["url"] in printed.get_data(as_text=True) and "Big deal" in words(printed) and "u1 approved" in words(printed)
    assert "77,777" not in words(printed) and "Cost" not in words(printed)


def test_a_signature_counts_once_and_only_for_whoever_wrote_it(office: Office, visit: Visits) -> None:  # noqa: F811
    ini, first = visit("ini"), visit("u1")
    run, other = started(office, ini), started(office, ini)
    assert send(ini, run, "signature").status_code == 404, "they are not asked"
    assert send(first, run, "something").status_code == 404
    own = send(first, run, "signature").json["token"]
    assert first.post(run, {"act": "approve", "task": "1", "signature": own}).status_code == 303
    again = first.post(other, {"act": "approve", "task": "1", "signature": own})
    assert again.status_code == 422 and "Sign anew" in words(again)
    three = [send(first, other, "files", f"{name}.png").json["token"] for name in "abc"]
    answer = first.post(other, {"act": "approve", "task": "1", "signature": send(first, other, "signature").json["token"], "files": three})
    assert answer.status_code == 422 and "2 files at most" in words(answer) and office.stands(2) == ("running", ["a:u1"])
    assert "Nothing can be sent along" in words(visit("u2").post(run, {"act": "approve", "task": "2", "files": three[0]}))


def test_a_comment_is_needed_where_it_is_returned_or_rejected(office: Office, visit: Visits) -> None:  # noqa: F811
    first = visit("u1")
    run = started(office, visit("ini"))
    for what in ("reject", "return"):
        answer = first.post(run, {"act": what, "task": "1", "to": "start"})
        assert answer.status_code == 422 and "Write a comment." in words(answer)
    assert first.post(run, {"act": "reject", "task": "1", "comment": "Too dear"}).status_code == 303


def test_the_list_shows_what_the_node_names_and_nothing_that_it_hides(office: Office, visit: Visits) -> None:  # noqa: F811
    first, second = visit("u1"), visit("u2")
    run = started(office, visit("ini"))
    assert "1,000" not in words(first.get("/approvals")), "nothing is named for this node"
    first.post(run, {"act": "approve", "task": "1", "signature": send(first, run, "signature").json["token"]})
    page = second.get("/approvals")
    assert "1,000" in words(page) and "77,777" not in words(page) and "Cost" not in words(page)


def test_what_was_decided_offers_undo_and_printing_where_the_node_says_so(office: Office, visit: Visits) -> None:  # noqa: F811
    first, second = visit("u1"), visit("u2")
    run = started(office, visit("ini"))
    first.post(run, {"act": "approve", "task": "1", "signature": send(first, run, "signature").json["token"]})
    page = first.get("/approvals").get_data(as_text=True)
    assert f'action="{run}/undo"' in page and f'href="{run}/print"' in page
    assert second.post(f"{run}/undo").status_code == 409
    assert first.post(f"{run}/undo").status_code == 303 and office.stands(1) == ("running", ["a:u1"])
    late = first.post(f"{run}/undo")
    assert late.status_code == 409 and "acted since" in words(late)


def test_what_was_approved_is_taken_back_until_the_next_one_acts(office: Office, visit: Visits) -> None:  # noqa: F811
    office.publish(TWO, label="Contract approval", withdraw="until_next_handler_acts")
    first, second = visit("u1"), visit("u2")
    run = started(office, visit("ini"))
    first.post(run, {"act": "approve", "task": "1"})
    with office.workspace.writing(office.people["u1"]) as act:
        act.connection.execute(second_thoughts.workflow_undo.delete())
    assert f'action="{run}/take-back"' in first.get(run).get_data(as_text=True)
    assert first.post(f"{run}/take-back").status_code == 303 and office.stands(1) == ("running", ["a:u1"])
    first.post(run, {"act": "approve", "task": "1"})
    second.post(run, {"act": "approve", "task": "3"})
    assert f'action="{run}/take-back"' not in first.get(run).get_data(as_text=True)
    assert first.post(f"{run}/take-back").status_code in (409, 422)


def test_rows_of_a_sub_form_are_read_by_those_who_are_asked(office: Office, visit: Visits) -> None:  # noqa: F811
    form = makers.form_json(
        *(makers.text("name"), makers.number("amount"), makers.number("discount"), makers.number("cost")),
        makers.subform("items", makers.text("product"), makers.number("pieces")),
        key="order",
        title="name",
    )
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form])
    run = started(office, visit("ini"))
    with office.act("admin") as act:
        gateway.update(act, "order", 1, {"items": [{"product": "Oats", "pieces": 12}]})
    for page in (run, f"{run}/print"):
        assert "Oats 12" in words(visit("u1").get(page))


def test_the_page_of_a_record_in_the_trash_says_so_and_has_a_way_out(office: Office, visit: Visits) -> None:  # noqa: F811
    first = visit("u1")
    run = started(office, visit("ini"))
    with office.act("admin") as act:
        gateway.delete(act, "order", 1)
    page = first.get(run)
    assert page.status_code == 200 and "in the trash" in words(page) and "77,777" not in words(page)
    assert "in the trash" in words(visit("admin").get(run)) and "Withdraw" in words(visit("ini").get(run))
    assert first.post(run, {"act": "reject", "task": "1", "comment": "Gone"}).status_code == 303 and office.stands(1)[0] == "rejected"
    assert first.get("/approvals?box=done").status_code == 200
