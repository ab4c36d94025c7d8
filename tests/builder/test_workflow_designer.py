"""The workflow designer's page and what its script asks: the palette, the draft in words, simulations, hints, versions compared, what publishing does."""

from __future__ import annotations

from typing import Any

import pytest

from builder.differences import differences
from builder.drafts import new_body, problems_of
from builder.flowing import effect
from builder.flowing.palette import palette
from builder.linting import advice
from builder.pages.workflow_designer_texts import CONDITIONS
from runtime.definitions import versions
from runtime.definitions.loading import load
from runtime.definitions.shelf import NODES
from runtime.people import accounts, departments
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import workflow_run, workflow_task
from runtime.texts import in_language
from runtime.workflow import running
from tests.builder.conftest import HOME, Designer
from tests.makers import Json
from tests.tiers.world import World

PLACE = f"{HOME}/workflows/deal"


PEOPLE: dict[str, tuple[str, ...]] = {
    **{"ning": ("member",), "meng": ("member",), "fay": ("finance",), "fred": ("finance",), "law": ("legal",)},
    **dict.fromkeys(("dina", "dora", "dirk"), ("director",)),
}


def flow(**nodes: Any) -> Json:
    """Contract approval over points: manager; above 100 all of finance; above 1,000 half of the board; copy to legal."""
    usual: Json = {
        "manager": {"type": "approval", "label": "Manager", "approvers": ["head_of:starter"], "due": {"hours": 24, "then": "remind"}},
        "finance": {"type": "approval", "label": {"zh": "财务", "en": "Finance"}, "approvers": ["role:finance"], "mode": "all"},
        "board": {"type": "approval", "label": "Board", "approvers": ["role:director"], "mode": "ratio", "ratio": 0.5},
        "legal": {"type": "copy", "label": "Legal", "to": ["role:legal"]},
    }
    made: Json = {
        "start": {"type": "start"},
        **{key: {**each, **nodes.get(key, {})} for key, each in usual.items()},
        "end": {"type": "end"},
    }
    lines: list[tuple[str, str, Json]] = [
        ("start", "manager", {}),
        ("manager", "finance", {"when": "points > 100"}),
        ("manager", "legal", {"otherwise": True}),
        ("finance", "board", {"when": "points > 1000"}),
        ("finance", "legal", {"otherwise": True}),
        ("board", "legal", {}),
        ("legal", "end", {}),
    ]
    return {
        "kind": "workflow",
        "key": "deal",
        "label": "Deal",
        "app": "shop",
        "form": "customer",
        "nodes": [{"key": key, **each} for key, each in made.items()],
        "lines": [{"from": before, "to": after, **more} for before, after, more in lines],
    }


@pytest.fixture
def begun(ada: Designer, shop: World) -> Designer:
    """A draft, and the people it names: ning whom meng heads, two of finance, three directors, one of legal."""
    with shop.workspace.writing(SYSTEM) as act:
        ids = {
            name: accounts.add(act, email=f"{name}@example.com", name=name, roles=roles, password=None).id for name, roles in PEOPLE.items()
        }
        departments.place(act, ids["ning"], [departments.add(act, "Sales", head=ids["meng"])])
        versions.save_draft(act, "workflow", "deal", new_body(act, "workflow", "deal", "Deal", "shop"), 0)
    ada.ids = ids  # type: ignore[attr-defined]
    return ada


def played(begun: Designer, body: Json, starter: str = "ning", decisions: Json | None = None, **values: Any) -> Json:
    """A simulation: nodes with the names of those asked or told, and what is said of it."""
    sent = {"draft": body, "starter": begun.ids[starter], "record": None, "values": values, "decisions": decisions or {}}  # type: ignore[attr-defined]
    return begun.ask("POST", f"{PLACE}/simulate", sent).get_json()


def path(found: Json) -> list[tuple[str, str]]:
    return [(each["node"], " ".join([*(one["name"] for one in each["people"]), *each["told"]])) for each in found["visits"]]


# -- the page -------------------------------------------------------------------------------------------------------------------------
def test_the_page_offers_every_kind_of_the_shelf_and_starting_points_that_can_be_published(begun: Designer, shop: World) -> None:
    given = begun.given(PLACE)
    assert {each["type"] for each in given["palette"]} == set(NODES.kinds)
    assert [each["key"] for each in given["starters"] if each["body"]] == ["one_step", "contract", "side_by_side"]
    with shop.workspace.reading(SYSTEM) as act:
        bodies = [{**given["body"], **each["body"]} for each in given["starters"]]
        assert [problems_of(act, body) for body in bodies] == [[], [], []]
    assert {"head_of:starter", "role:finance", "user:ning@example.com"} <= {each["key"] for each in given["who_choices"]}
    assert set(CONDITIONS) <= given["texts"].keys() and PLACE in begun.get(HOME).get_data(as_text=True)


def test_a_kind_nobody_put_into_words_is_in_the_palette_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NODES.kinds, "unheard_of", type("Unheard", (NODES["copy"],), {}))
    assert palette(str)[-1] == {"type": "unheard_of", "label": "Unheard of", "icon": "point", "passing": "through", "results": []}


def test_cards_say_who_acts_when_it_passes_and_until_when(begun: Designer) -> None:
    body = flow(board={"approvers": ["user:gone@example.com", "handler_of:manager"]})
    found = begun.ask("POST", f"{PLACE}/words", {"draft": body}).get_json()["nodes"]
    assert [(each["label"], each["lines"], each["people"]) for each in found] == [
        ("Begin", ["Whoever may add records"], None),
        ("Manager", ["Head of whoever starts it", "one approves · 24 hours, then remind"], None),
        ("Finance", ["Role finance", "all approve"], 2),
        ("Board", ["user:gone@example.com, Whoever acted at Manager", "half approve"], None),
        ("Legal", ["Role legal"], 1),
        ("Finish", [], None),
    ]


def test_a_card_of_a_fill_in_speaks_of_filling_in(begun: Designer) -> None:
    body = flow(manager={"type": "handle"}, finance={"type": "handle"})
    cards = {each["label"]: each["lines"][-1] for each in begun.ask("POST", f"{PLACE}/words", {"draft": body}).get_json()["nodes"][:3]}
    assert cards["Manager"].startswith("one of them fills it in · 24 hours") and cards["Finance"] == "all fill it in"


def test_a_draft_of_nonsense_is_said_as_far_as_it_can_be(begun: Designer) -> None:
    odd: Json = {"type": ["x"], "approvers": "role:x", "due": {"hours": [], "then": {}}, "levels": {"count": "a"}, "mode": {}, "label": [1]}
    for nodes in (None, 7, [None], [{"key": 3}], [odd], [{**odd, "type": "wait", "field": 3}, {**odd, "type": "approval", "due": 4}]):
        body = {"kind": "workflow", "key": "deal", "nodes": nodes, "form": [], "may_start": 1}
        assert begun.ask("POST", f"{PLACE}/words", {"draft": body}).status_code == 200


# -- simulations ------------------------------------------------------------------------------------------------------------------------
PATHS = {
    50: "start manager:meng legal:law end",
    500: "start manager:meng finance:fay:fred legal:law end",
    5000: "start manager:meng finance:fay:fred board:dina:dirk:dora legal:law end",
}


def test_a_simulation_shows_the_path_and_the_people_by_name_and_why_and_writes_nothing(begun: Designer, shop: World) -> None:
    for points, nodes in PATHS.items():
        found = played(begun, flow(), points=points)
        assert [":".join([node, *sorted(who.split())]) for node, who in path(found)] == nodes.split()
        assert found["end"] == "In the end it is approved." and found["stopped"] is None
    manager, finance = played(begun, flow(), points=500)["visits"][1:3]
    assert [(each["line"], each["held"]) for each in manager["asked"]] == [(1, True)] and manager["followed"] == [1]
    assert "500" in str(manager["asked"][0]["because"])
    assert [(each["line"], each["held"]) for each in finance["asked"]] == [(3, False)] and finance["followed"] == [4]
    with shop.workspace.engine.connect() as connection:
        assert [connection.execute(each.select()).all() for each in (workflow_run, workflow_task)] == [[], []]


NOBODY = {
    "admin": "Nobody is found here: whoever administers is asked instead.",
    "pass": "Nobody is found here: it goes on without anybody.",
    "refuse": "Nobody is found who could act at Manager. Ask whoever designed the workflow.",
}


def test_it_says_what_happens_when_nobody_is_found_and_who_need_not_act(begun: Designer) -> None:
    for rule, said in NOBODY.items():
        found = played(begun, flow(manager={"if_nobody": rule}), starter="law", points=1)  # law has no head
        assert said in [*(note for each in found["visits"] for note in each["notes"]), found["stopped"]]
    found = played(begun, flow(manager={"approvers": ["user:ning@example.com"], "if_starter": "pass"}), points=5000)
    notes = {each["node"]: [one["note"] for one in each["people"]] for each in found["visits"]}
    assert notes["manager"] == ["started it: counts as approved"] and sorted(map(str, notes["board"])) == [
        "None",
        "None",
        "not needed any more",
    ]


DECIDED: list[tuple[Json, str, str]] = [
    ({"manager": "reject"}, "start manager", "In the end it is rejected."),
    ({"finance": "reject"}, "start manager finance", "In the end it is rejected."),
    ({"finance": "return:start"}, "start manager finance start manager finance legal end", "In the end it is approved."),
    ({"finance": "return:previous"}, "start manager finance manager finance legal end", "In the end it is approved."),
    ({"manager": "return:start", "finance": "reject"}, "start manager start manager finance", "In the end it is rejected."),
]


@pytest.mark.parametrize(("decisions", "nodes", "end"), DECIDED)
def test_a_rejection_or_a_return_is_played_where_it_is_chosen(begun: Designer, decisions: Json, nodes: str, end: str) -> None:
    found = played(begun, flow(), decisions=decisions, points=500)
    assert ([each["node"] for each in found["visits"]], found["end"], found["stopped"]) == (nodes.split(), end, None)
    decided = {each["node"]: each["decided"] for each in found["visits"] if each["decided"]}
    assert decided == decisions


def test_the_choices_at_a_node_are_what_it_lets_people_do(begun: Designer) -> None:
    found = played(begun, flow(manager={"actions": ["approve", "return"], "return_to": ["start"]}), points=50)
    assert [(each["node"], [one["key"] for one in each["choices"]]) for each in found["visits"] if each["choices"]] == [
        ("manager", ["approve", "return:start"])
    ]
    never = played(begun, flow(manager={"actions": ["approve"]}), decisions={"manager": "reject"}, points=50)
    assert never["end"] == "In the end it is approved."


def test_how_a_sub_workflow_ends_is_chosen_and_its_card_names_it(begun: Designer, shop: World) -> None:
    ends = {"kind": "workflow", "key": "below", "label": "Below", "app": "shop", "form": "customer"}
    ends |= {"nodes": [{"key": "start", "type": "start"}, {"key": "end", "type": "end"}], "lines": [{"from": "start", "to": "end"}]}
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [ends])
    nodes = [*ends["nodes"], {"key": "sub", "type": "sub_flow", "workflow": "below"}, {"key": "tell", "type": "copy", "to": ["role:legal"]}]
    lines = [{"from": "start", "to": "sub"}, {"from": "sub", "to": "tell", "result": "rejected"}, {"from": "tell", "to": "end"}]
    body = {**ends, "key": "deal", "label": "Deal", "nodes": nodes, "lines": [*lines, {"from": "sub", "to": "end", "otherwise": True}]}
    ways = {
        end: [each["node"] for each in played(begun, body, decisions={"sub": end})["visits"]] for end in ("approved", "rejected", "ended")
    }
    assert ways == {"approved": ["start", "sub", "end"], "rejected": ["start", "sub", "tell", "end"], "ended": ["start", "sub"]}
    cards = begun.ask("POST", f"{PLACE}/words", {"draft": body}).get_json()["nodes"]
    assert cards[2]["label"] == "Sub-workflow" and cards[2]["lines"] == ["Below"]


def test_a_record_gives_the_values_and_what_is_typed_in_stands_over_them(begun: Designer, shop: World) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        record = gateway.create(act, "customer", {"name": "Li", "points": 500}).id
    sent = {"draft": flow(), "starter": begun.ids["ning"], "record": record, "values": {}}  # type: ignore[attr-defined]
    ask = lambda **more: path(begun.ask("POST", f"{PLACE}/simulate", {**sent, **more}).get_json())  # noqa: E731
    assert ("finance", "fay fred") in ask() and "finance" not in dict(ask(values={"points": "7"}))


REFUSED: list[tuple[Json, str]] = [
    ({"starter": 10**9}, "Choose somebody who is active."),
    ({"starter": "ann"}, "This is no number of a record."),
    ({"values": {"points": "many"}}, "values/points"),
    ({"values": [1]}, "Fill in values for the simulation."),
    ({"record": 99}, "This record does not exist"),
    ({"draft": {"kind": "workflow", "key": "other"}}, "Kind and key cannot change: a key is chosen once."),
]


def test_what_makes_no_sense_is_refused_with_a_sentence(begun: Designer) -> None:
    usual: Json = {"draft": flow(), "starter": begun.ids["ning"], "record": None, "values": {}}  # type: ignore[attr-defined]
    for sent, said in REFUSED:
        answer = begun.ask("POST", f"{PLACE}/simulate", usual | sent)
        assert answer.status_code in (404, 422) and said in answer.get_data(as_text=True), (sent, answer.get_data(as_text=True))
    body = flow()
    body["lines"] = body["lines"][:-1]
    assert played(begun, body)["problems"][0]["path"] == "nodes/4/key"
    body["lines"] = [*body["lines"][:5], {"from": "board", "to": "manager"}, {"from": "legal", "to": "end"}]
    assert "it goes round in a circle" in played(begun, body, points=5000)["stopped"]


# -- hints, versions, publishing --------------------------------------------------------------------------------------------------------
def test_hints_name_those_who_see_nothing_of_what_they_decide(shop: World) -> None:
    with shop.workspace.reading(SYSTEM) as act:
        assert not list(advice(load(flow()), act.catalogue)), "a form without permission sets is open to every member"
    only_sales = {"kind": "permission_set", "key": "own", "label": "Own", "form": "customer", "for": ["role:sales"], "actions": ["view"]}
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [only_sales])
        found = list(advice(load(flow(finance={"fields": {"*": "hidden"}})), act.catalogue))
    assert [each.path for each in found] == ["nodes/2/fields", "nodes/2/approvers/0", "nodes/3/approvers/0"]
    assert "lets the role finance see records of Customer" in str(in_language(found[1].message, "en"))


def test_versions_are_compared_by_nodes_and_by_what_lines_join() -> None:
    before, after = flow(), flow(board={"ratio": 0.6, "at": [10, 20]})
    after["lines"][1]["when"] = "points > 200"
    after["lines"].append({"from": "board", "to": "end", "when": "points > 9"})
    assert [str(in_language(each.message, "en")) for each in differences(before, after)] == [
        "Board · Share that must approve: 0.5 → 0.6",
        "Manager → Finance · Only if: points > 100 → points > 200",
        "Added: line “Board → Finish”",
        "The drawing is arranged in another way",
    ]


def test_publishing_says_how_many_are_under_way_with_which_version(begun: Designer, shop: World) -> None:
    shop.publish(flow())
    with shop.workspace.writing(SYSTEM) as act:
        act.act_for(accounts.by_email(act.connection, "ada@example.com") or SYSTEM)
        for name in ("Li", "Wu"):
            running.start(act, "deal", gateway.create(act, "customer", {"name": name, "points": 1}).id)
        said = [str(in_language(each, "en")) for each in effect.sentences(act, flow())]
    assert said[0].endswith(" began with version 1 and keep it to their end.") and said[0].startswith("2 ")


def test_who_else_has_it_open_is_told(begun: Designer, enter: Any) -> None:
    other = enter("Bo", "builder", "member")
    assert other.ask("POST", f"{PLACE}/presence", {"place": "n:board"}).get_json()["people"] == []
    assert [(each["name"], each["place"]) for each in begun.ask("POST", f"{PLACE}/presence", {}).get_json()["people"]] == [
        ("Bo", "n:board")
    ]
