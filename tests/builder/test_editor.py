"""The editor of a definition: drafts, live problems at their places, formulas as they are typed, publishing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system import jobs
from tests.builder.conftest import HOME, VALUE, Designer
from tests.pages.visitor import words
from tests.tiers.world import CUSTOMER, dimension

if TYPE_CHECKING:
    from tests.tiers.world import World

TIERS = f"{HOME}/tiers/value"
FORM = f"{HOME}/forms/customer"
CHANGED = {**VALUE, "dimensions": [dimension(cuts=[2000, 4000, 9000], weight=60), VALUE["dimensions"][1]]}


def live(shop: World, kind: str, key: str) -> versions.Version:
    with shop.workspace.reading(SYSTEM) as act:
        return versions.find_version(act.connection, kind, key)


# -- the page ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("place", ["apps/shop", "forms/customer", "tags/customer_tags", "tiers/value"])
def test_every_kind_opens_with_its_schema(ada: Designer, place: str) -> None:
    given = ada.given(f"{HOME}/{place}")
    assert given["schema"]["properties"] and given["body"]["key"] == place.partition("/")[2] and given["problems"] == []


def test_a_definition_keeps_the_order_of_its_parts(ada: Designer) -> None:
    assert list(ada.given(TIERS)["body"]) == list(VALUE)


def test_the_words_are_those_of_the_reader(enter: Callable[..., Designer]) -> None:
    given = enter("Ada", "builder", language="zh").given(TIERS)
    assert (given["settings"]["weight"], given["things"]["dimensions"], given["texts"]["publish_now"]) == ("权重", "维度", "发布")


def test_a_field_tells_who_uses_it(ada: Designer) -> None:
    uses = ada.given(FORM)["field_uses"]
    assert [each["label"] for each in uses["points"]] == ["Customer", "value"]
    assert "Customer" in [each["label"] for each in ada.given(f"{HOME}/forms/order")["field_uses"]["amount"]]


def test_what_was_never_begun_is_not_found(ada: Designer) -> None:
    assert ada.get(f"{HOME}/forms/nothing").status_code == 404
    assert ada.get("/build/nowhere/forms/customer").status_code == 404
    assert ada.get(f"{HOME}/nonsense/customer").status_code == 404


# -- drafts -----------------------------------------------------------------------------------------------------------------------
def test_a_draft_is_kept_however_incomplete_and_changes_nothing_live(ada: Designer, shop: World) -> None:
    answer = ada.save(TIERS, {"kind": "tier_model", "key": "value"})
    assert answer.status_code == 200 and {"path": "dimensions", "message": "This is needed."} in answer.json["problems"]
    assert ada.given(TIERS)["body"] == {"kind": "tier_model", "key": "value"}
    assert live(shop, "tier_model", "value").body == VALUE


def test_the_later_of_two_is_told_and_overwrites_nothing(ada: Designer, enter: Callable[..., Designer]) -> None:
    bo = enter("Bo", "builder")
    read = ada.given(TIERS)
    assert bo.save(TIERS, CHANGED).status_code == 200
    answer = ada.ask(
        "PUT", f"{TIERS}/draft", {**{name: read[name] for name in ("edit", "stamp", "live")}, "body": {**VALUE, "label": "Mine"}}
    )
    assert answer.status_code == 409
    assert (answer.json["who"], answer.json["body"]) == ("Bo", CHANGED)
    assert ada.given(TIERS)["body"] == CHANGED


def test_going_on_from_what_the_other_saved_is_possible(ada: Designer, enter: Callable[..., Designer]) -> None:
    enter("Bo", "builder").save(TIERS, CHANGED)
    answer = ada.ask("PUT", f"{TIERS}/draft", {"edit": 0, "stamp": 0, "live": 1, "body": VALUE})
    theirs = {name: answer.json[name] for name in ("edit", "stamp", "live")}
    assert ada.ask("PUT", f"{TIERS}/draft", {**theirs, "body": {**VALUE, "label": "Mine"}}).status_code == 200
    assert ada.given(TIERS)["body"]["label"] == "Mine"


def test_publishing_in_between_is_noticed_too(ada: Designer, shop: World) -> None:
    read = ada.given(TIERS)
    shop.publish(CHANGED)
    answer = ada.ask("PUT", f"{TIERS}/draft", {**{name: read[name] for name in ("edit", "stamp", "live")}, "body": VALUE})
    assert (answer.status_code, answer.json["live"], answer.json["body"]) == (409, 2, CHANGED)


def test_a_draft_that_was_discarded_and_begun_anew_is_another_one(ada: Designer, shop: World) -> None:
    ada.save(TIERS, CHANGED)
    read = ada.given(TIERS)
    ada.post(f"{TIERS}/discard")
    shop.later(seconds=1)
    ada.save(TIERS, {**VALUE, "label": "Fresh"})
    answer = ada.ask("PUT", f"{TIERS}/draft", {**{name: read[name] for name in ("edit", "stamp", "live")}, "body": CHANGED})
    assert answer.status_code == 409


def test_kind_and_key_stay(ada: Designer) -> None:
    for body in ({**VALUE, "key": "other"}, {**VALUE, "kind": "form"}):
        answer = ada.save(TIERS, body)
        assert (answer.status_code, answer.json["detail"]) == (422, "Kind and key cannot change: a key is chosen once.")


# -- problems ---------------------------------------------------------------------------------------------------------------------
def test_ten_problems_stand_at_their_places(ada: Designer) -> None:
    faulty = {
        **VALUE,
        "colour": "blue",
        "population": 7,
        "as_of": "yesterday",
        "dimensions": [
            {**dimension(cuts=["many"], weight=0), "missing": "sometimes"},
            {"key": "Points", "label": {}, "value": "", "weight": 40, "bands": {"by": "magic"}},
        ],
        "tiers": [{"key": "gold", "label": "Gold", "from": 120}, {"key": "basic", "label": "Basic", "from": 0, "keep_from": -1}],
    }
    found = {each["path"] for each in ada.save(TIERS, faulty).json["problems"]}
    assert found == {
        "colour",
        "population",
        "as_of",
        "dimensions/0/weight",
        "dimensions/0/bands/cuts/0",
        "dimensions/0/missing",
        "dimensions/1/key",
        "dimensions/1/label",
        "dimensions/1/value",
        "dimensions/1/bands/by",
        "tiers/0/from",
        "tiers/1/keep_from",
    }


def test_what_only_the_whole_shows_is_found_as_well(ada: Designer) -> None:
    form = {
        **CUSTOMER,
        "title": "nobody",
        "fields": [*CUSTOMER["fields"], {"type": "formula", "key": "odd", "label": "Odd", "formula": "spend +", "result": "number"}],
    }
    found = ada.save(FORM, form).json["problems"]
    assert {each["path"] for each in found} == {"title", f"fields/{len(CUSTOMER['fields'])}/formula"}


def test_advice_does_not_block(ada: Designer, shop: World) -> None:
    one = {**VALUE, "dimensions": [dimension(cuts=[1000, 5000], weight=60)]}
    saved = ada.save(TIERS, one).json
    assert saved["problems"] == [] and {"dimensions", "tests"} <= {each["path"] for each in saved["advice"]}
    assert publish(ada, TIERS).status_code == 200


# -- formulas ---------------------------------------------------------------------------------------------------------------------
def check(ada: Designer, path: str, text: str, body: Any = VALUE, place: str = TIERS) -> Any:
    return ada.ask("POST", f"{place}/formula", {"path": path, "text": text, "body": body}).json


def test_a_formula_says_what_it_gives(ada: Designer) -> None:
    assert check(ada, "dimensions/0/value", "SUM(orders.amount)") == {"type": "an amount of money (CNY)", "problems": []}


def test_a_slip_is_shown_where_it_is_with_what_was_meant(ada: Designer) -> None:
    (problem,) = check(ada, "dimensions/0/value", "poinst * 2")["problems"]
    assert "points" in problem["message"].lower() and (problem["position"], problem["length"]) == (0, 6)


def test_the_result_has_to_fit_its_place(ada: Designer) -> None:
    assert check(ada, "population", "points")["problems"]
    assert check(ada, "population", "points > 3", {**VALUE, "population": "points > 3"})["type"] == "true or false"


def test_a_formula_is_checked_while_the_rest_is_broken(ada: Designer) -> None:
    assert (
        check(ada, "dimensions/0/value", "points", {"kind": "tier_model", "key": "value", "form": "customer", "dimensions": 5})["type"]
        == "a number"
    )


def test_a_field_that_is_only_in_the_draft_can_be_used(ada: Designer) -> None:
    fields = [
        *CUSTOMER["fields"],
        {"type": "number", "key": "height", "label": "Height"},
        {"type": "formula", "key": "twice", "label": "Twice", "formula": "height * 2", "result": "number"},
    ]
    assert check(ada, f"fields/{len(fields) - 1}/formula", "height * 2", {**CUSTOMER, "fields": fields}, FORM)["type"] == "a number"


# -- trying out and publishing ----------------------------------------------------------------------------------------------------
def publish(ada: Designer, place: str, **more: Any) -> Any:
    given = ada.given(place)
    return ada.ask("POST", f"{place}/publish", {**{name: given[name] for name in ("edit", "stamp", "live")}, "note": "because", "reason": "because", **more})


def test_the_preview_says_changes_and_effect(ada: Designer, shop: World) -> None:
    shop.orders(shop.customer("Ann"), 3000)
    shop.orders(shop.customer("Bob"), 6000, 9000)
    shop.recompute(source="publish")
    found = ada.ask("POST", f"{TIERS}/preview", {"body": CHANGED}).json
    assert [each["message"] for each in found["changes"]] == ["Spend · Cuts: 1000, 5000, 20000 → 2000, 4000, 9000"]
    tried = ada.ask("POST", f"{TIERS}/impact", {"body": CHANGED}).json
    assert found["effect"] == [tried["sentence"]] and tried["changed"] == tried["up"] + tried["down"] > 0


def test_a_faulty_draft_is_not_tried_out(ada: Designer) -> None:
    answer = ada.ask("POST", f"{TIERS}/impact", {"body": {**VALUE, "tiers": []}})
    assert (answer.status_code, answer.json["problems"][0]["path"]) == (200, "tiers")


def test_publishing_makes_a_version_and_tells_of_the_rating(ada: Designer, shop: World) -> None:
    shop.orders(shop.customer("Ann"), 3000)
    shop.recompute(source="publish")
    while jobs.run_next(shop.workspace):
        pass
    ada.save(TIERS, CHANGED)
    answer = publish(ada, TIERS)
    assert answer.json["version"] == 2 and len(answer.json["jobs"]) == 1
    assert (live(shop, "tier_model", "value").body, live(shop, "tier_model", "value").note) == (CHANGED, "because")
    place = f"{HOME}/jobs/{answer.json['jobs'][0]}"
    assert ada.ask("GET", place).json["state"] == "waiting"
    while jobs.run_next(shop.workspace):
        pass
    done = ada.ask("GET", place).json
    assert done["state"] == "done" and done["moved"] == sum(done["counts"][name] for name in ("up", "down", "first", "left", "moved"))


def test_problems_block_publishing_with_their_places(ada: Designer, shop: World) -> None:
    ada.save(TIERS, {**VALUE, "dimensions": []})
    answer = publish(ada, TIERS)
    assert (answer.status_code, answer.json["errors"][0]["path"]) == (422, "tier_model:value/dimensions")
    assert live(shop, "tier_model", "value").version == 1


def test_publishing_what_somebody_changed_meanwhile_is_refused(ada: Designer, enter: Callable[..., Designer], shop: World) -> None:
    ada.save(TIERS, CHANGED)
    read = {name: ada.given(TIERS)[name] for name in ("edit", "stamp", "live")}
    enter("Bo", "builder").save(TIERS, {**CHANGED, "label": "Bo’s"})
    assert ada.ask("POST", f"{TIERS}/publish", read).status_code == 409
    assert live(shop, "tier_model", "value").version == 1


def test_without_a_draft_there_is_nothing_to_publish(ada: Designer) -> None:
    assert publish(ada, TIERS).status_code == 422


# -- who may come in --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/build"),
        ("GET", HOME),
        ("GET", TIERS),
        ("PUT", f"{TIERS}/draft"),
        ("POST", f"{TIERS}/formula"),
        ("POST", f"{TIERS}/preview"),
        ("POST", f"{TIERS}/publish"),
        ("POST", f"{TIERS}/impact"),
        ("GET", f"{TIERS}/versions"),
        ("POST", f"{TIERS}/versions/1/restore"),
        ("POST", f"{TIERS}/discard"),
        ("POST", f"{HOME}/new"),
        ("GET", f"{HOME}/publish"),
        ("POST", f"{HOME}/publish"),
        ("POST", f"{HOME}/views/save"),
        ("GET", f"{HOME}/jobs/1"),
    ],
)
def test_only_builders_come_in(enter: Callable[..., Designer], method: str, path: str) -> None:
    assert enter("Mia", "member").ask(method, path, {}).status_code == 403


def test_a_broken_definition_says_so(ada: Designer, shop: World) -> None:
    from runtime.system.tables import definition_version

    with shop.workspace.writing(SYSTEM) as act:
        act.connection.execute(
            definition_version.update()
            .where(definition_version.c.body.like('%"tag_set"%"customer_tags"%') & definition_version.c.body.like('{"kind":"tag_set"%'))
            .values(body='{"kind":"tag_set","key":"customer_tags","label":"Tags","form":"customer","colour":1}')
        )
    shop.workspace._catalogue = None
    assert "The published version cannot be read" in words(ada.get(f"{HOME}/tags/customer_tags"))
    assert "cannot be read" in words(ada.get(HOME))
