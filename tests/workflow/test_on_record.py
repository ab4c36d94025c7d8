"""Where a record stands in a workflow, in its own fields: filters, rights, groups and the API read them; they follow every act."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.definitions import versions
from runtime.errors import DefinitionProblems, NotFound
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.workflow import running
from tests import makers
from tests.workflow.test_running import NOBODY_SEES, ORDER, TWO, Office, office_in

SHOWN = [
    makers.field(sort, sort.removeprefix("approval_"), workflow="flow") for sort in ("approval_state", "approval_node", "approval_handlers")
]
WITH = {**ORDER, "fields": [*ORDER["fields"], *SHOWN]}
MINE = {
    **{
        "kind": "permission_set",
        "key": "handled",
        "label": "What waits for me",
        "form": "order",
        "for": [f"user:{each}@example.com" for each in ("u1", "u2", "u5")],
    },
    **{"actions": ["view"], "fields": {"*": "view"}, "rows": "CURRENT_USER() in handlers"},
}


def published(office: Office, *bodies: dict[str, Any]) -> None:
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, list(bodies))


@pytest.fixture
def office(workspace: Any) -> Office:
    office = office_in(workspace)
    both = {**TWO[0], "approvers": ["u1@example.com", "u5@example.com"]}
    office.publish([both, TWO[1]], label="Contract approval")
    published(office, WITH, {**NOBODY_SEES, "rows": "created_by == CURRENT_USER()"}, MINE)
    return office


def stands(office: Office, record: int) -> tuple[Any, Any, list[str]]:
    names = {each.id: name for name, each in office.people.items()}
    values = office.values(record)
    return values["state"], values["node"], [names[each] for each in values["handlers"]]


def test_fields_follow_every_act(office: Office):
    with office.act("ini") as act:
        other = gateway.create(act, "order", {"name": "Other"}).id
    run, record = office.start(amount=5)
    assert stands(office, other) == (None, None, [])
    assert stands(office, record) == ("running", "a", ["u1", "u5"])
    office.approve(run, "u5")
    assert stands(office, record) == ("running", "b", ["u2"])
    with office.act("u2") as act:
        running.return_(act, office.task(run, "u2"), "start", None, "look again")
    assert stands(office, record) == ("returned", None, [])
    with office.act("admin") as act:
        gateway.update(act, "order", record, {"name": "Better"})
    with office.act("ini") as act:
        running.submit(act, run)
    office.approve(run, "u1")
    with office.act("u2") as act:
        running.reject(act, office.task(run, "u2"), "no")
    assert stands(office, record) == ("rejected", None, [])
    with office.workspace.reading(SYSTEM) as act:
        assert query.ids(act, "order", filter="state == 'rejected'") == [record]
        assert query.ids(act, "order", filter="ISEMPTY(state)") == [other]
        assert query.get(act, "order", record).version == 2  # nobody has changed it but for its name


def test_whoever_is_asked_sees_the_record_as_long_as_they_are(office: Office):
    """By a row rule of a permission set, in lists and one by one."""
    run, record = office.start()
    for name, sees in (("u1", True), ("u2", False)):
        with office.workspace.reading(office.people[name]) as act:
            assert query.ids(act, "order") == ([record] if sees else [])
            if sees:
                assert query.get(act, "order", record).values["handlers"] == tuple(office.people[each].id for each in ("u1", "u5"))
            else:
                with pytest.raises(NotFound):
                    query.get(act, "order", record)
    with office.act("u1") as act:
        running.approve(act, office.task(run, "u1"))
        with pytest.raises(NotFound):
            query.get(act, "order", record)
    with office.workspace.reading(office.people["u2"]) as act:
        assert query.ids(act, "order", filter="node == 'b'") == [record]


def test_a_field_that_comes_later_shows_what_was_under_way_before(office: Office):
    first, one = office.start()
    _second, two = office.start()
    office.approve(first, "u1")
    with office.act("u2") as act:
        running.approve(act, office.task(first, "u2"))
    later = [{**each, "key": f"later_{each['key']}"} for each in SHOWN]
    published(office, {**WITH, "fields": [*WITH["fields"], *later]})
    for record in (one, two):
        values = office.values(record)
        assert [values[f"later_{each}"] for each in ("state", "node")] == [values[each] for each in ("state", "node")]
        assert set(values["later_handlers"]) == set(values["handlers"])
    assert office.values(one)["later_state"] == "approved" and office.values(two)["later_node"] == "a"


def test_nobody_writes_them_and_they_name_a_workflow_of_their_form(office: Office):
    with office.act("admin") as act, pytest.raises(Exception, match="fills itself"):
        gateway.create(act, "order", {"name": "Mine", "state": "approved"})
    for wrong in ("nothing", "elsewhere"):
        with pytest.raises(DefinitionProblems) as found:
            published(office, {**ORDER, "fields": [*ORDER["fields"], {**SHOWN[0], "workflow": wrong}]})
        assert [each.path for each in found.value.problems if each.path.endswith("workflow")]


def test_a_record_under_way_stays_as_it_is_but_for_what_a_node_lets_be_changed(office: Office):
    office.publish([{**TWO[0], "more": {"fields": {"*": "view", "discount": "edit"}}}], read_only=True)
    run, record = office.start(amount=5)
    for name in ("ini", "admin"):
        with office.act(name) as act, pytest.raises(Exception, match="under way for this record|may not do this"):
            gateway.update(act, "order", record, {"amount": 6})
    with office.act("admin") as act:
        said = gateway.write_batch(act, "order", [gateway.BatchRow({"amount": 6}, record)]).problems
        assert "under way for this record" in str(said[0][0].message)
    office.approve(run, "u1", discount=1)
    assert office.values(record)["discount"] == 1 and office.values(record)["amount"] == 5
    with office.act("admin") as act:
        gateway.update(act, "order", record, {"amount": 6})


def test_an_import_starts_the_workflow_for_new_records_where_it_is_asked_to(office: Office):
    from runtime.transfer import starting

    with office.act("ini") as act:
        assert [each.key for each in starting.startable(act, "order")] == ["flow"]
        new = [gateway.create(act, "order", {"name": name}).id for name in ("one", "two")]
        running.start(act, "flow", new[0])
        starting.start(act, "flow", new)
    assert [stands(office, each)[0] for each in new] == ["running", "running"]
    with office.act("u2") as act, pytest.raises(Exception, match="no workflow flow that you may start"):
        starting.require(act, "order", "flow")
