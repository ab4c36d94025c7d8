"""The whole set of examples is published, through the command line and through the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import app
from runtime import kinds
from runtime.people import accounts, tokens
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests.definitions.example_set import example_set

@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The set as files."""
    kinds.load()
    (tmp_path / "set").mkdir()
    for body in example_set():
        (tmp_path / "set" / f"{body['kind']}_{body['key']}.json").write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return tmp_path / "set"


@pytest.fixture
def tierloom(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    for name, value in (
        ("DATABASE_URL", workspace.engine.url.render_as_string(hide_password=False)),
        ("DATA_DIR", str(workspace.settings.data_dir)),
        ("LOCALE", "en"),
        ("TIMEZONE", "Asia/Shanghai"),
    ):
        monkeypatch.setenv(f"TIERLOOM_{name}", value)

    def run(*argv: str) -> tuple[int, str, str]:
        code = app.main(list(argv))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_set_is_published_by_command_and_works(tierloom: Any, workspace: Workspace, folder: Path) -> None:
    assert tierloom("definitions", "check", str(folder)) == (0, f"{len(example_set())} definitions, no problem.\n", "")
    code, out, err = tierloom("definitions", "publish", str(folder), "--json")
    assert (code, err) == (0, "") and len(json.loads(out)["published"]) == len(example_set())
    with workspace.writing(SYSTEM, "import") as act:
        customer = gateway.create(act, "customer", {"name": "林", "sort": "person", "mobile": "13812342046"})
        gateway.create(act, "order", {"customer": customer.id, "items": [{"product": "Tea", "quantity": 2, "price": "6000"}]})
    assert tierloom("tier", "recompute", "retail_value")[0] == 0
    with workspace.reading(SYSTEM) as act:
        found = query.get(act, "customer", customer.id)
    assert found.values["no"] and found.values["tier"] in act.catalogue.tier_models["retail_value"].by_key


def test_the_set_is_published_by_the_api(workspace: Workspace, tmp_path: Path) -> None:
    kinds.load()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text("{}")
    with workspace.writing(SYSTEM) as act:
        token = tokens.create(act, accounts.add(act, email="ada@example.com", name="Ada", roles=["builder"], password=None), "test")
    client = app.create_app(workspace, dist=tmp_path / "dist").test_client()
    headers = {"Authorization": f"Bearer {token}"}
    given = {"definitions": example_set()}
    tried = client.post("/api/v1/definitions/publish", json={**given, "dry_run": True}, headers=headers)
    assert (
        tried.status_code == 200
        and tried.json["published"] == []
        and {each["act"] for each in tried.json["impact"]["definitions"]} == {"new"}
    )
    done = client.post("/api/v1/definitions/publish", json=given, headers=headers)
    assert done.status_code == 200 and len(done.json["published"]) == len(example_set()) and done.json["impact"]["roles"] and done.json["job"]
    again = client.post("/api/v1/definitions/publish", json=given, headers=headers)
    assert {each["act"] for each in again.json["impact"]["definitions"]} == {"same"} and {
        each["version"] for each in again.json["published"]
    } == {1}
