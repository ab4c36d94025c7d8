"""Steps that reach people and other systems: to-dos, bots, text messages, segments in batches, calls with answers, tiers set by hand, plans."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from runtime.automation import runs
from runtime.automation.steps.send_to_segment import quiet_end
from runtime.collaboration import bots, todos
from runtime.people.person import SYSTEM
from runtime.system import tables
from runtime.system.database import to_json
from runtime.system.secrets import set_secret
from tests.automation.conftest import House, Receiver, allow, automation, created, setting, tell
from tests.tiers.world import BY_AMOUNT, dimension, model
from tests.makers import catalogue_of, checkbox, email, form_json, member, number, phone, text, tier_model_of

Json = dict[str, Any]


def secret(house: House, name: str, value: str) -> None:
    with house.workspace.writing(SYSTEM) as act:
        set_secret(act.connection, house.workspace.settings.secret_key, name, value)


def gateway(house: House, receiver: Receiver, **more: Any) -> None:
    allow(house, receiver)
    secret(house, "sms_gateway", to_json({"url": receiver.url, "body": {"mobile": "{to}", "words": ["{text}"], "id": "{key}"}, **more}))


def customers(house: House, *fields: Json) -> House:
    house.person("boss@example.com", "boss", language="en")
    house.publish(form_json(text(), *(fields or (phone(), email("mail"), checkbox("agreed"), number("points"), member()))))
    return house


# -- to-dos, tiers, plans -----------------------------------------------------------------------------------------------------------
def test_a_to_do_is_given_with_its_day_and_only_to_those_who_see_the_record(small_house: House) -> None:
    customers(small_house).person("blind@example.com", "blind")
    task = {"type": "create_task", "to": ["role:boss", "role:blind"], "title": "Call {name}", "due": "TODAY() + DAYS(1)"}
    small_house.publish(
        {"kind": "permission_set", "key": "boss", "label": "Boss", "form": "customer", "for": ["role:boss"], "actions": ["view"]},
        automation(created(), task),
    )
    lin = small_house.later(seconds=1).create(name="Lin")
    small_house.settle()
    with small_house.workspace.reading(SYSTEM) as act:
        (row,) = todos.of_record(act, "customer", lin)
    assert (row.title, row.person) == ("Call Lin", 1) and small_house.run().steps[0].result["may_not_see"] == [2]


def test_a_tier_is_set_by_hand_until_a_day_and_lifted_again(small_house: House) -> None:
    model = json.loads(tier_model_of().model_dump_json(by_alias=True, exclude_unset=True))
    small_house.publish(
        form_json(text(), number("quantity"), {"type": "tier", "key": "tier", "label": "Tier", "tier_model": "value"}), model
    )
    top = model["tiers"][0]["key"]
    small_house.publish(
        automation(
            created(), {"type": "set_override", "tier_model": "value", "tier": top, "reason": "{name} asked", "until": "TODAY() + DAYS(2)"}
        ),
        automation(
            {"type": "record_updated", "form": "customer", "fields": ["name"]},
            {"type": "clear_override", "tier_model": "value"},
            key="lifts",
        ),
    )
    lin = small_house.later(seconds=1).create(name="Lin")
    before = small_house.values(lin)["tier"]
    small_house.settle()
    assert small_house.values(lin)["tier"] == top != before
    small_house.later(seconds=1).update(lin, name="Wu")
    small_house.settle()
    assert small_house.values(lin)["tier"] == before and small_house.runs("lifts")[0].steps[0].result["lifted"] is True


def test_a_follow_up_plan_is_started_once_and_stopped(small_house: House) -> None:
    plans = {"gold": {"contact_every_days": 10, "tasks": True}}
    rated = model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, plans=plans)
    plan = f"{rated['key']}/gold"
    small_house.publish(form_json(text(), number("points")), rated)
    start = {"type": "start_cadence", "plan": plan}
    small_house.publish(
        automation(created(), start, start, {"type": "stop_cadence", "plan": plan, "why": "{name} asked"}, start | {"type": "stop_cadence"})
    )
    small_house.later(seconds=1).create(name="Lin", points=5)
    small_house.settle()
    steps = small_house.run().steps
    assert [(each.type, each.state) for each in steps] == [
        ("start_cadence", "done"),
        ("start_cadence", "skipped"),
        ("stop_cadence", "done"),
        ("stop_cadence", "skipped"),
    ]
    assert steps[0].result["plan"] == plan and steps[2].result == {"stopped": 1}


# -- bots and text messages ---------------------------------------------------------------------------------------------------------
def test_a_bot_of_a_group_chat_says_it(small_house: House, receiver: Receiver) -> None:
    allow(customers(small_house), receiver)
    with small_house.workspace.writing(SYSTEM) as act:
        bots.save(act, bots.Bot("Sales", "wecom", receiver.url))
    small_house.publish(automation(created(), {"type": "notify", "channel": "bot", "bot": "Sales", "subject": "{name} is new"}))
    small_house.create(name="Lin")
    small_house.settle()
    assert receiver.calls[0].json == {"msgtype": "text", "text": {"content": "Lin is new"}} and small_house.run().state == "done"


@pytest.mark.parametrize(
    ("more", "answer", "state"),
    [({}, "", "done"), ({"taken": {"code": "0"}}, '{"code": 0}', "done"), ({"taken": {"code": "0"}}, '{"code": 7}', "failed")],
)
def test_a_text_message_goes_through_whatever_gateway_is_set_up(
    small_house: House, receiver: Receiver, more: Json, answer: str, state: str
) -> None:
    gateway(customers(small_house), receiver, **more)
    receiver.answers = [lambda handler: replying(handler, answer)]
    step = {"type": "notify", "channel": "sms", "to": ["field:mobile"], "body": "Hello {name} {to}"}
    small_house.publish(automation(created(), {**step, "body": "Hello {name}"}))
    small_house.create(name="{to} Lin", mobile="13800000000")
    small_house.settle()
    assert small_house.run().state == state
    assert receiver.calls[0].json == {"mobile": "+8613800000000", "words": ["Hello {to} Lin"], "id": f"{small_house.run().id}/0:0"}


def replying(handler: Any, text: str, status: int = 200) -> None:
    body = text.encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


# -- a segment ------------------------------------------------------------------------------------------------------------------------
def test_quiet_hours_may_pass_midnight() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")

    def end(hour: int, *hours: str) -> datetime | None:
        return quiet_end(datetime(2024, 5, 6, hour, 30, tzinfo=shanghai).astimezone(UTC), shanghai, *hours)

    assert end(12, "21:00", "09:00") is None and end(13, "12:00", "12:00") is None
    assert end(22, "21:00", "09:00") == datetime(2024, 5, 7, 9, tzinfo=shanghai)
    assert end(3, "21:00", "09:00") == datetime(2024, 5, 6, 9, tzinfo=shanghai)
    assert end(12, "12:00", "14:00") == datetime(2024, 5, 6, 14, tzinfo=shanghai)


def segment_house(house: House, receiver: Receiver, **settings: Any) -> House:
    gateway(customers(house), receiver)
    step = {"type": "send_to_segment", "segment": "many", "form": "customer", "channel": "sms", "address": "mobile", "consent": "agreed"}
    step |= {"body": "Hello {name}", "batch": 2, "minutes": 5, **settings}
    house.publish(
        {"kind": "segment", "key": "many", "label": "Many", "form": "customer", "where": "points > 0"},
        automation({"type": "schedule", "cron": "0 10 * * *"}, step),
    )
    for name, mobile, agreed in (
        ("a", "13800000001", True),
        ("b", "13800000002", False),
        ("c", "13800000003", True),
        ("d", "13800000001", True),
        ("e", "13800000005", True),
        ("f", None, True),
    ):
        house.create(name=name, mobile=mobile, agreed=agreed, points=1)
    house.create(name="other", mobile="13800000009", agreed=True, points=0)
    return house


def test_everybody_who_agreed_is_written_to_once_and_in_batches(small_house: House, receiver: Receiver) -> None:
    segment_house(small_house, receiver).ticks("2024-05-07 09:59", "2024-05-07 10:00")
    assert [call.json["words"] for call in receiver.calls] == [["Hello a"], ["Hello c"]]
    small_house.later(minutes=4).settle()
    assert len(receiver.calls) == 2
    small_house.later(minutes=1).settle()
    assert [call.json["words"][0][-1] for call in receiver.calls] == ["a", "c", "e"] and len(set(receiver.keys)) == 3
    assert small_house.run().state == "done" and small_house.run().steps[0].result["counts"] == {"sent": 3, "skipped": 3}


def test_at_night_nothing_goes_out_and_the_rest_goes_in_the_morning(small_house: House, receiver: Receiver) -> None:
    segment_house(small_house, receiver, quiet_from="10:02", quiet_until="12:00").ticks("2024-05-07 09:59", "2024-05-07 10:00")
    small_house.later(minutes=5).settle()
    assert len(receiver.calls) == 2 and small_house.run().state not in ("done", "failed")
    small_house.at("2024-05-07 12:00").settle()
    assert len(receiver.calls) == 3 and small_house.run().state == "done"


def test_broken_off_in_the_middle_only_those_are_written_to_who_were_not(small_house: House, receiver: Receiver) -> None:
    segment_house(small_house, receiver, batch=10)
    receiver.answers = [200, 400, 503]
    small_house.ticks("2024-05-07 09:59", "2024-05-07 10:00")
    small_house.later(minutes=2).settle()
    assert [call.json["words"][0][-1] for call in receiver.calls] == ["a", "c", "e", "e"] and len(set(receiver.keys)) == 3
    assert small_house.run().steps[0].result["counts"] == {"sent": 2, "failed": 1, "skipped": 3}
    with small_house.workspace.reading(SYSTEM) as act:
        lines = act.connection.execute(sa.select(tables.mass_message).where(tables.mass_message.c.state == "failed")).all()
    assert len(lines) == 1 and "400" in lines[0].message


# -- calls ------------------------------------------------------------------------------------------------------------------------------
def calling(receiver: Receiver, **settings: Any) -> Json:
    return {"type": "http_request", "key": "answer", "url": receiver.url, "method": "POST", **settings}


def test_what_another_system_answers_is_used_by_the_steps_behind(small_house: House, receiver: Receiver) -> None:
    allow(customers(small_house), receiver)
    secret(small_house, "crm_token", "s3cret\n")
    take = {
        "score": {"path": "data/items/0/score", "type": "number"},
        "since": {"path": "data/since", "type": "date"},
        "none": {"path": "a/b"},
    }
    settings = {
        "headers": {"X-From": "tierloom"},
        "secrets_in": {"Authorization": "Bearer {crm_token}"},
        "body": {"n": "name", "p": "points"},
    }
    receiver.answers = [lambda handler: replying(handler, '{"data": {"items": [{"score": 12.5}], "since": "2024-02-03T10:00:00Z"}}')]
    small_house.publish(
        automation(
            created(),
            calling(receiver, take=take, send_as="form", **settings) | {"url": f"{receiver.url}/{{name}}?q={{points}}"},
            setting(points="answer.score"),
            tell(subject="{answer.since} {answer.status} {answer.none}"),
        )
    )
    lin = small_house.create(name="a/b 林", points=2)
    small_house.settle()
    (call,) = receiver.calls
    assert small_house.run().state == "done", small_house.run().reason
    assert call.path == "/hook/a%2Fb%20%E6%9E%97?q=2.00" and call.body == b"n=a%2Fb+%E6%9E%97&p=2.00"
    assert call.headers["Authorization"] == "Bearer s3cret" and call.headers["X-From"] == "tierloom"
    assert small_house.values(lin)["points"] == 12.5 and small_house.notifications() == [(1, "2024-02-03 200 ")]
    assert "s3cret" not in str(small_house.run())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("no json", "no JSON"),
        ('{"score": "x"}', "not of the type"),
        ('{"score": 1e400}', "not of the type"),
        ('{"score": true}', "not of the type"),
    ],
)
def test_an_answer_of_another_shape_ends_the_run_in_words(small_house: House, receiver: Receiver, answer: str, said: str) -> None:
    allow(customers(small_house), receiver)
    receiver.answers = [lambda handler: replying(handler, answer)]
    small_house.publish(automation(created(), calling(receiver, take={"score": {"path": "score", "type": "number"}})))
    small_house.create(name="a")
    small_house.settle()
    assert small_house.run().state == "failed" and said in small_house.run().reason["en"] and len(receiver.calls) == 1


def test_an_answer_that_is_said_to_be_fine_is_no_failure(small_house: House, receiver: Receiver) -> None:
    allow(customers(small_house), receiver)
    receiver.answers = [404]
    step = calling(receiver, method="GET", fine=[404], take={"score": {"path": "score"}})
    small_house.publish(automation(created(), step, tell(subject="{answer.status}{answer.score}")))
    small_house.create(name="a")
    small_house.settle()
    assert small_house.notifications() == [(1, "404")]


def test_a_private_address_is_not_called(small_house: House, receiver: Receiver) -> None:
    customers(small_house).publish(automation(created(), calling(receiver)))
    small_house.create(name="a")
    small_house.settle()
    assert small_house.run().state == "failed" and receiver.calls == []
    with small_house.workspace.writing(SYSTEM) as act:
        runs.retry(act, small_house.run().id)


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ({"type": "http_request", "url": "https://{name}.example.com/"}, "steps/0/url"),
        ({"type": "http_request", "url": "https://example.com/", "headers": {"Host": "x"}}, "steps/0/headers/Host"),
        ({"type": "http_request", "url": "https://example.com/", "headers": {"X-A": "a\nb"}}, "steps/0/headers/X-A"),
        ({"type": "http_request", "url": "https://example.com/", "secrets_in": {"X-A": "plain"}}, "steps/0/secrets_in/X-A"),
        ({"type": "http_request", "url": "https://example.com/", "take": {"a": {"path": "a"}}}, "steps/0/key"),
        ({"type": "http_request", "url": "https://example.com/", "method": "GET", "body": {"a": "1"}}, "steps/0/body"),
        ({"type": "notify", "subject": "x"}, "steps/0/to"),
        ({"type": "notify", "channel": "bot", "subject": "x"}, "steps/0/bot"),
        ({"type": "notify", "channel": "sms", "to": ["role:boss"], "body": "x"}, "steps/0/to/0"),
        ({"type": "notify", "channel": "sms", "to": ["field:mail"], "body": "x"}, "steps/0/to/0"),
        ({"type": "notify", "to": ["role:boss"]}, "steps/0/subject"),
        ({"type": "notify", "to": ["role:boss"], "wording": "none"}, "steps/0/wording"),
        ({"type": "send_to_segment", "segment": "none", "form": "customer", "address": "mail", "consent": "agreed", "subject": "x"}, "steps/0/segment"),
        ({"type": "send_to_segment", "segment": "many", "form": "customer", "address": "name", "consent": "agreed", "subject": "x"}, "steps/0/address"),
        ({"type": "send_to_segment", "segment": "many", "form": "customer", "address": "mail", "consent": "name", "subject": "x"}, "steps/0/consent"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_work_is_refused_with_its_path(step: Json, path: str) -> None:
    from runtime.definitions import loading
    from runtime.definitions.loading import load

    segment = {"kind": "segment", "key": "many", "label": "Many", "form": "customer", "where": "agreed"}
    catalogue = catalogue_of(form_json(text(), phone(), email("mail"), checkbox("agreed")), segment)
    assert [problem.path for problem in loading.check([load(automation(created(), step))], catalogue)] == [path]
