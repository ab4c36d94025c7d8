from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from runtime.definitions.kinds import KINDS
from tests import makers
from tests.api.caller import Caller
from tests.api.conftest import CUSTOMER, ORDER

VISIT = makers.form_json(makers.text("what"), makers.reference("customer", "customer", many_name="visits_made"), key="visit")
ONE = "/definitions/form/visit"


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_kind_has_a_schema(lite: Caller, kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(lite.get(f"/definitions/schemas/{kind}"))


def test_definitions_are_listed_and_read(lite: Caller) -> None:
    first = lite.get("/definitions/form?limit=1")
    assert [(each["key"], each["version"], each["draft"]) for each in first["items"]] == [("customer", 1, False)]
    assert [each["key"] for each in lite.get(f"/definitions/form?cursor={first['next']}")["items"]] == ["order"]
    found = lite.get("/definitions/form/order")
    assert (found["version"], found["live"], found["definition"], found["draft"]) == (1, True, ORDER, None)


def test_a_draft_is_kept_however_incomplete_and_nobody_overwrites_another(ada: Caller) -> None:
    draft = {"kind": "form", "key": "visit", "label": "Visit", "fields": []}
    answer = ada.send("PUT", f"{ONE}/draft", draft)
    assert (answer.json["edit"], answer.headers["ETag"]) == (1, '"1"')
    assert {each["path"] for each in answer.json["problems"]} == {"form:visit/title", "form:visit/fields"}
    assert ada.send("PUT", f"{ONE}/draft", VISIT, If_Match='"1"').json == {"edit": 2, "problems": []}
    assert ada.refused("PUT", f"{ONE}/draft", draft, 412, If_Match='"1"') == {}
    assert ada.refused("PUT", "/definitions/form/other/draft", draft) == {"key": "Kind and key cannot change: a key is chosen once."}
    assert ada.get(ONE)["draft"]["definition"] == VISIT and ada.get(ONE)["version"] is None


def test_all_drafts_are_published_as_a_whole(ada: Caller) -> None:
    ada.send("PUT", f"{ONE}/draft", VISIT)
    tried = ada.post("/definitions/publish", {"dry_run": True})
    assert tried["published"] == [] and [(each["key"], each["act"]) for each in tried["impact"]["definitions"]] == [("visit", "new")]
    assert ada.refused("GET", "/forms/visit/records", status=404) == {}
    assert ada.post("/definitions/publish")["published"] == [{"kind": "form", "key": "visit", "version": 1}]
    assert ada.post("/forms/visit/records", {"what": "Tea"})["what"] == "Tea"
    assert ada.get(ONE)["draft"] is None


def test_a_set_with_problems_is_refused_with_every_path_and_changes_nothing(ada: Caller) -> None:
    wrong = [VISIT, {**CUSTOMER, "title": "nothing", "colour": "red"}]
    problems = {"form:customer/colour": "There is no setting of this name here."}
    assert {each["path"]: each["message"] for each in ada.post("/definitions/check", {"definitions": wrong})["errors"]} == problems
    assert ada.refused("POST", "/definitions/publish", {"definitions": wrong}) == problems
    assert ada.refused("GET", ONE, status=404) == {}


def test_versions_are_compared_and_restored(ada: Caller) -> None:
    ada.post("/definitions/publish", {"definitions": [VISIT], "note": "first"})
    made = ada.post("/forms/visit/records", {"what": "Tea"})
    shorter = {**VISIT, "label": "Call", "fields": VISIT["fields"][:1]}
    ada.post("/definitions/publish", {"definitions": [shorter]})
    assert [(each["version"], each["live"], each["note"]) for each in ada.get(f"{ONE}/versions")["items"]] == [
        (2, True, None),
        (1, False, "first"),
    ]
    assert {each["path"]: each["act"] for each in ada.get(f"{ONE}/diff?from=1")["items"]} == {
        "label": "changed",
        "fields/customer": "removed",
    }
    assert ada.post(f"{ONE}/restore", {"version": 1})["published"] == [{"kind": "form", "key": "visit", "version": 3}]
    assert ada.get(f"{ONE}?version=2")["definition"]["label"] == "Call" and ada.get(f"/forms/visit/records/{made['id']}")["what"] == "Tea"


def test_a_publication_under_a_key_happens_once(ada: Caller) -> None:
    for _again in range(2):
        assert ada.post("/definitions/publish", {"definitions": [VISIT]}, Idempotency_Key="p1")["published"][0]["version"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/definitions/form"),
        ("GET", ONE),
        ("PUT", f"{ONE}/draft"),
        ("POST", "/definitions/check"),
        ("POST", "/definitions/publish"),
        ("POST", f"{ONE}/restore"),
    ],
)
def test_only_builders_design(as_person: Any, method: str, path: str) -> None:
    body = {"PUT": VISIT, "POST": {"definitions": [VISIT]}}.get(method)
    as_person("ben").refused(method, path, {"version": 1} if path.endswith("restore") else body, 403)


@pytest.mark.parametrize(
    "path", ["/definitions/schemas/thing", "/definitions/thing", "/definitions/form/thing", "/definitions/form/thing/versions"]
)
def test_what_is_not_there_is_404(lite: Caller, path: str) -> None:
    lite.refused("GET", path, status=404)
