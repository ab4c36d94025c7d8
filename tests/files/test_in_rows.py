"""Files in the rows of a sub-form: taken, shown, asked for and thrown away like those of the record itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runtime.errors import Refused
from runtime.files import cleaning, tokens, using
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.records.rows import read_record
from runtime.records.values import RecordValues
from tests.files.conftest import House, png


def made(house: House, who: str = "ann", **row: Any) -> int:
    with house.workspace.writing(house.people[who]) as act:
        values = {"name": "Tea", "owner": house.people[who].id, "visits": [{"place": "Shop", **row}]}
        return gateway.create(act, "deal", values).id


def stored(house: House, record: int) -> Any:
    with house.workspace.reading(SYSTEM) as act:
        found = read_record(act, "deal", record)
        assert found is not None
        return found.values["visits"]


def sees(house: House, who: str, token: str) -> bool:
    with house.workspace.reading(house.people[who]) as act:
        return using.seen(act, str(tokens.id_in(token))) is not None


def test_a_row_keeps_its_files_in_their_order_and_a_blank_one_is_no_change(house: House) -> None:
    one, two = house.send("ann", "one.png", png()), house.send("ann", "zwei, drei.png", png())
    record = made(house, photos=[two, one])
    row = {"place": "Shop", "photos": (two, one), "papers": None, "signed": None}
    assert stored(house, record) == (row,)
    with house.workspace.writing(house.people["ann"]) as act:
        again = gateway.update(act, "deal", record, {"visits": [{"place": "Shop", "photos": [two, one], "papers": [], "signed": []}]})
        assert again.event is None
    assert [(each.field, each.removed_at) for each in house.uses(one)] == [("visits.photos", None)]


def test_who_sees_the_rows_sees_their_files_and_nobody_else(lite: House) -> None:
    photo = lite.send("ann", "shop.png", png())
    assert not sees(lite, "cleo", photo)
    made(lite, photos=[photo])
    assert [sees(lite, who, photo) for who in ("ann", "bob", "cleo")] == [True, False, True]
    with pytest.raises(Refused):
        made(lite, "bob", photos=[photo])


def test_limits_of_a_field_hold_in_rows(lite: House) -> None:
    three = [lite.send("ann", f"{number}.png", png()) for number in range(3)]
    with pytest.raises(Refused) as refused:
        made(lite, photos=three, signed=three[:2])
    assert [(each.path, str(each.message)) for each in refused.value.problems] == [
        ("visits/0/photos", "Here go 2 files at most; these are 3."),
        ("visits/0/signed", "One file goes here; these are 2."),
    ]


def test_a_file_that_no_row_holds_any_more_goes_after_thirty_days(lite: House) -> None:
    kept, gone = lite.send("ann", "kept.pdf"), lite.send("ann", "gone.pdf", b"%PDF-1.7\n%another\n%%EOF\n")
    record = made(lite, papers=[kept, gone])
    with lite.workspace.writing(lite.people["ann"]) as act:
        gateway.update(act, "deal", record, {"visits": [{"place": "Quay"}, {"place": "Shop", "papers": [kept]}]})
    lite.now += timedelta(days=29)
    assert cleaning.clean_up(lite.workspace) == 0
    lite.now += timedelta(days=2)
    assert cleaning.clean_up(lite.workspace) == 1
    assert lite.content(kept) and lite.content(gone) is None


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("COUNT(visits, where=ISEMPTY(visits.photos)) == 1", True),
        ("COUNT(visits, where=NOT(ISEMPTY(visits.photos))) == 1", True),
        ("COUNT(visits, where=ISEMPTY(visits.papers)) == 1", False),
    ],
)
def test_formulas_ask_whether_a_row_has_files_in_the_database_as_in_memory(house: House, condition: str, wanted: bool) -> None:
    record = made(house, photos=[house.send("ann", "one.png", png())])
    with house.workspace.writing(house.people["ann"]) as act:
        gateway.update(act, "deal", record, {"visits": [*stored(house, record), {"place": "Quay"}]})
    with house.workspace.reading(SYSTEM) as act:
        found = read_record(act, "deal", record)
        assert found is not None
        asked = formula(act.catalogue, "deal", condition)
        assert evaluate(asked, RecordValues(act, found.form, found.values, record)) is wanted
        assert [each.id for each in query.page(act, "deal", filter=condition).records] == ([record] if wanted else [])
