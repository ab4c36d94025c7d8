"""What starts automations from outside: messages of other systems at /hooks, and records picked in a list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from runtime.automation import engine, incoming, log, matching, selecting
from runtime.automation.triggers.webhook import Sent, Webhook
from runtime.definitions.versions import publish
from runtime.errors import NotFound
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests.automation.conftest import automation, setting, tell
from tests.makers import choice, form_json, number, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

INPUTS = [
    {"key": "order_no", "path": "order.no", "required": True},
    {"key": "amount", "path": "order.amount", "type": "number"},
    {"key": "sku", "path": "order.items.1.sku"},
    {"key": "paid_on", "type": "date"},
]
MESSAGE = {"order": {"no": "A-1", "amount": 12.5, "items": [{"sku": "x"}, {"sku": "y"}]}, "paid_on": "2024-05-06", "more": "passed over"}


@pytest.fixture
def hooked(sqlite_workspace: Workspace, builder: Person) -> Workspace:
    return taking(sqlite_workspace)


def taking(workspace: Workspace, **trigger: Any) -> Workspace:
    step = {"type": "create_record", "form": "deal", "values": {"no": "body.order_no & '/' & body.sku", "amount": "body.amount"}}
    rule = automation({"type": "webhook", "inputs": INPUTS, **trigger}, step)
    with workspace.writing(SYSTEM) as act:
        publish(
            act, [{"kind": "app", "key": "shop", "label": "Shop"}, form_json(text("no"), number("amount"), key="deal", app="shop"), rule]
        )
    return workspace


def addressed(workspace: Workspace, person: Person) -> incoming.Hook:
    with workspace.writing(person) as act:
        return incoming.renew(act, "rule")


def send(app: Flask, hook: incoming.Hook, message: Any = MESSAGE, **headers: str) -> Any:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().post(hook.path, data=body, headers={"Content-Type": "application/json", "Accept-Language": "en", **named})


def deals(workspace: Workspace) -> list[tuple[str, str]]:
    engine.settle(workspace)
    with workspace.reading(SYSTEM) as act:
        from runtime.records import query

        found = [query.get(act, "deal", each).values for each in sorted(query.ids(act, "deal"))]
    return [(each["no"], str(each["amount"])) for each in found]


# -- messages of other systems ----------------------------------------------------------------------------------------------------------
def test_a_message_becomes_a_run_with_its_values(app: Flask, hooked: Workspace, builder: Person):
    answer = send(app, addressed(hooked, builder))
    assert answer.status_code == 202 and deals(hooked) == [("A-1/y", "12.50")]
    with hooked.reading(builder) as act:
        (run,) = log.runs(act).runs
    assert answer.json == {"run": str(run.id)} and (run.trigger, run.source) == ("webhook", "api")


def test_a_message_sent_again_under_its_key_starts_nothing(app: Flask, hooked: Workspace, builder: Person):
    hook = addressed(hooked, builder)
    first, second = (send(app, hook, Idempotency_Key="k-1") for _turn in range(2))
    assert (first.status_code, second.status_code) == (202, 200) and first.json == second.json
    assert send(app, hook, {"order": {"no": "other"}}, Idempotency_Key="k-1").status_code == 422
    assert len(deals(hooked)) == 1


@pytest.mark.parametrize(
    ("message", "status", "path"),
    [
        ({}, 422, "order"),
        ({"order": {}}, 422, "order/no"),
        ({"order": {"no": 5}}, 422, "order/no"),
        ({"order": {"no": "A", "amount": "much"}}, 422, "order/amount"),
        ({"order": {"no": "A"}, "paid_on": "2024-02-30"}, 422, "paid_on"),
        ({"order": "A"}, 422, "order"),
        ([], 422, ""),
        (b"{", 400, None),
        (b'{"order": {"no": "\\u0000"}}', 400, None),
        (b'{"order": NaN}', 400, None),
        (b"[" * 50_000, 400, None),
        (b" " * 70_000, 413, None),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(
    app: Flask, hooked: Workspace, builder: Person, message: Any, status: int, path: str | None
):
    answer = send(app, addressed(hooked, builder), message)
    assert answer.status_code == status and answer.content_type == "application/problem+json"
    assert path is None or path in [each["path"] for each in answer.json["errors"]]
    assert deals(hooked) == []


def test_an_old_address_leads_nowhere(app: Flask, hooked: Workspace, builder: Person):
    old, new = addressed(hooked, builder), addressed(hooked, builder)
    assert send(app, old).status_code == 404 and send(app, new).status_code == 202
    assert app.test_client().get(new.path).status_code == 405
    with pytest.raises(NotFound), hooked.writing(builder) as act:
        incoming.renew(act, "nothing")


def test_more_than_so_many_a_minute_have_to_wait(app: Flask, sqlite_workspace: Workspace, builder: Person):
    moment = [datetime(2024, 5, 6, tzinfo=UTC)]
    sqlite_workspace.now = lambda: moment[0]
    hook = addressed(taking(sqlite_workspace, per_minute=2), builder)
    assert [send(app, hook, Idempotency_Key=f"k{n}").status_code for n in range(2)] == [202, 202]
    moment[0] += timedelta(seconds=20)
    late = send(app, hook)
    assert late.status_code == 429 and late.headers["Retry-After"] == "40"
    assert send(app, hook, Idempotency_Key="k1").status_code == 200  # what came already is told again
    moment[0] += timedelta(seconds=40)
    assert send(app, hook).status_code == 202


def test_a_signed_address_takes_only_what_is_signed_now(app: Flask, sqlite_workspace: Workspace, builder: Person):
    hook = addressed(taking(sqlite_workspace, signed=True), builder)
    raw = json.dumps(MESSAGE).encode()
    now = int(sqlite_workspace.now().timestamp())

    def status(at: int | str, key: str, body: bytes = raw) -> int:
        signature = incoming.signature(key, str(at), raw)
        return send(app, hook, body, X_Tierloom_Timestamp=str(at), X_Tierloom_Signature=signature).status_code

    assert [status(now, "other"), status(now - 600, hook.key), status("soon", hook.key), status(now, hook.key, raw + b" ")] == [403] * 4
    assert send(app, hook).status_code == 403 and status(now, hook.key) == 202


def test_a_message_for_an_automation_that_is_off_is_refused(app: Flask, hooked: Workspace, builder: Person):
    hook = addressed(hooked, builder)
    with hooked.writing(SYSTEM) as act:
        publish(act, [{**automation({"type": "webhook"}, tell()), "enabled": False}])
    assert send(app, hook).status_code == 422


def test_the_secret_part_of_an_address_stands_nowhere_open(hooked: Workspace, builder: Person):
    import sqlalchemy as sa

    hook = addressed(hooked, builder)
    with hooked.engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = str(connection.execute(sa.text(f'SELECT * FROM "{table}"')).all())
            assert hook.token not in rows and hook.key not in rows, table


def test_the_page_shows_and_renews_an_address(signed_in: Visitor, hooked: Workspace):
    assert "has no address yet" in words(signed_in.get("/admin/hooks"))
    assert signed_in.post("/admin/hooks/rule/renew").status_code == 303
    page = signed_in.get("/admin/hooks").get_data(as_text=True)
    first = re.search(r"/hooks/([\w-]+)", page)
    signed_in.post("/admin/hooks/rule/renew")
    second = re.search(r"/hooks/([\w-]+)", signed_in.get("/admin/hooks").get_data(as_text=True))
    assert first and second and first[1] != second[1]


def test_only_administrators_see_addresses(app: Flask, hooked: Workspace, add_person: Callable[..., Person]):
    add_person("kim@example.com", "member")
    assert Visitor(app).sign_in("kim@example.com", PASSWORD).get("/admin/hooks").status_code == 403


def test_the_schema_names_every_place() -> None:
    trigger = Webhook(inputs=tuple(Sent(**each) for each in INPUTS))
    schema = trigger.schema()
    assert schema["required"] == ["order"] and schema["properties"]["order"]["required"] == ["no"]
    assert schema["properties"]["order"]["properties"]["items"]["prefixItems"][1]["properties"]["sku"]["type"] == ["string", "null"]
    assert trigger.taken({"order": {"no": "1", "items": []}}) == {"order_no": "1", "amount": None, "sku": None, "paid_on": None}


# -- records picked in a list -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def picked(sqlite_workspace: Workspace, builder: Person) -> list[int]:
    rule = automation({"type": "selection", "form": "customer"}, setting(grade="'gold'"), label="Make gold")
    own = automation({"type": "selection", "form": "customer", "may_start": ["role:chief"]}, tell(), key="own", label="Chiefs only")
    with sqlite_workspace.writing(SYSTEM) as act:
        publish(
            act,
            [{"kind": "app", "key": "shop", "label": "Shop"}, form_json(text(), choice("grade", "silver", "gold"), app="shop"), rule, own],
        )
        return [gateway.create(act, "customer", {"name": f"c{n}", "grade": "silver"}).id for n in range(4)]


def grades(workspace: Workspace, records: list[int]) -> list[str]:
    from runtime.records import query

    with workspace.reading(SYSTEM) as act:
        return [query.get(act, "customer", record).values["grade"] for record in records]


def test_picked_records_start_after_it_is_said_how_many_runs_that_is(signed_in: Visitor, sqlite_workspace: Workspace, picked: list[int]):
    assert "Make gold" in words(signed_in.get("/apps/shop/customer"))
    form = {"automation": "rule", "id": [str(each) for each in picked[:3]], "back": ""}
    page = signed_in.post("/apps/shop/customer/start", form)
    assert "Start for 3 records" in words(page) and "Makes runs 3" in words(page) and "All 4 records of the list" in words(page)
    once = re.search(r'name="once" value="(\w+)"', page.get_data(as_text=True))
    assert once
    for _twice in range(2):
        assert signed_in.post("/apps/shop/customer/start/do", {**form, "once": once[1]}).status_code == 303
    engine.settle(sqlite_workspace)
    assert grades(sqlite_workspace, picked) == ["gold"] * 3 + ["silver"]
    with sqlite_workspace.reading(SYSTEM) as act:
        assert len(log.runs(act).runs) == 3


def test_the_whole_list_may_be_meant_and_many_are_one_run(
    signed_in: Visitor, sqlite_workspace: Workspace, picked: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(selecting, "GROUP_FROM", 4)
    monkeypatch.setattr(matching, "GROUP_FROM", 4)
    form = {"automation": "rule", "whole": "1", "back": ""}
    assert "Makes runs 1" in words(signed_in.post("/apps/shop/customer/start", form))
    signed_in.post("/apps/shop/customer/start/do", form)
    engine.settle(sqlite_workspace)
    assert grades(sqlite_workspace, picked) == ["gold"] * 4


def test_only_who_may_start_it_finds_it(signed_in: Visitor, app: Flask, picked: list[int], add_person: Callable[..., Person]):
    add_person("kim@example.com", "chief", "member")
    form = {"automation": "own", "id": [str(picked[0])]}
    assert signed_in.post("/apps/shop/customer/start", {**form, "automation": "nothing"}).status_code == 404
    kim = Visitor(app).sign_in("kim@example.com", PASSWORD)
    assert "Chiefs only" in words(kim.get("/apps/shop/customer")) and kim.post("/apps/shop/customer/start", form).status_code == 200


def test_records_that_are_gone_are_left_out(signed_in: Visitor, sqlite_workspace: Workspace, picked: list[int]):
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.delete(act, "customer", picked[0])
    form = {"automation": "rule", "id": [str(picked[0]), str(picked[1]), "99999"]}
    page = words(signed_in.post("/apps/shop/customer/start", form))
    assert "Start for 1 records" in page and "left out" in page
