"""What the designer's script asks, over the web: the shapes of its answers, in the reader's language, and what is refused."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import app as program
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system import jobs
from tests.builder.conftest import HOME, VALUE, Designer
from tests.builder.tiering.shop import mixed
from tests.makers import Json
from tests.tiers.world import World, dimension

MODEL = f"{HOME}/tiers/value"
API = "/api/v1/tier-models/value"
DRAFT = {
    **VALUE,
    "dimensions": [dimension(cuts=[2000, 4000, 9000], weight=60), dimension("points", "points", [10, 50], weight=40)],
    "plans": {"gold": {"contact_every_days": 7}},
}
FAULTY = {**VALUE, "dimensions": [dimension(value="no_such_field", cuts=[1])]}
ASKED = {
    "distribution": {"dimension": "spend"},
    "proposals": {"dimension": "spend"},
    "simulate": {},
    "tests": {},
    "tests/record": {"record": "2"},
    "lint": {},
    "correlation": {},
}


@pytest.fixture
def rated(shop: World) -> World:
    mixed(shop, 16)
    shop.recompute(source="publish")
    return shop


def ask(visitor: Designer, what: str, draft: Json = DRAFT, **more: Any) -> Any:
    return visitor.ask("POST", f"{MODEL}/{what}", {"draft": draft, **more})


def test_a_simulation_answers_with_all_that_the_page_shows(rated: World, ada: Designer) -> None:
    found = ask(ada, "simulate", compare=VALUE).json
    assert (found["population"], found["sampled"], found["margin"], found["job"]) == (16, 16, 0, None)
    assert found["changed"] == found["up"] + found["down"] > 0
    assert (
        found["sentence"]
        == f"{found['changed']} customers would change tier: {found['up']} up, {found['down']} down. All 16 records were rated."
    )
    assert [each["tier"] for each in found["tiers"]] == ["diamond", "gold", "silver", "basic", None]
    assert sum(map(sum, found["matrix"])) == 16 and sum(each["share"] or 0 for each in found["tiers"]) == pytest.approx(1)
    rated_now = sum(each["then"] for each in found["tiers"][:-1])
    assert found["scores"]["step"] == 2 and sum(sum(each["counts"].values()) for each in found["scores"]["bins"]) == rated_now
    assert found["scores"]["borders"][0] == {"tier": "diamond", "label": "Diamond", "from": 75.0, "keep_from": 67.0}
    assert [each["label"] for each in found["workload"]] == ["All together"]
    assert found["workload_sentence"] == "Customer has no field for a member, so the follow-ups are counted for all together."
    assert found["revenue"]["label"] == "Spend, summed over the customers of each tier"
    mover = next(each for each in found["movers"] if each["record"] == "12")
    assert (mover["title"], mover["url"], mover["before"], mover["after"]) == ("C11", "/apps/shop/customer/12", "gold", "diamond")
    assert mover["because"] == "Spend: band 3 → 4, +20 points."
    assert found["compare"]["changed"] == 0 and found["compare"]["sentence"].startswith("Nobody would change tier.")


def test_a_past_day_says_what_is_of_today(rated: World, enter: Callable[..., Designer]) -> None:
    wei = enter("Wei", "builder", "member", language="zh")
    found = ask(wei, "simulate", as_of="2026-09-30").json
    assert found["notes"] == [
        "用 09-30 的数据，与现在的等级比较：这个模型的历史还到不了那一天。",
        "以今天的为准：Points。那一天的取值已无从得知。",
    ]
    assert found["tiers"][0]["label"] == "钻石" and found["movers_url"] == f"{MODEL}/movers?as_of=2026-09-30"
    assert ask(wei, "simulate", as_of="2999-01-01").status_code == 422 == ask(wei, "simulate", as_of="soon").status_code


def test_a_large_population_is_sampled_first_and_then_counted(rated: World, ada: Designer, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("builder.pages.tier_designer", "builder.impact"):
        monkeypatch.setattr(f"{module}.EXACT", 10)
    monkeypatch.setattr("runtime.tiers.simulation.simulate.__defaults__", (None, None, 8, None))
    monkeypatch.setattr("builder.impact.SAMPLE", 8)
    found = ask(ada, "simulate").json
    assert (found["sampled"], found["population"]) == (8, 16)
    assert "By a sample of 8 of 16 records; a share is right to ±25.3 percentage points." in found["sentence"]
    assert ask(ada, "simulate", full=False).json["job"] is None
    assert ada.save(MODEL, DRAFT).status_code == 200
    assert any("sample of 8 of 16" in each for each in ada.ask("POST", f"{MODEL}/preview", {"body": DRAFT}).json["effect"])
    here = f"{MODEL}/simulations/{found['job']}"
    waiting = ada.ask("GET", here).json
    assert (waiting["state"], waiting["result"], waiting["sentence"]) == ("running", None, "Counting all records begins in a moment.")
    jobs.run_now(rated.workspace, int(found["job"]))
    done = ada.ask("GET", here).json
    assert (done["state"], done["done"], done["of"], done["sentence"]) == ("done", 16, 16, "All records are counted.")
    assert done["result"]["sampled"] == 16 and done["result"]["movers"][0]["because"]
    effect = ada.ask("POST", f"{MODEL}/preview", {"body": DRAFT}).json["effect"]
    assert effect == [done["result"]["sentence"].split(" All 16")[0]], "publishing names the full count"


def test_movers_are_listed_page_by_page(rated: World, ada: Designer) -> None:
    assert ada.save(MODEL, DRAFT).status_code == 200
    found = ask(ada, "simulate").json
    listed = ada.ask("GET", f"{MODEL}/movers").json
    assert len(listed["items"]) == found["changed"] and listed["next"] is None
    cell = ada.ask("GET", f"{MODEL}/movers?before=gold&after=diamond").json["items"]
    assert len(cell) == found["matrix"][1][0] and {each["tier_after"]["label"] for each in cell} == {"Diamond"}
    page = ada.get(f"{MODEL}/movers?before=gold&after=diamond").get_data(as_text=True)
    assert "C11" in page and 'href="/apps/shop/customer/12"' in page
    assert ada.save(MODEL, FAULTY).status_code == 200
    assert ada.get(f"{MODEL}/movers").status_code == 422


def test_a_tier_that_the_draft_has_not_any_more_keeps_its_look(rated: World, ada: Designer) -> None:
    replaced = {
        **DRAFT,
        "tiers": [{"key": "top", "label": "Top", "color": "red", "from": 50}, {"key": "rest", "label": "Rest", "from": 0}],
        "plans": {},
        "tests": [],
    }
    assert ada.save(MODEL, replaced).status_code == 200
    found = ask(ada, "simulate", draft=replaced).json
    shown = {each["tier"]: (each["rank"], each["of"], each["former"]) for each in found["tiers"]}
    assert shown["top"] == (2, 2, False) and shown["diamond"] == (4, 4, True) and shown[None] == (0, 2, False)
    page = ada.get(f"{MODEL}/movers").get_data(as_text=True)
    assert 'tl-tier-former" title="only in the live version"' in page
    assert re.search(r"<td class=\"tl-num tl-nowrap\">[^/]*\d\.\d{3}", page) is None


def test_a_faulty_draft_answers_with_its_problems(shop: World, ada: Designer) -> None:
    for what, more in ASKED.items():
        answer = ask(ada, what, FAULTY, **more)
        if what == "lint":
            assert {each["code"] for each in answer.json["warnings"]} == {"one_dimension", "two_bands", "no_tests"}
        else:
            assert [each["path"] for each in answer.json["problems"]] == ["dimensions/0/value"], what
        assert ask(ada, what, {**VALUE, "key": "other"}, **more).status_code == 422
        assert ada.ask("POST", f"{MODEL}/{what}", {**more}).status_code == 422


def test_only_designers_may_ask(rated: World, enter: Callable[..., Designer]) -> None:
    lin = enter("Lin", "member")
    assert {ask(lin, what, **more).status_code for what, more in ASKED.items()} == {403}
    assert lin.get(f"{MODEL}/movers").status_code == lin.ask("POST", f"{API}/simulate", {"draft": DRAFT}).status_code == 403


def test_rule_tests_run_and_are_recorded(rated: World, ada: Designer) -> None:
    tests = [
        {"name": "best", "bands": {"spend": 4, "points": 3}, "expect": {"tier": "diamond", "score": 100}},
        {"name": {"zh": "林", "en": "Lin"}, "bands": {"spend": 1, "points": 3}, "expect": {"tier": "gold"}},
    ]
    found = ask(ada, "tests", {**DRAFT, "tests": tests}).json
    assert (found["passed"], found["of"]) == (1, 2)
    assert found["tests"][1] == {
        "index": 1,
        "name": "Lin",
        "ok": False,
        "expected": {"tier": "gold", "score": None},
        "got": {"tier": "silver", "score": 40.0},
        "sentence": "“Lin” should be Gold, came out Silver with 40 points.",
    }
    recorded = ask(ada, "tests/record", record="12").json
    assert recorded["test"]["bands"] == {"spend": 4, "points": 2} and recorded["test"]["expect"] == {"score": 80, "tier": "diamond"}
    assert ask(ada, "tests", {**DRAFT, "tests": [recorded["test"]]}).json["passed"] == 1
    assert ask(ada, "tests/record", record="x; drop").status_code == 422 and ask(ada, "tests/record", record="999").status_code == 404
    ada.save(MODEL, {**DRAFT, "tests": tests})
    refused = ada.ask("POST", f"{MODEL}/publish", {**{name: ada.given(MODEL)[name] for name in ("edit", "stamp", "live")}})
    assert refused.status_code == 422 and [each["path"] for each in refused.json["errors"]] == ["tests/1"]


def test_proposals_warnings_and_correlation_are_said(rated: World, ada: Designer) -> None:
    found = ask(ada, "proposals", dimension="spend", shares=[10, 20, 30, 40], capacity={"diamond": 3}).json
    assert [each["label"] for each in found["proposals"]] == ["Quantiles", "Natural breaks", "Target shares", "What owners can look after"]
    assert all(sum(band["count"] for band in each["bands"]) == 12 and each["cuts"] == sorted(each["cuts"]) for each in found["proposals"])
    assert found["proposals"][2]["why"] == "From the best band down about 10 / 20 / 30 / 40 % of the records."
    assert ask(ada, "proposals", dimension="nothing").status_code == 404
    assert ask(ada, "proposals", dimension="spend", shares=[1]).status_code == 422
    warned = ask(ada, "lint").json["warnings"]
    assert {"path", "code", "sentence", "remedy"} == set(warned[0]) and "no_tests" in {each["code"] for each in warned}
    alike = ask(ada, "correlation").json
    assert [each["label"] for each in alike["dimensions"]] == ["Spend", "Points"] and alike["matrix"][0][0] == 1


# -- API and command line ---------------------------------------------------------------------------------------------------------
def test_the_api_simulates_as_a_job_that_can_be_cancelled(rated: World, ada: Designer) -> None:
    job = ada.ask("POST", f"{API}/simulate", {"draft": DRAFT}).json["job"]
    jobs.run_now(rated.workspace, int(job))
    done = ada.ask("GET", f"/api/v1/jobs/{job}").json
    result = done["result"]
    assert (done["state"], result["population"], result["sampled"], result["margin"]) == ("done", 16, 16, 0)
    assert [each["tier"] for each in result["tiers"]] == ["diamond", "gold", "silver", "basic", None] and len(result["matrix"]) == 5
    first = ada.ask("GET", f"{API}/simulations/{job}/movers?limit=2").json
    rest = ada.ask("GET", f"{API}/simulations/{job}/movers?cursor={first['next']}").json
    assert [*first["items"], *rest["items"]] == result["movers"]["items"] and rest["next"] is None
    nobody = ada.ask("GET", f"{API}/simulations/{job}/movers?before=-&after=-").json["items"]
    assert nobody and {each["after"] for each in nobody} == {None}
    sampled = ada.ask("POST", f"{API}/simulate", {"draft": DRAFT, "sample": 5, "as_of": "2026-09-30"}).json["job"]
    jobs.run_now(rated.workspace, int(sampled))
    result = ada.ask("GET", f"/api/v1/jobs/{sampled}").json["result"]
    assert (result["sampled"], result["as_of"]) == (5, "2026-09-30")
    job = ada.ask("POST", f"{API}/simulate", {"draft": DRAFT}).json["job"]
    stopped = ada.ask("POST", f"{MODEL}/simulations/{job}/cancel").json
    assert (stopped["state"], stopped["sentence"]) == ("cancelled", "Stopped. The figures are those of the sample.")
    assert ada.ask("GET", f"{HOME}/tiers/other/simulations/{job}").status_code == 404
    assert ada.ask("POST", f"{API}/simulate", {"draft": FAULTY}).json["errors"][0]["path"] == "dimensions/0/value"
    assert ada.ask("POST", f"{API}/simulate", {"draft": {**DRAFT, "key": "x"}}).status_code == 422


def test_the_command_line_simulates(
    rated: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    workspace = rated.workspace
    monkeypatch.setenv("TIERLOOM_DATABASE_URL", workspace.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TIERLOOM_DATA_DIR", str(workspace.settings.data_dir))
    monkeypatch.setenv("TIERLOOM_LOCALE", "en")
    file = tmp_path / "draft.json"
    file.write_text(json.dumps(DRAFT))
    assert program.main(["tier", "simulate", "value", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["population"] == 16 and found["changed"] == sum(found[name] for name in ("up", "down", "entered", "left", "moved"))
    assert program.main(["tier", "simulate", "value", str(file), "--sample", "4"]) == 0
    said = capsys.readouterr().out
    assert "  Diamond: " in said and "By a sample of 4 of 16 records" in said
    assert program.main(["tier", "simulate", "other", str(file)]) == 1
    assert "This is a draft of value, not of other." in capsys.readouterr().err
    file.write_text("{")
    assert program.main(["tier", "simulate", "value", str(file)]) == 1


# -- two at once ------------------------------------------------------------------------------------------------------------------
def test_of_two_who_publish_at_once_the_second_is_told(rated: World, ada: Designer, enter: Callable[..., Designer]) -> None:
    bo = enter("Bo", "builder", "member")
    assert ada.save(MODEL, DRAFT).status_code == 200
    seen = {name: ada.given(MODEL)[name] for name in ("edit", "stamp", "live")}
    assert bo.given(MODEL)["edit"] == seen["edit"]
    assert ada.ask("POST", f"{MODEL}/publish", {**seen, "reason": "Used from next month."}).status_code == 200
    late = bo.ask("POST", f"{MODEL}/publish", seen)
    assert late.status_code == 409 and late.json["live"] == 2 and late.json["who"] == "Ada"
    assert late.json["detail"].startswith("Somebody else changed this draft in the meantime.")


def test_two_publications_at_the_same_moment_are_one_after_the_other(workspace: Any) -> None:
    """The second waits for the first, and then sees what it has published."""
    from tests.builder.conftest import APP

    World(workspace, APP, VALUE)
    begun, seen = threading.Event(), list[int]()

    def second() -> None:
        with workspace.writing(SYSTEM, "publish") as act:
            begun.set()
            versions.lock(act)
            seen.append(act.catalogue.versions["tier_model", "value"])

    thread = threading.Thread(target=second)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.lock(act)
        thread.start()
        if workspace.engine.dialect.name == "postgresql":
            assert begun.wait(10)
        versions.publish(act, [DRAFT])
        assert seen == []
    thread.join(10)
    assert seen == [2]
