"""Tiles of dashboards: their figures, how they look to a reader, and what they may not show."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions.loading import check, load
from runtime.definitions.shelf import CHARTS
from runtime.errors import NotAllowed
from runtime.pages.reader import Reader
from runtime.people.person import SYSTEM, Person
from runtime.reports.dashboards import figures_of
from runtime.reports.monthly import month_before
from runtime.system.workspace import Workspace
from tests import makers

ROOT = Path(__file__).resolve().parents[2]
AT = [0, 0, 6, 4]


def part_of(type: str, **settings: Any) -> Any:
    kinds.load()
    return load(
        {
            "kind": "dashboard",
            "key": "overview",
            "label": "Overview",
            "parts": [{"type": type, "label": {"zh": "图", "en": "Picture"}, "at": AT, **settings}],
        }
    ).parts[0]


def figures(workspace: Workspace, type: str, **settings: Any) -> dict[str, Any]:
    with workspace.reading(SYSTEM) as act:
        return part_of(type, **settings).figures(act)


def drawn(workspace: Workspace, type: str, language: str = "en", **settings: Any) -> Any:
    part = part_of(type, **settings)
    with workspace.reading(SYSTEM) as act:
        reader = Reader(language, workspace.zone, lambda: workspace.reading(SYSTEM))
        return part.drawing(act, part.figures(act), reader, "shop")


def problems(type: str, **settings: Any) -> list[str]:
    body = {
        "kind": "dashboard",
        "key": "overview",
        "label": "Overview",
        "parts": [{"type": type, "label": "Picture", "at": AT, **settings}],
    }
    kinds.load()
    from tests.reports.conftest import MEMBER, MODEL

    return [f"{each.path}: {each.message}" for each in check([load(body)], makers.catalogue_of(MEMBER, MODEL))]


# -- figures ------------------------------------------------------------------------------------------------------------------------
def test_a_number_is_one_figure(shop: Workspace):
    assert figures(shop, "number", form="member", measure="COUNT(record)") == {"value": 3}
    assert figures(shop, "number", form="member", measure="SUM(spend)") == {"value": "600.50"}
    assert figures(shop, "number", form="member", measure="AVG(spend)", filter="stage == 'lost'") == {"value": None}


def test_a_bar_stands_for_each_value_tiers_from_the_best_down(shop: Workspace):
    assert figures(shop, "bar", form="member", by="tier") == {
        "groups": [{"key": "gold", "value": 1}, {"key": "basic", "value": 2}],
        "left_out": 0,
    }


def test_options_keep_their_order_and_the_blank_comes_last(shop: Workspace):
    found = figures(shop, "bar", form="member", by="stage", measure="SUM(spend)")
    assert [(each["key"], each["value"]) for each in found["groups"]] == [("new", 120), ("steady", "450.50"), (None, 30)]


def test_too_many_bars_are_counted(shop: Workspace):
    found = drawn(shop, "bar", form="member", by="name", measure="SUM(spend)", most=2)
    assert [row[0] for row in found.rows] == ["Lin", "Chen"] and found.note == "1 more are not shown."


def test_a_line_has_a_point_for_each_month_and_none_is_left_out(shop: Workspace):
    found = figures(shop, "line", form="member", on="joined_on", months=4)["months"]
    with shop.reading(SYSTEM) as act:
        wanted = [f"{month_before(act.today, back):%Y-%m}" for back in (3, 2, 1, 0)]
    assert [(each["month"], each["value"]) for each in found] == list(zip(wanted, [0, 1, 0, 1], strict=True))


def test_a_month_without_records_is_a_gap_in_a_mean(shop: Workspace):
    found = figures(shop, "line", form="member", on="joined_on", measure="AVG(spend)", months=2)["months"]
    assert [each["value"] for each in found] == [None, "450.500000"]


def test_movement_counts_who_came_in(shop: Workspace):
    found = figures(shop, "tier_movement", tier_model="value", **{"from": "TODAY() - DAYS(7)", "to": "TODAY()"})
    assert (found["entered"], found["up"]) == (3, 0)
    assert found["flows"] == [[None, "gold", 1], [None, "basic", 2]]


def test_a_histogram_counts_scores_by_tier(shop: Workspace):
    found = figures(shop, "score_histogram", tier_model="value", bins=10)
    assert sum(found["counts"]["gold"]) == 1 and found["counts"]["basic"][:3] == [1, 0, 1]


def test_a_table_shows_records_in_order(shop: Workspace):
    found = drawn(shop, "table", form="member", columns=["name", "spend", "friend"], sort=["-spend"], most=2)
    assert found.rows == [["Lin", "¥450.50", ""], ["Chen", "¥120.00", "Lin"]]
    assert found.links[0] == "/apps/shop/member/1"


# -- how they look ------------------------------------------------------------------------------------------------------------------
def test_a_figure_leads_to_its_records(shop: Workspace):
    number = drawn(shop, "number", form="member", measure="SUM(spend)", filter="agreed")
    assert (number.value, number.href) == ("¥451", "/apps/shop/member?filter=agreed")
    bars = drawn(shop, "bar", form="member", by="tier")
    assert bars.links == ["/apps/shop/member?where=tier%7Cis%7Cgold", "/apps/shop/member?where=tier%7Cis%7Cbasic"]
    assert drawn(shop, "bar", form="member", by="stage").links[-1] == "/apps/shop/member?where=stage%7Cblank%7C"


@pytest.mark.parametrize(("language", "label"), [("zh", "金"), ("en", "Gold")])
def test_tiers_have_their_names_and_colours(shop: Workspace, language: str, label: str):
    bars = drawn(shop, "bar", language, form="member", by="tier").option["series"][0]["data"]
    assert (bars[0]["name"], bars[0]["itemStyle"]) == (label, {"color": "var(--tier-yellow-chart)"})


def test_references_and_truth_have_names(shop: Workspace):
    assert [row[0] for row in drawn(shop, "bar", form="member", by="friend").rows] == ["Lin", "blank"]
    assert [row[0] for row in drawn(shop, "bar", form="member", by="agreed").rows] == ["yes", "blank"]


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "bar", "form": "member", "by": "tier"},
        {"type": "line", "form": "member", "on": "joined_on"},
        {"type": "score_histogram", "tier_model": "value"},
        {"type": "tier_movement", "tier_model": "value"},
    ],
)
def test_every_picture_has_the_same_figures_as_a_table(shop: Workspace, settings: dict[str, Any]):
    found = drawn(shop, **settings)
    assert found.option["series"] and found.rows
    assert all(len(row) == len(found.columns) for row in found.rows)


# -- rights and problems --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "settings",
    [
        {"type": "number", "form": "member"},
        {"type": "bar", "form": "member", "by": "tier"},
        {"type": "line", "form": "member", "on": "joined_on"},
        {"type": "table", "form": "member", "columns": ["name"]},
        {"type": "tier_movement", "tier_model": "value"},
        {"type": "score_histogram", "tier_model": "value"},
        {"type": "plan_kept", "tier_model": "value"},
    ],
)
def test_a_tile_asks_before_it_reads(shop: Workspace, settings: dict[str, Any]):
    with shop.reading(Person(9, active=True)) as act, pytest.raises(NotAllowed):
        part_of(**settings).figures(act)


def test_a_field_that_is_not_open_stops_the_tiles_that_read_it(shop: Workspace, monkeypatch: pytest.MonkeyPatch):
    from runtime.people import may

    monkeypatch.setattr(may, "may", lambda person, action, form=None, record=None, field=None, app=None: field != "spend")
    with shop.reading(SYSTEM) as act:
        assert part_of("number", form="member").figures(act) == {"value": 3}
        for settings in (
            {"measure": "SUM(spend)"},
            {"filter": "spend > 100"},
            {"filter": "friend.spend > 100"},
            {"filter": "SUM(friends.spend) > 100"},
        ):
            with pytest.raises(NotAllowed):
                part_of("number", form="member", **settings).figures(act)


def test_a_tile_that_fails_says_so_in_its_own_place(shop: Workspace):
    kinds.load()
    dashboard = load(
        {
            "kind": "dashboard",
            "key": "overview",
            "label": "Overview",
            "parts": [
                {"type": "number", "label": "Gone", "form": "nothing", "at": AT},
                {"type": "number", "label": "Members", "form": "member", "at": [6, 0, 6, 4]},
            ],
        }
    )
    with shop.reading(SYSTEM) as act:
        gone, members = figures_of(act, dashboard)
    assert gone.figures is None and "does not work any more" in str(gone.trouble)
    assert members.figures == {"value": 3}


def test_tiles_come_in_reading_order(shop: Workspace):
    kinds.load()
    parts = [
        {"type": "number", "label": name, "form": "member", "at": at}
        for name, at in (("c", [0, 2, 3, 2]), ("b", [3, 0, 3, 2]), ("a", [0, 0, 3, 2]))
    ]
    dashboard = load({"kind": "dashboard", "key": "overview", "label": "Overview", "parts": parts})
    with shop.reading(SYSTEM) as act:
        assert [each.part.label for each in figures_of(act, dashboard)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"type": "number", "form": "nothing"}, "parts/0/form: There is no form with the key nothing."),
        ({"type": "number", "form": "member", "measure": "spend"}, "differs from record to record"),
        ({"type": "number", "form": "member", "filter": "spend"}, "parts/0/filter"),
        ({"type": "bar", "form": "member", "by": "interests"}, "parts/0/by: A field with several values cannot be grouped by."),
        ({"type": "bar", "form": "member", "by": "size"}, "parts/0/by: This form has no field with the key size."),
        ({"type": "line", "form": "member", "on": "spend"}, "parts/0/on: The field spend is not a date."),
        ({"type": "table", "form": "member", "columns": ["size"]}, "parts/0/columns/0"),
        ({"type": "table", "form": "member", "columns": ["name"], "sort": ["-interests"]}, "parts/0/sort/0"),
        ({"type": "tier_movement", "tier_model": "value", "from": "3"}, "parts/0/from"),
        ({"type": "tier_movement", "tier_model": "nothing"}, "parts/0/tier_model"),
        ({"type": "score_histogram", "tier_model": "nothing"}, "parts/0/tier_model"),
        ({"type": "plan_kept", "tier_model": "nothing"}, "parts/0/tier_model"),
    ],
)
def test_what_is_wrong_with_a_tile_is_said_with_its_path(settings: dict[str, Any], problem: str):
    assert any(problem in each for each in problems(**settings))


def test_the_docs_list_the_tiles():
    kinds.load()
    text = (ROOT / "docs/templates.md").read_text(encoding="utf-8").partition("## Dashboards")[2]
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == set(CHARTS.kinds)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 1)),
        (date(2026, 1, 15), 1, date(2025, 12, 1)),
        (date(2026, 1, 15), 13, date(2024, 12, 1)),
        (date(2025, 12, 31), -1, date(2026, 1, 1)),
    ],
)
def test_months_are_counted_over_new_year(day: date, months: int, then: date):
    assert month_before(day, months) == then
