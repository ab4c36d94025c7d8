"""/admin/sms and /admin/calendar: the gateway for text messages and the days that are worked, for those who administer."""

from __future__ import annotations

import io
from typing import Any

import pytest

from runtime.automation import outbound
from runtime.automation.channels import sms
from runtime.formulas.functions.workdays import is_workday
from runtime.people.person import SYSTEM
from runtime.records import working_days
from runtime.system.secrets import get_secret
from runtime.system.workspace import Workspace
from runtime.workflow import calendar
from tests.pages.visitor import Visitor, words

GATEWAY = {
    "url": "https://sms.example.com/send",
    "method": "POST",
    "format": "json",
    "body": '{"mobile": "{to}", "content": "{text}", "sign": "{secret}"}',
    "headers": "Authorization: Bearer {secret}\nX-Account: 4711",
    "taken": "code = 0",
    "secret": "hush",
}


class Receiver:
    """Stands in for the network: notes what would go out, and answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.calls: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.answer = '{"code": 0}'
        monkeypatch.setattr(outbound, "send", self.send)

    def send(self, method: str, url: str, body: bytes, headers: dict[str, str], *_more: Any) -> outbound.Answer:
        self.calls.append((method, url, body, headers))
        return outbound.Answer(200, self.answer)


def stored(workspace: Workspace) -> str:
    with workspace.reading(SYSTEM) as act:
        return get_secret(act.connection, workspace.settings.secret_key, sms.SECRET)


def test_a_gateway_is_set_up_and_tried(signed_in: Visitor, sqlite_workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    receiver = Receiver(monkeypatch)
    assert "not set up" in words(signed_in.get("/admin/sms"))
    assert signed_in.post("/admin/sms", GATEWAY).status_code == 303
    assert signed_in.post("/admin/sms/try", {"to": "138 0000 0000", "text": "Hello"}).status_code == 303
    method, url, body, headers = receiver.calls[0]
    assert (method, url, body) == ("POST", GATEWAY["url"], b'{"mobile":"13800000000","content":"Hello","sign":"hush"}')
    assert headers["Authorization"] == "Bearer hush" and headers["X-Account"] == "4711"
    receiver.answer = '{"code": 7, "message": "no balance"}'
    refused = signed_in.post("/admin/sms/try", {"to": "13800000000", "text": "Hello"})
    assert refused.status_code == 422 and "no balance" in words(refused)


def test_what_may_be_secret_is_never_shown_and_stays(signed_in: Visitor, sqlite_workspace: Workspace):
    signed_in.post("/admin/sms", GATEWAY)
    page = signed_in.get("/admin/sms").get_data(as_text=True)
    assert "hush" not in page and "4711" not in page and "X-Account: ••••" in page
    before = stored(sqlite_workspace)
    assert (
        signed_in.post("/admin/sms", {**GATEWAY, "headers": "Authorization: Bearer {secret}\nX-Account: ••••", "secret": ""}).status_code
        == 303
    )
    assert stored(sqlite_workspace) == before
    signed_in.post("/admin/sms/forget", {})
    assert "not set up" in words(signed_in.get("/admin/sms"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": "ftp://x"}, "begins with https"),
        ({"body": "mobile={to}"}, "Write the message as JSON"),
        ({"body": '{"mobile": "{to}"}'}, "needs {text}"),
        ({"headers": "Authorization Bearer"}, "Write a header a line"),
        ({"headers": "X-A: a\rX-B: é"}, "Write a header a line"),
        ({"taken": "code"}, "Write a line each"),
        ({"secret": ""}, "write it here"),
        ({"body": "[" * 5000}, "Write the message as JSON"),
    ],
)
def test_a_gateway_that_cannot_work_is_refused(signed_in: Visitor, wrong: dict[str, str], sentence: str):
    answer = signed_in.post("/admin/sms", {**GATEWAY, **wrong})
    assert answer.status_code == 422 and sentence in words(answer)
    assert "not set up" in words(signed_in.get("/admin/sms"))


# -- the working calendar ---------------------------------------------------------------------------------------------------------------
ICS = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20240610\r\nDTEND;VALUE=DATE:20240612\r\nSUMMARY:盘点 休\r\nEND:VEVENT\r\n"
    "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20240616\r\nSUMMARY:盘点 补\r\n 班\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
JSON = '{"year": 2024, "days": [{"name": "厂休", "date": "2024-07-01", "isOffDay": true}, {"name": "厂休", "date": "2024-07-06", "isOffDay": false}]}'


def test_days_are_taken_over_from_files_and_lines(signed_in: Visitor, sqlite_workspace: Workspace):
    for given in (ICS, JSON):
        answer = signed_in.post("/admin/calendar/add", {"year": "2024", "file": (io.BytesIO(given.encode()), "days.txt")})
        assert answer.status_code == 303 and answer.location.endswith("/admin/calendar?year=2024")
    signed_in.post("/admin/calendar/add", {"days": "2024-06-10 work Open after all"})
    assert working_days.own_text(sqlite_workspace, "en").splitlines() == [
        "2024-06-10 work Open after all",
        "2024-06-11 off 盘点 休",
        "2024-06-16 work 盘点 补班",
        "2024-07-01 off 厂休",
        "2024-07-06 work 厂休",
    ]
    page = words(signed_in.get("/admin/calendar?year=2024"))
    assert "厂休 said here" in page and "Working calendar" in page


def test_every_counter_of_working_days_goes_by_them(signed_in: Visitor, sqlite_workspace: Workspace):
    signed_in.post("/admin/calendar", {"own_days": "2024-07-01 off"})
    own = sqlite_workspace.calendar
    day = working_days.date(2024, 7, 1)
    assert not is_workday(day, own)
    friday = calendar.datetime(2024, 6, 28, 10, tzinfo=sqlite_workspace.zone)
    assert calendar.later(friday, 0, 1, True, sqlite_workspace.zone, own).date() == working_days.date(2024, 7, 2)


@pytest.mark.parametrize(
    "given", ["", "2024-13-01 off", "tomorrow off", '{"days": 5}', "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:xx", "x" * 1_000_001]
)
def test_what_holds_no_day_is_refused(signed_in: Visitor, sqlite_workspace: Workspace, given: str):
    assert signed_in.post("/admin/calendar/add", {"days": given}).status_code == 422
    assert working_days.own_text(sqlite_workspace, "en") == ""
