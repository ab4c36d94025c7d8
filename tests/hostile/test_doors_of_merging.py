"""Merging, printing and messages that leave the house ask the gate as well: the doors that the walks over single records do not reach.

What is printed is the page of the record with a style of its own, so the walks over pages cover it; here is said that no other page exists.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import engine
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import automation_run, automation_step
from tests.hostile.test_doors import API, BASE, SECRETS, TITLES, leaks
from tests.hostile.test_doors_of_views import RIGHTS, Shop, _set, world  # noqa: F401
from tests.pages.conftest import browser_files  # noqa: F401
from tests.pages.visitor import words


def asked(shop: Shop, who: str, keep: int, other: int) -> dict[str, str]:
    visitor, caller = shop.visitors[who], shop.callers[who]
    pages = {
        "found by a word": visitor.get(f"{BASE}/{keep}/merge?q=zzq"),
        "found by a name": visitor.get(f"{BASE}/{keep}/merge?q=titleword"),
        "side by side": visitor.get(f"{BASE}/merge?keep={keep}&other={other}"),
        "picked": visitor.post(f"{BASE}/merge/picked", {"id": [str(keep), str(other)]}),
        "with a wrong version": visitor.post(f"{BASE}/merge", {"keep": keep, "other": other, "version_keep": 999, "version_other": 999}),
        "by the interface": caller.send("POST", f"{API}/merge", {"keep": str(keep), "other": str(other), "versions": ["999", "999"]}),
    }
    return {name: answer.get_data(as_text=True) for name, answer in pages.items()}


@pytest.mark.parametrize(("rule", "right"), [("own", "hidden"), ("own", "edit"), ("all", "masked"), ("all", "hidden"), ("nobody", "edit")])
def test_merging_tells_only_what_is_seen(world: Shop, rule: str, right: str) -> None:  # noqa: F811
    world.permit(rule, right)
    found = []
    for who, (keep, other) in itertools.product(TITLES, itertools.permutations(TITLES)):
        for name, answer in asked(world, who, world.ids[keep], world.ids[other]).items():
            for whose in TITLES:
                there = rule == "all" or rule == "own" and whose == who
                found += leaks(answer, f"{name} as {who}, keep {keep}", whose, there, there and right == "edit")
    assert not found, "\n".join(found)


def test_a_foreign_record_and_none_are_merged_with_the_same_words(world: Shop) -> None:  # noqa: F811
    world.permit("own", "edit")
    ann, own = world.visitors["ann"], world.ids["ann"]
    for keep, other in ((own, "{}"), ("{}", own)):
        foreign, nowhere = (
            ann.get(f"{BASE}/merge?keep={keep}&other={other}".replace("{}", str(each))) for each in (world.ids["bob"], 999_999)
        )
        assert (foreign.status_code, words(foreign)) == (nowhere.status_code, words(nowhere))


@pytest.mark.parametrize("right", ["hidden", "masked", "view"])
def test_merging_chooses_no_value_that_may_not_be_written(world: Shop, right: str) -> None:  # noqa: F811
    """Whoever may not write a field has no say in whose value of it stays."""
    world.permit("all", "edit")
    with world.workspace.writing(SYSTEM) as act:
        first = gateway.create(act, "customer", {"name": "Twin one", "secret": "qqkeptsecret"}).id
        second = gateway.create(act, "customer", {"name": "Twin two", "secret": "qqothersecret"}).id
    world.permit("all", right)
    sent = {"keep": first, "other": second, "version_keep": 1, "version_other": 1, "take-secret": "other"}
    answer = world.visitors["ann"].post(f"{BASE}/merge", sent)
    said = answer.get_data(as_text=True)
    assert right == "view" or not ("qqkeptsecret" in said or "qqothersecret" in said)
    with world.workspace.reading(SYSTEM) as act:
        from runtime.records.rows import read_record

        kept = read_record(act, "customer", first)
    assert kept is not None and kept.values["secret"] == "qqkeptsecret", answer.status_code
    with world.workspace.writing(SYSTEM) as act:
        for each in (first, second):
            found = read_record(act, "customer", each)
            if found is not None and found.deleted_at is None:
                gateway.delete(act, "customer", each)


def test_only_runs_of_workflows_have_a_page_for_paper(world: Shop) -> None:  # noqa: F811
    """What it shows of the record is asked in tests/workflow/test_decisions.py; another one needs a test as well."""
    rules = [str(each) for each in world.visitors["ann"].app.url_map.iter_rules() if "print" in str(each)]
    assert rules == ["/approvals/<int:run>/print"]


def test_a_message_that_leaves_the_house_holds_what_its_owner_sees(world: Shop) -> None:  # noqa: F811
    """What would be sent is fixed before it is sent, and stands in the run log: a field that the owner may not read stops it there."""
    bodies: dict[str, Any] = {"bare": "secret", "within": "'x' & secret", "of another": "LOOKUP('customer', 'code', 'code-bob', 'secret')"}
    hook = {"type": "call_webhook", "url": "http://127.0.0.1:9/never"}
    for rule, right, (name, text) in itertools.product(RIGHTS, ("hidden", "masked"), bodies.items()):
        world.permit(rule, right)
        automation = {
            **{"kind": "automation", "key": "leaving", "label": "Leaving", "app": "shop", "owner": "user:ann@example.com"},
            "trigger": {"type": "record_updated", "form": "customer", "fields": ["reason"]},
            "steps": [{**hook, "body": {"told": text}}],
        }
        with world.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [automation])
        with world.workspace.writing(SYSTEM) as act:
            gateway.update(act, "customer", world.ids["ann"], {"reason": f"{rule} {right} {name}"})
        engine.settle(world.workspace)
        with world.workspace.reading(SYSTEM) as act:
            run = act.connection.execute(sa.select(automation_run).order_by(automation_run.c.id.desc())).first()
            kept = act.connection.execute(sa.select(automation_step.c.result, automation_step.c.message)).all()
        assert run is not None and run.state == "failed", (rule, right, name, run)
        assert not any(each in f"{run.reason} {kept}" for each in SECRETS.values()), (rule, right, name)
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**automation, "enabled": False}, _set("customer", "sales")])
