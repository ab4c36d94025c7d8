"""Columns find their fields by key or label of either language; what is only similar is proposed, what is the system's own is left out."""

from __future__ import annotations

import pytest

from runtime.people.person import SYSTEM
from runtime.transfer import mapping
from tests.transfer.conftest import Shop


@pytest.fixture
def propose(sqlite_shop: Shop):
    def columns(*headings: str, form: str = "customer"):
        with sqlite_shop.workspace.reading(SYSTEM) as act:
            definition = act.catalogue.forms[form]
            return {each.heading: (each.key, each.how) for each in mapping.propose(definition, mapping.targets(act, definition), headings)}

    return columns


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("name", "name"),
        ("客户名称", "name"),
        ("NAME", "name"),
        ("ｎａｍｅ", "name"),
        ("Member No", "code"),
        ("member-no.", "code"),
        (" 会 员 号 ", "code"),
        ("会员号：", "code"),
        ("入会日期", "since"),
    ],
)
def test_a_heading_is_matched_after_folding(propose, heading, key):
    assert list(propose(heading).values()) == [(key, "exact")]


@pytest.mark.parametrize(("heading", "key"), [("客户手机", "mobile"), ("Mobiles", "mobile"), ("客户名", "name"), ("Sources", "source")])
def test_a_similar_name_is_proposed(propose, heading, key):
    assert propose(heading)[heading] == (key, "similar")


@pytest.mark.parametrize(
    ("heading", "how"),
    [("id", "system"), ("Created at", "system"), ("修改时间", "system"), ("spend", "computed"), ("积分", "none"), ("", "none")],
)
def test_other_columns_are_left_out_and_say_why(propose, heading, how):
    assert propose(heading)[heading] == (None, how)


def test_a_second_column_of_the_same_name_is_left_out(sqlite_shop):
    task = sqlite_shop.upload("name,name\nAnn,Bob\n")
    assert task.map.columns == {0: "name"}


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        (["name,code", "Ann,1"], 1),
        (["Customers of November", "", "name,code", "Ann,1"], 3),
        (["a,b,c", "1,2,3"], 1),
        (["报表,,", "x,y,z", "1,2,3"], 2),
    ],
)
def test_the_row_of_the_headings_is_found(sqlite_shop, rows, header):
    assert sqlite_shop.upload("\n".join(rows)).reading.header == header


def test_a_column_without_repetitions_makes_it_an_update(sqlite_shop):
    assert (sqlite_shop.upload("name,code\nAnn,1").map.mode, sqlite_shop.upload("name,code\nAnn,1").map.match) == ("upsert", "code")
    assert sqlite_shop.upload("name\nAnn").map.mode == "add"
