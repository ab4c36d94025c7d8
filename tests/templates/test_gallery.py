"""/templates: what the gallery shows, and installing from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from builder import starters
from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system import jobs
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words
from tests.templates.conftest import installed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(sqlite_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    from app import create_app

    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    pages = [*(ROOT / "runtime").rglob("*.html"), *(ROOT / "builder").rglob("*.html")]
    names = {name for page in pages for name in re.findall(r"asset(?:_css)?\(['\"]([^'\"]+)", page.read_text(encoding="utf-8"))}
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/manifest.json").write_text(json.dumps({name: {"file": name, "css": f"{name}.css", "imports": []} for name in names}))
    app = create_app(sqlite_workspace, dist=tmp_path / "dist")
    app.testing = True
    yield app


@pytest.fixture
def add(sqlite_workspace: Workspace) -> Callable[..., None]:
    def make(email: str, *roles: str) -> None:
        with sqlite_workspace.writing(SYSTEM) as act:
            accounts.add(act, email=email, name="Ada", roles=roles, password=PASSWORD)

    return make


@pytest.fixture
def ada(app: Flask, add: Callable[..., None]) -> Visitor:
    add("ada@example.com", "builder", "member")
    return Visitor(app).sign_in("ada@example.com", PASSWORD)


def in_chinese(visitor: Visitor) -> Visitor:
    visitor.headers["Accept-Language"] = "zh-CN"
    return visitor


def test_a_card_says_why_and_how_much_there_is(ada: Visitor):
    shown = words(ada.get("/templates"))

    assert "customers who spend little but bring others are not overlooked" in shown
    assert "Recency 25 Frequency 20 Net spend 25 Engagement 10 Word of mouth 20" in shown
    assert "10 forms · 16 tags · 17 automations" in shown
    assert "RFM example" in shown


def test_the_pane_shows_what_the_sample_will_look_like(ada: Visitor):
    shown = words(ada.get("/templates/retail"))

    assert "Starter · 3 dimensions, 3 tiers Full · 5 dimensions, 4 tiers" in shown
    assert "High 54 Middle 180 Low 366" in shown
    assert "600 customers and 3,100 orders; names and numbers are invented" in shown


def test_the_full_version_is_compared_before_installing(ada: Visitor):
    assert "Diamond 30 Gold 74 Silver 154 Basic 225" in words(ada.get("/templates/retail?model=full"))


def test_the_gallery_speaks_chinese(ada: Visitor):
    shown = words(in_chinese(ada).get("/templates"))

    assert "从哪个行业开始？" in shown and "安装并打开" in shown
    assert "简版 · 3 项 3 级 完整版 · 5 项 4 级" in shown
    assert "16 个标签，每个都写明含义、用法和负责人" in shown


def test_installing_opens_the_app(ada: Visitor, sqlite_workspace: Workspace):
    answer = ada.post("/templates/retail/install")

    assert (answer.status_code, answer.location) == (303, "/apps/retail")
    with sqlite_workspace.reading(SYSTEM) as act:
        assert query.count(act, "customer") == 0 and "retail" in act.catalogue.apps


def test_a_large_sample_is_long_work_that_ends_in_the_app(ada: Visitor, sqlite_workspace: Workspace):
    waiting = ada.post("/templates/rfm_example/install", {"sample": "1"}).location
    assert re.fullmatch(r"/templates/rfm_example/installing/\d+", waiting)
    assert "Installing RFM example waiting for its turn" in words(ada.get(waiting))
    jobs.run_next(sqlite_workspace)

    assert ada.get(waiting).location == "/apps/rfm_example"
    assert ada.get(waiting, HX_Request="true").headers["HX-Redirect"] == "/apps/rfm_example"


def test_an_installation_that_failed_says_why(ada: Visitor, sqlite_workspace: Workspace):
    waiting = ada.post("/templates/rfm_example/install", {"sample": "1"}).location
    own_customer(sqlite_workspace)
    jobs.run_next(sqlite_workspace)

    shown = words(ada.get(waiting))
    assert "stopped by a fault" in shown and "holds records of your own" in shown and "Back to the template" in shown


def test_what_is_here_already_is_said_before_and_can_be_left_alone(ada: Visitor):
    ada.post("/templates/rfm_example/install")
    shown = words(ada.get("/templates/rfm_example"))
    assert "Some of it is here already: CDNOW customer, CDNOW order." in shown

    answer = ada.post("/templates/rfm_example/install", {"existing": "prefix", "prefix": "north"})
    assert answer.location == "/apps/north_rfm_example"


def test_a_bad_prefix_and_mixing_are_refused_on_the_page(ada: Visitor, sqlite_workspace: Workspace):
    answer = ada.post("/templates/rfm_example/install", {"existing": "prefix", "prefix": "NORTH"})
    assert answer.status_code == 422 and "A prefix is a short word" in words(answer)
    own_customer(sqlite_workspace)

    answer = ada.post("/templates/rfm_example/install", {"sample": "1"})
    assert answer.status_code == 422 and "holds records of your own" in words(answer)


def test_the_gallery_is_for_those_who_build(app: Flask, add: Callable[..., None], ada: Visitor):
    add("ning@example.com", "member")
    ning = Visitor(app).sign_in("ning@example.com", PASSWORD)

    assert ning.get("/templates").status_code == 403
    assert ning.post("/templates/retail/install").status_code == 403


def test_there_is_no_such_template(ada: Visitor):
    assert ada.get("/templates/bakery").status_code == 404
    assert ada.post("/templates/bakery/install").status_code == 404
    assert ada.get("/templates/retail/installing/99").status_code == 404


def test_dashboards_of_a_template_show_their_figures(ada: Visitor, sqlite_workspace: Workspace):
    ada.post("/templates/rfm_example/install")
    own_customer(sqlite_workspace)

    shown = words(ada.get("/apps/rfm_example/-/dashboards/rfm_overview"))
    assert "Customers 1" in shown and "How many customers are in each tier" in shown
    assert ada.get("/apps/rfm_example/-/dashboards/nothing").status_code == 404


@pytest.mark.parametrize("key", ["tier_overview", "action_coverage", "data_quality"])
def test_every_dashboard_of_the_retail_template_works_in_both_languages(ada: Visitor, sqlite_workspace: Workspace, key: str):
    installed(sqlite_workspace, "retail")
    for visitor in (ada, in_chinese(ada)):
        answer = visitor.get(f"/apps/retail/-/dashboards/{key}")
        assert answer.status_code == 200
        assert "does not work" not in words(answer) and "不能用了" not in words(answer)


def own_customer(workspace: Workspace) -> None:
    with workspace.writing(SYSTEM) as act:
        if "cdnow_customer" not in act.catalogue.forms:
            starters.install(act, "rfm_example")
        gateway.create(act, "cdnow_customer", {"customer_id": "1", "name": "Own"})
