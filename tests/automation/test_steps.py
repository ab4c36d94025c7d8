"""What the steps do, one after the other."""

from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise

import pytest

from runtime.automation import log
from runtime.people.person import SYSTEM
from runtime.system import clock, tables
from runtime.system.secrets import set_secret
from tests.automation.conftest import House, Receiver, adding, allow, automation, created, setting, tell, updated, visits, webhook
from tests.makers import checkbox, choice, day, email, form_json, member, money, number, options, reference, text

TAGS = {
    "kind": "tag_set",
    "key": "marks",
    "label": "Marks",
    "form": "customer",
    "tags": [{"key": "vip", "label": "VIP"}, {"key": "old", "label": "Old"}, {"key": "short", "label": "Short", "rule": "LEN(name) < 2"}],
}


def customers(house: House, *fields: dict) -> House:
    house.person("boss@example.com", "boss", language="en")
    house.publish(form_json(text(), *(fields or (checkbox("consent"), number("points")))), visits())
    return house


# -- records ----------------------------------------------------------------------------------------------------------------------
def test_steps_write_the_record_and_add_others(house: House) -> None:
    customers(house).publish(
        automation(
            created(),
            setting(points="IFEMPTY(points, 0) + 10"),
            adding(note="'Welcome ' & name & ', points: ' & points", customer="record"),
        )
    )
    lin = house.create(name="Lin", points=5)
    house.settle()
    assert house.values(lin)["points"] == 15
    (visit,) = house.all("visit")
    assert visit["customer"] == lin and visit["note"].startswith("Welcome Lin, points: 15")
    run = house.run()
    assert [(step.path, step.type, step.state) for step in run.steps] == [("0", "update_record", "done"), ("1", "create_record", "done")]
    assert run.steps[0].result["changed"] == ["points"]


def test_a_step_may_write_the_record_that_a_reference_points_at(house: House) -> None:
    customers(house).publish(
        automation(created("visit"), {"type": "update_record", "target": "customer", "values": {"points": "customer.points + 1"}})
    )
    lin = house.create(name="Lin", points=5)
    house.create("visit", note="a", customer=lin)
    house.create("visit", note="b")
    house.settle()
    assert house.values(lin)["points"] == 6
    assert [run.steps[0].state for run in house.runs()] == ["done", "skipped"]


def test_what_a_step_writes_is_told_to_other_automations_as_from_an_automation(house: House) -> None:
    customers(house).publish(
        automation(created(), setting(points="1")),
        automation(updated("points"), tell(subject="seen"), key="listens", sources=["automation"]),
        automation(updated("points"), tell(subject="not seen"), key="deaf", sources=["form"]),
    )
    house.create(name="Lin")
    house.settle()
    assert house.notifications() == [(1, "seen")]


def test_a_value_that_the_form_refuses_ends_the_run_and_says_what_is_wrong(house: House) -> None:
    customers(house, choice("grade", "a", "b"), number("points")).publish(
        automation(created(), setting(points="7"), setting(grade="name"), tell())
    )
    lin = house.create(name="Lin")
    house.settle()
    run = house.run()
    assert run.state == "failed" and [step.state for step in run.steps] == ["done", "failed"]
    assert house.values(lin)["points"] == 7 and house.values(lin)["grade"] is None
    assert run.reason == run.steps[1].message and run.steps[1].tries == 1


def test_a_run_that_failed_goes_on_from_the_step_at_which_it_stood(house: House) -> None:
    customers(house, text("code", unique=True), number("points"))
    house.publish(automation(created(), adding(note="name"), setting(code="'same'"), tell(subject="done")))
    for name in ("first", "second"):
        house.create(name=name)
        house.settle()
    first, second = house.runs()
    assert (first.state, second.state) == ("done", "failed")
    house.update(first.record, code="other")
    with house.workspace.writing(SYSTEM) as act:
        from runtime.automation import runs

        runs.retry(act, second.id)
    house.settle()
    assert [run.state for run in house.runs()] == ["done", "done"]
    assert len(house.all("visit")) == 2 and len(house.notifications()) == 2


def test_a_branch_takes_one_arm_and_leads_on(house: House) -> None:
    customers(house).publish(
        automation(
            created(),
            {
                "type": "branch",
                "when": "consent",
                "then": [adding(note="'yes'")],
                "otherwise": [adding(note="'no'"), adding(note="'no again'")],
            },
            adding(note="'after'"),
        )
    )
    for consent in (True, False):
        house.create(name="x", consent=consent)
        house.settle()
    assert [visit["note"] for visit in house.all("visit")] == ["yes", "after", "no", "no again", "after"]
    assert [step.path for step in house.runs()[1].steps] == ["0", "0/otherwise/0", "0/otherwise/1", "1"]


# -- tags ---------------------------------------------------------------------------------------------------------------------------
def test_tags_are_added_and_removed(house: House) -> None:
    house.publish(
        form_json(text(), {"type": "tags", "key": "tags", "label": "Tags", "tag_set": "marks"}),
        TAGS,
        automation(
            created(),
            *(
                {"type": kind, "tag_set": "marks", "tag": tag}
                for kind, tag in (("add_tag", "vip"), ("add_tag", "old"), ("remove_tag", "old"), ("remove_tag", "old"))
            ),
        ),
    )
    lin = house.create(name="Lin")
    house.settle()
    assert house.values(lin)["tags"] == ("vip",)
    assert [step.result["changed"] for step in house.run().steps] == [True, True, True, False]


# -- people -------------------------------------------------------------------------------------------------------------------------
def assigning(**settings: object) -> dict:
    return automation(created(), {"type": "assign", "field": "owner", "pool": "role:sales", **settings})


def sales(house: House, count: int = 3) -> House:
    house.publish(form_json(text(), member()))
    for number_ in range(count):
        house.person(f"sales{number_}@example.com", "sales")
    house.person("left@example.com", "sales", active=False)
    return house


def owners(house: House) -> list[int | None]:
    return [each["owner"] for each in house.all("customer")]


def test_whoever_has_the_fewest_gets_the_next(house: House) -> None:
    sales(house)
    house.create(name="mine", owner=1)
    house.create(name="mine too", owner=1)
    house.create(name="his", owner=2)
    house.later(seconds=1).publish(assigning())
    for name in "abcd":
        house.create(name=name)
        house.settle()
    assert owners(house)[3:] == [3, 2, 3, 1]


def test_in_turn_means_one_after_the_other(house: House) -> None:
    sales(house).publish(assigning(by="round_robin"))
    for name in "abcd":
        house.create(name=name)
        house.settle()
    assert owners(house) == [1, 2, 3, 1]


@pytest.mark.parametrize("by", ["least_loaded", "round_robin"])
def test_nobody_gets_more_than_fits_and_the_log_says_when_all_are_full(house: House, by: str) -> None:
    sales(house, 2).publish(assigning(by=by, capacity=1))
    for name in "abc":
        house.create(name=name)
        house.settle()
    assert sorted(owners(house)[:2]) == [1, 2] and owners(house)[2] is None
    last = house.runs()[2]
    assert last.state == "done" and last.steps[0].state == "skipped" and "Everybody" in last.steps[0].message["en"]


def test_an_empty_pool_leaves_the_record_where_it_is(small_house: House) -> None:
    sales(small_house, 0).publish(assigning())
    small_house.create(name="a")
    small_house.settle()
    assert owners(small_house) == [None] and small_house.run().steps[0].state == "skipped"


# -- messages -------------------------------------------------------------------------------------------------------------------------
def test_everybody_is_told_in_their_own_language(house: House) -> None:
    house.publish(
        form_json(text(), choice("grade", options=options("gold")), member(), day(), money("spend")),
        automation(
            created(),
            tell(
                "role:boss",
                "field:owner",
                "user:boss@example.com",
                subject={"zh": "{name} 升到 {grade}", "en": "{name} is {grade}"},
                body="{spend} {due_on} {owner}",
            ),
        ),
    )
    house.person("boss@example.com", "boss", language="en")
    house.person("ning@example.com", language="zh")
    house.create(name="Lin", grade="gold", owner=2, spend="1234.5", due_on="2024-05-06")
    house.settle()
    assert house.notifications() == [(1, "Lin is Gold"), (2, "Lin 升到 gold的标签")]
    with house.workspace.reading(SYSTEM) as act:
        bodies = act.connection.execute(tables.notification.select()).all()
    assert "1,234.50" in bodies[0].body and "2024-05-06" in bodies[0].body and "Ning" in bodies[0].body


def test_a_place_may_hold_a_formula_and_text_in_it_is_not_read_again(small_house: House) -> None:
    customers(small_house).publish(automation(created(), tell(subject="{IF(points > 5, 'many', 'few')} {name}")))
    small_house.create(name="{points}", points=9)
    small_house.settle()
    assert small_house.notifications() == [(1, "many {points}")]


def test_nobody_there_to_be_told_is_no_failure(small_house: House) -> None:
    customers(small_house).publish(automation(created(), tell("role:nobody")))
    small_house.create(name="a")
    small_house.settle()
    assert small_house.run().state == "done" and small_house.run().steps[0].state == "skipped"


# -- webhooks -------------------------------------------------------------------------------------------------------------------------
def test_a_webhook_is_signed_and_carries_a_key_of_its_own(house: House, receiver: Receiver) -> None:
    allow(customers(house), receiver)
    with house.workspace.writing(SYSTEM) as act:
        set_secret(act.connection, house.workspace.settings.secret_key, "hook", "s3cret")
    house.publish(automation(created(), webhook(receiver, secret="hook")))
    lin = house.create(name="Lin")
    house.settle()
    (call,) = receiver.calls
    run = house.run()
    assert run.state == "done" and run.steps[0].result == {"status": 200}
    assert call.json == {
        "automation": "rule",
        "run": str(run.id),
        "trigger": "record_created",
        "form": "customer",
        "record": str(lin),
        "at": house.moment.isoformat(),
    }
    assert call.headers["Idempotency-Key"] == f"{run.id}/0"
    stamp = call.headers["X-Tierloom-Timestamp"]
    assert (
        call.headers["X-Tierloom-Signature"]
        == "sha256=" + hmac.new(b"s3cret", f"{stamp}.".encode() + call.body, hashlib.sha256).hexdigest()
    )
    assert int(stamp) == clock.to_micros(house.moment) // 1_000_000


def test_a_webhook_sends_the_values_it_is_told_to(small_house: House, receiver: Receiver) -> None:
    allow(customers(small_house, number("points"), day()), receiver)
    small_house.publish(
        automation(
            created(),
            webhook(receiver, method="PUT", body={"who": "name", "points": "points * 2", "when": "due_on", "none": "IF(points > 99, 'x')"}),
        )
    )
    small_house.create(name="林", points="1.5", due_on="2024-05-06")
    small_house.settle()
    assert receiver.calls[0].json == {"who": "林", "points": "3.00", "when": "2024-05-06", "none": None}


def test_a_permanent_refusal_is_not_tried_again(small_house: House, receiver: Receiver) -> None:
    """Case A26 a."""
    allow(customers(small_house), receiver)
    receiver.answers = [400]
    small_house.publish(automation(created(), webhook(receiver)))
    small_house.create(name="a")
    for _minute in range(5):
        small_house.later(minutes=1).settle()
    assert len(receiver.calls) == 1 and small_house.run().state == "failed" and "400" in small_house.run().reason["en"]


def test_the_other_side_may_ask_to_wait(small_house: House, receiver: Receiver) -> None:
    """Case A26 b: not before what Retry-After asks for, under the same key."""
    allow(customers(small_house), receiver)
    receiver.answers = [(429, {"Retry-After": "70"}), 200]
    small_house.publish(automation(created(), webhook(receiver)))
    small_house.create(name="a")
    small_house.settle()
    small_house.later(seconds=69).settle()
    assert len(receiver.calls) == 1
    small_house.later(seconds=8).settle()
    assert len(receiver.calls) == 2 and len(set(receiver.keys)) == 1
    assert small_house.run().state == "done" and small_house.run().steps[0].tries == 2


def test_a_receiver_that_never_recovers_is_given_up_after_the_tries_allowed(small_house: House, receiver: Receiver) -> None:
    """Case A26 c: five tries, each wait twice the one before or up to a quarter less, then failed, and the rest of the steps is not done."""
    allow(customers(small_house), receiver)
    receiver.answers = [503] * 9
    small_house.publish(automation(created(), webhook(receiver), tell()))
    small_house.create(name="a")
    moments = []
    for second in range(200):
        before = len(receiver.calls)
        small_house.settle()
        moments += [second] * (len(receiver.calls) - before)
        small_house.later(seconds=1)
    waits = [after - before for before, after in pairwise(moments)]
    assert len(waits) == 4 and all(0.75 * whole <= wait <= whole + 1 for wait, whole in zip(waits, (10, 20, 40, 80), strict=True))
    assert small_house.run().state == "failed" and small_house.run().steps[0].tries == 5 and small_house.notifications() == []


def test_a_failed_call_can_be_sent_again_by_hand(small_house: House, receiver: Receiver) -> None:
    from runtime.automation import runs

    allow(customers(small_house), receiver)
    receiver.answers = [400]
    small_house.publish(automation(created(), webhook(receiver), tell()))
    small_house.create(name="a")
    small_house.settle()
    with small_house.workspace.writing(SYSTEM) as act:
        runs.retry(act, small_house.run().id)
    small_house.settle()
    assert small_house.run().state == "done" and len(small_house.notifications()) == 1 and len(set(receiver.keys)) == 1


def test_a_missing_secret_is_named_and_nothing_is_sent(small_house: House, receiver: Receiver) -> None:
    allow(customers(small_house), receiver)
    small_house.publish(automation(created(), {"type": "branch", "when": "true", "then": [webhook(receiver, secret="nowhere")]}))
    with small_house.workspace.reading(SYSTEM) as act:
        assert log.missing_secrets(act, act.catalogue.automations["rule"]) == ["nowhere"]
    small_house.create(name="a")
    small_house.settle()
    assert small_house.run().state == "failed" and "nowhere" in small_house.run().reason["en"] and receiver.calls == []


def test_a_secret_stands_nowhere_in_the_log(small_house: House, receiver: Receiver) -> None:
    allow(customers(small_house), receiver)
    with small_house.workspace.writing(SYSTEM) as act:
        set_secret(act.connection, small_house.workspace.settings.secret_key, "hook", "very-s3cret")
    small_house.publish(automation(created(), webhook(receiver, secret="hook")))
    small_house.create(name="a")
    small_house.settle()
    with small_house.workspace.reading(SYSTEM) as act:
        rows = [str(row) for table in tables.metadata.sorted_tables for row in act.connection.execute(table.select())]
    assert not any("very-s3cret" in row for row in rows)


# -- what publishing refuses ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("step", "path"),
    [
        (setting(nothing="1"), "steps/0/values/nothing"),
        (setting(name="nothing"), "steps/0/values/name"),
        (setting(points="'text'"), "steps/0/values/points"),
        ({"type": "update_record", "target": "name", "values": {"name": "'a'"}}, "steps/0/target"),
        (adding("nowhere", note="'a'"), "steps/0/form"),
        (adding("strict"), "steps/0/values/need"),
        ({"type": "add_tag", "tag_set": "none", "tag": "vip"}, "steps/0/tag_set"),
        ({"type": "add_tag", "tag_set": "marks", "tag": "none"}, "steps/0/tag"),
        ({"type": "remove_tag", "tag_set": "marks", "tag": "short"}, "steps/0/tag"),
        ({"type": "assign", "field": "name", "pool": "role:sales"}, "steps/0/field"),
        ({"type": "assign", "field": "owner", "pool": "field:owner"}, "steps/0/pool"),
        (tell("field:name"), "steps/0/to/0"),
        (tell("field:mail"), "steps/0/to/0"),
        (tell("head_of:starter"), "steps/0/to/0"),
        (tell(subject="{nothing}"), "steps/0/subject"),
        ({"type": "call_webhook", "url": "https://user:word@example.com/"}, "steps/0/url"),
        ({"type": "call_webhook", "url": "https://example.com/", "body": {"a": "nothing"}}, "steps/0/body/a"),
        ({"type": "branch", "when": "name", "then": [tell()]}, "steps/0/when"),
        ({"type": "branch", "when": "true", "otherwise": [tell(), tell(subject="{nothing}")]}, "steps/0/otherwise/1/subject"),
    ],
)
def test_a_step_that_cannot_work_is_refused_with_its_path(step: dict, path: str) -> None:
    from runtime.definitions import loading
    from runtime.definitions.loading import load
    from tests.makers import catalogue_of

    catalogue = catalogue_of(
        form_json(text(), number("points"), member(), email("mail"), {"type": "tags", "key": "tags", "label": "Tags", "tag_set": "marks"}),
        TAGS,
        form_json(text("need", required=True), reference(), key="strict"),
    )
    assert [problem.path for problem in loading.check([load(automation(created(), step))], catalogue)] == [path]


def test_a_trigger_about_no_record_allows_only_steps_that_need_none() -> None:
    from runtime.definitions import loading
    from runtime.definitions.loading import load
    from tests.makers import catalogue_of

    steps = [setting(name="'a'"), tell("field:owner"), adding("customer", name="'daily'"), tell("role:boss", subject="it is {TODAY()}")]
    found = loading.check([load(automation({"type": "schedule", "cron": "0 9 * * *"}, *steps))], catalogue_of(form_json(text(), member())))
    assert sorted({problem.path for problem in found}) == ["steps/0/type", "steps/1/to/0"]


@pytest.mark.parametrize(
    ("trigger", "path"),
    [
        (created("nowhere"), "trigger/form"),
        (updated("nothing"), "trigger/fields/0"),
        (updated(becomes="nothing > 1"), "trigger/becomes"),
        ({"type": "tier_changed", "tier_model": "none"}, "trigger/tier_model"),
        ({"type": "tier_changed", "tier_model": "value", "to": ["none"]}, "trigger/to/0"),
        ({"type": "tier_grace", "tier_model": "none"}, "trigger/tier_model"),
        ({"type": "schedule", "cron": "99 * * * *"}, "trigger/cron"),
        ({"type": "schedule", "cron": "0 0 31 2 *"}, "trigger/cron"),
        ({"type": "schedule", "cron": "0 9 * * *", "timezone": "Moon/Base"}, "trigger/timezone"),
        ({"type": "date_field", "form": "customer", "field": "name"}, "trigger/field"),
        ({"type": "date_field", "form": "customer", "field": "due_at", "every": "year"}, "trigger/every"),
    ],
)
def test_a_trigger_that_cannot_fire_is_refused_with_its_path(trigger: dict, path: str) -> None:
    from runtime.definitions import loading
    from runtime.definitions.loading import load
    from tests.makers import catalogue_of, instant, tier_model_of

    catalogue = catalogue_of(form_json(text(), instant()), tier_model_of())
    assert [problem.path for problem in loading.check([load(automation(trigger, tell("role:boss")))], catalogue)] == [path]
