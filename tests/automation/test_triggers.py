"""What starts an automation, and what does not."""

from __future__ import annotations

import pytest

from runtime.definitions.versions import save_draft, set_aside
from runtime.people.person import SYSTEM
from tests.automation.conftest import House, automation, created, setting, tell, updated
from tests.makers import choice, form_json, member, money, number, reference, text


@pytest.fixture
def customers(house: House) -> House:
    house.person("boss@example.com", "boss", language="en")
    house.publish(form_json(text(), choice("grade", "silver", "gold"), number("visits"), member()))
    return house


def test_a_new_record_starts_a_run(customers: House) -> None:
    customers.publish(automation(created(), tell(subject="{name} is new")))
    customers.create(name="Lin")
    customers.settle()
    assert customers.notifications() == [(1, "Lin is new")]


def test_a_change_of_the_named_field_starts_a_run_and_no_other_change_does(customers: House) -> None:
    """Case A02."""
    customers.publish(automation(updated("grade"), tell("field:owner", subject="{previous.grade}->{grade}")))
    record = customers.create(name="a", grade="silver", owner=1)
    customers.update(record, name="b")
    customers.update(record, grade="gold")
    customers.update(record, grade="gold")
    customers.update(record, name="c", grade="silver")
    customers.settle()
    assert customers.notifications() == [(1, "Silver->Gold"), (1, "Gold->Silver")]


@pytest.mark.parametrize(("field", "before", "after"), [("name", None, None), ("name", "", None), ("visits", "1", "1.00")])
def test_the_same_value_written_another_way_is_no_change(customers: House, field: str, before: str | None, after: str | None) -> None:
    """Case A02."""
    customers.publish(automation(updated(field), tell()))
    record = customers.create(**{"grade": "gold", field: before})
    customers.update(record, **{field: after})
    customers.settle()
    assert customers.runs() == []


def test_a_condition_may_be_asked_to_become_true(customers: House) -> None:
    customers.publish(automation(updated(becomes="visits >= 10"), tell(subject="{visits}")))
    record = customers.create(name="a", visits=1)
    for visits in (9, 10, 11, 3, 12):
        customers.update(record, visits=visits)
        customers.settle()
    assert [subject.split(".")[0] for _person, subject in customers.notifications()] == ["10", "12"]


def test_formulas_see_the_values_before_the_change(customers: House) -> None:
    customers.publish(automation(updated("visits"), tell(), when="visits > previous.visits"))
    record = customers.create(name="a", visits=5)
    for visits in (6, 2):
        customers.update(record, visits=visits)
        customers.settle()
    assert [run.state for run in customers.runs()] == ["done", "skipped"]


@pytest.mark.parametrize(("amount", "grade", "told"), [("500", "gold", 1), ("499.99", "gold", 0), ("500", None, 0)])
def test_a_condition_may_look_at_a_related_record(house: House, amount: str, grade: str | None, told: int) -> None:
    """Case A05: an order without customer is no error, the condition is simply false."""
    house.person("boss@example.com", "boss")
    house.publish(
        form_json(text(), choice("grade", "silver", "gold")),
        form_json(text("no"), money("amount"), reference(), key="order"),
        automation(created("order"), tell(), when="customer.grade == 'gold' and amount >= 500"),
    )
    customer = house.create(name="Lin", grade=grade) if grade else None
    house.create("order", no="1", amount=amount, customer=customer)
    house.settle()
    assert len(house.notifications()) == told
    assert house.run().state == ("done" if told else "skipped")


def test_an_automation_answers_only_to_the_sources_it_lists(customers: House) -> None:
    customers.publish(automation(created(), tell(), sources=["api"]))
    customers.create(name="a", source="form")
    customers.create(name="b", source="api")
    customers.settle()
    assert len(customers.runs()) == 1


def test_what_an_import_writes_starts_nothing_unless_it_was_asked_for(customers: House) -> None:
    """Case A32, first half."""
    customers.publish(automation(created(), tell(), sources=["form", "import"]))
    customers.create(name="quiet", source="import", fires=False)
    customers.settle()
    assert customers.runs() == []
    customers.create(name="asked for", source="import", fires=True)
    customers.settle()
    assert len(customers.runs()) == 1


def test_a_batch_starts_one_run_for_each_record(customers: House) -> None:
    from runtime.people.person import SYSTEM
    from runtime.records import gateway

    customers.publish(
        automation(created(), tell(subject="{name}")), automation(updated("grade"), tell(subject="{name}: {previous.grade}"), key="moved")
    )
    with customers.workspace.writing(SYSTEM) as act:
        saved = gateway.write_batch(act, "customer", [gateway.BatchRow({"name": name, "grade": "gold"}) for name in ("a", "b", "c")]).saved
    customers.settle()
    with customers.workspace.writing(SYSTEM) as act:
        gateway.write_batch(
            act, "customer", [gateway.BatchRow({"grade": "silver"}, saved[1].id), gateway.BatchRow({"name": "z"}, saved[2].id)]
        )
    customers.settle()
    assert [run.automation for run in customers.runs()] == ["rule", "rule", "rule", "moved"]
    assert [subject.split(":")[0] for _person, subject in customers.notifications()] == ["a", "b", "c", "b"]


def test_a_rule_that_writes_its_own_field_runs_once_and_says_why(customers: House) -> None:
    """Case A23."""
    customers.publish(automation(updated("name"), setting(name="name & '.'")))
    record = customers.create(name="a")
    customers.update(record, name="b")
    customers.settle()
    assert customers.values(record)["name"] == "b."
    assert [run.state for run in customers.runs()] == ["done", "stopped"]
    assert "repeat itself" in customers.runs()[1].reason["en"]


def test_two_rules_that_set_off_each_other_come_to_an_end(customers: House) -> None:
    customers.publish(
        automation(updated("name"), setting(visits="IFEMPTY(visits, 0) + 1"), key="one"),
        automation(updated("visits"), setting(name="name & '.'"), key="two"),
    )
    record = customers.create(name="a")
    customers.update(record, name="b")
    customers.settle()
    assert customers.values(record)["name"] == "b."
    assert [(run.automation, run.state) for run in customers.runs()] == [("one", "done"), ("two", "done"), ("one", "stopped")]
    assert customers.runs()[2].chain == (f"one:{record}", f"two:{record}")


def test_a_chain_over_ever_new_records_is_cut_off(customers: House) -> None:
    customers.publish(automation(created(), {"type": "create_record", "form": "customer", "values": {"name": "name & '.'"}}))
    customers.create(name="a")
    customers.settle()
    assert [run.state for run in customers.runs()] == ["done"] * 10 + ["stopped"]


def test_what_happened_before_an_automation_was_switched_on_starts_nothing(customers: House) -> None:
    customers.create(name="a")
    customers.later(seconds=1).publish(automation(created(), tell()))
    customers.settle()
    assert customers.runs() == []


def test_a_clock_set_back_behind_a_publication_skips_no_event(customers: House) -> None:
    """Which came first, the automation or the event, is told by the revision of the definitions and not by a clock."""
    customers.publish(automation(created(), tell()))
    customers.later(days=-400).create(name="a")
    customers.later(days=500).publish(automation(created(), tell(), label="Renamed"))
    customers.later(days=-300).settle()
    assert [run.state for run in customers.runs()] == ["done"]


def test_a_clock_set_back_does_not_let_an_automation_answer_to_what_came_before_it(customers: House) -> None:
    customers.create(name="a")
    customers.later(days=-1).publish(automation(created(), tell()))
    customers.create(name="b")
    with customers.workspace.writing(SYSTEM) as act:  # a draft that was set aside since then was never at work
        save_draft(act, "automation", "rule", automation({"type": "record_deleted", "form": "customer"}, tell()))
        set_aside(act, "automation", "rule")
    customers.settle()
    assert [run.record for run in customers.runs()] == [2]


def test_a_disabled_automation_does_nothing(customers: House) -> None:
    customers.publish(automation(created(), tell(), enabled=False))
    customers.create(name="a")
    customers.settle()
    assert customers.runs() == []


def test_what_waits_is_stopped_when_the_automation_is_switched_off(customers: House) -> None:
    from runtime.automation import matching

    customers.publish(automation(created(), tell()))
    customers.create(name="a")
    matching.match(customers.workspace)
    customers.publish(automation(created(), tell(), enabled=False))
    customers.settle()
    assert customers.run().state == "stopped" and "switched off" in customers.run().reason["en"]


def test_a_renamed_label_changes_nothing_and_a_deleted_field_breaks_the_rule(customers: House) -> None:
    """Case A41."""
    from runtime.automation import log
    from runtime.people.person import SYSTEM

    customers.publish(automation(updated("grade"), tell()))
    record = customers.create(name="a", grade="silver")
    customers.publish(form_json(text(), choice("grade", "silver", "gold", label="Customer grade"), number("visits"), member()))
    customers.update(record, grade="gold")
    customers.settle()
    assert len(customers.runs()) == 1
    customers.publish(form_json(text(), number("visits"), member()))
    customers.update(record, name="b")
    customers.settle()
    assert len(customers.runs()) == 1
    with customers.workspace.reading(SYSTEM) as act:
        assert [problem.path for problem in log.broken(act)["rule"]] == ["trigger/fields/0"]


def test_a_condition_that_fails_is_an_error_and_not_false(customers: House) -> None:
    customers.publish(automation(created(), tell(), when="visits * visits * visits * visits > 1"))
    customers.create(name="a", visits=10**11)
    customers.settle()
    assert customers.run().state == "failed" and "cannot be worked out" in customers.run().reason["en"]


def test_a_record_deleted_before_the_run_is_skipped(customers: House) -> None:
    customers.publish(automation(created(), tell()))
    customers.delete(customers.create(name="a"))
    customers.settle()
    assert customers.run().state == "skipped"


def test_a_rule_stops_when_the_person_in_whose_name_it_runs_has_left(customers: House) -> None:
    """Case A35."""
    chief = customers.person("chief@example.com", "member")
    customers.publish(automation(created(), tell(), owner="user:chief@example.com"))
    customers.create(name="a")
    customers.settle()
    customers.leaves(chief)
    customers.create(name="b")
    customers.settle()
    assert [run.state for run in customers.runs()] == ["done", "stopped"]
    assert "chief@example.com" in customers.runs()[1].reason["en"]
