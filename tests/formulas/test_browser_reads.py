"""What somebody types means the same to the browser as to the fields, and a computed value looks the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from runtime.errors import FieldError
from runtime.formulas.tree import type_to_json
from runtime.formulas.wire import to_wire
from runtime.pages.entry_rules import _shown, _typed
from runtime.pages.reader import Reader
from tests import makers
from tests.formulas.browser import ask, wire_run
from tests.formulas.world import NOW, Row

ZONE = ZoneInfo("America/New_York")
FIGURES = ["", " ", "1,234.50", "１２３．４５", "-5", "−5", "+.5", "12 %", "1.234,5", "1e5", "abc", "0.005", "99999999999999999", "1 000", "¥1,860",
           "1860元", "$5", "-¥3.20", "¥", "12.", "1,23", "007", "５％", "1 %2"]  # fmt: skip
DAYS = ["2024-02-29", "2024/2/9", "2024.02.09", "2024年2月9日", "20240209", "2024-02-30", "0000-01-01", "2024-2-9 9:30", "2024-02-09T09:30:15",
        "2024年2月9日9点30分", "２０２４-02-09", "2024-03-10T02:30", "2024-11-03T01:30", "2024-11-03T01:30:30.25", "2024-02-09 25:00", "soon", ""]  # fmt: skip
TEXTS = [
    "  a b ",
    "e\u0301",
    "\u200bx\u200e",
    "x\ty",
    "\u3000王\u3000",
    "",
    "𠮷",
    "a\u2028b",
    "91330106 ma-27",
    "Ann@Example.com ",
    "mailto:a@b.cn",
    "a@b",
]


class Nobody:
    zone = ZONE


@pytest.mark.parametrize(
    ("field", "raws"),
    [
        (makers.number("n", decimals=2), FIGURES),
        (makers.number("n", decimals=0, unit="%"), FIGURES),
        (makers.money("n"), FIGURES),
        (makers.day("n"), DAYS),
        (makers.instant("n"), DAYS),
        (makers.text("n"), TEXTS),
        (makers.text("n", format="cn_uscc"), TEXTS),
        (makers.long_text("n"), [*TEXTS, "a\r\nb\rc"]),
        (makers.email("n"), TEXTS),
        (makers.choice("n"), ["new", "", "nothing"]),
        (makers.choice("n", other=True), [["new", ""], ["", ""], []]),
        (makers.field("rating", "n"), ["4", "", "x"]),
        (makers.field("slider", "n"), ["40", "", "x"]),
        (makers.field("percent", "n"), ["12.5", "12.5%", "１２.５％", "", "12.55", "x", "5%%", "-3"]),
        (makers.field("time", "n"), ["09:30", "9:30", "", "24:00", "x"]),
        (makers.field("duration", "n"), [["1", "30"], ["", "90"], ["2", ""], ["", ""], ["x", "1"]]),
        (makers.field("region", "n"), ["广东省/深圳市", ""]),
        (makers.field("address", "n"), [["广东省/深圳市", "科技园路 1 号"], ["北京市", ""], ["", ""]]),
        (makers.field("location", "n"), [["", ""]]),
        (makers.field("id_number", "n"), ["11010519491231002x", "１１０ 105", "", "王"][:3]),
        (makers.field("company_number", "n"), ["91350100m000100y43", ""]),
        (makers.field("color", "n"), [""]),
        (makers.field("cascading", "n", tree=makers.tree()), ["green", ""]),
    ],
    ids=lambda each: f"{each['type']} {each.get('unit', each.get('format', ''))}".strip() if isinstance(each, dict) else "",
)
def test_what_is_typed_is_read_alike_or_left_to_the_server(field: Any, raws: list[str]):
    kind = makers.field_of(field)
    run = {**wire_run(Row({})), "zone": ZONE.key}
    answers = ask([{"task": "typed", "field": _typed(kind), "raws": raws, "run": run}])[1][0]
    for raw, answer in zip(raws, answers, strict=True):
        assert answer == by_python(kind, raw), raw


def by_python(kind: Any, raw: str) -> dict[str, Any]:
    try:
        return {"value": to_wire(kind.parse(raw, Nobody()), kind.formula_type())}
    except FieldError:
        return {"unknown": True}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("settings", "values"),
    [
        ({"result": "number", "decimals": 2}, [Decimal("1234567.895"), Decimal("-0.004"), Decimal(-1234), None]),
        ({"result": "number", "decimals": 0, "unit": "%"}, [Decimal(12), Decimal("-2.5")]),
        ({"result": "number", "decimals": 1, "unit": "km"}, [Decimal("3.25")]),
        ({"result": "money", "currency": "CNY"}, [Decimal("1860.5"), Decimal(-3), Decimal(0)]),
        ({"result": "money", "currency": "CHF"}, [Decimal("12345.678")]),
        ({"result": "money", "currency": "JPY"}, [Decimal("12345.5")]),
        ({"result": "boolean"}, [True, False, None]),
        ({"result": "date"}, [date(2024, 2, 9), date(2023, 12, 31)]),
        ({"result": "datetime"}, [datetime(2024, 5, 6, 3, 59, 59, tzinfo=UTC), datetime(2023, 12, 31, 16, tzinfo=UTC)]),
        ({"result": "choice", "options": makers.options("new", "lost")}, ["new", "lost"]),
        ({"result": "text"}, ["x", ""]),
    ],
    ids=lambda each: " ".join(str(part) for part in each.values() if not isinstance(part, list)) if isinstance(each, dict) else "",
)
def test_a_computed_value_looks_alike(settings: dict[str, Any], values: list[Any], language: str):
    kind = makers.field_of(makers.formula("total", "1", **settings))
    reader = Reader(language, ZONE, now=lambda: NOW)
    type = kind.formula_type().with_scale(3)
    task = {
        "task": "display",
        "shown": _shown(kind, reader),
        "type": type_to_json(type),
        "scale": 3,
        "run": {**wire_run(Row({})), "zone": ZONE.key},
    }
    shown = ask([{**task, "values": [to_wire(each, type) for each in values]}])[1][0]
    assert shown == [kind.display(each, reader) for each in values]
