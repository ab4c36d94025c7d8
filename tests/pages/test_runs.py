"""The run log: what ran and why, failures on top, each run with its steps, and running it again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from runtime.automation import engine
from runtime.definitions.versions import publish
from runtime.people import roles
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests.makers import form_json, number, reference, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:call"]}]}
OTHER = {"kind": "app", "key": "other", "label": "Other"}
CUSTOMER = form_json(text("name"), number("size"), app="shop")
CALL = form_json(text("note"), reference("customer", "customer"), key="call", app="shop")
GREET = {
    "kind": "automation",
    "key": "greet",
    "app": "shop",
    "label": {"zh": "问候", "en": "Greet"},
    "trigger": {"type": "record_created", "form": "customer"},
    "when": "size > 1",
    "steps": [
        {"type": "create_record", "form": "call", "values": {"customer": "record", "note": "'Hello ' & name"}},
        {"type": "branch", "when": "size > 10", "then": [{"type": "notify", "to": ["user:ada@example.com"], "subject": "{name} is large"}]},
    ],
}
HOOK = {
    "kind": "automation",
    "key": "hook",
    "app": "shop",
    "label": "Tell the warehouse",
    "trigger": {"type": "record_created", "form": "customer"},
    "steps": [{"type": "call_webhook", "url": "https://127.0.0.9/hook"}],
    "retry": {"times": 1},
}
LOG = "/apps/shop/-/runs"


class Shop:
    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self.publish(APP, OTHER, CUSTOMER, CALL)

    def publish(self, *definitions: dict[str, Any]) -> None:
        with self.workspace.writing(SYSTEM) as act:
            publish(act, definitions)

    def customer(self, name: str, size: int) -> int:
        with self.workspace.writing(SYSTEM, "form") as act:
            record = gateway.create(act, "customer", {"name": name, "size": size}).id
        engine.settle(self.workspace)
        return record


@pytest.fixture
def shop(sqlite_workspace: Workspace, builder: Person, app: Any) -> Shop:
    return Shop(sqlite_workspace)


def hrefs(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(rf'href="({LOG}/\d+)"', page)))


def run_of(visitor: Visitor, **query: str) -> str:
    """The address of the newest run that the log shows."""
    wanted = "&".join(f"{name}={value}" for name, value in query.items())
    return hrefs(visitor.get(f"{LOG}?{wanted}").get_data(as_text=True))[0]


def test_a_run_says_its_conditions_in_words_with_the_values_that_were_read(shop: Shop, signed_in: Visitor):
    kind = {"type": "choice", "key": "kind", "label": "Kind", "options": [{"key": "big", "label": "Big house"}, {"key": "tiny", "label": "Tiny"}]}
    shop.publish(form_json(text("name"), number("size", label="Floor space"), kind, app="shop"), {**GREET, "when": "size >= 2 and kind = 'big'"})
    with shop.workspace.writing(SYSTEM, "form") as act:
        gateway.create(act, "customer", {"name": "Ann", "size": 12, "kind": "big"})
    engine.settle(shop.workspace)
    page = words(signed_in.get(run_of(signed_in)))
    assert "Floor space ≥ 2 and Kind = Big house" in page and "size >=" not in page
    assert "Floor space ≥ 2: yes 12 ≥ 2 → yes" in page and "If Floor space > 10" in page and "Floor space: 12" in page


# -- the log ------------------------------------------------------------------------------------------------------------------------
def test_while_nothing_has_run_the_log_says_what_will_show_here(shop: Shop, signed_in: Visitor):
    assert "This app has no automation yet" in words(signed_in.get(LOG))
    shop.publish(GREET)
    assert "No automation has run yet" in words(signed_in.get(LOG))


def test_a_run_is_a_line_that_says_who_and_why_with_what_result(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    ann = shop.customer("Ann", 5)
    shop.customer("Bo", 1)
    answer = signed_in.get(LOG)
    assert re.search(r"Greet · Ann done · a new record, entered by hand", words(answer))
    assert re.search(r"Greet · Bo nothing to do: Its condition did not hold\. · a new record, entered by hand", words(answer))
    assert f'href="/apps/shop/customer/{ann}"' in answer.get_data(as_text=True)


def test_the_last_failures_stand_on_top_and_are_not_shown_twice(shop: Shop, signed_in: Visitor):
    shop.publish(GREET, HOOK)
    for name in ("Ann", "Bo", "Cy", "Di"):
        shop.customer(name, 5)
    page = signed_in.get(LOG).get_data(as_text=True)
    top, _mark, rest = page.partition('aria-label="Runs"')
    assert "Failed" in top and len(hrefs(top)) == 3 and f"{LOG}?state=failed" in top
    assert len(hrefs(rest)) == 5 and not set(hrefs(top)) & set(hrefs(rest))
    shop.workspace.now = lambda now=shop.workspace.now(): now + timedelta(days=8)
    assert 'id="failed-title"' not in signed_in.get(LOG).get_data(as_text=True)


def test_the_log_can_be_narrowed_to_an_automation_and_a_state(shop: Shop, signed_in: Visitor):
    shop.publish(GREET, HOOK)
    shop.customer("Ann", 5)
    assert len(hrefs(signed_in.get(LOG).get_data(as_text=True))) == 2
    assert len(hrefs(signed_in.get(f"{LOG}?automation=greet").get_data(as_text=True))) == 1
    only = words(signed_in.get(f"{LOG}?state=failed"))
    assert "Tell the warehouse · Ann" in only and "Greet · Ann" not in only
    assert "No run is like this." in words(signed_in.get(f"{LOG}?automation=greet&state=failed"))
    assert signed_in.get(f"{LOG}?state=sleepy").status_code == 404


def test_the_runs_of_another_app_are_not_in_this_log(shop: Shop, signed_in: Visitor):
    shop.publish({**GREET, "app": "other"})
    shop.customer("Ann", 5)
    assert hrefs(signed_in.get(LOG).get_data(as_text=True)) == []
    assert "Greet · Ann" in words(signed_in.get("/apps/other/-/runs"))


def test_steps_show_the_values_they_wrote_before_and_after_and_how_long_they_took(shop: Shop, signed_in: Visitor):
    shop.publish(
        {
            **GREET,
            "steps": [
                {"type": "update_record", "values": {"size": "size + 1", "name": "name & '!'"}},
                {"type": "update_record", "values": {"name": "name"}},
            ],
        }
    )
    ann = shop.customer("Ann", 5)
    page = words(signed_in.get(run_of(signed_in)))
    assert (
        "Name Ann → Ann!" in page.replace("size", "Size").replace("name", "Name")
        and "5.00 → 6.00" in page
        and "took: under a second" in page
    )
    assert page.count("5.00 → 6.00") == 1  # the second step changed nothing
    told = words(signed_in.get(f"{LOG}/of/customer/{ann}"))
    assert "Ann → Ann!" in told and "5.00 → 6.00" in told


def test_the_filters_of_the_log_have_names_that_can_be_seen(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    shop.customer("Ann", 5)
    page = signed_in.get(LOG).get_data(as_text=True)
    for control in ("run-automation", "run-since", "run-until"):
        assert f'for="{control}"' in page and f'id="{control}"' in page


def test_a_role_is_called_by_its_name_once_it_has_one(shop: Shop, signed_in: Visitor):
    shop.publish({**GREET, "steps": [{"type": "notify", "to": ["role:sales"], "subject": "x"}]})
    shop.customer("Ann", 5)
    assert "the role sales" in words(signed_in.get(run_of(signed_in)))
    with shop.workspace.writing(SYSTEM) as act:
        roles.save(act, "sales", "Sales advisers")
    assert "the role Sales advisers" in words(signed_in.get(run_of(signed_in)))


def test_older_runs_are_on_the_next_page(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    for place in range(52):
        shop.customer(f"Guest{place}", 1)
    page = signed_in.get(LOG).get_data(as_text=True)
    assert len(hrefs(page)) == 50
    following = re.search(r'href="([^"]*before=\d+)"', page)[1].replace("&amp;", "&")
    assert len(hrefs(signed_in.get(following).get_data(as_text=True))) == 2


def test_a_broken_automation_is_named_with_the_way_to_mend_it(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    shop.customer("Ann", 5)
    shop.publish(form_json(text("name"), app="shop"))  # the field that its condition reads is gone
    answer = signed_in.get(LOG)
    assert "There is no field called size here" in words(answer)
    assert "/build/shop/automations/greet" in answer.get_data(as_text=True)


# -- one run ------------------------------------------------------------------------------------------------------------------------
def test_a_run_shows_each_step_with_what_it_did(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    shop.customer("Ann", 20)
    answer = signed_in.get(run_of(signed_in))
    text = words(answer)
    assert "Greet done Ann · a new record, entered by hand" in text
    assert "Add a record to “Call”" in text and "· Call Hello Ann" in text
    assert "the condition held" in text and "Tell ada@example.com · to Ada" in text
    assert re.search(r"Only if \w+ > 1 It held\. Values read \w+: 20", text)
    assert re.search(r'href="/apps/shop/call/\d+"', answer.get_data(as_text=True))
    assert "tl-step-depth-1" in answer.get_data(as_text=True)


def test_a_run_says_in_whose_name_it_went(shop: Shop, signed_in: Visitor, add_person: Any):
    shop.publish(GREET)
    shop.customer("Ann", 2)
    assert "In the name of Tierloom Version" in words(signed_in.get(run_of(signed_in)))
    add_person("bob@example.com", "builder")
    shop.publish({**GREET, "owner": "user:bob@example.com"})
    shop.customer("Eve", 2)
    assert "In the name of Bob Version" in words(signed_in.get(run_of(signed_in)))


def test_a_run_that_ended_at_its_condition_says_so(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    shop.customer("Bo", 1)
    assert "No step was done: the run ended at its condition." in words(signed_in.get(run_of(signed_in)))


def test_a_failed_run_can_be_run_again_and_goes_on(shop: Shop, signed_in: Visitor):
    shop.publish({**GREET, "when": None})
    shop.customer("Ann", 20)
    shop.publish(HOOK)
    shop.customer("Bo", 20)
    run = run_of(signed_in, state="failed")
    assert "leads into a private network" in words(signed_in.get(run))
    answer = signed_in.post(f"{run}/retry")
    assert answer.status_code == 303 and answer.location.endswith(run)
    assert "waiting" in words(signed_in.get(run))
    engine.settle(shop.workspace)
    assert "failed" in words(signed_in.get(run))


def test_a_run_that_is_done_is_not_run_again(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    shop.customer("Ann", 5)
    run = run_of(signed_in)
    assert f"{run}/retry" not in signed_in.get(run).get_data(as_text=True)
    assert signed_in.post(f"{run}/retry").status_code == 404


def test_a_run_of_an_automation_that_was_deleted_can_still_be_read(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    shop.customer("Ann", 20)
    shop.publish({**GREET, "label": "Welcome", "steps": GREET["steps"][:1]})
    text = words(signed_in.get(run_of(signed_in)))
    assert "Tell ada@example.com" in text  # as it was in the version that ran


# -- who may ------------------------------------------------------------------------------------------------------------------------
def test_the_log_is_for_those_who_build(shop: Shop, app: Any, signed_in: Visitor, add_person: Any):
    shop.publish(GREET)
    shop.customer("Ann", 5)
    run = run_of(signed_in)
    member = Visitor(app).sign_in(add_person("m@example.com", "member").email, PASSWORD)
    assert [member.get(LOG).status_code, member.get(run).status_code, member.post(f"{run}/retry").status_code] == [403, 403, 403]


def test_a_run_that_is_not_there_is_not_found(shop: Shop, signed_in: Visitor):
    assert signed_in.get(f"{LOG}/4711").status_code == 404


# -- tending many, and what happened to one -----------------------------------------------------------------------------------------
def test_many_are_run_again_or_cancelled_ticked_or_all_that_the_log_is_narrowed_to(shop: Shop, signed_in: Visitor):
    shop.publish(HOOK)
    for name in ("Ann", "Bo", "Cy"):
        shop.customer(name, 5)
    first = run_of(signed_in, state="failed").rpartition("/")[2]
    signed_in.post(f"{LOG}/tend", {"what": "again", "run": first})
    assert len(hrefs(signed_in.get(f"{LOG}?state=waiting").get_data(as_text=True))) == 1
    signed_in.post(f"{LOG}/tend", {"what": "again", "all": "1", "automation": "hook"})
    assert len(hrefs(signed_in.get(f"{LOG}?state=waiting").get_data(as_text=True))) == 3
    signed_in.post(f"{LOG}/tend", {"what": "cancel", "all": "1", "state": "waiting"})
    assert len(hrefs(signed_in.get(f"{LOG}?state=stopped").get_data(as_text=True))) == 3
    assert "Cancelled by Ada" in words(signed_in.get(LOG))
    assert signed_in.get(f"{LOG}?since=yesterday").status_code == 404


def test_an_automation_can_be_made_to_stand_still_and_to_go_on(shop: Shop, signed_in: Visitor):
    shop.publish(GREET)
    signed_in.post(f"{LOG}/pause", {"automation": "greet"})
    shop.customer("Ann", 5)
    assert "stands still, stopped by Ada" in words(signed_in.get(LOG))
    health = signed_in.get("/admin/health").get_data(as_text=True)
    assert "paused since" in health and "Let it go on" in health
    assert len(hrefs(signed_in.get(f"{LOG}?state=paused").get_data(as_text=True))) == 1
    signed_in.post(f"{LOG}/pause", {"automation": "greet", "on": "1"})
    engine.settle(shop.workspace)
    assert len(hrefs(signed_in.get(f"{LOG}?state=done").get_data(as_text=True))) == 1


def test_what_happened_to_a_record_is_told_to_those_who_may_see_it(shop: Shop, app: Any, signed_in: Visitor, add_person: Any):
    shop.publish(GREET)
    ann = shop.customer("Ann", 5)
    assert f"{LOG}/of/customer/{ann}" in signed_in.get(f"/apps/shop/customer/{ann}").get_data(as_text=True)
    assert "Call Hello Ann" in words(signed_in.get(f"{LOG}/of/customer/{ann}"))
    member = Visitor(app).sign_in(add_person("m@example.com", "member").email, PASSWORD)
    told = member.get(f"{LOG}/of/customer/{ann}")
    assert "Greet done because of a new record, entered by hand" in words(told)
    assert f'href="{LOG}/' not in told.get_data(as_text=True).replace(f"{LOG}/of", "")
    guest = Visitor(app).sign_in(add_person("g@example.com", "guest").email, PASSWORD)
    assert guest.get(f"{LOG}/of/customer/{ann}").status_code in (403, 404)
    assert [
        member.post(f"{LOG}/tend", {"what": "again", "all": "1"}).status_code,
        member.post(f"{LOG}/pause", {"automation": "greet"}).status_code,
    ] == [403, 403]
