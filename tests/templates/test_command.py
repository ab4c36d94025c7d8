"""tierloom template list|install|export|import, through the command line itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app import main
from builder import starters
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.tiers.explaining import distribution
from tests.support.databases import SqliteFiles, settings_for

Tierloom = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tierloom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sqlite_files: SqliteFiles, tmp_path: Path) -> Tierloom:
    """Runs a command on a workspace of its own; gives exit code, standard output, standard error."""
    for name in [each for each in os.environ if each.startswith("TIERLOOM_")]:
        monkeypatch.delenv(name)
    given = {
        "DATA_DIR": str(tmp_path),
        "LOCALE": "en",
        "TIMEZONE": "Asia/Shanghai",
        "SECRET_KEY": "a key for tests only",
        "CLOCK": "off",
        "DATABASE_URL": sqlite_files.copy_to(tmp_path / "tierloom.sqlite"),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"TIERLOOM_{name}", value)

    def run(*argv: str) -> tuple[int, str, str]:
        code = main(list(argv))
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def test_list_names_the_templates(tierloom: Tierloom):
    code, out, _err = tierloom("template", "list", "--json")

    rows = json.loads(out)
    assert code == 0 and [(row["key"], row["forms"], row["tags"]) for row in rows] == [
        ("retail", 10, 16),
        ("manufacturing", 7, 0),
        ("rfm_example", 2, 0),
    ]
    assert "Retail membership" in tierloom("template", "list")[1]


def test_install_with_the_sample_leaves_everybody_rated(tierloom: Tierloom, tmp_path: Path):
    code, out, err = tierloom("template", "install", "rfm_example", "--sample", "--json")

    assert (code, err) == (0, "") and json.loads(out)["records"] == {"cdnow_customer": 2357, "cdnow_order": 6919}
    workspace = Workspace(settings_for(tmp_path, f"sqlite:///{tmp_path / 'tierloom.sqlite'}"))
    with workspace.reading(SYSTEM) as act:
        counts = {each.key: each.count for each in distribution(act, "rfm").tiers}
    workspace.engine.dispose()
    assert counts == starters.find_template("rfm_example").about.forecast.starter


def test_export_and_import_carry_an_app_elsewhere(tierloom: Tierloom, tmp_path: Path):
    tierloom("template", "install", "retail")
    code, out, _err = tierloom("template", "export", "retail", str(tmp_path / "shop"))
    assert (code, out) == (0, f"{len(list((tmp_path / 'shop').rglob('*.json')))} files are in {tmp_path / 'shop'}.")

    code, out, _err = tierloom("template", "import", str(tmp_path / "shop"), "--prefix", "north", "--json")
    assert code == 0 and json.loads(out)["app"] == "north_retail"


def test_what_is_not_there_is_said_in_a_sentence(tierloom: Tierloom, tmp_path: Path):
    assert tierloom("template", "install", "bakery")[::2] == (
        1,
        "There is no template called bakery. There are: retail, manufacturing, rfm_example.",
    )
    assert tierloom("template", "export", "bakery", str(tmp_path))[::2] == (1, "There is no app with the key bakery.")
    assert tierloom("template", "import", str(tmp_path))[0] == 1
    assert tierloom("template")[0] == 2
