from __future__ import annotations

import pytest

from runtime.errors import DefinitionProblems, FieldError
from tests.makers import Json, PlainLookup, PlainReader, catalogue_of, field_of, form_json, form_of, reference, serial, text

LOOKUP = PlainLookup()
CUSTOMER = form_json(text(), serial(), text("reg_no", unique=True))


@pytest.mark.parametrize("typed", [41, "41", "C202400001"])
def test_a_record_answers_to_id_and_match_value(typed: object) -> None:
    assert field_of(reference(match="no")).parse(typed, LOOKUP) == 41


@pytest.mark.parametrize("typed", ["C202400001", "99", -1, 2**60, ["41"]])
def test_what_points_nowhere_is_refused(typed: object) -> None:
    with pytest.raises(FieldError):
        field_of(reference()).parse(typed, LOOKUP)


def test_a_record_is_shown_by_its_title_and_given_by_id() -> None:
    field = field_of(reference())
    assert field.display(41, PlainReader()) == "Lin" and field.to_json(41) == "41"


def problems(field: Json, *others: Json) -> list[str]:
    form = form_of(field, key="order", title=field["key"])
    return [problem.path for problem in form.problems(catalogue_of(CUSTOMER, form, *others))]


@pytest.mark.parametrize(("settings", "expected"), [
    ({}, []), ({"match": "no"}, []), ({"match": "reg_no"}, []), ({"match": "name"}, ["fields/0/match"]),
    ({"match": "gone"}, ["fields/0/match"]),
    ({"form": "nothing"}, ["fields/0/form"]), ({"many_name": "orders"}, []), ({"many_name": "name"}, ["fields/0/many_name"]),
    ({"required": True, "on_delete": "clear"}, ["fields/0/on_delete"]), ({"form": "order", "many_name": "followers"}, [])])
def test_problems(settings: dict[str, object], expected: list[str]) -> None:
    assert problems(reference(**settings)) == expected


def test_a_name_for_the_many_side_is_taken_once() -> None:
    visit = form_json(reference("guest", many_name="orders"), key="visit")
    assert problems(reference(many_name="orders"), visit) == ["fields/0/many_name"]


@pytest.mark.parametrize("name", ["id", "where", "class", "Orders", "created_at"])
def test_a_name_with_a_meaning_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(DefinitionProblems, match="fields/0/many_name"):
        field_of(reference(many_name=name))
