"""The JSON Schema of a record says all that can be said of its shape: what conforms is taken, nothing else is, and what comes back conforms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.definitions.field_type import FieldType
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError
from runtime.system.workspace import Workspace
from tests.api.caller import Caller
from tests.api.conftest import caller, opened
from tests.fields import shapes
from tests.makers import PlainLookup, checkbox, choice, day, field, field_of, fill_shelf, form_json, formula, money, number, subform, text

fill_shelf("runtime.fields")
QUIET = settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
every_type = pytest.mark.parametrize("name", sorted(FIELD_TYPES.kinds))
entered = pytest.mark.parametrize("name", sorted(name for name, kind in FIELD_TYPES.kinds.items() if kind.writable))
POINTING = ("member", "members", "reference", "multi_reference", "file", "image", "signature", "department", "departments", "tags")
"""What they are given is looked for, and may be refused because it is not there."""


class Finder(PlainLookup):
    """Finds whatever is asked for."""

    def person(self, text: str) -> int | None:
        return 7

    def record(self, form: str, match: str | None, text: str) -> int | None:
        return 41

    def department(self, text: str) -> str | None:
        return text

    def linked(self, field: Any, text: str) -> str | None:
        return None


def wrong_with(field: FieldType, value: Any) -> list[str]:
    """What the field type says against a value, as the API asks it."""
    try:
        found = field.parse(value, Finder())
    except FieldError as error:
        return [str(error)]
    if field.is_blank(found):
        return ["This is needed."] if field.required else []
    return [str(each) for each in field.check(found)]


@every_type
@given(drawn=st.data())
@QUIET
def test_whatever_the_settings_the_schema_is_a_json_schema(name: str, drawn: st.DataObject) -> None:
    schema = field_of(drawn.draw(shapes.settings_of(name))).schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps(schema)


@entered
@given(drawn=st.data())
@QUIET
def test_what_conforms_is_taken(name: str, drawn: st.DataObject) -> None:
    field = field_of(drawn.draw(shapes.settings_of(name)))
    value = drawn.draw(shapes.conforming(field.schema()))
    jsonschema.Draft202012Validator(field.schema()).validate(value)
    if name not in POINTING:
        assert wrong_with(field, value) == []


@entered
@given(drawn=st.data())
@QUIET
def test_what_is_taken_and_given_back_conforms(name: str, drawn: st.DataObject) -> None:
    """The value in its usual writing, as the API gives it."""
    field = field_of(drawn.draw(shapes.settings_of(name)))
    if name in POINTING:
        pytest.skip("what comes back are ids of what was found")
    value = field.parse(drawn.draw(shapes.conforming(field.schema())), Finder())
    given_back = json.loads(json.dumps(field.to_json(value)))
    if given_back not in (None, []):
        jsonschema.Draft202012Validator(field.schema()).validate(given_back)


# -- the whole way: a form with every type that points at nothing, sub-form included ---------------------------------------------
DRAWN = settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
LEFT_OUT = {*POINTING, *shapes.WITHOUT_REQUIRED, "linked_choice", "subform", "text", "checkbox"}
EVERYTHING = form_json(
    text("name", required=True, min_length=2, max_length=12),
    checkbox("agreed"),
    *(field(name, f"a_{name}", **shapes.FIXED.get(name, {}))
      for name in sorted({name for name, kind in FIELD_TYPES.kinds.items() if kind.writable} - LEFT_OUT)),
    number("bounded", decimals=2, min="-3.5", max="120.25"),
    subform("items", text("product", required=True), money("price", min=0, max=99), choice("stage"), day("sent_on", min="2024-02-01"),
            number("count", decimals=0, required=True), formula("twice", "price * 2", result="money", currency="CNY"), min_rows=2, max_rows=4),
    key="everything",
)  # fmt: skip
DRINKS = form_json(text("name"), key="drinks")
PARTY = form_json(
    text("name", required=True),
    field("linked_choice", "drink", form="drinks", field="name"),
    field("linked_choice", "wish", form="drinks", field="name", other=True),
    subform("rounds", field("linked_choice", "drink", form="drinks", field="name"), number("glasses", decimals=0, min=1, max=9), max_rows=3),
    key="party",
)  # fmt: skip
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12),
    st.lists(st.text(max_size=4), max_size=3), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
    st.sampled_from(["2024-02-30", "25:00", "1e9", "-0", "+5", "00", "#12345", "http://", "12.345", " ", "\u3000", "", "<b>", "101", "150%"]),
)  # fmt: skip




@pytest.fixture
def api(workspace: Workspace, tmp_path: Path) -> Caller:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text("{}")
    ada = caller(opened(workspace), tmp_path / "dist", "ada")
    ada.post("/definitions/publish", {"definitions": [EVERYTHING, DRINKS, PARTY]})
    for name in ("Tea", "Coffee"):
        ada.post("/forms/drinks/records", {"name": name})
    return ada


def drawn_from(schema: Any, how: settings = DRAWN) -> list[Any]:
    """Bodies of this shape, drawn first and sent afterwards, so that none depends on what the one before has done."""
    found: list[Any] = []

    @how
    @given(shapes.conforming(schema))
    def draw(body: Any) -> None:
        found.append(body)

    draw()
    return found


def test_the_api_takes_what_conforms_and_gives_what_conforms(api: Caller) -> None:
    schema = api.get("/forms/everything/schema")
    jsonschema.Draft202012Validator.check_schema(schema)
    read = jsonschema.Draft202012Validator(api.get("/openapi.json")["components"]["schemas"]["Record__everything"])
    bodies = drawn_from(schema)
    answer = api.post("/forms/everything/records/batch", {"items": bodies})
    wrong = [(each["errors"], body) for each, body in zip(answer["items"], bodies, strict=True) if each["errors"]]
    assert wrong == []
    for each in api.get("/forms/everything/records?limit=50")["items"]:
        read.validate(each)


def test_the_api_refuses_what_does_not_conform_and_names_the_field(api: Caller) -> None:
    schema = api.get("/forms/everything/schema")
    good, judge = {"name": "Lin Yi"}, jsonschema.Draft202012Validator(schema)

    @settings(DRAWN, max_examples=60)
    @given(st.sampled_from(sorted(schema["properties"])), ANYTHING)
    def refused(key: str, value: Any) -> None:
        body = {**good, key: value}
        if not judge.is_valid(body):
            paths = api.refused("POST", "/forms/everything/records", body)
            assert all(path.split("/")[0] == key for path in paths), paths

    refused()
    rows = [{"product": "Tea", "count": 1}, {"product": "Tea", "price": "100", "count": "x"}]
    assert set(api.refused("POST", "/forms/everything/records", {**good, "items": rows})) == {"items/1/price", "items/1/count"}
    assert set(api.refused("POST", "/forms/everything/records", {**good, "nothing": 1})) == {"nothing"}
    assert set(api.refused("POST", "/forms/everything/records", {})) == {"name"}


# -- partial changes -----------------------------------------------------------------------------------------------------------------
def test_a_change_takes_what_conforms_and_leaves_the_rest_as_it_was(api: Caller) -> None:
    components = api.get("/openapi.json")["components"]["schemas"]
    changed, read = components["Changed__everything"], jsonschema.Draft202012Validator(components["Record__everything"])
    jsonschema.Draft202012Validator.check_schema(changed)
    assert changed["required"] == []
    before = api.post("/forms/everything/records", {"name": "Lin Yi"})
    for body in drawn_from(changed):
        answer = api.send("PATCH", f"/forms/everything/records/{before['id']}", body, If_Match=f'"{before["version"]}"')
        after = answer.json
        assert answer.status_code == 200, (body, after)
        read.validate(after)
        left = set(changed["properties"]) - set(body)
        assert {key: after[key] for key in left} == {key: before[key] for key in left}
        before = after


def test_a_change_refuses_what_does_not_conform_and_changes_nothing(api: Caller) -> None:
    changed = api.get("/openapi.json")["components"]["schemas"]["Changed__everything"]
    judge = jsonschema.Draft202012Validator(changed)
    made = api.post("/forms/everything/records", {"name": "Lin Yi"})
    place = f"/forms/everything/records/{made['id']}"

    @settings(DRAWN, max_examples=60)
    @given(st.sampled_from(sorted(changed["properties"])), ANYTHING)
    def refused(key: str, value: Any) -> None:
        if not judge.is_valid({key: value}):
            paths = api.refused("PATCH", place, {key: value}, If_Match=f'"{made["version"]}"')
            assert all(path.split("/")[0] == key for path in paths), paths

    refused()
    assert set(api.refused("PATCH", place, {"name": None}, If_Match=f'"{made["version"]}"')) == {"name"}
    assert set(api.refused("PATCH", place, {"nothing": 1}, If_Match=f'"{made["version"]}"')) == {"nothing"}
    assert api.get(place)["version"] == made["version"]


# -- rows ----------------------------------------------------------------------------------------------------------------------------
def test_a_row_of_another_shape_is_refused_at_its_place(api: Caller) -> None:
    rows = api.get("/forms/everything/schema")["properties"]["items"]
    judge, good = jsonschema.Draft202012Validator(rows["items"]), {"product": "Tea", "count": 1}

    @settings(DRAWN, max_examples=60)
    @given(st.sampled_from(sorted(rows["items"]["properties"])), ANYTHING)
    def refused(key: str, value: Any) -> None:
        row = {**good, key: value}
        if not judge.is_valid(row):
            paths = api.refused("POST", "/forms/everything/records", {"name": "Lin Yi", "items": [good, row]})
            assert all(path.split("/")[:3] == ["items", "1", key] for path in paths), (row, paths)

    refused()
    assert set(api.refused("POST", "/forms/everything/records", {"name": "Lin Yi", "items": [good, {**good, "odd": 1}]})) == {"items/1/odd"}
    assert set(api.refused("POST", "/forms/everything/records", {"name": "Lin Yi", "items": [good, {"product": "Tea"}]})) == {"items/1/count"}
    for many in (1, 5):
        assert set(api.refused("POST", "/forms/everything/records", {"name": "Lin Yi", "items": [good] * many})) == {"items"}


# -- options from another form ------------------------------------------------------------------------------------------------------------
def test_a_linked_choice_is_refused_only_because_no_record_offers_it(api: Caller) -> None:
    schema = api.get("/forms/party/schema")
    offered = (None, "", "Tea", "Coffee")
    for body in drawn_from(schema):
        answer = api.send("POST", "/forms/party/records", body)
        strange = {"drink"} if body.get("drink") not in offered else set()
        strange |= {f"rounds/{number}/drink" for number, row in enumerate(body.get("rounds") or ()) if row.get("drink") not in offered}
        found = {each["path"] for each in answer.json["errors"]} if answer.status_code == 422 else set()
        assert (answer.status_code, found) == ((422, strange) if strange else (201, set())), (body, answer.json)
    taken = api.post("/forms/party/records", {"name": "May", "drink": "Tea", "wish": "Water", "rounds": [{"drink": "Coffee", "glasses": 2}]})
    assert (taken["drink"], taken["wish"], taken["rounds"][0]["drink"]) == ("Tea", "Water", "Coffee")
