"""Two records become one: values by field, everything that points at the other, tags, talk and tiers; and all of it goes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.collaboration import comments, following, todos
from runtime.definitions.versions import publish
from runtime.errors import NotAllowed, NotFound, Refused, Stale, TierloomError
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.quality import merging
from runtime.records import gateway, history, query
from runtime.records import merging as moving
from runtime.records.gateway import BatchRow
from runtime.records.merged import survivor_of
from runtime.system import audit
from runtime.system.tables import event, record_change, record_team, tier_history, tier_state
from runtime.system.workspace import Workspace
from runtime.tags import assigning
from runtime.tiers import overriding
from tests.makers import (
    day,
    form_json,
    formula,
    long_text,
    money,
    multi_choice,
    number,
    phone,
    reference,
    serial,
    subform,
    tags,
    text,
    tier,
)

START = datetime(2026, 11, 21, 4, tzinfo=UTC)
CUSTOMER = form_json(
    text("name", required=True),
    text("code", unique=True),
    phone("mobile", region="CN"),
    text("city"),
    long_text("address"),
    number("points", decimals=0, max=100),
    multi_choice("interests"),
    subform("contacts", text("who", required=True), text("role")),
    reference("referrer", "customer", many_name="referred"),
    serial("no", "C{####}", reset="none"),
    tags(),
    tier("tier", "value"),
    formula("spend", "SUM(orders.amount)", result="money", currency="CNY"),
    formula("greeting", "'Hello ' & name", result="text"),
)
ORDER = form_json(
    text("title"),
    reference("customer", "customer", many_name="orders"),
    day("paid_on"),
    money("amount"),
    subform("gifts", text("what"), reference("receiver", "customer")),
    formula("belongs", "IF(ISEMPTY(customer), 'nobody', 'somebody')", result="text"),
    formula("buyer", "customer.name", result="text"),
    key="order",
)
VISIT = form_json(text("note"), reference("customer", "customer", on_delete="cascade"), key="visit")
CARD = form_json(text("no"), reference("customer", "customer", unique=True), key="card")
TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [
        {"key": "vip", "label": "VIP"},
        {"key": "bargain", "label": "Bargain"},
        {"key": "big", "label": "Big", "rule": "spend >= 5000"},
    ],
}
MODEL = {
    "kind": "tier_model",
    "key": "value",
    "label": "Value",
    "form": "customer",
    "dimensions": [
        {"key": "spend", "label": "Spend", "weight": 100, "value": "spend", "bands": {"by": "cuts", "cuts": [1000, 5000]}},
    ],
    "tiers": [
        {"key": "gold", "label": "Gold", "from": 100},
        {"key": "silver", "label": "Silver", "from": 50},
        {"key": "basic", "label": "Basic", "from": 0},
    ],
    "movement": {"least_stay_months": 12},
}


class House:
    """Customers with all that belongs to them; each act is a transaction of its own, a minute after the one before."""

    def __init__(self, workspace: Workspace):
        kinds.load()
        self.workspace, self.moment = workspace, START
        workspace.now = lambda: self.moment
        with workspace.writing(SYSTEM) as act:
            publish(act, [CUSTOMER, ORDER, VISIT, CARD, TAGS, MODEL])

    def do(self, call: Callable[..., Any], *given: Any, person: Person = SYSTEM, **named: Any) -> Any:
        self.moment += timedelta(minutes=1)
        with self.workspace.writing(person) as act:
            return call(act, *given, **named)

    def add(self, form: str, **values: Any) -> int:
        return self.do(gateway.create, form, values).id

    def customer(self, name: str, **values: Any) -> int:
        return self.add("customer", name=name, **values)

    def change(self, record: int, **values: Any) -> None:
        self.do(gateway.update, "customer", record, values)

    def merge(self, keep: int, other: int, **more: Any) -> merging.Merged:
        return self.do(merging.merge, "customer", keep, other, **more)

    def undo(self, merge: int, **more: Any) -> merging.Undone:
        return self.do(merging.undo, merge, **more)

    def values(self, record: int, form: str = "customer") -> dict[str, Any]:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, form, record).values

    def is_there(self, record: int) -> bool:
        with self.workspace.reading(SYSTEM) as act:
            return record in query.ids(act, "customer")

    def rows(self, query: Any) -> list[Any]:
        with self.workspace.reading(SYSTEM) as act:
            return list(act.connection.execute(query))

    def preview(self, keep: int, other: int, person: Person = SYSTEM) -> merging.Preview:
        with self.workspace.reading(person) as act:
            return merging.preview(act, "customer", keep, other)


@pytest.fixture
def house(workspace: Workspace) -> House:
    return House(workspace)


@pytest.fixture
def lite(sqlite_workspace: Workspace) -> House:
    return House(sqlite_workspace)


# -- which value ------------------------------------------------------------------------------------------------------------------
def test_the_better_value_is_proposed_and_says_why(lite: House):
    old = lite.customer("Lin Yue", city="Berlin", address="Bond Street", points=90, mobile="13812345678", interests=["tea"])
    new = lite.customer("Lin Yue", code="B2", city="Bonn", address="12 Bond Street, 2nd floor", interests=["tea", "juice"])
    lite.change(old, city="Berlin-Mitte")
    found = {each.key: (each.taken, str(each.why)) for each in lite.preview(old, new).pairs if each.differs}
    assert found == {
        "code": ("other", "fills a blank"),
        "mobile": ("keep", "the other is blank"),
        "city": ("keep", "filled in later: 2026-11-21"),
        "address": ("other", "holds all that the other says, and more"),
        "points": ("keep", "the other is blank"),
        "interests": ("both", "so nothing is lost"),
    }


def test_a_value_that_would_not_pass_today_gives_way_whatever_its_age(lite: House):
    good = lite.customer("Lin", points=40)
    bad = lite.customer("Lin", points=90)
    narrower = [{**each, "max": 50} if each["key"] == "points" else each for each in CUSTOMER["fields"]]
    lite.do(publish, [{**CUSTOMER, "fields": narrower}])
    for keep, other, taken in ((good, bad, "keep"), (bad, good, "other")):
        pair = next(each for each in lite.preview(keep, other).pairs if each.key == "points")
        assert (pair.taken, str(pair.why)) == (taken, "passes the checks of this field, the other does not")


def test_values_are_taken_as_proposed_or_as_chosen(house: House):
    keep = house.customer("Lin", code="A1", city="Berlin", contacts=[{"who": "Ann", "role": "boss"}])
    other = house.customer("Lin Yue", code="B2", city="Bonn", contacts=[{"who": "Ann", "role": "boss"}, {"who": "Bo"}])
    made = house.merge(keep, other, take={"city": "keep", "code": "other"})
    now = house.values(keep)
    assert (now["name"], now["code"], now["city"], now["greeting"]) == ("Lin Yue", "B2", "Berlin", "Hello Lin Yue")
    assert [each["who"] for each in now["contacts"]] == ["Ann", "Bo"]
    assert set(made.taken) == {"name", "code", "contacts"}
    with house.workspace.reading(SYSTEM) as act:
        assert [each.id for each in query.page(act, "customer", search="B2").records] == [keep]


@pytest.mark.parametrize(("take", "path"), [({"nose": "keep"}, "nose"), ({"city": "both"}, "city"), ({"no": "other"}, "no")])
def test_what_cannot_be_chosen_is_refused_and_nothing_is_done(lite: House, take: dict[str, str], path: str):
    keep, other = lite.customer("Lin", city="Berlin"), lite.customer("Lin", city="Bonn")
    with pytest.raises(Refused) as refused:
        lite.merge(keep, other, take=take)
    assert [each.path for each in refused.value.problems] == [path]
    assert lite.is_there(other)


def test_the_rules_of_the_form_hold_for_the_record_that_stays(lite: House):
    lite.do(
        publish, [{**CUSTOMER, "rules": [{"check": "not (city == 'Bonn' and points > 50)", "message": "Too many.", "fields": ["points"]}]}]
    )
    keep, other = lite.customer("Lin", city="Berlin", points=90), lite.customer("Lin", city="Bonn")
    with pytest.raises(Refused) as refused:
        lite.merge(keep, other)
    assert [(each.path, str(each.message)) for each in refused.value.problems] == [("points", "Too many.")]
    lite.merge(keep, other, take={"city": "keep"})


# -- what moves -------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def full(house: House) -> tuple[int, int, dict[str, int]]:
    """Two customers, the second with everything a record can have; and what belongs to it."""
    keep, other = house.customer("Lin", code="A1"), house.customer("Lin Yue", code="B2")
    mine = {
        "order": house.add("order", title="one", customer=other, amount="3000"),
        "trashed": house.add("order", title="two", customer=other, amount="1"),
        "gift": house.add("order", title="three", customer=keep, amount="2500", gifts=[{"what": "tea", "receiver": other}]),
        "visit": house.add("visit", note="hi", customer=other),
        "card": house.add("card", no="X", customer=other),
        "friend": house.customer("Chen", referrer=other),
    }
    house.do(gateway.delete, "order", mine["trashed"])
    house.do(assigning.assign, "customer", other, "vip")
    mine["comment"] = house.do(comments.add, "customer", other, "likes tea").id
    return keep, other, mine


def test_everything_that_belongs_to_the_other_moves_and_goes_back(house: House, full: Any):
    keep, other, mine = full
    made = house.merge(keep, other)
    assert made.moved == {
        "customer.referrer": 1,
        "order.customer": 2,
        "order.gifts.receiver": 1,
        "visit.customer": 1,
        "card.customer": 1,
        "record_comment": 1,
        "tag_assignment": 1,
    }
    assert not house.is_there(other)
    for form, name, key in (("order", "order", "customer"), ("visit", "visit", "customer"), ("customer", "friend", "referrer")):
        assert house.values(mine[name], form)[key] == keep
    assert house.values(mine["gift"], "order")["gifts"] == ({"what": "tea", "receiver": keep},)
    assert (house.values(mine["order"], "order")["buyer"], house.values(mine["order"], "order")["belongs"]) == ("Lin Yue", "somebody")
    now = house.values(keep)
    assert (str(now["spend"]), set(now["tags"]), now["tier"]) == ("5500.00", {"vip", "big"}, "gold")
    house.do(gateway.restore, "order", mine["trashed"])
    assert house.values(mine["trashed"], "order")["customer"] == keep

    assert house.undo(made.id) == merging.Undone(keep, other, "customer", 0)
    assert (house.values(keep)["name"], house.values(other)["name"], house.values(other)["code"]) == ("Lin", "Lin Yue", "B2")
    assert (house.values(keep)["tags"], house.values(other)["tags"]) == ((), ("vip",))
    assert (str(house.values(keep)["spend"]), str(house.values(other)["spend"])) == ("2500.00", "3001.00")
    for form, name, key in (("order", "order", "customer"), ("order", "trashed", "customer"), ("customer", "friend", "referrer")):
        assert house.values(mine[name], form)[key] == other
    assert house.values(mine["gift"], "order")["gifts"] == ({"what": "tea", "receiver": other},)
    with house.workspace.reading(SYSTEM) as act:
        assert [row.body for row in comments.listed(act, "customer", other)] == ["likes tea"]


def test_both_tiers_come_back_although_a_tier_must_stay_a_year(house: House, full: Any):
    keep, other, _mine = full
    assert (house.values(keep)["tier"], house.values(other)["tier"]) == ("silver", "silver")
    before = house.rows(sa.select(tier_state.c.record, tier_state.c.tier, tier_state.c.risen_on, tier_state.c.since))
    house.undo(house.merge(keep, other).id)
    assert (house.values(keep)["tier"], house.values(other)["tier"]) == ("silver", "silver")
    assert sorted(house.rows(sa.select(tier_state.c.record, tier_state.c.tier, tier_state.c.risen_on, tier_state.c.since))) == sorted(
        before
    )
    moves = sa.select(tier_history.c.tier_from, tier_history.c.tier_to, tier_history.c.source).order_by(tier_history.c.id)
    assert [tuple(row) for row in house.rows(moves.where(tier_history.c.record == keep))][-2:] == [
        ("silver", "gold", "merge"),
        ("gold", "silver", "undo"),
    ]
    open_ends = sa.select(sa.func.count()).where(
        tier_history.c.valid_to.is_(None), tier_history.c.tier_to.is_not(None), tier_history.c.record.in_([keep, other])
    )
    assert house.rows(open_ends)[0][0] == 2


def test_a_tier_set_by_hand_comes_back_with_its_record(lite: House):
    keep, other = lite.customer("Lin"), lite.customer("Lin")
    lite.do(overriding.override, "value", other, "gold", "a friend of the house")
    made = lite.merge(keep, other)
    lite.undo(made.id)
    assert lite.values(other)["tier"] == "gold"
    assert lite.do(overriding.lift_override, "value", other)


def test_more_than_one_chunk_moves_by_sets_with_history_and_an_event_a_chunk(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(moving, "CHUNK", 400)
    keep, other = house.customer("Lin"), house.customer("Lin")
    house.do(gateway.write_batch, "visit", [BatchRow({"note": str(each), "customer": other}) for each in range(1_000)])
    made = house.merge(keep, other)
    assert made.moved == {"visit.customer": 1_000}
    told = house.rows(sa.select(event.c.records).where(event.c.form == "visit", event.c.source == "merge").order_by(event.c.id))
    assert [len(json.loads(row.records)) for row in told] == [400, 400, 200]
    changes = sa.select(record_change.c.changes, record_change.c.version).where(record_change.c.source == "merge")
    assert {tuple(row) for row in house.rows(changes.where(record_change.c.form == "visit"))} == {
        (json.dumps({"customer": [str(other), str(keep)]}, separators=(",", ":")), 2)
    }
    assert house.undo(made.id).left == 0
    with house.workspace.reading(SYSTEM) as act:
        assert query.count(act, "visit", filter=f"customer.id == {other}", most=None) == 1_000


def test_followers_and_todos_come_along_and_who_said_no_stays_out(lite: House):
    people = [lite.do(accounts.add, email=f"{name}@example.com", name=name, roles=["member"]) for name in ("bo", "cy")]
    keep, other = lite.customer("Lin"), lite.customer("Lin")
    for person in people:
        lite.do(following.follow, "customer", other, person=person)
    lite.do(following.unfollow, "customer", keep, person=people[1])
    task = lite.do(todos.add, todos.Wanted("Call", people[0].id, None, "customer", other), person=people[0])
    made = lite.merge(keep, other)
    with lite.workspace.reading(people[0]) as act:
        assert following.followers(act, "customer", keep) == [people[0].id]
        assert todos.find(act, task).record == keep
    lite.undo(made.id)
    with lite.workspace.reading(people[0]) as act:
        assert (following.followers(act, "customer", keep), todos.find(act, task).record) == ([], other)


def test_the_team_comes_along_and_goes_back(lite: House):
    people = [lite.do(accounts.add, email=f"{name}@example.com", name=name, roles=["member"]) for name in ("bo", "cy")]
    keep, other = lite.customer("Lin"), lite.customer("Lin")
    for record, someone, role in ((keep, people[0], "owner"), (other, people[0], "service"), (other, people[1], "service")):
        values = {"form": "customer", "record": record, "person": someone.id, "role": role, "by": 0, "at": 0}
        lite.do(lambda act, values=values: act.connection.execute(record_team.insert().values(**values)))
    made = lite.merge(keep, other)
    team = sa.select(record_team.c.person, record_team.c.role).where(record_team.c.record == keep).order_by(record_team.c.person)
    assert [tuple(row) for row in lite.rows(team)] == [(people[0].id, "owner"), (people[1].id, "service")]
    lite.undo(made.id)
    assert [tuple(row) for row in lite.rows(team)] == [(people[0].id, "owner")]


def test_a_tag_that_somebody_gave_is_no_rules_any_more(lite: House):
    keep, other = lite.customer("Lin"), lite.customer("Lin")
    lite.add("order", customer=keep, amount="6000")
    order = lite.add("order", customer=other, amount="1")
    assert lite.values(keep)["tags"] == ("big",)
    lite.do(assigning.assign, "customer", other, "big")
    made = lite.merge(keep, other)
    lite.do(gateway.write_batch, "order", [BatchRow({"amount": "0"}, each) for each in (order - 1, order)])
    assert lite.values(keep)["tags"] == ("big",)
    lite.undo(made.id)
    lite.do(gateway.update, "order", order - 1, {"amount": "2"})
    assert (lite.values(keep)["tags"], lite.values(other)["tags"]) == ((), ("big",))


def test_a_record_that_named_the_other_does_not_name_itself(lite: House):
    keep = lite.customer("Lin")
    other = lite.customer("Lin", referrer=keep)
    lite.change(keep, referrer=other)
    made = lite.merge(keep, other, take={"referrer": "keep"})
    assert lite.values(keep)["referrer"] in (None, other)
    lite.undo(made.id)
    assert (lite.values(keep)["referrer"], lite.values(other)["referrer"]) == (other, keep)


def test_two_that_each_have_what_may_be_there_once_are_refused_with_its_name(house: House):
    keep, other = house.customer("Lin"), house.customer("Lin")
    cards = [house.add("card", no=str(each), customer=each) for each in (keep, other)]
    sentence = "Each of the two has its own record in Card, where one is allowed. Merge or delete one of these first."
    assert [str(each.message) for each in house.preview(keep, other).problems] == [sentence]
    with pytest.raises(Refused, match="Each of the two"):
        house.merge(keep, other)
    house.do(gateway.delete, "card", cards[0])
    house.merge(keep, other)
    assert house.values(cards[1], "card")["customer"] == keep


# -- what is left of the other ------------------------------------------------------------------------------------------------------
def test_the_other_lies_in_the_trash_and_leads_on_also_through_a_chain(lite: House):
    a, b, c = (lite.customer(name) for name in ("A", "B", "C"))
    first, second = (lite.merge(*pair, take={"name": "keep"}) for pair in ((b, c), (a, b)))
    with lite.workspace.reading(SYSTEM) as act:
        assert (survivor_of(act, "customer", c), survivor_of(act, "customer", b), survivor_of(act, "customer", a)) == (a, a, None)
    with pytest.raises(Refused, match="merged into another"):
        lite.do(gateway.restore, "customer", c)
    with pytest.raises(Refused, match="was itself merged into “A”"):
        lite.undo(first.id)
    lite.undo(second.id)
    lite.undo(first.id)
    assert all(lite.is_there(each) for each in (a, b, c))


def test_history_events_and_audit_tell_of_it(lite: House):
    keep, other = lite.customer("Lin", city="Bonn"), lite.customer("Lin Yue")
    made = lite.merge(keep, other)
    with lite.workspace.reading(SYSTEM) as act:
        newest = [query.history(act, "customer", each)[0] for each in (keep, other)]
        assert [(row.action, row.source) for row in newest] == [("update", "merge"), ("delete", "merge")]
        assert not history.can_be_taken_back(act, "customer", newest[0])
        noted = audit.page(act.connection, audit.Wanted(kind="records_merged"))[0]
    assert json.loads(noted.payload) == {"keep": keep, "merge": made.id, "moved": {}, "other": other}
    told = lite.rows(sa.select(event.c.kind, event.c.payload).where(event.c.source == "merge").order_by(event.c.id))
    assert [row.kind for row in told] == ["record_deleted", "record_updated"]
    assert json.loads(told[0].payload)["merged_into"] == str(keep)


# -- taking back --------------------------------------------------------------------------------------------------------------------
def test_what_was_changed_since_is_not_lost_by_taking_back(house: House):
    keep, other = house.customer("Lin"), house.customer("Lin", city="Bonn")
    visits = [house.add("visit", note=str(each), customer=other) for each in range(2)]
    made, third = house.merge(keep, other), house.customer("Third")
    house.change(keep, city="Kiel")
    with pytest.raises(Refused, match="City has been changed since the merge"):
        house.undo(made.id)
    house.change(keep, city="Bonn", points=5)
    house.do(gateway.update, "visit", visits[0], {"customer": third})
    assert house.undo(made.id).left == 1
    assert (house.values(keep)["city"], house.values(keep)["points"]) == (None, 5)
    assert [house.values(each, "visit")["customer"] for each in visits] == [third, other]
    with pytest.raises(Refused, match="taken back already"):
        house.undo(made.id)


def test_a_unique_value_that_somebody_else_has_by_now_stands_in_the_way(lite: House):
    keep, other = lite.customer("Lin"), lite.customer("Lin", code="B2")
    made = lite.merge(keep, other, take={"code": "keep"})
    lite.customer("Third", code="B2")
    with pytest.raises(Refused, match="B2 already belongs to Third"):
        lite.undo(made.id)
    assert not lite.is_there(other)


def test_after_thirty_days_a_merge_stays(lite: House):
    keep, other = lite.customer("Lin"), lite.customer("Lin")
    made = lite.merge(keep, other)
    lite.moment += timedelta(days=30)
    with pytest.raises(Refused, match="this one is older"):
        lite.undo(made.id)


# -- at the same time ---------------------------------------------------------------------------------------------------------------
def test_records_that_changed_since_they_were_looked_at_are_not_merged(lite: House):
    keep, other = lite.customer("Lin"), lite.customer("Lin")
    lite.change(other, city="Bonn")
    with pytest.raises(Stale, match="changed one of the two records meanwhile"):
        lite.merge(keep, other, versions=(1, 1))
    assert lite.merge(keep, other, versions=(1, 2)).taken == ("city",)


def test_of_two_who_merge_the_same_at_once_one_is_told_what_the_other_did(house: House):
    a, b = house.customer("A", city="Bonn"), house.customer("B", city="Kiel")

    def merged(pair: tuple[int, int]) -> str:
        try:
            with house.workspace.writing(SYSTEM) as act:
                merging.merge(act, "customer", *pair, take={"name": "keep"})
            return "done"
        except TierloomError as error:
            return f"{type(error).__name__}: {error}"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(merged, [(a, b), (b, a)]))
    stayed, gone = ("A", "B") if house.is_there(a) else ("B", "A")
    assert said == [f"Stale: Tierloom has merged “{gone}” into “{stayed}” already. Go on with “{stayed}”.", "done"]


def test_a_record_is_not_merged_with_itself_or_with_nothing(lite: House):
    keep = lite.customer("Lin")
    with pytest.raises(Refused, match="one and the same"):
        lite.merge(keep, keep)
    with pytest.raises(NotFound):
        lite.merge(keep, 999_999)


# -- who may ------------------------------------------------------------------------------------------------------------------------
def sales(actions: list[str], fields: dict[str, str], rows: str | None = None) -> dict[str, Any]:
    found = {"kind": "permission_set", "key": "sales", "label": "Sales", "form": "customer", "for": ["role:sales"]}
    return {**found, "actions": actions, "fields": fields, **({"rows": rows} if rows else {})}


@pytest.fixture
def sally(lite: House) -> Person:
    return lite.do(accounts.add, email="sally@example.com", name="Sally", roles=["sales"])


@pytest.mark.parametrize(
    ("actions", "rows", "wrong"),
    [
        (["edit"], None, NotAllowed),
        (["delete"], None, NotAllowed),
        (["edit", "delete"], "city == 'Bonn'", NotFound),
        (["edit", "delete"], None, None),
    ],
)
def test_who_may_change_both_and_delete_the_one_that_goes_may_merge(
    lite: House, sally: Person, actions: list[str], rows: str | None, wrong: Any
):
    keep, other = lite.customer("Lin", city="Bonn"), lite.customer("Lin", city="Kiel")
    lite.do(publish, [sales(actions, {"*": "edit"}, rows)])
    if wrong is None:
        lite.undo(lite.merge(keep, other, person=sally).id, person=sally)
        return
    with pytest.raises(wrong):
        lite.merge(keep, other, person=sally)
    assert lite.is_there(other)


def test_fields_that_somebody_may_not_see_are_merged_by_the_rule_and_not_shown(lite: House, sally: Person):
    keep = lite.customer("Lin", city="Bonn", points=5, mobile="13812345678")
    other = lite.customer("Lin", city="Kiel", points=9, mobile="13912345678", address="Bond Street")
    lite.do(
        publish,
        [sales(["edit", "delete"], {"*": "edit", "city": "view", "points": "hidden", "mobile": "masked", "address": "hidden"})],
    )
    found = lite.preview(keep, other, person=sally)
    assert {each.key for each in found.pairs if not each.shown} == {"points", "mobile", "address"}
    assert not next(each for each in found.pairs if each.key == "city").open
    assert "points" not in found.keep.values and "address" not in found.other.values
    for key in ("city", "points"):
        with pytest.raises(Refused, match="merged by the rule"):
            lite.merge(keep, other, person=sally, take={key: "other"})
    lite.merge(keep, other, person=sally)
    now = lite.values(keep)
    assert (now["city"], now["points"], now["mobile"], now["address"]) == ("Bonn", 5, "+8613812345678", "Bond Street")


def test_records_that_somebody_may_not_see_move_uncounted(lite: House, sally: Person):
    keep, other = lite.customer("Lin"), lite.customer("Lin")
    visit = lite.add("visit", note="hi", customer=other)
    order = lite.add("order", customer=other, amount="1")
    orders = {**sales(["view"], {"*": "view"}, "amount > 100"), "key": "orders", "form": "order"}
    lite.do(publish, [sales(["edit", "delete"], {"*": "edit"}), orders])
    assert [(each.place.form, each.count, each.seen) for each in lite.preview(keep, other, person=sally).moves] == [
        ("order", 1, 0),
        ("visit", 1, 0),
    ]
    lite.merge(keep, other, person=sally)
    assert (lite.values(visit, "visit")["customer"], lite.values(order, "order")["customer"]) == (keep, keep)
