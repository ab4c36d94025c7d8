"""Values of every newer type in the database: kept, filtered by the words of a list, counted in formulas, taken out and read in again."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.records.conditions import read_condition
from runtime.records.lookup import ActLookup
from runtime.system.workspace import Act, Workspace
from runtime.transfer.exporting import Wanted, rows
from tests import makers
from tests.makers import field

FORM = makers.form_json(
    makers.text("name"),
    field("rating", "score"),
    field("percent", "discount"),
    field("time", "opens"),
    field("time", "closes"),
    field("duration", "length"),
    field("slider", "mood"),
    makers.choice("source", "web", "store", other=True),
    field("region", "city"),
    field("address", "home"),
    field("location", "place"),
    field("id_number", "id_no"),
    field("company_number", "reg_no"),
    field("color", "shade"),
    field("barcode", "code"),
    field("cascading", "product", tree=makers.tree()),
    makers.formula("open_for", "closes - opens", decimals=0),
    makers.formula("pays", "100 * (1 - discount)"),
    makers.formula("near", "STARTSWITH(city, '广东省')", result="boolean"),
    makers.formula("all_day", "length >= 480 and score > 3", result="boolean"),
    makers.formula("tea", "product in ('green', 'black')", result="boolean"),
)
FIRST: dict[str, Any] = {
    "name": "first", "score": 4, "discount": "12.5", "opens": "9:30", "closes": "18:00", "length": "8h", "mood": "40", "source": "朋友介绍",
    "city": "深圳市南山区", "home": "广东省深圳市南山区科技园路1号", "place": "114.057868,22.543099 市民中心", "id_no": "11010519491231002X",
    "reg_no": "91350100M000100Y43", "shade": "#18f", "code": "6901234567892", "product": "Tea / Green",
}  # fmt: skip
SECOND: dict[str, Any] = {
    "name": "second",
    "score": 2,
    "discount": "5",
    "opens": "22:00",
    "closes": "23:00",
    "length": 30,
    "city": "北京市",
}


@pytest.fixture
def kept(workspace: Workspace) -> Workspace:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FORM])
    with workspace.writing(SYSTEM) as act:
        for each in (FIRST, SECOND, {"name": "third"}):
            gateway.create(act, "customer", each)
    return workspace


def named(act: Act, filter: str) -> list[str]:
    return sorted(each.values["name"] for each in query.page(act, "customer", filter=filter, columns=["name"]).records)


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("score|gte|3", ["first"]), ("discount|gt|10", ["first"]), ("discount|is|12.5%", ["first"]), ("opens|lt|10:00", ["first"]),
        ("closes|gte|18:00", ["first", "second"]), ("length|lte|30 min", ["second"]), ("mood|is|40", ["first"]), ("source|is|朋友介绍", ["first"]),
        ("city|starts_with|广东省", ["first"]), ("city|contains|北京", ["second"]), ("home|contains|科技园", ["first"]), ("place|contains|市民", ["first"]),
        ("product|any_of|green,black", ["first"]), ("shade|is|#1188FF", ["first"]), ("code|is|6901234567892", ["first"]),
        ("score|blank|", ["third"]), ("home|not_blank|", ["first"]),
    ],
)  # fmt: skip
def test_a_list_can_be_filtered_by_it(kept: Workspace, condition: str, names: list[str]) -> None:
    with kept.reading(SYSTEM) as act:
        formula = read_condition(act.catalogue.forms["customer"], condition).formula(ActLookup(act))
        assert named(act, formula) == names


def test_formulas_count_with_it_alike_for_one_record_and_for_many(kept: Workspace) -> None:
    with kept.reading(SYSTEM) as act:
        found = {
            each.values["name"]: query.get(act, "customer", each.id).values
            for each in query.page(act, "customer", columns=["name"]).records
        }
        assert [found[each]["open_for"] for each in ("first", "second", "third")] == [510, 60, None]
        assert [str(found[each]["pays"]) for each in ("first", "second")] == ["87.50", "95.00"]
        assert [found["first"][key] for key in ("near", "all_day", "tea")] == [True, True, True]
        assert named(act, "closes - opens > 100") == ["first"] and named(act, "100 * (1 - discount) > 90") == ["second"]
        assert named(act, "length >= 480 and score > 3") == ["first"] and named(act, "product in ('green', 'black')") == ["first"]


def test_what_a_file_takes_out_can_be_read_in_again(kept: Workspace) -> None:
    columns = tuple(FIRST)
    with kept.reading(SYSTEM) as act:
        cells = [[str(each) if each is not None else "" for each in row] for row in rows(act, Wanted("customer", columns, language="zh"))]
        before = [query.get(act, "customer", each.id).values for each in query.page(act, "customer", sort=["id"], columns=["name"]).records]
    out = io.StringIO()
    csv.writer(out).writerows(cells)
    with kept.writing(SYSTEM, "import") as act:
        for row, values in zip(csv.reader(io.StringIO(out.getvalue())), before, strict=True):
            saved = gateway.create(act, "customer", dict(zip(columns, row, strict=True)))
            again = query.get(act, "customer", saved.id).values
            assert {key: again[key] for key in columns} == {key: values[key] for key in columns}


def test_history_says_what_it_was(kept: Workspace) -> None:
    with kept.writing(SYSTEM) as act:
        record = query.page(act, "customer", sort=["id"], columns=["name"]).records[0].id
        gateway.update(act, "customer", record, {"length": "30", "home": "北京市东城区长安街1号"})
        changes = query.history(act, "customer", record, limit=1)[0].changes
    assert '"length"' in changes and "480" in changes and "长安街1号" in changes
