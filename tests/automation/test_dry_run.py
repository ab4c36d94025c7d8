"""Dry runs: what an automation would do, told without writing a row and without a call."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import replaying
from runtime.automation.dry_run import Case, in_force, try_cases, try_record
from runtime.automation.replaying import case_again, case_now, forgotten, replay
from runtime.definitions.automation import Automation
from runtime.definitions.loading import load
from runtime.errors import NotFound
from runtime.people.person import SYSTEM, Person
from runtime.records import query
from runtime.system.tables import event, metadata
from tests.automation.conftest import House, adding, automation, created, setting, tell, updated, visits
from tests.makers import Json, checkbox, email, form_json, member, number, text

BUILDER = Person(99, "lead@example.com", "Lead", frozenset({"builder"}))
CUSTOMER = form_json(text(), number("size"), member(), checkbox("agrees"), email())
WEBHOOK = {"type": "call_webhook", "url": "https://example.com/hook", "body": {"who": "name"}}
EVERYTHING = (
    {"type": "assign", "field": "owner", "pool": "role:senior"},
    setting(size="size + 1"),
    adding(note="'Call ' & name", customer="record"),
    {
        "type": "branch",
        "when": "agrees",
        "then": [tell("field:email", channel="email", subject="Hello {name}", body="You have {size}.")],
        "otherwise": [tell("role:senior", subject="{name} did not agree")],
    },
    WEBHOOK,
    {"type": "wait", "days": 2},
    tell("field:owner", subject="Remember {name}"),
)


def drafted(body: Json) -> Automation:
    found = load(body)
    assert isinstance(found, Automation)
    return found


@pytest.fixture
def shop(small_house: House) -> House:
    return furnished(small_house)


def furnished(house: House) -> House:
    house.person("ann@example.com", "senior")
    house.publish(CUSTOMER, visits())
    house.create(name="Li", size=3, agrees=True, email="li@example.com")
    house.create(name="Wu", size=1, agrees=False)
    house.settle()
    return house


def contents(house: House) -> dict[str, list[Any]]:
    """Every row of every table that Tierloom has, those of forms too."""
    inspected = sa.inspect(house.workspace.engine)
    with house.workspace.engine.connect() as connection:
        names = [each for each in inspected.get_table_names() if each != "alembic_version"]
        return {name: sorted(map(repr, connection.execute(sa.text(f'SELECT * FROM "{name}"')).all())) for name in names}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whatever asks for an address or a connection is noted and refused."""
    asked: list[Any] = []

    def refuse(*given: Any, **_more: Any) -> Any:
        asked.append(given)
        raise OSError("there is no network in a dry run")

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    return asked


def tried(house: House, body: Json, record: int, **settings: Any) -> Any:
    with house.workspace.reading(BUILDER) as act:
        case = case_now(act, drafted(body), record)
    return try_record(house.workspace, BUILDER, drafted(body), [], case, "en", **settings)


# -- nothing is written, nobody is told -----------------------------------------------------------------------------------------------
def test_not_a_row_and_not_a_call(house: House, no_network: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    furnished(house)
    if house.workspace.engine.dialect.name == "postgresql":  # its driver connects without Python's sockets, but asks for the address
        monkeypatch.undo()
    assert len(metadata.tables) <= len(contents(house))
    before, bell = contents(house), house.workspace.bell
    body = automation(created(), *EVERYTHING)
    one = tried(house, body, 1)
    with house.workspace.reading(BUILDER) as act:
        acting = in_force(act, drafted(body), [])
        found = replay(acting, drafted(body), "30")
    many = try_cases(house.workspace, BUILDER, drafted(body), [], found.samples, "en")
    assert [each.state for each in one.steps] == ["done", "done", "done", "done", "prepared", "prepared", "waits", "done"]
    assert [len(each.steps) for each in many] == [8, 8]
    assert contents(house) == before
    assert no_network == [] and house.workspace.bell is bell


def test_ids_of_a_dry_run_are_given_out_again(shop: House) -> None:
    tried(shop, automation(created(), adding(note="name")), 1)
    assert shop.create("visit", note="real") == 1


def test_a_dry_run_leaves_the_published_automation_as_it_is(shop: House) -> None:
    shop.publish(automation(created(), setting(name="name & '1'")))
    tried(shop, automation(created(), setting(name="name & '2'")), 1)
    record = shop.create(name="x")
    shop.settle()
    assert shop.values(record)["name"] == "x1"


# -- what is told ---------------------------------------------------------------------------------------------------------------------
def test_each_step_says_what_it_changes_before_and_after(shop: House) -> None:
    steps = tried(shop, automation(created(), *EVERYTHING), 1).steps
    assert steps[0].changes[0]["fields"] == [{"label": "Owner", "before": "", "after": "Ann"}]
    assert steps[1].changes[0]["fields"] == [{"label": "Size", "before": "3.00", "after": "4.00"}]
    assert (steps[2].changes[0]["kind"], steps[2].changes[0]["fields"][0]["after"]) == ("record_created", "Call Li")


def test_messages_are_rendered_with_what_the_steps_before_them_wrote(shop: House) -> None:
    steps = tried(shop, automation(created(), *EVERYTHING), 1).steps
    assert steps[4].messages == [{"to": "l***@example.com", "subject": "Hello Li", "body": "You have 4.00."}]
    assert steps[5].sends == [{"name": "body", "value": '{"who":"Li"}'}]
    assert steps[7].messages == [{"to": "Ann", "subject": "Remember Li", "body": ""}]


def test_the_arm_that_is_taken_is_the_one_that_is_told(shop: House) -> None:
    places = [each.place for each in tried(shop, automation(created(), *EVERYTHING), 2).steps]
    assert "steps/3/otherwise/0" in places and "steps/3/then/0" not in places


def test_a_loop_tells_each_time_it_goes_round(shop: House) -> None:
    for note in ("a", "b"):
        shop.create("visit", note=note, customer=1)
    loop = {"type": "for_each", "key": "one", "form": "visit", "field": "customer", "each": [tell("role:senior", subject="{one.note}")]}
    steps = tried(shop, automation(created(), loop), 1).steps
    assert [each.messages[0]["subject"] for each in steps[1:]] == ["b", "a"]
    assert {each.place for each in steps[1:]} == {"steps/0/each/0"}


def test_a_condition_is_explained_and_the_steps_can_be_tried_all_the_same(shop: House) -> None:
    body = automation(created(), setting(size="9"), when="size > 2")
    holds, fails = tried(shop, body, 1), tried(shop, body, 2)
    assert (holds.verdict.state, len(holds.steps)) == ("runs", 1)
    assert (fails.verdict.state, fails.verdict.reason.text, fails.steps) == ("skipped", "Its condition did not hold.", [])
    assert fails.verdict.explanation is not None and fails.verdict.explanation["children"]
    assert len(tried(shop, body, 2, anyway=True).steps) == 1


def test_a_step_that_would_fail_is_told_and_ends_it(shop: House) -> None:
    steps = tried(shop, automation(created(), {"type": "stop", "failed": True, "reason": "enough"}, setting(size="9")), 1).steps
    assert [(each.state, each.message) for each in steps] == [("failed", "enough")]


def test_capacity_fills_up_from_case_to_case(shop: House) -> None:
    body = automation(created(), {"type": "assign", "field": "owner", "pool": "role:senior", "capacity": 1})
    found = try_cases(shop.workspace, BUILDER, drafted(body), [], [Case(1), Case(2)], "en")
    assert [each.steps[0].state for each in found] == ["done", "skipped"]


# -- the past -------------------------------------------------------------------------------------------------------------------------
def replayed(house: House, body: Json, days: int = 30) -> replaying.Slice:
    with house.workspace.reading(BUILDER) as act:
        return replay(in_force(act, drafted(body), []), drafted(body), str(days))


def test_the_past_is_counted_by_the_matching_rule(shop: House) -> None:
    found = replayed(shop, automation(created(), setting(size="9"), when="size > 2"))
    assert (found.matched, found.runs, found.skipped, found.next) == (2, 1, 1, None)
    assert found.reasons == {"Its condition did not hold.": 1}
    assert [each.record for each in found.samples] == [1]


def test_what_the_event_said_counts_not_what_is_there_now(shop: House) -> None:
    shop.update(2, size=50)
    shop.update(2, size=0)
    found = replayed(shop, automation(updated("size"), tell("role:senior", subject="{previous.size} to {size}"), when="size > 40"))
    assert (found.matched, found.runs) == (2, 1)
    with shop.workspace.reading(BUILDER) as act:
        draft = drafted(automation(updated("size"), tell("role:senior", subject="{previous.size} to {size}"), when="size > 40"))
        case = case_again(act, draft, 2, found.samples[0].event, None)
    told = try_cases(shop.workspace, BUILDER, draft, [], [case], "en")[0]
    assert told.steps[0].messages[0]["subject"] == "1.00 to 50.00"


def test_only_the_chosen_days_count(shop: House) -> None:
    body = automation(created(), setting(size="9"))
    shop.moment += timedelta(days=8)
    shop.create(name="New", size=1)
    assert [replayed(shop, body, days).matched for days in (1, 7, 30)] == [0, 1, 3]
    shop.moment += timedelta(days=1)
    assert replayed(shop, body, 1).matched == 1
    with pytest.raises(NotFound):
        replayed(shop, body, 5)


def test_any_days_can_be_chosen_and_last_month_by_its_name(shop: House) -> None:
    body, began = automation(created(), setting(size="9")), shop.moment
    day = began.date()
    assert period_of(shop, body, f"{day}..{day}").matched == 2
    assert period_of(shop, body, f"{day - timedelta(days=9)}..{day - timedelta(days=1)}").matched == 0
    shop.moment = (began.replace(day=1) + timedelta(days=33)).replace(day=4)
    assert period_of(shop, body, "month").matched == 2
    for wrong in (
        f"{day}..{day - timedelta(days=1)}",
        "2999-01-01..2999-01-02",
        "2024-02-31..2024-03-01",
        "1999-01-01..2024-01-01",
        "",
        "month ",
    ):
        with pytest.raises(NotFound):
            period_of(shop, body, wrong)


def period_of(house: House, body: Json, wanted: str) -> replaying.Slice:
    with house.workspace.reading(BUILDER) as act:
        return replay(in_force(act, drafted(body), []), drafted(body), wanted)


def test_a_period_that_reaches_back_too_far_says_until_when_nothing_is_known(shop: House) -> None:
    with shop.workspace.reading(BUILDER) as act:
        since = act.now - timedelta(days=90)
        assert forgotten(act, drafted(automation(created(), setting(size="9"))), since) == act.now - timedelta(days=62)
        assert forgotten(act, drafted(automation(created(), setting(size="9"))), act.now - timedelta(days=61)) is None
        assert forgotten(act, drafted(automation({"type": "schedule", "cron": "0 9 * * *"}, tell("role:senior"))), since) is None


def test_a_deleted_record_is_brought_back_in_a_try_and_stays_deleted(shop: House) -> None:
    shop.delete(1)
    body = automation({"type": "record_deleted", "form": "customer"}, {"type": "restore_record"})
    found = tried(shop, body, 1)
    assert (found.verdict.state, found.steps[0].state, found.steps[0].changes[0]["kind"]) == ("runs", "done", "record_restored")
    with shop.workspace.reading(BUILDER) as act:
        assert query.get(act, "customer", 1, deleted=True).deleted_at is not None


def test_sources_count_as_they_would(shop: House) -> None:
    shop.create(source="import", name="Many", size=1)
    assert replayed(shop, automation(created(), setting(size="9"))).matched == 2
    assert replayed(shop, automation(created(), setting(size="9"), sources=["import"])).matched == 1


def test_a_long_past_comes_in_slices_that_count_each_event_once(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number_ in range(25):
        shop.create(name=f"c{number_}", size=number_)
    body = drafted(automation(created(), setting(size="9")))
    monkeypatch.setattr(replaying, "SLICE", 0.0)
    matched, begin, slices = 0, "", 0
    with shop.workspace.reading(BUILDER) as act:
        acting = in_force(act, body, [])
        while True:
            part = replay(acting, body, "30", begin)
            matched, slices = matched + part.matched, slices + 1
            assert part.of == 27 and part.done <= part.of
            if part.next is None:
                break
            begin = part.next
    assert matched == 27 and slices > 5


def test_the_clocks_past_is_worked_out_from_its_times(shop: House) -> None:
    body = automation({"type": "schedule", "cron": "0 9 * * *"}, tell("role:senior"))
    assert replayed(shop, body, 7).matched == 7


def test_a_case_whose_event_is_gone_is_said_to_be_gone(shop: House) -> None:
    body = drafted(automation(created(), setting(size="9")))
    with shop.workspace.reading(BUILDER) as act:
        number_ = act.connection.execute(sa.select(sa.func.max(event.c.id))).scalar()
        with pytest.raises(NotFound):
            case_again(act, body, 1, number_ + 1, None)
        with pytest.raises(NotFound):
            case_again(act, body, 999, number_, None)


# -- rights ---------------------------------------------------------------------------------------------------------------------------
def test_whoever_does_not_build_everything_tries_it_with_their_own_rights(shop: House) -> None:
    member_ = Person(98, "mia@example.com", "Mia", frozenset())
    with shop.workspace.reading(member_) as act:
        acting = in_force(act, drafted(automation(created(), setting(size="9"), owner="user:ann@example.com")), [])
        assert acting.person.id == 98


def test_an_owner_who_has_left_cannot_run_it(shop: House) -> None:
    shop.leaves(1)
    with shop.workspace.reading(BUILDER) as act, pytest.raises(NotFound):
        in_force(act, drafted(automation(created(), setting(size="9"), owner="user:ann@example.com")), [])


def test_nobody_is_left_out_of_the_sample_by_the_system(shop: House) -> None:
    with shop.workspace.reading(BUILDER) as act:
        assert in_force(act, drafted(automation(created(), setting(size="9"))), []).person.id == SYSTEM.id
