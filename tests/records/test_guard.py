"""The gate, door by door: for every right on a field and every rule on rows, what a person gets is what the sets say of each record."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people.may import may, sees
from runtime.people.person import SYSTEM, Person
from runtime.people.rights import EDIT, HIDDEN, LEVELS, MASKED, VIEW
from runtime.records import gateway, query
from runtime.records.gateway import BatchRow
from runtime.system.tables import person as person_table
from runtime.system.workspace import Act, Workspace
from runtime.transfer import exporting
from tests import makers

ANN = Person(11, "ann@example.com", "Ann", frozenset({"sales"}))
BOB = Person(12, "bob@example.com", "Bob", frozenset({"service"}), reports=(11,))
CUSTOMER = makers.form_json(
    makers.text("name", required=True),
    makers.member("owner"),
    makers.text("secret", max_length=200),
    makers.number("worth", decimals=0),
    makers.multi_choice("interests", "tea", "wine"),
    title="name",
)
ORDER = makers.form_json(
    makers.text("no"),
    makers.reference("customer", "customer", many_name="orders"),
    makers.number("amount", decimals=0),
    key="order",
    title="no",
)
RULES = {"all": None, "own": "owner == CURRENT_USER()", "rich": "worth > 15", "team": "owner in MY_REPORTS()"}
ROWS = [("林一", 11, "alpha", 10), ("王二", 11, "beta", 20), ("李三", 12, "gamma", 30), ("赵四", None, "alpha", None)]


@dataclass
class World:
    workspace: Workspace
    customers: list[int]
    orders: list[int]

    def permit(self, *sets: dict[str, Any]) -> None:
        with self.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [{"kind": "permission_set", "label": each["key"], "form": "customer", **each} for each in sets])

    @contextmanager
    def asked(self, person: Person) -> Iterator[Act]:
        with self.workspace.reading(person) as act:
            yield act


@pytest.fixture
def world(workspace: Workspace) -> World:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        for each in (ANN, BOB):
            act.connection.execute(person_table.insert().values(id=each.id, email=each.email, name=each.name, active=1, created_at=0))
        versions.publish(act, [CUSTOMER, ORDER])
    with workspace.writing(SYSTEM) as act:
        made = [
            gateway.create(act, "customer", {"name": name, "owner": owner, "secret": secret, "worth": worth, "interests": ["tea"]}).id
            for name, owner, secret, worth in ROWS
        ]
        orders = [gateway.create(act, "order", {"no": f"S{each}", "customer": each, "amount": 100}).id for each in made]
    return World(workspace, made, orders)


def set_of(
    key: str, role: str = "sales", rows: str = "all", fields: dict[str, str] | None = None, actions: Any = ("view",)
) -> dict[str, Any]:
    found: dict[str, Any] = {"key": key, "for": [f"role:{role}"], "actions": list(actions), "fields": fields or {"*": "view"}}
    if RULES[rows]:
        found["rows"] = RULES[rows]
    return found


def meets(rule: str, person: Person, row: tuple[Any, ...]) -> bool:
    _name, owner, _secret, worth = row
    return {
        "all": True,
        "own": owner == person.id,
        "rich": worth is not None and worth > 15,
        "team": owner is not None and owner in person.reports,
    }[rule]


COMBINATIONS = [[("own", right)] for right in LEVELS] + [
    [(first, a), (second, b)]
    for first, second in (("own", "rich"), ("all", "own"), ("team", "rich"))
    for a, b in itertools.product(LEVELS, LEVELS)
]


@pytest.mark.parametrize("person", [ANN, BOB], ids=["ann", "bob"])
def test_every_door_says_what_the_sets_say_of_each_record(world: World, person: Person):
    for sets in COMBINATIONS:
        try:
            _check_doors(world, sets, person)
        except AssertionError as error:
            error.add_note(f"with the sets {sets}")
            raise


def _check_doors(world: World, sets: list[tuple[str, str]], person: Person) -> None:
    role = next(iter(person.roles))
    two = [*sets, ("all", "hidden")][:2]
    world.permit(
        *[
            {**set_of(f"s{number}", role, rule, {"*": "view", "secret": right}, ("view", "export")), "off": number >= len(sets)}
            for number, (rule, right) in enumerate(two)
        ]
    )
    level = {
        record: max((LEVELS[right] for rule, right in sets if meets(rule, person, row)), default=None)
        for record, row in zip(world.customers, ROWS, strict=True)
    }
    there = [record for record in world.customers if level[record] is not None]
    whole = {record for record in there if (level[record] or 0) >= VIEW}
    secret = {record: row[2] for record, row in zip(world.customers, ROWS, strict=True)}
    best = max((LEVELS[right] for _rule, right in sets), default=HIDDEN)
    with world.asked(person) as act:
        _check_reading(act, world, level, there, whole, secret)
        _check_asking(act, world, there, whole, secret, best)
        _check_beside(act, world, there, whole, secret, best)


def _check_reading(act: Act, world: World, level: dict[int, Any], there: list[int], whole: set[int], secret: dict[int, str]) -> None:
    page = query.page(act, "customer", columns=["name", "secret"], sort=["id"])
    assert [each.id for each in page.records] == there
    for each in page.records:
        assert each.values.get("secret") == (secret[each.id] if each.id in whole else None)
        assert ("secret" in each.masked) == (level[each.id] == MASKED)
        assert secret[each.id] not in each.masked.values()
        assert sees(act.person, "customer", "secret", each.id) == level[each.id]
        assert may(act.person, "view", "customer", each.id, "secret") == (each.id in whole)
    for record in world.customers:
        if record not in there:
            with pytest.raises(NotFound):
                query.get(act, "customer", record)
        else:
            assert query.get(act, "customer", record).values.get("secret") == (secret[record] if record in whole else None)
    assert query.count(act, "customer") == len(there)
    wanted = exporting.Wanted("customer", ("name", "secret"), sort=("id",))
    exported = list(exporting.rows(act, wanted))
    assert len(exported) == len(there)
    for record, (_name, shown) in zip(there, exported, strict=True):
        assert shown == secret[record] if record in whole else shown != secret[record]


def _check_asking(act: Act, world: World, there: list[int], whole: set[int], secret: dict[int, str], best: int) -> None:
    """Filter, sort, search, groups: none of them lets anybody guess."""
    if best < VIEW:
        for ask in (
            lambda: query.page(act, "customer", filter="secret == 'alpha'"),
            lambda: query.count(act, "customer", filter="CONTAINS(secret, 'a')"),
            lambda: query.page(act, "customer", sort=["secret"]),
            lambda: query.aggregate(act, "customer", by=["secret"]),
        ):
            with pytest.raises((Refused, NotAllowed)):
                ask()
    else:
        found = query.ids(act, "customer", filter="secret == 'alpha'")
        assert found == [each for each in there if each in whole and secret[each] == "alpha"]
        blank = query.ids(act, "customer", filter="ISEMPTY(secret)")
        assert blank == [each for each in there if each not in whole]
        order = [each.id for each in query.page(act, "customer", sort=["secret"]).records]
        assert order == sorted(there, key=lambda each: (each not in whole, secret[each] if each in whole else "", each))
        groups = {each["secret"]: each["COUNT(record)"] for each in query.aggregate(act, "customer", by=["secret"])}
        wanted: dict[Any, int] = {}
        for each in there:
            value = secret[each] if each in whole else None
            wanted[value] = wanted.get(value, 0) + 1
        assert groups == wanted
    assert [each.id for each in query.page(act, "customer", search="alpha", sort=["id"]).records] == [
        each for each in there if each in whole and secret[each] == "alpha"
    ]


def _check_beside(act: Act, world: World, there: list[int], whole: set[int], secret: dict[int, str], best: int) -> None:
    """From the orders, which anybody with a role may not even open: nothing of the customers shows."""
    assert not may(act.person, "view", "order")
    titles = query.titles(act, {"customer": set(world.customers)})
    for record, (name, *_rest) in zip(world.customers, ROWS, strict=True):
        assert titles[("customer", record)] == (name if record in there else f"#{record}")


@pytest.mark.parametrize("right", ["hidden", "view"])
def test_what_lies_beside_is_asked_of_the_same_gate(world: World, right: str):
    """A list of orders filtered by a field of their customer, a list of customers by their orders."""
    world.permit(
        set_of("c", rows="own", fields={"*": "view", "secret": right}),
        {**set_of("o"), "form": "order"},
    )
    own = [record for record, row in zip(world.customers, ROWS, strict=True) if row[1] == ANN.id]
    with world.asked(ANN) as act:
        if right == "view":
            assert query.ids(act, "order", filter="customer.secret == 'alpha'") == [world.orders[0]]
        else:
            with pytest.raises(Refused):
                query.ids(act, "order", filter="customer.secret == 'alpha'")
        assert query.ids(act, "order", filter="customer.name == '李三'") == []
        assert query.ids(act, "customer", filter="COUNT(orders) == 1") == own
        page = query.page(act, "order", columns=["no", "customer"], sort=["id"])
        assert [page.titles[("customer", each.values["customer"])] for each in page.records] == [
            "林一",
            "王二",
            f"#{world.customers[2]}",
            f"#{world.customers[3]}",
        ]
    world.permit({**set_of("o"), "form": "order", "rows": "amount > 500"})
    with world.asked(ANN) as act:
        assert query.ids(act, "customer", filter="COUNT(orders) == 1") == []


def test_sets_unite_by_record_and_never_by_axis(world: World):
    """Editing one's own and seeing all is not editing all."""
    world.permit(
        set_of("own", rows="own", fields={"*": "edit"}, actions=("view", "edit", "delete")),
        set_of("see", fields={"*": "view", "worth": "hidden"}),
    )
    own, foreign = world.customers[0], world.customers[2]
    with world.workspace.writing(ANN) as act:
        assert gateway.update(act, "customer", own, {"worth": 99}).changes
        with pytest.raises(NotAllowed):
            gateway.update(act, "customer", foreign, {"name": "X"})
        with pytest.raises(NotAllowed):
            gateway.delete(act, "customer", foreign)
        assert query.get(act, "customer", own).values["worth"] == 99
        assert "worth" not in query.get(act, "customer", foreign).values


def test_a_field_that_may_only_be_seen_is_not_written(world: World):
    world.permit(set_of("s", rows="own", fields={"*": "edit", "secret": "view", "worth": "hidden"}, actions=("view", "edit", "add")))
    with world.workspace.writing(ANN) as act:
        for key in ("secret", "worth"):
            with pytest.raises((Refused, NotAllowed)):
                gateway.update(act, "customer", world.customers[0], {key: "1"})
        gateway.update(act, "customer", world.customers[0], {"name": "New"})
        with pytest.raises((Refused, NotAllowed)):
            gateway.create(act, "customer", {"name": "A", "secret": "b"})


def test_rights_follow_the_record_within_one_act(world: World):
    """Giving a record away ends the right to it at once."""
    world.permit(set_of("own", rows="own", fields={"*": "edit"}, actions=("view", "edit")))
    with world.workspace.writing(ANN) as act:
        gateway.update(act, "customer", world.customers[0], {"owner": BOB.id})
        with pytest.raises(NotFound):
            query.get(act, "customer", world.customers[0])


def test_a_batch_asks_for_each_of_its_rows(world: World):
    world.permit(set_of("own", rows="own", fields={"*": "edit"}, actions=("view", "edit", "add")))
    with world.workspace.writing(ANN) as act:
        result = gateway.write_batch(
            act, "customer", [BatchRow({"name": "A"}, world.customers[0]), BatchRow({"name": "B"}, world.customers[2])]
        )
    assert result.saved[0] is not None
    assert result.saved[1] is None
    assert result.problems[1]


def test_who_is_named_by_nothing_sees_nothing_and_a_form_without_sets_is_open_to_members(world: World):
    member = Person(13, roles=frozenset({"member"}))
    with world.asked(member) as act:
        assert query.count(act, "customer") == len(ROWS)
    world.permit(set_of("s"))
    for person in (member, Person(14, roles=frozenset({"other"}))):
        with world.asked(person) as act, pytest.raises(NotAllowed):
            query.count(act, "customer")
    world.permit({**set_of("s"), "off": True})
    with world.asked(member) as act:
        assert query.count(act, "customer") == len(ROWS)


def test_a_set_names_people_departments_groups_and_fields(world: World):
    for who, person, seen in (
        ("user:ann@example.com", ANN, 4),
        ("user:11", ANN, 4),
        ("department:east", Person(20, department_keys=("east",)), 4),
        ("group:7", Person(21, groups=(7,)), 4),
        ("field:owner", ANN, 2),
        ("field:owner", BOB, 1),
        ("field:owner", Person(22), 0),
    ):
        world.permit({**set_of("s"), "for": [who]})
        with world.asked(person) as act:
            assert query.count(act, "customer") == seen, who


def test_a_page_asks_no_question_for_each_row(world: World):
    """Rows, rights of each row, lists: the same number of statements however many rows there are."""
    world.permit(set_of("own", rows="own"), set_of("rich", rows="rich", fields={"*": "view", "secret": "masked"}))

    def statements() -> int:
        said: list[str] = []
        with world.asked(ANN) as act:
            raw = act.connection.connection
            cursor = raw.cursor

            def counting(*given: Any, **named: Any) -> Any:
                said.append("statement")
                return cursor(*given, **named)

            raw.cursor = counting  # type: ignore[method-assign]
            try:
                page = query.page(act, "customer", columns=["name", "secret", "interests", "owner"])
                for each in page.records:
                    may(act.person, "view", "customer", each.id, "secret")
            finally:
                raw.cursor = cursor  # type: ignore[method-assign]
        return len(said)

    few = statements()
    with world.workspace.writing(SYSTEM) as act:
        gateway.write_batch(act, "customer", [BatchRow({"name": f"N{each}", "owner": 11, "secret": "x"}) for each in range(40)])
    assert statements() == few <= 4


def test_a_rule_with_a_window_is_asked_of_the_present_day(world: World):
    """What was found out yesterday says nothing of today: the window has moved on."""
    visit = makers.form_json(makers.day("came_on"), makers.reference("customer", "customer", many_name="visits"), key="visit", title="came_on")
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [visit])
    first = datetime(2026, 3, 10, 12, tzinfo=UTC)
    world.workspace.now = lambda: first
    with world.workspace.writing(SYSTEM) as act:
        gateway.create(act, "visit", {"customer": world.customers[0], "came_on": "2026-02-11"})
    world.permit({**set_of("s"), "rows": "COUNT(visits, on=visits.came_on, months=1) > 0"})
    for moment, seen in ((first, True), (first + timedelta(days=1), False)):
        world.workspace.now = lambda moment=moment: moment
        with world.asked(ANN) as act:
            assert may(act.person, "view", "customer", world.customers[0]) is seen


def test_levels_are_in_order():
    assert HIDDEN < MASKED < VIEW < EDIT
