"""How a list's records are laid out: groups, lanes, days, bars, cards; and that nothing kept from a person orders, counts or colours them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from runtime.records import query
from runtime.views import days
from tests.pages.visitor import Visitor, words
from tests.views.conftest import Shop

LIST = "/apps/shop/customer"


def lanes_of(page: str) -> dict[str, list[str]]:
    """The names of the cards of each lane."""
    parts = re.split(r'data-lane="([^"]*)"', page)[1:]
    return {key: re.findall(r"<b>([^<]+)</b></a>", body) for key, body in zip(parts[::2], parts[1::2], strict=True)}


def test_a_board_has_a_lane_for_every_option_and_one_for_none(shop: Shop, ada: Visitor) -> None:
    shop.add(name="Ann", stage="won")
    shop.add(name="Bob", stage="new")
    shop.add(name="Cy")

    page = ada.get(f"{LIST}?as=kanban").get_data(as_text=True)

    assert lanes_of(page) == {"new": ["Bob"], "warm": [], "won": ["Ann"], "-": ["Cy"]}
    assert ada.get(f"{LIST}/groups?as=kanban&group=stage").get_json() == {"won": 1, "new": 1, "-": 1}


def test_a_lane_shows_a_page_and_gives_the_rest_when_asked_each_card_once(shop: Shop, ada: Visitor) -> None:
    names = [f"C{number:02}" for number in range(45)]
    for name in names:
        shop.add(name=name, stage="new")
    found, address = [], f"{LIST}?as=kanban&sort=name"
    while address:
        page = ada.get(address).get_data(as_text=True)
        found += re.findall(r"<b>(C\d\d)</b>", page)
        more = re.search(r'hx-get="([^"]+)"[^>]*hx-target="closest li"', page)
        address = more[1].replace("&amp;", "&") if more else ""

    assert found == names


def test_lanes_by_people_are_those_that_the_records_name(shop: Shop, ada: Visitor) -> None:
    shop.add(name="Ann", owner=shop.sue.id)
    shop.add(name="Bob")

    page = ada.get(f"{LIST}?as=kanban&group=owner").get_data(as_text=True)

    assert lanes_of(page) == {str(shop.sue.id): ["Ann"], "-": ["Bob"]}
    assert "Sue" in words(ada.get(f"{LIST}?as=kanban&group=owner"))


def test_the_cost_of_a_board_does_not_grow_with_its_cards(shop: Shop, ada: Visitor) -> None:
    import sqlalchemy as sa

    said: list[str] = []
    sa.event.listen(shop.workspace.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    asked: list[int] = []
    from runtime.system import prepared

    run = prepared.Prepared.run

    def counted(self: Any, connection: Any, values: Any = None) -> Any:
        said.append(self.text)
        return run(self, connection, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared.Prepared, "run", counted)
        for more in (1, 12):
            for number in range(more):
                shop.add(name=f"N{number}", stage="new", owner=shop.sue.id)
            ada.get(f"{LIST}?as=kanban")
            said.clear()
            ada.get(f"{LIST}?as=kanban")
            asked.append(len(said))
    assert asked[0] == asked[1]


def test_a_list_is_grouped_with_heads_in_order_and_counts_in_one_request(shop: Shop, ada: Visitor) -> None:
    for name, stage in (("Ann", "won"), ("Bob", "new"), ("Cy", "won")):
        shop.add(name=name, stage=stage)

    page = ada.get(f"{LIST}?group=stage&sort=name").get_data(as_text=True)
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]

    assert re.findall(r'tl-group-name">(\w+) |<b>(\w+)</b>', table) == [("New", ""), ("", "Bob"), ("Won", ""), ("", "Ann"), ("", "Cy")]


def test_a_field_that_is_kept_from_somebody_or_does_not_fit_lays_nothing_out(shop: Shop, sue: Visitor) -> None:
    shop.add(name="Ann", owner=shop.sue.id, secret=7)

    for wish in ("as=kanban&group=secret", "group=secret", "as=calendar&date=secret", "color=secret", "group=name", "group=nothing"):
        answer = sue.get(f"{LIST}?{wish}")
        assert answer.status_code == 200 and "cannot be laid out by" in words(answer), wish
    assert sue.get(f"{LIST}/groups?group=secret").status_code == 404


def test_groups_count_only_what_the_person_sees(shop: Shop, sue: Visitor) -> None:
    shop.add(name="Hers", stage="new", owner=shop.sue.id)
    shop.add(name="Another's", stage="new", owner=shop.ada.id)

    assert sue.get(f"{LIST}/groups?group=stage").get_json() == {"new": 1}


def test_a_condition_colours_records_unless_it_reads_what_is_hidden(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    shop.add(name="Ann", owner=shop.sue.id, secret=7, visits=9)
    view = {"kind": "view", "label": "V", "form": "customer", "app": "shop"}
    shop.publish(
        {**view, "key": "busy", "colors": [{"when": "visits > 5", "color": "red"}]},
        {**view, "key": "quiet", "colors": [{"when": "secret > 5", "color": "pink"}]},
    )

    assert 'class="tl-tint tier-red"' in sue.get(f"{LIST}?view=busy").get_data(as_text=True)
    assert "tier-pink" in ada.get(f"{LIST}?view=quiet").get_data(as_text=True)
    assert "tier-pink" not in sue.get(f"{LIST}?view=quiet").get_data(as_text=True)


# -- days ---------------------------------------------------------------------------------------------------------------------------
def test_a_calendar_shows_some_of_each_day_and_says_how_many_more(shop: Shop, ada: Visitor) -> None:
    for number in range(7):
        shop.add(name=f"N{number}", starts_on=date(2026, 5, 6))
    shop.add(name="Later", starts_on=date(2026, 6, 20))

    said = words(ada.get(f"{LIST}?as=calendar&date=starts_on&day=2026-05-11"))

    assert "N0" in said and "N3" in said and "N4" not in said and "3 more" in said and "Later" not in said


def test_what_takes_several_days_stands_on_each_of_them(shop: Shop, ada: Visitor) -> None:
    shop.add(name="Trip", starts_on=date(2026, 4, 29), ends_on=date(2026, 5, 2))

    page = ada.get(f"{LIST}?as=calendar&date=starts_on&until=ends_on&day=2026-05-11").get_data(as_text=True)

    assert page.partition("</table>")[0].count(">Trip</a>") == 4


def test_a_timeline_draws_a_bar_from_begin_to_end_cut_at_the_edges(shop: Shop, ada: Visitor) -> None:
    shop.add(name="Long", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    shop.add(name="Before", starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 3))

    page = ada.get(f"{LIST}?as=timeline&date=starts_on&until=ends_on&day=2026-05-11").get_data(as_text=True)

    assert 'x="0.00%" width="100.00%"' in page and "Long" in page and "Before" not in page


def test_a_month_is_shown_in_whole_weeks_from_monday_on() -> None:
    span = days.month_of(date(2026, 2, 14))

    assert (span.first, span.end, len(span.days) % 7) == (date(2026, 1, 26), date(2026, 3, 2), 0)


def test_what_ends_before_it_begins_has_one_day() -> None:
    span = days.week_of(date(2026, 5, 6))

    assert list(days.days_of(date(2026, 5, 6), date(2026, 5, 1), span)) == [date(2026, 5, 6)]


def test_any_day_in_an_address_shows_a_page(shop: Shop, ada: Visitor) -> None:
    for layout in ("calendar", "timeline"):
        for day in ("", "2026-13-01", "0001-01-01", "9999-12-31", "x" * 500):
            assert ada.get(f"{LIST}?as={layout}&date=starts_on&day={day}").status_code == 200, (layout, day)


def test_a_page_can_be_bounded_to_a_lane_and_to_ids(shop: Shop) -> None:
    ann, bob = shop.add(name="Ann", stage="new"), shop.add(name="Bob", stage="new")
    with shop.workspace.reading(shop.ada) as act:
        both = query.page(act, "customer", narrow=query.Narrow(lane=("stage", "new")))
        one = query.page(act, "customer", narrow=query.Narrow(lane=("stage", "new"), only=(bob,)))
    assert {each.id for each in both.records} == {ann, bob} and [each.id for each in one.records] == [bob]
