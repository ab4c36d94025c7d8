"""Reading lists: filters, search, order, pages, figures."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.errors import FormulaProblems, Refused
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.records.gateway import BatchRow
from runtime.system.workspace import Workspace
from tests.records.conftest import acting

PEOPLE = [
    ("林女士", "C1", "2024-01-05", ["tea"]),
    ("王伟", "C2", None, []),
    ("王小伟", "C3", "2024-03-01", ["tea", "coffee"]),
    ("Ann_Lee", "C4", "2024-01-05", ["juice"]),
]


@pytest.fixture
def people(shop: Workspace) -> Workspace:
    with acting(shop) as act:
        gateway.write_batch(
            act,
            "customer",
            [BatchRow({"name": name, "code": code, "since": since, "interests": interests}) for name, code, since, interests in PEOPLE],
        )
    return shop


def names(workspace: Workspace, **wishes: object) -> list[str]:
    with workspace.reading(SYSTEM) as act:
        return [each.values["name"] for each in query.page(act, "customer", columns=["name"], **wishes).records]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("王伟", {"王伟"}),
        ("王", {"王伟", "王小伟"}),
        ("伟", {"王伟", "王小伟"}),
        ("lns", {"林女士"}),
        ("ann", {"Ann_Lee"}),
        ("ＡＮＮ", {"Ann_Lee"}),
        ("n_l", {"Ann_Lee"}),
        ("c3", {"王小伟"}),
        ("王士", set()),
        ("%", set()),
        ("' OR 1=1 --", set()),
        ("\x00", set()),
        ("🙂", set()),
    ],
)
def test_any_part_of_a_value_finds_the_record(people: Workspace, wanted: str, found: set[str]) -> None:
    assert set(names(people, search=wanted)) == found


def test_search_follows_changes(people: Workspace) -> None:
    with acting(people) as act:
        record = query.page(act, "customer", search="王小伟").records[0].id
        gateway.update(act, "customer", record, {"name": "张三"})
    assert names(people, search="王小") == []
    assert names(people, search="张三") == ["张三"]


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("since < DATE(2024, 2, 1)", {"林女士", "Ann_Lee"}),
        ("ISEMPTY(since)", {"王伟"}),
        ("'tea' in interests", {"林女士", "王小伟"}),
        ("not ('tea' in interests)", {"王伟", "Ann_Lee"}),
        ("CONTAINS(name, '王') and spend == 0", {"王伟", "王小伟"}),
        ("since != DATE(2024, 1, 5)", {"王伟", "王小伟"}),
    ],
)
def test_a_filter_is_a_formula(people: Workspace, formula: str, found: set[str]) -> None:
    assert set(names(people, filter=formula)) == found


def test_a_wrong_filter_says_what_is_wrong(people: Workspace) -> None:
    with pytest.raises(FormulaProblems, match="nam"):
        names(people, filter="nam == 'x'")


def test_blanks_come_last_in_either_direction(people: Workspace) -> None:
    assert names(people, sort=("since", "name"))[-1] == "王伟"
    assert names(people, sort=("-since", "name")) == ["王小伟", "Ann_Lee", "林女士", "王伟"]


@pytest.mark.parametrize("sort", [(), ("since",), ("-since",), ("name", "-since"), ("-spend", "since")])
def test_pages_leave_nothing_out_and_repeat_nothing(people: Workspace, sort: tuple[str, ...]) -> None:
    with people.reading(SYSTEM) as act:
        whole = [each.id for each in query.page(act, "customer", sort=sort).records]
        found, cursor = [], None
        while True:
            page = query.page(act, "customer", sort=sort, limit=1, cursor=cursor)
            found += [each.id for each in page.records]
            cursor = page.next
            if cursor is None:
                break
    assert found == whole
    assert len(found) == len(PEOPLE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.sampled_from([None, "2024-01-01", "2024-01-02", "2024-01-03"]), max_size=12),
    limit=st.integers(1, 5),
    down=st.booleans(),
)
def test_any_list_is_walked_through_completely(sqlite_shop: Workspace, days: list[str | None], limit: int, down: bool) -> None:
    with acting(sqlite_shop) as act:
        gateway.write_batch(act, "customer", [BatchRow({"name": "x", "since": day}) for day in days])
        sort, found, cursor = ("-since" if down else "since",), [], None
        while True:
            page = query.page(act, "customer", sort=sort, limit=limit, cursor=cursor)
            found += [each.id for each in page.records]
            cursor = page.next
            if cursor is None:
                break
        assert len(found) == len(set(found)) == query.count(act, "customer", most=None)


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "W10", "eyJhIjoxfQ", "WyJhIl0", "////"])
def test_a_made_up_cursor_is_refused(people: Workspace, cursor: str) -> None:
    with pytest.raises(Refused):
        names(people, sort=("name",), cursor=cursor)


def test_a_page_takes_four_statements_at_most(people: Workspace) -> None:
    with acting(people) as act:
        customer = query.page(act, "customer", search="c1").records[0].id
        gateway.create(act, "order", {"customer": str(customer)})
    ran: list[str] = []
    sa.event.listen(people.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: ran.append(statement))
    with people.reading(SYSTEM) as act:
        ran.clear()
        query.page(
            act,
            "order",
            columns=["no", "customer", "amount", "status", "buyer", "created_by"],
            sort=("-amount",),
            filter="customer.name != 'x'",
        )
        assert len(ran) <= 4


def test_figures_are_grouped(people: Workspace) -> None:
    with people.reading(SYSTEM) as act:
        assert query.aggregate(act, "customer", by=["since"], measures=["COUNT(record)"], filter="CONTAINS(name, '王')") == [
            {"since": __import__("datetime").date(2024, 3, 1), "COUNT(record)": Decimal(1)},
            {"since": None, "COUNT(record)": Decimal(1)},
        ]
