from __future__ import annotations

from datetime import date

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests.makers import PlainLookup, catalogue_of, choice, field_of, form_json, form_of, money, serial, text

DAY = date(2024, 3, 9)


@pytest.mark.parametrize(("pattern", "counter", "number"), [
    ("C{yyyy}{#####}", 17, "C202400017"), ("SO{yyyy}{mm}{####}", 1, "SO2024030001"), ("{yy}-{mm}-{dd}/{#}", 12, "24-03-09/12"),
    ("{##}", 1234, "1234")])
def test_a_number_follows_its_pattern_and_grows_when_it_must(pattern: str, counter: int, number: str) -> None:
    assert field_of(serial(pattern=pattern, reset="none")).assign(counter, DAY) == number


@pytest.mark.parametrize(("reset", "other", "same"), [
    ("none", date(2031, 1, 1), True), ("year", date(2024, 12, 31), True), ("year", date(2025, 3, 9), False),
    ("month", date(2024, 3, 31), True),
    ("month", date(2024, 4, 9), False), ("day", DAY, True), ("day", date(2024, 3, 10), False)])
def test_the_count_starts_anew_with_each_period(reset: str, other: date, same: bool) -> None:
    field = field_of(serial(pattern="{yyyy}{mm}{dd}{##}", reset=reset))
    assert (field.counter_name("order", DAY) == field.counter_name("order", other)) is same


@pytest.mark.parametrize(("pattern", "reset"), [("C{yyyy}{#####}", "year"), ("SO{yy}{mm}{###}", "month"), ("{yyyy}.{mm}.{dd}+{#}", "day"),
                                                ("N{##}", "none")])
@pytest.mark.parametrize("counter", [1, 99, 123456])
def test_an_imported_number_tells_its_counter(pattern: str, reset: str, counter: int) -> None:
    field = field_of(serial(pattern=pattern, reset=reset))
    assert field.read("order", field.assign(counter, DAY)) == (field.counter_name("order", DAY), counter)


@pytest.mark.parametrize("number", ["", "X202400017", "C2024001", "C2024000l7", "C20240001" + "7" * 30, "C2024٠٠٠١٧"])
def test_a_number_of_another_pattern_tells_nothing(number: str) -> None:
    assert field_of(serial()).read("order", number) is None


def test_people_do_not_enter_it_but_imports_may() -> None:
    field = field_of(serial())
    assert not field.writable and field.importable and field.unique
    assert field.parse(" OLD  1 ", PlainLookup()) == "OLD 1"


@pytest.mark.parametrize(("pattern", "reset", "path"), [
    ("C{yyyy}", "none", "pattern"), ("{##}{##}", "none", "pattern"), ("{nn}{##}", "none", "pattern"), ("{yyyy}}{##}", "none", "pattern"),
    ("C{##}", "year", "reset"), ("{yyyy}{##}", "month", "reset"), ("{yyyy}{mm}{##}", "day", "reset")])
def test_a_pattern_that_would_repeat_itself_is_a_problem(pattern: str, reset: str, path: str) -> None:
    form = form_of(serial(pattern=pattern, reset=reset))
    assert path in [problem.path.removeprefix("fields/0/") for problem in form.problems(catalogue_of(form))]


def test_a_number_may_say_a_field_and_count_for_each_of_its_values() -> None:
    field = field_of(serial(pattern="{kind}-{yyyy}{###}", each="kind"))
    assert field.assign(7, DAY, {"kind": "vip"}) == "vip-2024007"
    assert field.counter_name("order", DAY, {"kind": "vip"}) != field.counter_name("order", DAY, {"kind": "new"})
    assert field.read("order", "vip-2024007") == (field.counter_name("order", DAY, {"kind": "vip"}), 7)


def test_the_first_number_may_be_another_than_one() -> None:
    field = field_of(serial(pattern="N{####}", reset="none", start=1000))
    assert field.assign(1, DAY) == "N1000" and field.read("order", "N1004") == (field.counter_name("order", DAY), 5)


@pytest.mark.parametrize(("settings", "path"), [
    ({"pattern": "{nobody}{##}"}, "pattern"), ({"pattern": "{amount}{##}"}, "pattern"), ({"pattern": "{##}", "each": "kind"}, "each")])
def test_a_field_in_a_number_must_be_there_and_fit(settings: dict[str, str], path: str) -> None:
    form = form_of(serial(reset="none", **settings), money("amount"), choice("kind", "vip", "new"))
    assert path in [each.path for each in form.fields[0].problems(form, catalogue_of())]


def test_records_are_counted_for_each_value(workspace: Workspace) -> None:
    body = form_json(text("name"), choice("kind", "vip", "new"), serial(pattern="{kind}-{##}", reset="none", each="kind", start=5))
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])
    with workspace.writing(SYSTEM) as act:
        saved = [gateway.create(act, "customer", {"name": "x", "kind": kind}).id for kind in ("vip", "new", "vip")]
        assert [query.get(act, "customer", each).values["no"] for each in saved] == ["vip-05", "new-05", "vip-06"]
