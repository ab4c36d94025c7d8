"""One meaning in the browser too: what its interpreter computes of random formulas and records is what Python computes.

One Node process runs the bundled TypeScript for a whole batch. A case is a formula and a record; TIERLOOM_FORMULA_EXAMPLES raises the
number of cases (2,000).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runtime.formulas import CannotCompute, Formula, evaluate
from runtime.formulas.arithmetic import micros_of
from runtime.formulas.functions import FUNCTIONS
from runtime.formulas.functions.base import SHELF
from tests.formulas.browser import CANNOT, ask, offered, question, results
from tests.formulas.generated import FORMULAS, conditions, days, moneys, numbers, of, pool_of, shaped, texts
from tests.formulas.test_readers_agree import CASES, SEEDED
from tests.formulas.world import TODAY, Row, example, formula

ROWS = 4
SERVER_ONLY = {
    "other records": {"LOOKUP", "IN_SEGMENT", "QUANTILE_BAND", "PERCENT_RANK", "TIER_AT", "POTENTIAL", "DIMENSION_BAND", "TEXTUSER"},
    "the calendar of holidays": {"IS_WORKDAY", "WORKDAY", "NETWORKDAYS"},
    "decimals of any length": {"POWER", "EXP", "LN", "LOG", "DISTANCE"},
    "another value each time": {"UUID"},
    "the team of a record": {"IN_TEAM"},
}
"""Functions that the browser leaves to the server, and what it lacks for them; so too HAS_ROLE of somebody else."""
BEYOND_SQL = st.one_of(
    shaped("{}({}, {}, {})", of("MEDIAN", "PRODUCT"), numbers(1), numbers(1), numbers(0)),
    shaped("{}(orders.{})", of("MEDIAN", "PRODUCT"), of("amount", "items.quantity", "amount - whole")),
    shaped("SQRT({})", numbers(1)),
    shaped("RMBUPPER({})", moneys(1) | numbers(1)),
    shaped("VALUE({})", texts(2)),
    shaped("{}({})", of("PROPER", "CLEAN"), texts(1)),
    shaped("JOIN({}, ', ')", of("tags", "colors", "UNION(tags, colors)", "orders.no", "orders.amount", "orders.paid_on")),
    shaped("INDEX(SPLIT({}, {}), {})", texts(1), texts(0), of("1", "2", "3")),
    shaped("{} in SPLIT({}, ' ')", texts(0), texts(1)),
    shaped("{}(seen_at + HOURS({}))", of("HOUR", "MINUTE", "SECOND", "DATE", "DAYS_SINCE", "WEEKDAY"), numbers(1)),
    shaped("DATETIME({}, {}, {})", days(1), numbers(0), of("0", "30", "59.9", "60")),
    shaped("TIMESTAMP({})", days(1) | of("seen_at")),
    shaped("DATE({}, {}, {})", of("2024", "1900", "whole"), of("2", "12", "13", "zero"), of("1", "29", "31", "whole")),
    shaped(
        "DATE({})",
        texts(1).map("({} & '')".format)
        | of("'2024-02-30'", "'20240229'", "'2024-W09-4'", "'2020W537'", "' 2024-02-29T10'", "'0000-01-01'"),
    ),
    shaped("{}({})", of("ISNUMBER", "ISDATE", "ISTEXT"), texts(1)),
    shaped("SUM(orders.amount, on={}, days={})", of("orders.paid_on", "DATE(orders.sent_at)"), of("1", "7", "3000")),
    shaped("{} in {}", of("owner"), of("MY_REPORTS()")),
    shaped("COUNT(orders.items, where={})", of("orders.items.product == name", "orders.items.quantity > whole", "orders.discounted")),
)


def batch(formulas: st.SearchStrategy[str], cases: int) -> list[tuple[Formula, list[Row]]]:
    """So many cases: formulas that the browser offers, each with a few records."""
    pool, found = pool_of(300), []
    names = offered()

    @settings(
        max_examples=cases // 2,
        deadline=None,
        database=None,
        derandomize=SEEDED,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(text=formulas)
    def write(text: str) -> None:
        wanted = formula(text)
        if wanted.uses.functions <= names and len(found) * ROWS < cases:
            start = len(found) * ROWS
            found.append((wanted, [pool[(start + number) % len(pool)] for number in range(ROWS)]))

    write()
    assert len(found) * ROWS >= cases
    return found


def by_python(wanted: Formula, row: Row) -> Any:
    try:
        return evaluate(wanted, row)
    except CannotCompute:
        return CANNOT


def assert_same(cases: list[tuple[Formula, list[Row]]]) -> None:
    different = []
    answers = [
        answer for start in range(0, len(cases), 2_000) for answer in ask(question(*each) for each in cases[start : start + 2_000])[1]
    ]
    for (wanted, rows), answer in zip(cases, answers, strict=True):
        assert "results" in answer, f"{wanted.text}: {answer}"
        expected = [by_python(wanted, each) for each in rows]
        if (said := results(answer, wanted.type)) != expected:
            different.append(f"{wanted.text}\n  Python:  {expected}\n  browser: {said}")
    assert different == []


@pytest.mark.parametrize("as_of", [False, True], ids=["today", "another day"])
def test_the_browser_agrees_with_python(as_of: bool):
    cases = batch(FORMULAS, CASES // 2)
    for row in {id(row): row for _wanted, rows in cases for row in rows}.values():
        row.as_of = as_of
    assert_same(cases)


def test_it_agrees_on_what_sql_does_not_know():
    assert_same(batch(BEYOND_SQL, CASES // 4))


def test_it_agrees_on_conditions_as_rules_have_them():
    assert_same(batch(conditions(2), CASES // 4))


def test_the_examples_of_every_function_hold_in_the_browser():
    written = [text for function in FUNCTIONS for text, _shown in function.examples() if not text.startswith("HAS_ROLE(owner")]
    wanted = [each for each in map(formula, written) if each.uses.functions <= offered()]
    assert len(wanted) > 150
    assert_same([(each, [example()]) for each in wanted])


def test_every_function_is_offered_or_named_as_the_servers():
    """What becomes another node of the tree, such as IF or SUMIF, is no function by then."""
    server_only = set().union(*SERVER_ONLY.values())
    in_trees = {name for function in FUNCTIONS for text, _shown in function.examples() for name in formula(text).uses.functions}
    assert in_trees - offered() == server_only & in_trees
    assert not server_only & offered()
    assert offered() <= SHELF.keys()


ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_and_the_clock_of_a_zone_are_the_same(zone: str):
    hours = range(0, 24 * 366 * 2, 23)
    instants = [datetime.fromtimestamp(1_700_000_000 + hour * 3600 + 1799, UTC) for hour in hours]
    rows = [Row({"id": 1, "seen_at": instant, "day": instant.date()}, zone=ZoneInfo(zone), today=TODAY) for instant in instants]
    there = "SECOND(seen_at) + 100 * MINUTE(seen_at) + 10000 * HOUR(seen_at) + 1000000 * DAY(seen_at)"
    back = "TIMESTAMP(DATETIME(day, 2, 30))"
    assert_same([(formula(there), rows), (formula(back), rows)])


@pytest.mark.parametrize("year", [1, 4, 100, 400, 1582, 1900, 1969, 1970, 2000, 2024, 2100, 9999])
def test_the_calendar_is_the_same_in_every_year(year: int):
    text = f"YEAR(DATE({year}, whole, 28)) * 100000 + DAYS_SINCE(EOMONTH(DATE({year}, whole, 1), 0)) + WEEKDAY(DATE({year}, whole, 28))"
    rows = [Row({"id": month, "whole": Decimal(month)}) for month in range(1, 13)]
    assert_same([(formula(text), rows), (formula(f"START_OF_YEAR(DATE({year}, whole, 9)) + DAYS(whole)"), rows)])


def test_an_instant_is_a_whole_number_of_microseconds_on_both_sides():
    row = Row({"id": 1, "seen_at": datetime(2024, 5, 6, 7, 8, 9, 123456, UTC)})
    answer = ask([question(formula("seen_at"), [row])])[1][0]
    assert answer["results"] == [{"value": str(micros_of(row.values["seen_at"]))}]
