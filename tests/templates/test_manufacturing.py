"""The template for manufacturing and trade, installed as it is, and each of its workflows gone through by its people to the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from builder import starters
from runtime.automation import engine
from runtime.errors import NotFound, Refused
from runtime.people import accounts, departments
from runtime.people.person import SYSTEM, Person
from runtime.public import inviting, links
from runtime.public.settings import FILL, LinkSettings
from runtime.records import gateway, query
from runtime.system.tables import workflow_copy, workflow_task
from runtime.system.workspace import Workspace
from runtime.texts import in_language
from runtime.tiers.figures import distribution
from runtime.workflow import running
from tests.pages.conftest import browser_files  # noqa: F401
from tests.public.world import Stranger, ticket_in
from tests.support.databases import SqliteFiles, settings_for
from tests.templates.conftest import installed

STAFF = {
    **{"sam": "sales", "lea": "sales_lead", "leo": "sales_lead", "fay": "finance", "fin": "finance_lead", "law": "legal"},
    **{"b1": "board", "b2": "board", "b3": "board", "ada": "builder"},
}


@dataclass
class Firm:
    workspace: Workspace
    people: dict[str, Person] = field(default_factory=dict)

    def act(self, who: str = "ada") -> Any:
        return self.workspace.writing(self.people[who])

    def add(self, form: str, who: str = "ada", **values: Any) -> int:
        with self.act(who) as act:
            return gateway.create(act, form, values).id

    def values(self, form: str, record: int) -> dict[str, Any]:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, form, record).values

    def asked(self, form: str, record: int) -> tuple[str | None, list[str]]:
        names, values = {each.id: name for name, each in self.people.items()}, self.values(form, record)
        return values["at_node"], sorted(names[each] for each in values["handlers"])

    def start(self, flow: str, record: int, who: str = "sam") -> None:
        with self.act(who) as act:
            running.start(act, flow, record)

    def does(self, who: str, **values: Any) -> None:
        """Approves, or submits, the only thing that waits for somebody."""
        with self.act(who) as act:
            own = workflow_task.c
            tasks = act.connection.execute(sa.select(own.id).where(own.person == self.people[who].id, own.state == "open")).scalars().all()
            assert len(tasks) == 1, (who, tasks)
            running.approve(act, tasks[0], values)


@pytest.fixture(scope="module")
def firm(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    from runtime import kinds

    kinds.load()
    folder = tmp_path_factory.mktemp("manufacturing")
    workspace = Workspace(settings_for(folder, sqlite_files.copy_to(folder / "trade.sqlite")))
    installed(workspace, "manufacturing", sample=True)
    firm = Firm(workspace)
    with workspace.writing(SYSTEM) as act:
        for name, role in STAFF.items():
            roles = (role,) if role == "builder" else ("member", role)
            firm.people[name] = accounts.add(act, email=f"{name}@example.com", name=name, roles=roles, password=None)
        departments.place(act, firm.people["sam"].id, [departments.add(act, "Sales", head=firm.people["lea"].id)])
    yield firm
    workspace.engine.dispose()


# -- the sample ---------------------------------------------------------------------------------------------------------------------
def test_the_sample_falls_into_tiers_as_the_gallery_says(firm: Firm):
    with firm.workspace.reading(SYSTEM) as act:
        counts = {each.key: each.count for each in distribution(act, "trade_value").tiers}
        assert query.count(act, "sales_order") == 50
    assert counts == starters.find_template("manufacturing").about.forecast.starter


@pytest.mark.parametrize(("language", "name"), [("zh", "财务主管"), ("en", "Head of finance")])
def test_its_roles_are_called_in_the_language_of_whoever_reads(firm: Firm, language: str, name: str):
    with firm.workspace.reading(SYSTEM) as act:
        assert in_language(accounts.known_roles(act.connection)["finance_lead"], language) == name


# -- contract approval --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("amount", "way"),
    [
        (100_000, [("manager", ["lea"])]),
        (100_001, [("manager", ["lea"]), ("finance", ["fay", "fin"])]),
        (1_000_001, [("manager", ["lea"]), ("finance", ["fay", "fin"]), ("board", ["b1", "b2"])]),
    ],
)
def test_a_contract_goes_as_far_as_its_amount_asks(firm: Firm, amount: int, way: list[tuple[str, list[str]]]):
    customer = firm.add("customer", name=f"Contract {amount}")
    contract = firm.add("contract", "sam", name=f"Frame {amount}", customer=customer, amount=amount)
    firm.start("contract_approval", contract)
    for node, people in way:
        at, asked = firm.asked("contract", contract)
        assert at == node and set(people) <= set(asked)
        with firm.workspace.reading(firm.people[people[0]]) as act:
            assert query.get(act, "contract", contract).values["name"] == f"Frame {amount}"  # who is asked sees it
        with firm.act("sam") as act, pytest.raises(Refused, match="stays as it is"):
            gateway.update(act, "contract", contract, {"amount": 1})
        for name in people:
            firm.does(name)
    assert firm.values("contract", contract)["approval"] == "approved"
    with firm.workspace.reading(SYSTEM) as act:
        told = act.connection.execute(sa.select(workflow_copy.c.person).order_by(workflow_copy.c.id.desc())).scalars().first()
        assert told == firm.people["law"].id
    with firm.workspace.reading(firm.people["b3"]) as act, pytest.raises(NotFound):
        query.get(act, "contract", contract)


# -- credit limit -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("price", "node", "people"), [(950, "region", ["leo"]), (5000, "both", ["fin", "lea", "leo"])])
def test_an_order_beyond_the_limit_waits_until_it_is_released(firm: Firm, price: int, node: str, people: list[str]):
    customer = firm.add("customer", name=f"Limit {price}", credit_limit=10_000)
    firm.add("invoice", no=f"I-{price}", customer=customer, issued_on="2026-01-05", due_on="2026-02-05", amount=1000)
    fine = firm.add("sales_order", "sam", customer=customer, lines=[{"product": "P", "quantity": 1, "price": 100}], status="confirmed")
    assert firm.values("sales_order", fine)["status"] == "confirmed"
    order = firm.add("sales_order", "sam", customer=customer, lines=[{"product": "P", "quantity": 10, "price": price}])
    with firm.act("sam") as act:
        gateway.update(act, "sales_order", order, {"status": "confirmed"})
    assert firm.values("sales_order", order)["status"] == "waiting"
    at, asked = firm.asked("sales_order", order)
    assert at == node and set(people) <= set(asked)
    for name in people:
        firm.does(name)
    assert firm.asked("sales_order", order) == ("release", ["sam"])
    with pytest.raises(Refused, match="Set the status to Confirmed to release the order"):
        firm.does("sam")
    firm.does("sam", status="confirmed")
    values = firm.values("sales_order", order)
    assert (values["status"], values["approval"]) == ("confirmed", "approved")
    assert firm.values("customer", customer)["credit_used"] == 1100 + 10 * price


# -- reconciliation -----------------------------------------------------------------------------------------------------------------
@pytest.fixture
def stranger(firm: Firm, browser_files: Path) -> Stranger:  # noqa: F811
    from app import create_app

    app = create_app(firm.workspace, dist=browser_files)
    app.testing = True
    return Stranger(app.test_client())


def answered(firm: Firm, stranger: Stranger, statement: int, **values: Any) -> None:
    """The customer answers by a signed link that is bound to this one statement."""
    with firm.act() as act:
        asked = LinkSettings(fields=("written_by", "answer", "their_total", "note"), bound="statement", signed_only=True, seconds=0)
        link = links.switch(act, links.make(act, "statement_answer", FILL, f"Statement {statement}", asked).id, True)
        path = re.sub(r"^https?://[^/]+", "", inviting.one(act, link, statement, 14, 1))
    page = stranger.get(path)
    assert stranger.get(link.path).status_code != 200 or "written_by" not in stranger.get(link.path).get_data(as_text=True)
    sent = stranger.post(path, {"page": ticket_in(page), **{f"f_{key}": value for key, value in values.items()}})
    assert sent.status_code in (200, 302, 303), sent.get_data(as_text=True)[:2000]
    engine.settle(firm.workspace)


def test_a_statement_is_disputed_settled_confirmed_and_closed(firm: Firm, stranger: Stranger):
    customer = firm.add("customer", name="Statement Ltd")
    for number, amount in enumerate((700, 300)):
        firm.add("invoice", no=f"S-{number}", customer=customer, issued_on="2026-01-05", due_on="2026-02-05", amount=amount)
    paid = firm.add("invoice", no="S-9", customer=customer, issued_on="2026-01-05", due_on="2026-02-05", amount=50)
    firm.add("receipt", no="R-9", invoice=paid, received_on="2026-01-09", amount=50)
    statement = firm.add("statement", "sam", customer=customer)
    engine.settle(firm.workspace)
    assert firm.values("statement", statement)["our_total"] == 1000  # the open ones came in by themselves
    firm.start("reconciliation", statement)
    assert firm.asked("statement", statement) == ("check", ["fay"])
    firm.does("fay")
    assert firm.asked("statement", statement) == ("answer", ["sam"])
    with pytest.raises(Refused, match="The customer has not answered yet"):
        firm.does("sam")
    answered(firm, stranger, statement, written_by="Mo", answer="differs", their_total="900", note="S-1 came damaged")
    values = firm.values("statement", statement)
    assert (values["status"], values["difference"]) == ("disputed", 100)
    firm.does("sam")
    assert firm.asked("statement", statement) == ("dispute", ["fay"])
    with firm.act() as act:
        damaged = query.ids(act, "invoice", filter="no == 'S-1'")[0]
        gateway.create(act, "receipt", {"no": "Credit note 1", "invoice": damaged, "received_on": "2026-01-20", "amount": 100})
    with pytest.raises(Refused, match="Settle the differences"):
        firm.does("fay")
    firm.does("fay", status="open", differences=[{"about": "Damaged goods", "amount": 100, "settled": True}])
    answered(firm, stranger, statement, written_by="Mo", answer="agree")
    values = firm.values("statement", statement)
    assert (values["status"], values["our_total"], values["difference"]) == ("confirmed", 900, 0)
    firm.does("sam")
    assert firm.asked("statement", statement) == ("closing", ["fin"])
    firm.does("fin", status="closed")
    values = firm.values("statement", statement)
    assert (values["status"], values["approval"]) == ("closed", "approved")
