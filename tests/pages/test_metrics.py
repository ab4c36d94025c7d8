"""What a collector of figures reads, and who may."""

from __future__ import annotations

from flask import Flask

from runtime.people import tokens
from runtime.people.person import SYSTEM, Person
from runtime.system.workspace import Workspace
from tests import makers
from tests.pages.visitor import Visitor

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def lines(app: Flask, **more) -> dict[str, float]:
    answer = app.test_client().get("/metrics", **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {name: float(value) for name, _blank, value in (each.rpartition(" ") for each in answer.text.splitlines() if each[0] != "#")}


def test_pages_are_counted_by_what_they_are(app: Flask, signed_in: Visitor):
    for _time in range(3):
        signed_in.get("/me")
    found = lines(app)
    assert found['tierloom_request_seconds_count{endpoint="profile.me",method="GET",status="200"}'] == 3.0


def test_what_waits_is_counted(app: Flask, sqlite_workspace: Workspace, builder: Person):
    from runtime.definitions import versions
    from runtime.records import gateway

    before = lines(app)["tierloom_events_waiting"]
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [makers.form_json(makers.text("name"), title="name")])
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "Ann"})
    assert lines(app)["tierloom_events_waiting"] > before


def token_of(workspace: Workspace, person: Person) -> str:
    with workspace.writing(person) as act:
        return tokens.create(act, act.person, name="collector")


def test_from_elsewhere_only_with_the_token_of_an_administrator(app: Flask, sqlite_workspace: Workspace, builder: Person, add_person):
    client = app.test_client()
    assert client.get("/metrics", environ_overrides=ELSEWHERE).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    member = add_person("bo@example.com", "member")
    made = {each.id: token_of(sqlite_workspace, each) for each in (builder, member)}
    answers = {
        who: client.get("/metrics", headers={"Authorization": f"Bearer {token}"}, environ_overrides=ELSEWHERE).status_code
        for who, token in made.items()
    }
    assert answers == {builder.id: 200, member.id: 403}


def test_they_can_be_switched_off(sqlite_workspace: Workspace, browser_files, builder: Person):
    from dataclasses import replace

    from app import create_app

    sqlite_workspace.settings = replace(sqlite_workspace.settings, metrics=False)
    assert create_app(sqlite_workspace, dist=browser_files).test_client().get("/metrics").status_code == 404
