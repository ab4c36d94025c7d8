"""Other keys for published options: values are carried over in blocks, and whatever names an option is published with it under the new key."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import DefinitionProblems
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import converting, drafts, gateway, query
from runtime.records.preparing import prepare, to_convert
from runtime.system.tables import entry_draft, own_view
from tests.makers import Json, choice, form_json, number, subform, text

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace


def order(state: str = "done", formerly: tuple[str, ...] = ()) -> Json:
    """The form whose option `done` is called `state`; other fields have an option of that name that stays."""
    done: Json = {"key": state, "label": "Finished", **({"formerly": list(formerly)} if formerly else {})}
    options = [{"key": "open", "label": "Open"}, done]
    states = {"key": "status", "type": "choice", "label": "Status", "options": options, "default": f"'{state}'"}
    return form_json(
        text("name"), states, {**states, "key": "states", "type": "multi_choice", "default": None, "label": "States"},
        choice("other", "done", "open"), number("points"),
        subform("items", text("product"), {**states, "label": "Of the row", "default": None, "key": "state"}),
        key="order", title="name", app="shop",
        rules=[{"limit": ["status"], "options": [state], "when": f"other == 'done' and status == '{state}'"}],
    )  # fmt: skip


APP: Json = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "All", "items": ["form:order"]}]}
VIEW: Json = {
    "kind": "view", "key": "finished", "label": "Finished", "form": "order",
    "filter": "status == 'done' and other == 'done' and 'done' in states and name != 'done'", "columns": ["name"],
}  # fmt: skip
TOLD: Json = {
    "kind": "automation", "key": "told", "label": "Told", "owner": "user:ann@example.com", "trigger": {"type": "record_created", "form": "order"},
    "when": "COUNT(items, where=items.state == 'done') > 0", "steps": [{"type": "update_record", "values": {"status": "'done'", "name": "'done'"}}],
}  # fmt: skip
WORDING: Json = {
    "kind": "wording", "key": "thanks", "label": "Thanks", "form": "order", "text": "Thank you", "values": {"status": ["done"], "other": ["done"]},
}  # fmt: skip
OTHER = "Options have got other keys. What people write themselves cannot be told from those; switch one of the two off."
AFTER = order("finished", ("done",))


@pytest.fixture
def shop(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    kinds.load()
    monkeypatch.setattr(converting, "BLOCK", 2)
    with workspace.writing(SYSTEM) as act:
        accounts.add(act, email="ann@example.com", name="Ann", roles=["member"], password=None)
    publish(workspace, APP, order(), VIEW, TOLD, WORDING)
    with workspace.writing(SYSTEM) as act:
        for states in (["done", "open"], ["open"], ["done"]):
            row = {"product": "tea", "state": "done"}
            gateway.create(
                act,
                "order",
                {"name": "done", "status": states[0], "states": states, "other": "done", "items": [row, {**row, "state": "open"}]},
            )
    return workspace


def publish(workspace: Workspace, *bodies: Json) -> None:
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, list(bodies))


def live(workspace: Workspace, kind: str, key: str) -> Json:
    with workspace.reading(SYSTEM) as act:
        return versions.find_version(act.connection, kind, key).body


def values(workspace: Workspace) -> list[Any]:
    with workspace.reading(SYSTEM) as act:
        found = [query.get(act, "order", number).values for number in sorted(query.ids(act, "order"))]
    return [(each["status"], each["states"], [row["state"] for row in each["items"]], each["other"]) for each in found]


def called(state: str) -> list[Any]:
    rows = [state, "open"]
    return [(state, ("open", state), rows, "done"), ("open", ("open",), rows, "done"), (state, (state,), rows, "done")]


@pytest.mark.parametrize("way", ["at once", "ahead"])
def test_values_and_whatever_names_the_option_have_the_new_key(shop: Workspace, way: str) -> None:
    written = called("finished")
    if way == "ahead":
        with shop.reading(SYSTEM) as act:
            assert to_convert(act, [AFTER]) == 12  # three of each field, and six rows
        prepare(shop, SYSTEM, [AFTER])
        assert values(shop) == called("done")
        with shop.writing(SYSTEM) as act:  # while the values were read
            gateway.update(act, "order", 2, {"states": ["done"], "status": "done"})
        written[1] = ("finished", ("finished",), *written[1][2:])
    publish(shop, AFTER)
    assert values(shop) == written
    new = "status == 'finished' and other == 'done' and 'finished' in states and name != 'done'"
    assert live(shop, "view", "finished")["filter"] == new
    told = live(shop, "automation", "told")
    assert told["when"] == "COUNT(items, where=items.state == 'finished') > 0"
    assert told["steps"][0]["values"] == {"status": "'finished'", "name": "'done'"}
    assert live(shop, "wording", "thanks")["values"] == {"status": ["finished"], "other": ["done"]}
    with shop.reading(SYSTEM) as act:
        assert query.ids(act, "order", filter=new) == []
        assert query.ids(act, "order", filter="'finished' in states") == [
            each for each in query.ids(act, "order") if way == "ahead" or each != 2
        ]


def test_the_key_of_before_is_understood_wherever_a_value_is_given(shop: Workspace) -> None:
    publish(shop, AFTER)
    with shop.writing(SYSTEM) as act:
        made = gateway.create(
            act, "order", {"name": "x", "status": "done", "states": ["done"], "items": [{"product": "a", "state": "done"}]}
        )
        found = query.get(act, "order", made.id).values
        assert (found["status"], found["states"], found["items"][0]["state"]) == ("finished", ("finished",), "finished")
        schema = act.catalogue.forms["order"].by_key["status"].schema()
        assert schema["enum"] == ["open", "finished", "done", None]


def test_an_older_version_comes_back_with_the_values_written_since(shop: Workspace) -> None:
    publish(shop, AFTER)
    with shop.writing(SYSTEM) as act:
        gateway.update(act, "order", 2, {"status": "finished"})
    for version, state in ((1, "done"), (2, "finished")):
        with shop.writing(SYSTEM, "publish") as act:
            versions.restore(act, "form", "order", version)
        wanted = called(state)
        wanted[1] = (state, *wanted[1][1:])
        assert values(shop) == wanted
        assert live(shop, "view", "finished")["filter"].startswith(f"status == '{state}' and other == 'done'")


def test_what_people_keep_for_themselves_speaks_of_the_new_key(shop: Workspace) -> None:
    with shop.writing(SYSTEM) as act:
        act.connection.execute(
            own_view.insert().values(id=1, person=1, form="order", body=json.dumps({**VIEW, "key": "mine"}), updated_at=0)
        )
        pairs = [("f_status", "done"), ("f_other", "done"), ("f_items-0-f_state", "done"), ("f_name", "done")]
        drafts.save(replace(act, person=accounts.by_id(act.connection, 1)), "order", "Begun", pairs)
    publish(shop, AFTER)
    with shop.reading(SYSTEM) as act:
        assert "status == 'finished'" in json.loads(act.connection.execute(sa.select(own_view.c.body)).scalar_one())["filter"]
        kept = json.loads(act.connection.execute(sa.select(entry_draft.c.body)).scalar_one())
    assert [text for _name, text in kept] == ["finished", "done", "finished", "done"]


@pytest.mark.parametrize(
    ("options", "more", "problem"),
    [
        ([{"key": "a", "label": "A", "formerly": ["a"]}], {}, "Its own key is no former one. Leave it out."),
        ([{"key": "a", "label": "A", "formerly": ["x"]}, {"key": "b", "label": "B", "formerly": ["x"]}], {}, "Two of them say that they were called x. It was one of them."),
        ([{"key": "a", "label": "A", "formerly": ["x"]}], {"other": True}, OTHER),
    ],
)  # fmt: skip
def test_contradictory_former_keys_are_problems(sqlite_workspace: Workspace, options: list[Json], more: Json, problem: str) -> None:
    kinds.load()
    field = {"key": "status", "type": "choice", "label": "Status", "options": options, **more}
    with pytest.raises(DefinitionProblems) as wrong, sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form_json(text("name"), field)])
    assert problem in [str(each.message) for each in wrong.value.problems]
