from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest

import app
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests.api.conftest import opened


def tierloom(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    monkeypatch.setenv("TIERLOOM_DATABASE_URL", workspace.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TIERLOOM_DATA_DIR", str(workspace.settings.data_dir))
    monkeypatch.setenv("TIERLOOM_LOCALE", "en")
    return app.main(list(argv))


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    opened(workspace)
    with workspace.writing(SYSTEM, "import") as act:
        customer = gateway.create(act, "customer", {"name": "Lin", "code": "C1"})
        gateway.create(act, "customer", {"name": "Chen", "code": "C2"})
        gateway.create(
            act,
            "order",
            {"customer": customer.id, "paid_on": date(2026, 11, 1), "items": [{"product": "Tea", "quantity": 1, "price": "2000"}]},
        )
    return workspace


def test_recompute_rates_everybody_and_shows_how_far_it_is(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from runtime.system.tables import tier_state

    with shop.writing(SYSTEM) as act:
        act.connection.execute(tier_state.delete())
    assert tierloom(shop, monkeypatch, "tier", "recompute", "value") == 0
    said = capsys.readouterr()
    assert said.out == "First tiers: 1. Up: 0. Down: 0. Left: 0.\n" and re.fullmatch(r"([0-9]+) of \1\n", said.err)
    assert tierloom(shop, monkeypatch, "tier", "recompute", "value", "--as-of", "2026-10-01", "--json") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "value"


@pytest.mark.parametrize("wanted", ["C1", "id"])
def test_explain_says_why_a_record_has_its_tier(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wanted: str
) -> None:
    if wanted == "id":
        from runtime.records import query

        with shop.reading(SYSTEM) as act:
            wanted = str(query.ids(act, "customer", "code == 'C1'")[0])
    assert tierloom(shop, monkeypatch, "tier", "explain", "value", wanted, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["tier"], told["score"], told["dimensions"][0]["value"]) == ("gold", "66.6667", "2000")
    assert tierloom(shop, monkeypatch, "tier", "explain", "value", wanted) == 0
    said = capsys.readouterr().out
    assert (
        said.startswith("gold with 66.6667 of 100 points, by value v1") and "Spend: ¥2,000.00, band 3 of 4, 66.6667 of 100 points" in said
    )


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["explain", "value", "C9"], "There is no record “C9”. Check the spelling, or add that record first."),
        (["explain", "worth", "C1"], "There is no tier model with the key worth."),
        (["recompute", "worth"], "There is no tier model with the key worth."),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    sqlite_workspace: Workspace, monkeypatch: Any, capsys: Any, argv: list[str], sentence: str
) -> None:
    opened(sqlite_workspace)
    assert tierloom(sqlite_workspace, monkeypatch, "tier", *argv) == 1
    assert capsys.readouterr().err == f"{sentence}\n"


def test_a_day_that_is_none_is_wrong_usage(sqlite_workspace: Workspace, monkeypatch: Any) -> None:
    assert tierloom(sqlite_workspace, monkeypatch, "tier", "recompute", "value", "--as-of", "tomorrow") == 2
