"""The real orders of CDNOW come in through the command line and are rated exactly as the rule says, customer by customer."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

import app
from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records.tables import tables_of
from runtime.system.tables import tier_state
from runtime.system.workspace import Workspace
from runtime.tiers.recomputing import recompute
from tests.cdnow import rule


def publish_example(workspace: Workspace) -> None:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [json.loads(path.read_text(encoding="utf-8")) for path in sorted(rule.DEFINITIONS.glob("*.json"))])


def found_ratings(workspace: Workspace) -> pd.DataFrame:
    """What the product has stored, by customer number."""
    with workspace.reading(SYSTEM) as act:
        built = tables_of(act.catalogue)["cdnow_customer"]
        model = act.catalogue.tier_models["rfm"]
        query = (
            sa.select(built.column("customer_id"), tier_state.c.bands, tier_state.c.score, tier_state.c.tier)
            .join(tier_state, tier_state.c.record == built.main.c.id)
            .where(tier_state.c.model == act.catalogue.ids["tier_model", "rfm"], built.main.c.deleted_at.is_(None))
        )
        rows = [
            (customer, *map(int, bands.split(",")), score / 10_000, tier) for customer, bands, score, tier in act.connection.execute(query)
        ]
        return pd.DataFrame(rows, columns=["customer_id", *(each.key for each in model.dimensions), "score", "tier"]).set_index(
            "customer_id"
        )


def differences(workspace: Workspace) -> pd.DataFrame:
    return rule.rated().compare(
        found_ratings(workspace).reindex(columns=["recency", "frequency", "monetary", "score", "tier"]).sort_index(), keep_shape=False
    )


@pytest.fixture
def command_line(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command line in the workspace of this test."""
    for name, value in {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": workspace.settings.database_url,
        "TIMEZONE": "Asia/Shanghai",
        "SECRET_KEY": "for tests",
        "LOCALE": "en",
    }.items():
        monkeypatch.setenv(f"TIERLOOM_{name}", value)
    return lambda *words: app.main(list(words))


def test_every_customer_of_cdnow_is_rated_as_the_rule_says(workspace, command_line, capsys):
    publish_example(workspace)
    assert command_line("import", "cdnow_customer", str(rule.CUSTOMERS), "--json") == 0
    assert command_line("import", "cdnow_order", str(rule.ORDERS), "--json") == 0
    customers, orders = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (customers["new"], customers["faulty"], orders["new"], orders["faulty"]) == (23_570, 0, 69_659, 0)
    recompute(workspace, "rfm")
    assert len(found_ratings(workspace)) == 23_570
    assert differences(workspace).empty


def test_importing_the_same_customers_again_changes_nothing(sqlite_workspace, tmp_path, monkeypatch, capsys):
    workspace = sqlite_workspace
    publish_example(workspace)
    for name, value in {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": workspace.settings.database_url,
        "SECRET_KEY": "for tests",
        "LOCALE": "en",
    }.items():
        monkeypatch.setenv(f"TIERLOOM_{name}", value)
    assert app.main(["import", "cdnow_customer", str(rule.CUSTOMERS), "--json"]) == 0
    assert app.main(["import", "cdnow_customer", str(rule.CUSTOMERS), "--match", "customer_id", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["unchanged"] == 23_570
