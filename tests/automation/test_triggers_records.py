"""What happens to records besides being made and changed: deleted, restored, tagged; and many at once."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import matching
from runtime.people.person import SYSTEM
from runtime.records import batches, gateway
from runtime.system import tables
from runtime.tags import assigning, bulk, rules
from tests.automation.conftest import House, automation, created, setting, tell, updated
from tests.makers import choice, form_json, number, tags, text

TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [
        {"key": "vip", "label": "VIP"},
        {"key": "fair", "label": "Fair", "expires": "2024-05-07"},
        {"key": "busy", "label": "Busy", "rule": "visits > 10"},
    ],
}


@pytest.fixture
def customers(small_house: House) -> House:
    return furnished(small_house)


def furnished(house: House) -> House:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text(), choice("grade", "silver", "gold"), number("visits"), tags()), TAGS)
    return house


def tagged(house: House, record: int, tag: str, take: bool = False) -> None:
    with house.workspace.writing(SYSTEM) as act:
        (assigning.remove if take else assigning.assign)(act, "customer", record, tag)


def told(house: House) -> list[str]:
    house.settle()
    return [subject for _person, subject in house.notifications()]


# -- deleted and restored -----------------------------------------------------------------------------------------------------------
def test_a_deleted_record_is_told_of_as_it_was(customers: House) -> None:
    customers.publish(automation({"type": "record_deleted", "form": "customer"}, tell(subject="gone: {name}"), when="visits > 1"))
    for name, count in (("a", 5), ("b", 0)):
        customers.delete(customers.create(name=name, visits=count))
    assert told(customers) == ["gone: a"]
    assert [run.state for run in customers.runs()] == ["done", "skipped"]


def test_what_was_deleted_is_brought_back_by_a_step(customers: House) -> None:
    customers.publish(automation({"type": "record_deleted", "form": "customer"}, {"type": "restore_record"}, when="visits > 1"))
    record = customers.create(name="a", visits=2)
    customers.settle()
    customers.delete(record)
    customers.settle()
    assert customers.values(record)["name"] == "a" and customers.run().steps[0].state == "done"


def test_what_is_not_in_the_trash_is_left_as_it_is(customers: House) -> None:
    customers.publish(automation(created(), {"type": "restore_record"}))
    customers.create(name="a")
    customers.settle()
    assert customers.run().steps[0].state == "skipped"


def test_records_deleted_by_the_list_are_told_of_one_by_one(customers: House) -> None:
    customers.publish(automation({"type": "record_deleted", "form": "customer"}, tell(subject="{name}")))
    records = [customers.create(name=name) for name in ("a", "b")]
    with customers.workspace.writing(SYSTEM) as act:
        assert batches.delete_batch(act, "customer", {record: 1 for record in records}) == {}
    assert told(customers) == ["a", "b"]


def test_a_restored_record_starts_what_waits_for_it(customers: House) -> None:
    customers.publish(automation({"type": "record_restored", "form": "customer"}, tell(subject="back: {name}")))
    record = customers.create(name="a")
    customers.delete(record)
    with customers.workspace.writing(SYSTEM) as act:
        gateway.restore(act, "customer", record)
    assert told(customers) == ["back: a"]


# -- tags ---------------------------------------------------------------------------------------------------------------------------
def about_tags(kind: str, *wanted: str) -> Any:
    return automation({"type": kind, "tag_set": "customer_tags", "tags": list(wanted)}, tell(subject=f"{kind} {{name}}"), key=kind)


def test_a_tag_given_and_taken_by_hand(customers: House) -> None:
    customers.publish(about_tags("tag_added", "vip"), about_tags("tag_removed"), about_tags("tag_expired"))
    record = customers.create(name="a")
    tagged(customers, record, "vip")
    tagged(customers, record, "fair")
    tagged(customers, record, "vip", take=True)
    assert told(customers) == ["tag_added a", "tag_removed a"]


def test_a_tag_whose_time_is_over_has_not_been_taken_by_anybody(customers: House) -> None:
    customers.publish(about_tags("tag_removed"), about_tags("tag_expired", "fair"))
    tagged(customers, customers.create(name="a"), "fair")
    customers.later(days=3)
    rules.expire(customers.workspace)
    assert told(customers) == ["tag_expired a"]


def test_a_tag_by_rule_and_one_given_to_many_are_told_of_too(customers: House) -> None:
    customers.publish(about_tags("tag_added"), about_tags("tag_removed"))
    record = customers.create(name="a", visits=11)
    customers.update(record, visits=3)
    others = [customers.create(name=name) for name in ("b", "c")]
    with customers.workspace.writing(SYSTEM) as act:
        bulk.start(act, "customer_tags", "vip", False, others, None)
    assert told(customers) == ["tag_added a", "tag_removed a", "tag_added b", "tag_added c"]


def test_formulas_know_which_tags_came(customers: House) -> None:
    customers.publish(
        automation({"type": "tag_added", "tag_set": "customer_tags"}, tell(subject="{changed_tags}"), when="'vip' in changed_tags")
    )
    record = customers.create(name="a")
    tagged(customers, record, "fair")
    tagged(customers, record, "vip")
    assert told(customers) == ["vip"]


@pytest.mark.parametrize(
    ("trigger", "path"),
    [
        ({"type": "record_deleted", "form": "nothing"}, "trigger/form"),
        ({"type": "tag_added", "tag_set": "nothing"}, "trigger/tag_set"),
        ({"type": "tag_expired", "tag_set": "customer_tags", "tags": ["vip", "none"]}, "trigger/tags/1"),
    ],
)
def test_what_is_not_there_is_said_at_its_place(customers: House, trigger: dict, path: str) -> None:
    from runtime.errors import DefinitionProblems

    with pytest.raises(DefinitionProblems) as refused:
        customers.publish(automation(trigger, tell()))
    assert path in [problem.path for problem in refused.value.problems]


# -- many at once -------------------------------------------------------------------------------------------------------------------
def many(house: House, count: int, source: str = "import", fires: bool = True) -> list[int]:
    with house.workspace.writing(SYSTEM, source) as act:
        act.fires = fires
        saved = gateway.write_batch(act, "customer", [gateway.BatchRow({"name": f"c{n}", "visits": n}) for n in range(count)]).saved
    return [each.id for each in saved if each is not None]


def rows_of_runs(house: House) -> list[tuple[int | None, int | None]]:
    with house.workspace.reading(SYSTEM) as act:
        run = tables.automation_run.c
        return [(row.record, row.records) for row in act.connection.execute(sa.select(run.record, run.records).order_by(run.id))]


def test_an_imported_batch_is_one_run_where_the_steps_allow_it(house: House) -> None:
    house.publish(form_json(text(), number("visits"), {"key": "mail", "type": "email", "label": "Mail"}))
    house.publish(
        automation(created(), setting(visits="visits + 1"), key="inside", sources=["import"]),
        automation(created(), tell("field:mail", channel="email", body="News"), key="to_each", sources=["import"]),
    )
    records = many(house, matching.GROUP_FROM)
    matching.match(house.workspace)
    rows = rows_of_runs(house)
    assert rows[0] == (None, len(records)) and len(rows) == 1 + len(records)
    with house.workspace.reading(SYSTEM) as act:
        member = tables.automation_run_record.c
        assert list(act.connection.execute(sa.select(member.record).order_by(member.record)).scalars()) == sorted(records)


def test_a_small_batch_is_a_run_for_each_record(customers: House) -> None:
    customers.publish(automation(created(), setting(visits="visits + 1"), sources=["import"]))
    many(customers, matching.GROUP_FROM - 1)
    matching.match(customers.workspace)
    assert {records for _record, records in rows_of_runs(customers)} == {None}


def test_a_run_about_many_that_led_to_a_change_does_not_answer_to_it(customers: House) -> None:
    customers.publish(automation(updated("visits"), setting(visits="visits + 1"), sources=["import", "automation"]))
    records = many(customers, matching.GROUP_FROM)
    customers.settle()
    with customers.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"visits": 100 + n}, record) for n, record in enumerate(records)])
    customers.settle()
    assert [customers.values(record)["visits"] for record in records[:2]] == [101, 102]


def test_an_import_that_asked_for_nothing_starts_nothing(customers: House) -> None:
    customers.publish(automation(created(), tell(), sources=["import"]))
    many(customers, 30, fires=False)
    assert told(customers) == [] and customers.runs() == []


def test_only_listeners_whom_an_event_may_concern_are_asked(customers: House) -> None:
    """By kind, form and what changed, however many automations there are."""
    from runtime.automation.listening import listeners

    customers.publish(
        automation(updated("grade"), tell(), key="grades"),
        automation(updated("visits"), tell(), key="counts"),
        automation(updated(), tell(), key="anything"),
        automation(created(), tell(), key="new"),
    )
    with customers.workspace.reading(SYSTEM) as act:
        index = listeners(act.catalogue)
        assert [each.key for each in index.of("record_updated", "customer", {"changes:visits"})] == ["counts", "anything"]
        assert index.of("record_updated", "order", {"changes:visits"}) == []
