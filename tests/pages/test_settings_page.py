"""/admin/settings and /admin/health: for those who administer, noted, and with the figures that are there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from runtime.collaboration import choices
from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system import clock, jobs
from runtime.system.tables import audit_log, job
from runtime.system.workspace import Workspace
from tests.makers import form_json, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

GOOD = {"name": "Loom & Sons", "language": "en", "holidays": "DE"}
ASLEEP = {
    "kind": "automation", "key": "welcome", "app": "retail", "label": "Welcome everybody", "enabled": False,
    "trigger": {"type": "record_created", "form": "customer"}, "steps": [{"type": "notify", "to": ["role:builder"], "subject": "New", "body": "x"}],
}  # fmt: skip


def changed(workspace: Workspace) -> list[str]:
    with workspace.reading(SYSTEM) as act:
        query = sa.select(audit_log.c.subject).where(audit_log.c.kind == "setting_changed").order_by(audit_log.c.id)
        return list(act.connection.execute(query).scalars())


def test_name_language_and_calendar_are_changed_and_noted(signed_in: Visitor, sqlite_workspace: Workspace):
    assert signed_in.post("/admin/settings", GOOD).status_code == 303
    assert (sqlite_workspace.name, sqlite_workspace.language, sqlite_workspace.holidays) == ("Loom & Sons", "en", "DE")
    page = signed_in.get("/admin/settings")
    assert 'value="Loom &amp; Sons"' in page.get_data(as_text=True) and "Asia/Shanghai" in words(page)
    signed_in.post("/admin/settings", GOOD)
    assert changed(sqlite_workspace) == ["name", "language", "holidays"]


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"name": " "}, "Give the workspace a name"), ({"name": "x" * 101}, "Give the workspace a name"),
    ({"language": "fr"}, "Choose a language from the list."), ({"holidays": "Germany"}, "Did you mean DE?"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_changed(
    signed_in: Visitor, sqlite_workspace: Workspace, wrong: dict[str, str], sentence: str
):
    answer = signed_in.post("/admin/settings", {**GOOD, **wrong})
    assert answer.status_code == 422 and sentence in words(answer)
    assert sqlite_workspace.name == "Tierloom" and changed(sqlite_workspace) == []


def test_quiet_hours_hold_for_who_has_not_chosen_any(signed_in: Visitor, sqlite_workspace: Workspace, builder: Person):
    def quiet() -> tuple[int | None, int | None]:
        with sqlite_workspace.reading(builder) as act:
            wishes = choices.wishes_of(act.connection, builder.id, choices.usual_quiet(sqlite_workspace))
            return wishes.quiet_from, wishes.quiet_until

    assert quiet() == (None, None)
    assert signed_in.post("/admin/settings/quiet", {"quiet_from": "21:30", "quiet_until": "07:00"}).status_code == 303
    assert quiet() == (1290, 420)
    assert 'value="21:30"' in signed_in.get("/notifications/settings").get_data(as_text=True)
    with sqlite_workspace.writing(builder) as act:
        choices.choose(act, {}, "", "", "")
    assert quiet() == (None, None)
    refused = signed_in.post("/admin/settings/quiet", {"quiet_from": "21:30"})
    assert refused.status_code == 422 and "Give both times" in words(refused)
    assert changed(sqlite_workspace) == ["quiet_hours"]


def test_for_how_long_things_are_kept_is_told(signed_in: Visitor):
    assert "Audit log for ever Trash until somebody restores it Run log 180 days Files of imports 30 days" in words(
        signed_in.get("/admin/settings"))  # fmt: skip
    signed_in.post("/admin/audit/keep", {"days": "365"})
    assert "Audit log 365 days" in words(signed_in.get("/admin/settings"))


def test_health_tells_what_waits_failed_and_is_switched_off(signed_in: Visitor, sqlite_workspace: Workspace):
    quiet = words(signed_in.get("/admin/health"))
    assert "Events waiting 0 Automations have seen everything." in quiet and "Long work failed 0" in quiet
    app = {"kind": "app", "key": "retail", "label": "Retail", "menu": []}
    with sqlite_workspace.writing(SYSTEM) as act:
        publish(act, [app, form_json(text("name"), app="retail"), ASLEEP])
        gateway.create(act, "customer", {"name": "Lin"})
        number = jobs.start(act, "export", {})
        failed = {"state": "failed", "finished_at": act.micros, "message": '{"en": "The disk was <b>away</b>."}'}
        act.connection.execute(job.update().where(job.c.id == number).values(**failed))
        jobs.start(act, "export", {})
        begun = clock.from_micros(act.micros)
    assert begun is not None
    sqlite_workspace.now = lambda: begun + timedelta(minutes=7)
    page = signed_in.get("/admin/health")
    text_of_it = words(page)
    assert "The oldest for 7 minutes. Is a worker running?" in text_of_it and "Long work waiting 1 Is a worker running?" in text_of_it
    assert "Long work failed 1" in text_of_it and "The disk was <b>away</b>." in text_of_it
    assert "&lt;b&gt;away" in page.get_data(as_text=True) and "Welcome everybody" in text_of_it and "SQLite" in text_of_it


def test_both_are_for_those_who_administer_and_in_their_menu(app: Flask, signed_in: Visitor, add_person: Callable[..., Person]):
    menu = signed_in.get("/admin/health").get_data(as_text=True)
    assert 'href="/admin/settings"' in menu and 'href="/admin/health"' in menu
    member = Visitor(app).sign_in(add_person("m@example.com", "member").email, PASSWORD)
    assert [member.get(path).status_code for path in ("/admin/settings", "/admin/health")] == [403, 403]
    assert [member.post(path, GOOD).status_code for path in ("/admin/settings", "/admin/settings/quiet")] == [403, 403]
    assert "/admin/health" not in member.get("/me").get_data(as_text=True)


def test_both_speak_chinese(app: Flask, builder: Person):
    visitor = Visitor(app, language="zh").sign_in(builder.email, PASSWORD)
    assert "免打扰" in words(visitor.get("/admin/settings")) and "等待处理的事件" in words(visitor.get("/admin/health"))
