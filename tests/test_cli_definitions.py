from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import app
from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from tests import makers

CUSTOMER = makers.form_json(makers.text("name", required=True), makers.number("visits", decimals=0))
ORDER = makers.form_json(makers.text("no"), makers.reference("customer", "customer", many_name="orders"), key="order")


@pytest.fixture
def tierloom(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    kinds.load()
    for name, value in (
        ("DATABASE_URL", workspace.engine.url.render_as_string(hide_password=False)),
        ("DATA_DIR", str(workspace.settings.data_dir)),
        ("LOCALE", "en"),
        ("TIMEZONE", "Asia/Shanghai"),
    ):
        monkeypatch.setenv(f"TIERLOOM_{name}", value)

    def run(*argv: str) -> tuple[int, str, str]:
        code = app.main([str(each) for each in argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def folder_of(place: Path, *bodies: Any) -> Path:
    folder = place / "definitions"
    folder.mkdir(exist_ok=True)
    for number, body in enumerate(bodies):
        (folder / f"{number}.json").write_text(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return folder


def versions_of(workspace: Workspace) -> dict[tuple[str, str], int]:
    with workspace.reading(SYSTEM) as act:
        return act.catalogue.versions


def test_check_lists_every_problem_with_its_path_and_exits_1(tierloom: Any, tmp_path: Path) -> None:
    faulty = makers.form_json(makers.text("name", max_length=0), makers.choice("stage", options=[]))
    folder = folder_of(tmp_path, faulty, ORDER)
    assert tierloom("definitions", "check", folder) == (
        1,
        "",
        "form:customer/fields/0/max_length: Give 1 or more.\nform:customer/fields/1/options: This is too short or empty.\n",
    )
    assert json.loads(tierloom("definitions", "check", folder, "--json")[1])["errors"][0] == {
        "path": "form:customer/fields/0/max_length",
        "message": "Give 1 or more.",
    }


def test_check_sees_the_set_together_with_what_is_published(tierloom: Any, tmp_path: Path) -> None:
    assert (
        tierloom("definitions", "check", folder_of(tmp_path, ORDER))[2]
        == "form:order/fields/1/form: There is no form with the key customer.\n"
    )
    assert tierloom("definitions", "check", folder_of(tmp_path, ORDER, CUSTOMER))[0] == 0
    assert (
        tierloom("definitions", "check", folder_of(tmp_path, ORDER, CUSTOMER, CUSTOMER))[2]
        == "form:customer: This definition stands there twice.\n"
    )


def test_publish_is_all_or_nothing_and_a_dry_run_changes_nothing(tierloom: Any, tmp_path: Path, workspace: Workspace) -> None:
    assert tierloom("definitions", "publish", folder_of(tmp_path, CUSTOMER, {**ORDER, "title": "nothing"}))[0] == 1
    assert versions_of(workspace) == {}
    folder = folder_of(tmp_path, CUSTOMER, ORDER)
    assert tierloom("definitions", "publish", folder, "--dry-run") == (
        0,
        "form:customer · new\nform:order · new\n2 of 2 definitions would change.\n",
        "",
    )
    assert versions_of(workspace) == {}
    assert tierloom("definitions", "publish", folder, "--note", "first")[1].endswith(
        "2 of 2 definitions are new or changed, and published.\n"
    )
    assert versions_of(workspace) == {("form", "customer"): 1, ("form", "order"): 1}
    with workspace.reading(SYSTEM) as act:
        assert versions.find_version(act.connection, "form", "order").note == "first"


def test_diff_says_what_differs_from_what_is_published(tierloom: Any, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, CUSTOMER, ORDER)
    tierloom("definitions", "publish", folder)
    changed = makers.form_json(
        makers.number("visits", decimals=1), makers.text("name", required=True), makers.day("since"), label="Client", title="name"
    )
    folder_of(tmp_path, changed)
    assert tierloom("definitions", "diff", folder)[1] == (
        "form:customer · changed\n  ~ label: Customer → Client\n  ~ fields/visits/decimals: 0 → 1\n  + fields/since\n  ↕ fields\n"
        "form:order · the same\n"
    )
    found = json.loads(tierloom("definitions", "diff", folder, "--json")[1])
    assert found[0]["differences"][0] == {"path": "label", "act": "changed", "from": "Customer", "to": "Client"}


def test_what_is_exported_is_the_same_when_it_is_published_again(tierloom: Any, tmp_path: Path, workspace: Workspace) -> None:
    tierloom("definitions", "publish", folder_of(tmp_path, CUSTOMER, ORDER))
    out = tmp_path / "out" / "here"
    assert tierloom("definitions", "export", out)[0] == 0
    assert sorted(path.name for path in out.iterdir()) == ["form_customer.json", "form_order.json"]
    assert json.loads((out / "form_order.json").read_text(encoding="utf-8")) == {"format": 1, **ORDER}
    assert tierloom("definitions", "publish", out)[1] == "0 of 2 definitions are new or changed, and published.\n"
    assert set(versions_of(workspace).values()) == {1}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "0.json is no JSON: "),
        ("[]", "0.json holds no definition: one JSON object with kind and key."),
        (None, "There are no JSON files in "),
    ],
)
def test_a_folder_that_cannot_be_read_is_said_in_a_sentence(tierloom: Any, tmp_path: Path, content: str | None, sentence: str) -> None:
    folder = folder_of(tmp_path, *[content] if content else [])
    code, _out, err = tierloom("definitions", "check", folder)
    assert code == 1 and err.startswith(sentence)
