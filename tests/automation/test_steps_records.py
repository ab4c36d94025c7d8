"""Steps that write records: others, related ones, rows of sub-forms; whoever they are handed to; what hostile input does to them."""

from __future__ import annotations

import pytest

from runtime.automation import runs
from runtime.errors import Refused
from runtime.people.person import SYSTEM
from runtime.records import gateway, locking
from tests.automation.conftest import House, adding, automation, created, setting, tell, updated, visits
from tests.makers import checkbox, choice, day, form_json, member, money, number, reference, subform, text

Json = dict


def orders(**settings: object) -> Json:
    return form_json(
        reference(many_name="orders"),
        money("amount"),
        choice("state", "open", "paid"),
        day("paid_on"),
        key="order",
        title="state",
        **settings,
    )


def house_of(house: House, *fields: Json) -> House:
    house.person("boss@example.com", "boss", language="en")
    house.publish(form_json(text(), *(fields or (number("points"), money("spend"), member()))), visits(), orders())
    return house


def once(house: House, *steps: Json, fields: tuple[Json, ...] = (), **settings: object) -> House:
    """The steps run when the customer's points change."""
    house_of(house, *fields).publish(automation(updated("points"), *steps, **settings))
    house.later(seconds=1)
    return house


def fire(house: House, record: int, points: int = 1) -> None:
    house.update(record, points=points)
    house.settle()


def states(house: House) -> list[tuple[str, str]]:
    return [(step.type, step.state) for step in house.runs()[-1].steps]


# -- records ------------------------------------------------------------------------------------------------------------------------
def test_a_record_is_known_by_a_value_and_changed_or_added(small_house: House) -> None:
    match = {
        "type": "update_or_create",
        "key": "visit",
        "form": "visit",
        "match": {"note": "name"},
        "values": {"customer": "record"},
    }
    once(small_house, match, tell(subject="{visit.is_new} {visit.note} {visit}"))
    lin = small_house.create(name="Lin")
    fire(small_house, lin)
    fire(small_house, lin, 2)
    assert [each["customer"] for each in small_house.all("visit")] == [lin]
    assert [subject for _person, subject in small_house.notifications()] == ["yes Lin Lin", "no Lin Lin"]


def test_a_blank_value_to_know_a_record_by_adds_nothing(small_house: House) -> None:
    once(small_house, {"type": "update_or_create", "form": "order", "match": {"amount": "spend"}})
    fire(small_house, small_house.create(name="Lin"))
    assert small_house.all("order") == [] and states(small_house) == [("update_or_create", "skipped")]


def test_related_records_are_added_changed_and_deleted(house: House) -> None:
    once(
        house,
        {"type": "create_related", "key": "fresh", "relation": "orders", "values": {"amount": "spend * 10", "state": "'open'"}},
        {
            "type": "update_related",
            "relation": "orders",
            "where": "state == 'open'",
            "values": {"amount": "amount + this.spend", "state": "'paid'"},
        },
        {"type": "delete_related", "relation": "orders", "where": "amount > this.spend * 20"},
        setting(spend="fresh.amount"),
    )
    lin, wu = house.create(name="Lin", spend=3), house.create(name="Wu")
    for customer, amount, state in ((lin, 5, "open"), (lin, 7, "paid"), (lin, 500, "paid"), (wu, 1, "open")):
        house.create("order", customer=customer, amount=amount, state=state)
    fire(house, lin, 3)
    assert house.runs()[-1].state == "done", house.runs()[-1].reason
    assert sorted((int(each["amount"]), each["state"]) for each in house.all("order")) == [
        (1, "open"),
        (7, "paid"),
        (8, "paid"),
        (33, "paid"),
    ]
    assert house.values(lin)["spend"] == 33


def test_a_step_may_be_about_a_record_that_another_step_found(small_house: House) -> None:
    once(
        small_house,
        {"type": "find_one", "key": "largest", "form": "order", "where": "customer == this.record", "order": ["-amount"]},
        {"type": "update_record", "target": "largest", "values": {"state": "'paid'"}},
        {"type": "write_comment", "target": "largest", "text": "{name} has {points}"},
        {"type": "delete_record", "target": "largest"},
    )
    lin = small_house.create(name="Lin")
    largest = small_house.create("order", customer=lin, amount=9, state="open")
    small_house.create("order", customer=lin, amount=2, state="open")
    fire(small_house, lin)
    assert [each["amount"] for each in small_house.all("order")] == [2]
    with small_house.workspace.writing(SYSTEM) as act:
        gateway.restore(act, "order", largest)
    assert small_house.values(largest, "order")["state"] == "paid"


def test_where_none_was_found_the_steps_about_it_do_nothing(small_house: House) -> None:
    found = {"type": "find_one", "key": "largest", "form": "order", "where": "customer == this.record"}
    once(small_house, found, {"type": "delete_record", "target": "largest"}, {"type": "write_comment", "target": "largest", "text": "x"})
    fire(small_house, small_house.create(name="Lin"))
    assert states(small_house) == [("find_one", "done"), ("delete_record", "skipped"), ("write_comment", "skipped")]


def test_rows_of_a_sub_form_are_added_changed_and_taken_out(house: House) -> None:
    rows = subform("items", text("product"), number("quantity"))
    once(
        house,
        {"type": "add_row", "subform": "items", "values": {"product": "name", "quantity": "points"}},
        {"type": "update_rows", "subform": "items", "where": "quantity < 5", "values": {"quantity": "quantity + points"}},
        {"type": "delete_rows", "subform": "items", "where": "product == 'old'"},
        fields=(number("points"), rows),
    )
    lin = house.create(name="Lin", items=[{"product": "old", "quantity": 9}, {"product": "tea", "quantity": 1}])
    fire(house, lin, 3)
    assert house.runs()[-1].state == "done", house.runs()[-1].reason
    assert [(each["product"], int(each["quantity"])) for each in house.values(lin)["items"]] == [("tea", 4), ("Lin", 6)]


# -- what goes wrong ------------------------------------------------------------------------------------------------------------------
def test_a_record_that_is_gone_ends_the_run_in_words(small_house: House) -> None:
    once(
        small_house,
        {"type": "find_one", "key": "found", "form": "order", "where": "customer == this.record"},
        {"type": "delete_record", "target": "found"},
        setting(spend="found.amount"),
    )
    lin = small_house.create(name="Lin")
    small_house.create("order", customer=lin, amount=1)
    fire(small_house, lin)
    assert small_house.runs()[-1].state == "failed" and "“found” stands for" in small_house.runs()[-1].reason["en"]


def test_a_formula_that_cannot_be_worked_out_takes_back_its_step_and_no_other(small_house: House) -> None:
    large = {"type": "update_rows", "subform": "items", "values": {"quantity": "quantity * 900000000000000 * quantity"}}
    once(small_house, adding(note="name"), large, fields=(number("points"), subform("items", text("product"), number("quantity"))))
    lin = small_house.create(name="Lin", items=[{"product": "tea", "quantity": 900000}])
    fire(small_house, lin)
    assert small_house.runs()[-1].state == "failed" and len(small_house.all("visit")) == 1
    assert small_house.values(lin)["items"][0]["quantity"] == 900000


def test_when_a_field_that_a_step_reads_vanishes_the_automation_is_off_and_says_so(small_house: House) -> None:
    once(small_house, {"type": "find_many", "key": "all", "form": "order", "where": "state == 'open'"})
    lin = small_house.create(name="Lin")
    small_house.publish(form_json(reference(many_name="orders"), money("amount"), day("paid_on"), key="order", title="amount"))
    fire(small_house, lin)
    assert small_house.runs() == []


def test_no_more_than_a_thousand_related_records_are_changed_in_one_step(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.automation.steps import _related

    monkeypatch.setattr(_related, "MOST", 1)
    once(small_house, {"type": "delete_related", "relation": "orders"})
    lin = small_house.create(name="Lin")
    for _each in range(2):
        small_house.create("order", customer=lin)
    fire(small_house, lin)
    assert small_house.runs()[-1].state == "failed" and len(small_house.all("order")) == 2


def test_a_condition_that_the_database_cannot_answer_is_refused_when_it_is_published() -> None:
    from runtime.definitions import loading
    from runtime.definitions.loading import load
    from tests.makers import catalogue_of

    catalogue = catalogue_of(form_json(text(), number("points")), orders())
    step = {"type": "find_many", "key": "all", "form": "order", "where": "REGEX_MATCH(state, 'o+')"}
    problems = loading.check([load(automation(created(), step))], catalogue)
    assert [each.path for each in problems] == ["steps/0/where"]


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([{"type": "calculate", "key": "name", "value": "1"}], "steps/0/key"),
        ([{"type": "calculate", "key": "x", "value": "1"}, {"type": "calculate", "key": "x", "value": "2"}], "steps/1/key"),
        ([{"type": "calculate", "key": "this", "value": "1"}], "steps/0/key"),
        ([{"type": "update_record", "target": "x", "values": {"name": "'a'"}}], "steps/0/target"),
        (
            [{"type": "branch", "when": "true", "then": [{"type": "calculate", "key": "x", "value": "1"}]}, setting(points="x")],
            "steps/1/values/points",
        ),
        ([{"type": "update_related", "relation": "none", "values": {"a": "1"}}], "steps/0/relation"),
        ([{"type": "update_related", "relation": "orders", "values": {"none": "1"}}], "steps/0/values/none"),
        ([{"type": "add_row", "subform": "name", "values": {"a": "1"}}], "steps/0/subform"),
        ([{"type": "find_one", "key": "x", "form": "none"}], "steps/0/form"),
        ([{"type": "find_one", "key": "x", "form": "order", "order": ["-none"]}], "steps/0/order/0"),
        ([{"type": "update_or_create", "form": "order", "match": {"none": "1"}}], "steps/0/match/none"),
        ([{"type": "set_override", "tier_model": "none", "tier": "a", "reason": "b"}], "steps/0/tier_model"),
        ([{"type": "create_task", "to": ["field:name"], "title": "x"}], "steps/0/to/0"),
        ([{"type": "create_task", "to": ["role:boss"], "title": "x", "due": "name"}], "steps/0/due"),
        ([{"type": "write_comment", "text": "{none}"}], "steps/0/text"),
        ([{"type": "lock_record", "reason": "x", "lift": ["head_of:starter"]}], "steps/0/lift/0"),
        ([{"type": "assign", "field": "owner", "pool": "role:a", "rather": "name"}], "steps/0/rather"),
        (
            [{"type": "assign", "field": "owner", "pool": "role:a", "pools": [{"when": "true", "pool": "field:owner"}]}],
            "steps/0/pools/0/pool",
        ),
    ],
)
def test_a_step_that_cannot_work_is_refused_with_its_path(steps: list[Json], path: str) -> None:
    from runtime.definitions import loading
    from runtime.definitions.loading import load
    from tests.makers import catalogue_of

    catalogue = catalogue_of(form_json(text(), number("points"), member()), orders())
    assert [problem.path for problem in loading.check([load(automation(created(), *steps))], catalogue)] == [path]


# -- rights of the owner ----------------------------------------------------------------------------------------------------------------
def test_a_step_finds_and_reads_only_what_its_owner_may(small_house: House) -> None:
    seller = small_house.person("ning@example.com", "sales")
    house_of(small_house)
    small_house.publish(
        {
            "kind": "permission_set",
            "key": "a",
            "label": "A",
            "form": "customer",
            "for": ["role:sales"],
            "actions": ["view", "edit"],
            "fields": {"*": "edit"},
        },
        {
            "kind": "permission_set",
            "key": "b",
            "label": "B",
            "form": "order",
            "for": ["role:sales"],
            "actions": ["view"],
            "rows": "state == 'open'",
            "fields": {"amount": "hidden", "*": "view"},
        },
        automation(
            updated("points"),
            {"type": "find_many", "key": "all", "form": "order"},
            setting(points="all.count"),
            owner="user:ning@example.com",
        ),
        automation(
            updated("points"),
            {"type": "find_one", "key": "one", "form": "order"},
            setting(spend="one.amount"),
            key="reads",
            owner="user:ning@example.com",
        ),
    )
    assert seller == 1
    small_house.later(seconds=1)
    lin = small_house.create(name="Lin")
    for state in ("open", "paid", "open"):
        small_house.create("order", customer=lin, amount=5, state=state)
    fire(small_house, lin, 9)
    assert small_house.values(lin)["points"] == 2 and small_house.values(lin)["spend"] is None
    (reads,) = small_house.runs("reads")[:1]
    assert reads.state == "failed" and "may not read" in reads.reason["en"]


# -- whoever gets it ----------------------------------------------------------------------------------------------------------------
def assigning(house: House, *people: str, **settings: object) -> House:
    house.publish(form_json(text(), member(), choice("grade", "gold", "plain"), checkbox("closed"), member("before")))
    for email in people or ("a@example.com", "b@example.com"):
        house.person(email, "sales")
    house.person("senior@example.com", "senior")
    house.publish(automation(created(), {"type": "assign", "field": "owner", "pool": "role:sales", **settings}))
    house.later(seconds=1)
    return house


def given(house: House, **values: object) -> int | None:
    record = house.create(name="x", **values)
    house.settle()
    return house.values(record)["owner"]


def test_the_pool_follows_from_the_record(small_house: House) -> None:
    assigning(small_house, pools=[{"when": "grade == 'gold'", "pool": "role:senior"}])
    assert (given(small_house, grade="gold"), given(small_house, grade="plain")) == (3, 1)


def test_whoever_has_it_keeps_it_and_whoever_knows_them_is_asked_first(small_house: House) -> None:
    assigning(small_house, keep=True, rather="before")
    assert (given(small_house, owner=2), given(small_house, before=2), given(small_house, before=3)) == (2, 2, 1)
    why = [run.steps[0].result["why"]["en"] for run in small_house.runs()]
    assert why[0].startswith("It was with B") and why[1].startswith("B is asked") and why[2].startswith("A had the fewest")


def test_only_records_that_count_fill_the_capacity_and_overload_is_refused_for_all_to_see(small_house: House) -> None:
    assigning(small_house, "a@example.com", capacity=1, counting="not closed and grade == 'gold'", when_full="fail")
    given(small_house, owner=1, grade="plain")
    given(small_house, owner=1, grade="gold", closed=True)
    assert given(small_house, grade="gold") == 1
    assert given(small_house, grade="gold") is None
    last = small_house.runs()[-1]
    assert last.state == "failed" and "Everybody" in last.reason["en"]


def test_an_overload_that_leaves_the_record_says_how_full_everybody_was(small_house: House) -> None:
    assigning(small_house, "a@example.com", capacity=1)
    assert (given(small_house), given(small_house)) == (1, None)
    assert small_house.runs()[-1].steps[0].result == {"loads": {"1": 1}}


# -- locks ------------------------------------------------------------------------------------------------------------------------------
def locked(house: House, **settings: object) -> int:
    house.publish(form_json(text(), number("points"), member()))
    house.person("boss@example.com", "builder", language="en")
    house.person("lead@example.com", "lead", language="en")
    house.person("other@example.com", "other", language="en")
    house.publish(
        {
            "kind": "permission_set",
            "key": "all",
            "label": "All",
            "form": "customer",
            "for": ["role:lead", "role:other"],
            "actions": ["view", "edit", "delete", "import", "add"],
            "fields": {"*": "edit"},
        },
        automation(
            updated("points"),
            {"type": "lock_record", "reason": "{name} is being checked.", "lift": ["role:lead"], **settings},
            setting(name="'held'"),
        ),
    )
    record = house.later(seconds=1).create(name="Lin")
    fire(house, record)
    return record


def test_a_lock_holds_against_people_imports_and_deletion_until_it_is_lifted(house: House) -> None:
    record = locked(house)
    assert house.values(record)["name"] == "held"
    for door, change in (
        ("form", lambda act: gateway.update(act, "customer", record, {"name": "b"})),
        ("api", lambda act: gateway.delete(act, "customer", record)),
    ):
        with pytest.raises(Refused, match="locked"), house.workspace.writing(house.as_person(3), door) as act:
            change(act)
    with house.workspace.writing(house.as_person(3), "import") as act:
        result = gateway.write_batch(act, "customer", [gateway.BatchRow({"name": "c"}, record)])
    assert "Lin is being checked." in result.problems[0][0].message.in_language("en")
    with house.workspace.writing(house.as_person(3)) as act:
        assert not locking.may_lift(act, locking.of_record(act, "customer", record))
    with house.workspace.writing(house.as_person(2)) as act:
        locking.lift(act, "customer", record)
        gateway.update(act, "customer", record, {"name": "free"})
    assert house.values(record)["name"] == "free"


def test_a_lock_ends_by_itself_after_its_last_day_and_a_step_can_end_it(small_house: House) -> None:
    record = locked(small_house, until="TODAY() + DAYS(1)")
    small_house.later(days=2).update(record, name="later")
    small_house.publish(automation(updated("points"), {"type": "unlock_record"}, key="frees"))
    small_house.later(seconds=1).update(record, points=5)
    small_house.settle()
    assert [(run.automation, run.state) for run in small_house.runs()[-2:]] == [("rule", "done"), ("frees", "done")]
    small_house.update(record, name="free")


# -- once --------------------------------------------------------------------------------------------------------------------------------
def test_what_a_step_gave_stays_the_same_when_the_run_goes_on_later(small_house: House) -> None:
    once(
        small_house,
        {"type": "calculate", "key": "then", "value": "points"},
        {"type": "update_or_create", "form": "order", "match": {"amount": "spend"}, "values": {"state": "name"}},
        adding(note="then & ''"),
    )
    lin = small_house.create(name="lin", spend=5)
    fire(small_house, lin, 7)
    assert small_house.runs()[-1].state == "failed"
    small_house.publish(
        form_json(
            reference(many_name="orders"), money("amount"), choice("state", "open", "lin"), day("paid_on"), key="order", title="state"
        )
    )
    small_house.update(lin, points=8)
    with small_house.workspace.writing(SYSTEM) as act:
        runs.retry(act, small_house.runs()[0].id)
    small_house.settle()
    assert small_house.runs()[0].state == "done" and [each["note"] for each in small_house.all("visit")][0] == "7"
