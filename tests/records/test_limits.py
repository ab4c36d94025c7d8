"""Limits across forms: orders and what is still owed must stay within the credit limit of the customer, also when several write at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import DefinitionProblems, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import batches, gateway, query
from runtime.records.gateway import BatchRow
from runtime.records.limits import foretold
from runtime.system.tables import workflow_run, workflow_task
from runtime.system.workspace import Workspace
from runtime.workflow import running
from tests import makers
from tests.workflow.flows import body_of

PATIENCE = 60
CUSTOMER = makers.form_json(
    makers.text("name"),
    makers.money("credit_limit"),
    makers.formula("open_orders", "SUM(orders.total, where=orders.status == 'confirmed')", result="money", currency="CNY"),
    makers.formula("owed", "SUM(invoices.open)", result="money", currency="CNY"),
)
INVOICE = makers.form_json(
    makers.text("no"),
    makers.reference("customer", many_name="invoices"),
    makers.money("amount"),
    makers.money("paid"),
    makers.formula("open", "amount - COALESCE(paid, 0)", result="money", currency="CNY"),
    key="invoice",
)
REFUSED = {
    "through": "customer",
    "total": "COALESCE(open_orders, 0) + COALESCE(owed, 0)",
    "at_most": "credit_limit",
    "when": "status == 'confirmed'",
    "message": {"zh": "请先催收应收款。", "en": "Ask for payment first."},
}
DECIDED = {**REFUSED, "then": "workflow", "workflow": "flow", "meanwhile": [{"field": "status", "by": "'waiting'"}]}


def order_form(*limits: dict[str, Any]) -> dict[str, Any]:
    return makers.form_json(
        makers.serial("no", "SO{###}", reset="none"),
        makers.reference("customer", many_name="orders"),
        makers.money("amount"),
        makers.money("freight"),
        makers.text("note"),
        makers.formula("total", "amount + COALESCE(freight, 0)", result="money", currency="CNY"),
        makers.choice("status", "draft", "waiting", "confirmed", "cancelled", default="'confirmed'"),
        key="order",
        limits=list(limits),
    )


@dataclass
class Trade:
    workspace: Workspace
    people: dict[str, Person] = field(default_factory=dict)

    def publish(self, *limits: dict[str, Any]) -> None:
        with self.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [order_form(*limits)])

    def act(self, who: str = "admin") -> Any:
        return self.workspace.writing(self.people[who])

    def customer(self, limit: Any = 1000, **values: Any) -> int:
        with self.act() as act:
            return gateway.create(act, "customer", {"name": "Ann", "credit_limit": limit, **values}).id

    def order(self, customer: int, amount: int, who: str = "admin", **values: Any) -> int:
        with self.act(who) as act:
            return gateway.create(act, "order", {"customer": customer, "amount": amount, **values}).id

    def change(self, record: int, who: str = "admin", **values: Any) -> None:
        with self.act(who) as act:
            gateway.update(act, "order", record, values)

    def values(self, record: int, form: str = "order") -> dict[str, Any]:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, form, record).values

    def runs(self) -> list[tuple[int, str]]:
        with self.workspace.reading(SYSTEM) as act:
            own = workflow_run.c
            return [tuple(each) for each in act.connection.execute(sa.select(own.record, own.status).order_by(own.id))]

    def decide(self, how: str) -> None:
        with self.act("u1") as act:
            own = workflow_task.c
            task = act.connection.execute(sa.select(own.id).where(own.state == "open").order_by(own.id.desc())).scalars().first()
            getattr(running, how)(act, task)


def trade_in(workspace: Workspace) -> Trade:
    kinds.load()
    trade = Trade(workspace)
    with workspace.writing(SYSTEM, "publish") as act:
        for name, roles in (("admin", ("builder",)), ("sue", ("member", "sales")), ("u1", ("member",))):
            trade.people[name] = accounts.add(act, email=f"{name}@example.com", name=name, roles=roles, password=None)
        flow = body_of([{"id": "A", "mode": "or", "approvers": ["u1@example.com"]}], may_start=["role:boss"])
        versions.publish(act, [CUSTOMER, INVOICE, order_form(), flow])
    return trade


@pytest.fixture
def trade(workspace: Workspace) -> Trade:
    return trade_in(workspace)


@pytest.fixture
def small(sqlite_workspace: Workspace) -> Trade:
    return trade_in(sqlite_workspace)


def refusal(work: Any, *given: Any, **more: Any) -> str:
    with pytest.raises(Refused) as found:
        work(*given, **more)
    return str(found.value.problems[0].message)


# -- what passes and what does not --------------------------------------------------------------------------------------------------
def test_an_order_that_passes_the_limit_is_refused_with_the_figures(small: Trade):
    small.publish(REFUSED)
    ann = small.customer()
    with small.act() as act:
        gateway.create(act, "invoice", {"no": "1", "customer": ann, "amount": 500, "paid": 200})
    first = small.order(ann, 600, freight=50)
    said = refusal(small.order, ann, 51)
    assert said == "With this it comes to 1,001.00; at most 1,000.00 is allowed, so 1.00 is too much. Ask for payment first."
    assert small.order(ann, 50)  # exactly the limit
    assert small.order(ann, 9000, status="draft")  # does not count
    assert "1,001.00" in refusal(small.change, first, freight=51)
    small.change(first, note="as it is")
    assert small.order(small.customer(limit=None), 10**6)  # no limit


def test_what_only_gets_better_is_not_refused(small: Trade):
    """A limit that was lowered later stops nobody from saving less, or something else."""
    ann = small.customer()
    first = small.order(ann, 800)
    small.publish(REFUSED)
    with small.act() as act:
        gateway.update(act, "customer", ann, {"credit_limit": 500})
    small.change(first, note="called")
    small.change(first, amount=700)
    assert "701.00" in refusal(small.change, first, amount=701)
    assert "701.00" in refusal(small.order, ann, 1)


def test_moving_and_restoring_count_like_adding(small: Trade):
    small.publish(REFUSED)
    ann, bo = small.customer(), small.customer(limit=100)
    first = small.order(ann, 900)
    assert "900.00" in refusal(small.change, first, customer=bo)
    with small.act() as act:
        gateway.delete(act, "order", first)
    small.order(ann, 500)

    def back() -> None:
        with small.act() as act:
            gateway.restore(act, "order", first)

    assert "1,400.00" in refusal(back)


def test_of_many_rows_those_pass_that_come_first_and_fit_and_a_check_says_the_same(trade: Trade):
    trade.publish(REFUSED)
    ann, bo = trade.customer(), trade.customer()
    rows = [BatchRow({"customer": who, "amount": amount}) for who, amount in ((ann, 600), (bo, 1000), (ann, 600), (ann, 400), (bo, 1))]
    with trade.workspace.reading(trade.people["admin"], "import") as act:
        checked = [bool(each) for each in batches.check_batch(act, "order", rows).problems]
    with trade.workspace.writing(trade.people["admin"], "import") as act:
        written = gateway.write_batch(act, "order", rows)
    assert checked == [bool(each) for each in written.problems] == [False, False, True, False, True]
    assert [trade.values(each, "customer")["open_orders"] for each in (ann, bo)] == [1000, 1000]


def test_who_may_not_see_the_figures_reads_no_figures(small: Trade):
    small.publish(REFUSED)
    ann = small.customer()
    sets = [
        {"kind": "permission_set", "key": f"s_{form}", "label": form, "form": form, "for": ["role:sales"], "actions": ["view", "add"], "fields": fields}
        for form, fields in (("order", {"*": "edit"}), ("customer", {"name": "view"}))
    ]  # fmt: skip
    with small.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, sets)
    assert refusal(small.order, ann, 2000, "sue") == "With this a limit is passed that you may not see. Ask for payment first."


# -- at the same moment -------------------------------------------------------------------------------------------------------------
def test_of_two_orders_that_only_together_pass_the_limit_one_is_refused(trade: Trade):
    """Several at once, for two customers: what is stored never passes the limit, and nobody waits for ever."""
    trade.publish(REFUSED)
    customers = [trade.customer(), trade.customer()]
    first = [trade.order(each, 100) for each in customers]
    gate, said = threading.Barrier(8), []

    def write(number: int) -> None:
        gate.wait(PATIENCE)
        try:
            if number < 6:
                trade.order(customers[number % 2], 600)
            else:  # and two that are changed at the same moment
                trade.change(first[number % 2], amount=700)
            said.append("saved")
        except Refused as error:
            said.append(str(error))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    assert not any(each.is_alive() for each in threads)
    assert len(said) == 8 and said.count("saved") == 2, said
    assert all(600 <= trade.values(each, "customer")["open_orders"] <= 1000 for each in customers)


# -- to approval instead ------------------------------------------------------------------------------------------------------------
def test_what_passes_the_limit_goes_to_approval_and_counts_when_that_is_given(trade: Trade):
    trade.publish(DECIDED)
    ann = trade.customer()
    fine, beyond = trade.order(ann, 900, "sue"), trade.order(ann, 300, "sue")
    assert trade.values(fine)["status"] == "confirmed" and trade.values(beyond)["status"] == "waiting"
    assert trade.runs() == [(beyond, "running")]
    assert refusal(trade.change, beyond, status="confirmed").startswith("Its approval is under way.")
    trade.decide("approve")
    trade.change(beyond, status="confirmed")
    assert trade.values(ann, "customer")["open_orders"] == 1200
    trade.change(beyond, note="sent")
    trade.change(beyond, amount=301)  # more than was approved: it waits again
    assert trade.values(beyond)["status"] == "waiting" and trade.runs()[-1] == (beyond, "running")
    trade.decide("reject")
    trade.change(beyond, status="confirmed")
    assert [each for _record, each in trade.runs()] == ["approved", "rejected", "running"]


def test_rows_of_an_import_go_to_approval_one_by_one(small: Trade):
    small.publish(DECIDED)
    ann = small.customer()
    with small.workspace.writing(small.people["admin"], "import") as act:
        done = gateway.write_batch(act, "order", [BatchRow({"customer": ann, "amount": 600}) for _row in range(3)])
    assert not any(done.problems)
    records = [each.id for each in done.saved if each is not None]
    assert [small.values(each)["status"] for each in records] == ["confirmed", "waiting", "waiting"]
    assert small.runs() == [(each, "running") for each in records[1:]]


def test_the_page_is_told_what_saving_will_say(small: Trade):
    small.publish(DECIDED)
    ann = small.customer()
    with small.workspace.reading(small.people["admin"]) as act:
        from runtime.records.entries import prepare
        from runtime.records.lookup import ActLookup

        plan = gateway.plan_for(act, "order")
        said = [
            [str(each) for each in foretold(act, plan, prepare(act, plan, {"customer": ann, "amount": amount}, None, ActLookup(act)))]
            for amount in (1000, 1001)
        ]
    assert said == [[], ["This passes a limit. When you save it, “Flow” starts and decides about it."]]
    assert small.runs() == []


# -- definitions --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("limit", "path"),
    [
        ({"through": "amount"}, "limits/0/through"),
        ({"through": "nothing"}, "limits/0/through"),
        ({"total": "SUM(orders.nothing)"}, "limits/0/total"),
        ({"total": "name"}, "limits/0/total"),
        ({"at_most": "COUNT(orders)"}, "limits/0/at_most"),
        ({"when": "amount"}, "limits/0/when"),
        ({"then": "workflow"}, "limits/0/workflow"),
        ({"workflow": "flow"}, "limits/0/then"),
        ({"then": "workflow", "workflow": "flow", "meanwhile": [{"field": "total", "by": "1"}]}, "limits/0/meanwhile/0/field"),
        ({"then": "workflow", "workflow": "flow", "meanwhile": [{"field": "status", "by": "5"}]}, "limits/0/meanwhile/0/by"),
    ],
)
def test_a_limit_that_cannot_work_is_not_published(small: Trade, limit: dict[str, Any], path: str):
    with pytest.raises(DefinitionProblems) as found:
        small.publish({**REFUSED, **limit})
    assert path in [each.path for each in found.value.problems]
