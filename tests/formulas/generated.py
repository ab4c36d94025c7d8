"""Random formulas that pass the check, and random records full of borders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.formulas.world import Row, a_record, an_order

LITERALS = (
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "100",
    "0.5",
    "2.5",
    "1.005",
    "0.01",
    "0.333333",
    "12345.678",
    "2147483647",
    "2147483648",
    "3000000000",
    "99999999999",
)
TEXTS = ("", "a", "B", "Ab 王", "it''s", "%_", "é𠮷", "王伟芳", "ß İ", "  x　")
DAYS = ("DATE(2024, 2, 29)", "DATE(2023, 12, 31)", "DATE(2024, 1, 31)", "DATE(1969, 12, 31)", "DATE(1900, 3, 1)", "DATE(2000, 2, 29)")
LETTERS = "ABab 王伟芳1%_'é𠮷ßİ　\t"


def of(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


def shaped(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts of a shape: `{}` stands for each part."""
    return st.tuples(*parts).map(lambda found: pattern.format(*found))


def numbers(depth: int) -> st.SearchStrategy[str]:
    leaf = of("amount", "nothing", "zero", "whole", "fine", "score", "-amount", "id") | of(*LITERALS)
    if depth == 0:
        return leaf
    n, t, b, d, m = numbers(depth - 1), texts(depth - 1), conditions(depth - 1), days(depth - 1), moneys(depth - 1)
    digits = of("0", "1", "2", "3", "6")
    return leaf | st.one_of(
        shaped("({} {} {})", n, of("+", "-", "*", "/", "%"), n),
        shaped("({} / {})", m, m),
        shaped("-({})", n),
        shaped("{}({}, {})", of("ROUND", "ROUNDUP", "ROUNDDOWN"), n, digits),
        shaped("{}({})", of("ABS", "INT", "CEILING", "ROUND"), n),
        shaped("IF({}, {}, {})", b, n, n),
        shaped("IF({}, {})", b, n),
        shaped("IFEMPTY({}, {})", n, n),
        shaped("COALESCE({}, {}, {})", n, n, n),
        shaped("SWITCH({}, {}, {}, {})", n, n, n, n),
        shaped("{}({}, {}, {})", of("MIN", "MAX", "SUM", "AVG", "COUNT"), n, n, n),
        shaped("BAND({}, 1, 2.5, 100)", n),
        shaped("{}({}{})", of("FLOOR", "CEILING", "MROUND"), n, of(", 5", ", 0.05", ", 2.5", ", 0.000001", ", 7")),
        shaped("{}({})", of("FLOOR", "EVEN", "ODD", "SIGN"), n),
        shaped("QUOTIENT({}, {})", n, n),
        shaped("{}({}, {}{})", of("FIND", "SEARCH"), t, t, of("", ", 1", ", 2", ", 5")),
        shaped("CODE({})", t),
        shaped("CHOOSE({}, {}, {})", n, n, n),
        shaped("{}({})", of("QUARTER", "ISOWEEKNUM", "WEEKNUM", "AGE"), d),
        shaped("WEEKNUM({}, {})", d, of("1", "2")),
        shaped("MONTHS_AGO({}, {})", d, of("1", "3", "12", "60")),
        shaped("DAYS360({}, {})", d, d),
        of("PERCENT_RANK(amount)", "QUANTILE_BAND(amount, 5)", "LOOKUP('order', 'no', name, 'amount')"),
        shaped("{}({})", of("HOUR", "MINUTE", "SECOND", "YEAR", "DAY", "WEEKDAY", "DAYS_SINCE", "AGE", "QUARTER", "TIMESTAMP"), times()),
        shaped("TIMESTAMP({})", d),
        shaped("VALUE({})", t),
        shaped("PRODUCT({}, {})", n, of("whole", "2", "amount")),
        shaped("LEN({})", t),
        shaped("{}({})", of("YEAR", "MONTH", "DAY", "WEEKDAY", "DAYS_SINCE"), d),
        shaped("DATEDIF({}, {}, '{}')", d, d, of("days", "months", "years")),
        shaped("({} - {})", d, d),
        shaped("DAYS({}, {})", d, d),
        aggregates(),
        growths(),
    )


def aggregates() -> st.SearchStrategy[str]:
    value = of(
        "orders.amount",
        "orders.amount - whole",
        "orders.amount * 0.3",
        "orders.items.quantity",
        "orders.items.quantity * 2 + orders.amount",
        "orders.items.amount",
    )
    where = of(
        "",
        ", where=orders.status == 'done'",
        ", where=orders.discounted",
        ", where=orders.amount > amount",
        ", where=not (orders.amount > 1)",
        ", where=orders.status != 'done' and orders.amount >= 0",
    )
    window = of(
        "",
        ", on=orders.paid_on, days=30",
        ", on=orders.paid_on, days=1",
        ", on=orders.paid_on, months=3",
        ", days=365",
        ", on=orders.sent_at, days=2",
        ", on=orders.sent_at, months=1",
    )
    return st.one_of(
        shaped("{}({}{}{})", of("SUM", "AVG", "MIN", "MAX", "COUNT", "DISTINCT", "FIRST", "LAST"), value, where, window),
        shaped(
            "{}({}{})",
            of("FIRST", "LAST"),
            value,
            of(", by=orders.amount", ", by=orders.amount - whole", ", by=orders.no", ", by=orders.paid_on, where=orders.discounted"),
        ),
        shaped("{}({}, {}{}{})", of("LARGE", "SMALL"), value, of("1", "2", "3"), where, window),
        shaped("MEDIAN({}{}{})", value, where, window),
        shaped("{}({}, where=orders.amount > 1)", of("SUM", "AVG", "MAX", "COUNT", "LAST", "MEDIAN"), of("amount", "amount - whole", "2")),
        shaped("SUM({}(orders.sent_at){})", of("HOUR", "MINUTE", "DAY"), where),
        of(
            "SUMIF(orders.status, 'done', orders.amount)",
            "SUMIF(orders.amount, '>=1')",
            "COUNTIF(orders.status, '<>done')",
            "COUNTIFS(orders.amount, '>0', orders.status, 'draft')",
            "AVERAGEIF(orders.discounted, TRUE, orders.amount)",
            "MAXIFS(orders.amount, orders.amount, '<100')",
            "MINIFS(orders.amount, orders.no, name)",
            "SUMPRODUCT(orders.items.quantity, orders.items.quantity)",
        ),
        shaped("COUNT({}{}{})", of("orders", "orders.items", "orders.no", "orders.discounted"), where, window),
    )


def growths() -> st.SearchStrategy[str]:
    """What is made of several aggregates."""
    value = of("orders.amount", "orders.amount - whole", "orders.items.quantity", "orders.price")
    where = of("", ", where=orders.status == 'done'", ", where=orders.amount > amount")
    window = of(", on=orders.paid_on, days=30", ", on=orders.paid_on, months=3", ", days=365", ", on=orders.sent_at, months=1")
    months = of(", on=orders.paid_on, months=2", ", on=orders.paid_on, months=12", ", months=5", ", on=orders.sent_at, months=3")
    return shaped("GROWTH({}{}{})", value, where, window) | shaped("TREND({}{}{})", value, where, months)


def times() -> st.SearchStrategy[str]:
    hours = of("0", "1", "whole", "-30.5", "100000")
    return of("seen_at", "NOW()", "MAX(orders.sent_at)") | st.one_of(
        shaped("(seen_at + HOURS({}))", hours),
        shaped("DATETIME({}, {}{})", days(0), of("0", "23", "24", "whole", "-0.5", "99999999999"), of("", ", 30", ", 59.9, whole")),
    )


def moneys(depth: int) -> st.SearchStrategy[str]:
    leaf = of("spend", "budget", "-spend")
    if depth == 0:
        return leaf
    n, m, b = numbers(depth - 1), moneys(depth - 1), conditions(depth - 1)
    return leaf | st.one_of(
        shaped("({} {} {})", m, of("+", "-"), m),
        shaped("({} {} {})", m, of("*", "/"), n),
        shaped("({} + 12.5)", m),
        shaped("(1 - {})", m),
        shaped("ROUND({}, 1)", m),
        shaped("IF({}, {}, 0)", b, m),
        shaped("IFEMPTY({}, 0)", m),
        shaped("MAX({}, {}, 100)", m, m),
        of("SUM(orders.price)", "AVG(orders.price)", "SUM(orders.items.quantity * orders.items.price)", "MAX(orders.items.price)"),
    )


def texts(depth: int) -> st.SearchStrategy[str]:
    leaf = of("name", "other", "status") | st.sampled_from(TEXTS).map(lambda text: f"'{text}'")
    if depth == 0:
        return leaf
    n, t, b = numbers(depth - 1), texts(depth - 1), conditions(depth - 1)
    count = of("0", "1", "2", "5")
    return leaf | st.one_of(
        shaped("({} & {})", t, t),
        shaped("({} & {})", t, n),
        shaped("{}({}, {})", of("LEFT", "RIGHT"), t, count),
        shaped("MID({}, {}, {})", t, of("1", "2", "9"), count),
        shaped("{}({})", of("UPPER", "LOWER", "TRIM"), t),
        shaped("SUBSTITUTE({}, {}, {})", t, t, t),
        shaped("REPLACE({}, {}, {}, {})", t, of("1", "2", "9"), count, t),
        shaped("REPT({}, {})", t, count),
        shaped("TEXTJOIN({}, {}, {}, {})", of("''", "'-'", "', '"), of("TRUE", "FALSE"), t, n),
        shaped("TEXTJOIN('/', TRUE, {}, {}, {})", t, t, t),
        shaped("{}({}, {})", of("TEXTBEFORE", "TEXTAFTER"), t, t),
        shaped("FIXED({}, {})", n, of("0", "1", "6")),
        of("CHAR(10)", "CHAR(20803)", "TIER_AT('loyalty', day)", "PREVIOUS(status)", "LOOKUP('order', 'amount', amount, 'no')"),
        shaped("TEXT({}, {})", n, of("0", "2", "6")),
        shaped("TEXT({})", n),
        shaped("IF({}, {}, {})", b, t, t),
        shaped("IFEMPTY({}, {})", t, t),
        shaped("CONCAT({}, {}, {})", t, n, t),
        shaped("({} & {})", t, days(depth - 1)),
        shaped("TEXT({})", days(depth - 1)),
        shaped("TEXTJOIN('/', {}, day, {})", of("TRUE", "FALSE"), t),
        shaped(
            "JOIN({}, {}{}{})",
            of("orders.no", "orders.amount", "orders.status", "orders.paid_on", "orders.items.product"),
            of("', '", "''"),
            of("", ", where=orders.discounted", ", where=orders.amount > amount"),
            of("", ", by=orders.amount", ", on=orders.paid_on", ", on=orders.paid_on, days=365"),
        ),
        of("VALUE(name) & ''", "TEXTUSER(owner)", "GETUSERNAME()"),
        of(
            "FIRST(orders.no, by=orders.amount)",
            "MAX(orders.no)",
            "MIN(orders.no)",
            "LAST(orders.status)",
            "MAX(name, other)",
            "MIN(name, other, 'b')",
        ),
    )


def days(depth: int) -> st.SearchStrategy[str]:
    leaf = of("day", "no_day", "TODAY()") | of(*DAYS)
    if depth == 0:
        return leaf
    d, n, b = days(depth - 1), of("whole", "1", "-30", "365", "zero", "0.5"), conditions(depth - 1)
    borders = tuple(f"{end}_OF_{period}" for end in ("START", "END") for period in ("WEEK", "MONTH", "QUARTER", "YEAR"))
    return leaf | st.one_of(
        shaped("EDATE({}, {})", d, of("0", "1", "-1", "12", "-13", "25")),
        shaped("EOMONTH({}, {})", d, of("0", "1", "-2")),
        shaped("{}({})", of(*borders), d),
        shaped("({} {} {}({}))", d, of("+", "-"), of("DAYS", "HOURS"), n),
        shaped("DATEDELTA({}, {})", d, n),
        shaped("LARGE(orders.paid_on, {})", of("1", "2")),
        shaped("IF({}, {}, {})", b, d, d),
        shaped("IFEMPTY({}, {})", d, d),
        shaped("MAX({}, {})", d, d),
        shaped("{}({})", of("DATE", "START_OF_MONTH", "END_OF_WEEK"), times()),
        of("MIN(orders.paid_on)", "MAX(orders.paid_on, where=orders.status == 'done')", "LAST(orders.paid_on, by=orders.amount)"),
    )


def conditions(depth: int) -> st.SearchStrategy[str]:
    leaf = of(
        "agreed",
        "TRUE",
        "FALSE",
        "(status == 'done')",
        "('vip' in tags)",
        "(not ('red' in colors))",
        "(status in ('draft', 'done'))",
        "HAS_ANY(tags, 'vip', 'new')",
        "HAS_ALL(colors, 'red', 'blue')",
        "ISEMPTY(tags)",
        "IN_SEGMENT('vip_at_risk')",
        "(owner == CURRENT_USER())",
        "(owner in MY_REPORTS())",
        "(amount in (0, 1, 2.5))",
        "HAS_ROLE('sales')",
        "(seen_at > NOW() - HOURS(36))",
        "(seen_at - NOW() < DAYS(2))",
        "(HOUR(seen_at) >= 9)",
    )
    if depth == 0:
        return leaf
    n, t, b, d, m = numbers(depth - 1), texts(depth - 1), conditions(depth - 1), days(depth - 1), moneys(depth - 1)
    compare = of("==", "!=", "<", "<=", ">", ">=")
    text = texts(0).filter(lambda each: each != "status")
    return leaf | st.one_of(
        shaped("({} {} {})", n, compare, n),
        shaped("({} {} {})", text, compare, text),
        shaped("({} {} {})", d, compare, d),
        shaped("({} {} {})", m, compare, m),
        shaped("({} {} 100)", m, compare),
        shaped("({} {} {})", b, of("==", "!="), b),
        shaped("({} < {} <= {})", n, n, n),
        shaped("({} {} {})", b, of("and", "or"), b),
        shaped("(not ({}))", b),
        shaped("IF({}, {}, {})", b, b, b),
        shaped("IF({}, {})", b, b),
        shaped("ISEMPTY({})", n | t | d),
        shaped("{}({})", of("ISEVEN", "ISODD"), n),
        shaped("ISNUMBER({})", n | d | t),
        shaped("ISTEXT({})", n | t),
        shaped("ISDATE({})", n | d | times()),
        shaped("XOR({}, {}, {})", b, b, b),
        shaped("EXACT({}, {})", text, text),
        shaped("(seen_at - TIME({}, 30, 1.5) < NOW())", of("1", "0.5", "whole")),
        shaped("{}({}, {})", of("CONTAINS", "STARTSWITH", "ENDSWITH"), t, t),
        shaped("({} in ('a', 'B', ''))", text),
        shaped("({} not in (1, 100))", n),
    )


FORMULAS = st.one_of(numbers(3), texts(3), conditions(3), days(3), moneys(2))


# -- records ----------------------------------------------------------------------------------------------------------------------
def amounts(places: int, most: int = 10**8) -> st.SearchStrategy[Decimal | None]:
    near = st.sampled_from([0, 1, -1, 5, -5, 50, -50, 100, 250, 15, 10**places, -(10**places), 25 * 10 ** max(0, places - 1)])
    return st.none() | (near | st.integers(-most, most)).map(lambda units: Decimal(units).scaleb(-places))


SOME_TEXT = st.none() | st.text(LETTERS, max_size=6)
SOME_DAY = (
    st.none()
    | st.sampled_from(
        [
            date(2024, 5, 6),
            date(2024, 5, 7),
            date(2024, 4, 7),
            date(2024, 4, 6),
            date(2024, 2, 29),
            date(2023, 5, 7),
            date(2023, 5, 6),
            date(2024, 2, 6),
            date(2024, 2, 7),
            date(1960, 1, 31),
            date(2100, 12, 31),
        ]
    )
    | st.dates(date(1900, 1, 1), date(2200, 1, 1))
)
SOME_TIME = (
    st.none()
    | st.sampled_from(
        [
            datetime(2024, 5, 6, 15, 59, 59, 999999, UTC),
            datetime(2024, 5, 6, 16, tzinfo=UTC),
            datetime(2024, 5, 4, 16, tzinfo=UTC),
            datetime(2024, 5, 4, 15, 59, tzinfo=UTC),
        ]
    )
    | st.integers(-(10**6), 10**6).map(lambda minutes: datetime(2024, 5, 6, tzinfo=UTC) + timedelta(minutes=minutes))
)
SOME_LIST = st.lists(st.sampled_from(["red", "green", "blue"]), unique=True).map(tuple)


@st.composite
def items(draw: st.DrawFn) -> dict[str, object]:
    quantity = draw(st.none() | st.integers(0, 20).map(Decimal))
    return {
        "product": draw(SOME_TEXT),
        "quantity": quantity,
        "amount": draw(amounts(2)),
        "price": draw(st.none() | st.integers(0, 10_000).map(lambda cents: Decimal(cents).scaleb(-2))),
    }


@st.composite
def records(draw: st.DrawFn) -> list[Row]:
    found = []
    for id in range(1, draw(st.integers(0, 4)) + 1):
        orders = [
            an_order(
                id * 10 + number,
                draw(st.lists(items(), max_size=2)),
                no=draw(SOME_TEXT),
                paid_on=draw(SOME_DAY),
                sent_at=draw(SOME_TIME),
                amount=draw(amounts(2)),
                price=draw(amounts(2)),
                status=draw(st.sampled_from([None, "draft", "done"])),
                discounted=draw(st.booleans()),
            )
            for number in range(draw(st.integers(0, 3)))
        ]
        record = a_record(
            orders,
            name=draw(SOME_TEXT),
            other=draw(SOME_TEXT),
            amount=draw(amounts(2)),
            nothing=None,
            zero=Decimal(0),
            whole=draw(amounts(0, 1000)),
            fine=draw(amounts(6)),
            spend=draw(amounts(2)),
            budget=draw(amounts(2)),
            day=draw(SOME_DAY),
            seen_at=draw(SOME_TIME),
            agreed=draw(st.sampled_from([True, False, None])),
            owner=draw(st.sampled_from([None, 7, 8])),
            status=draw(st.sampled_from([None, "draft", "done", "returned"])),
            colors=draw(SOME_LIST),
            tags=draw(st.lists(st.sampled_from(["vip", "loyal", "new"]), unique=True).map(tuple)),
        )
        record.values["id"] = id
        found.append(record)
    return found


@cache
def pool_of(count: int) -> list[Row]:
    """Records for many formulas: drawing them is what takes the time. Their ids follow those of `records`."""
    pool: list[Row] = []

    @settings(
        max_examples=count, database=None, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(rows=records())
    def draw(rows: list[Row]) -> None:
        pool.extend(rows[: count - len(pool)])

    draw()
    for number, row in enumerate(pool, 11):
        row.values["id"] = number
        for place, order in enumerate(row.rows["orders"]):
            order.values["id"] = number * 10 + place
    return pool
