"""The commands `import` and `export`, through the command line itself."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import app
from tests.transfer.conftest import Shop


@pytest.fixture
def shop(sqlite_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    url = sqlite_shop.workspace.settings.database_url
    for name, value in {"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "SECRET_KEY": "for tests", "LOCALE": "en"}.items():
        monkeypatch.setenv(f"TIERLOOM_{name}", value)
    return sqlite_shop


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text("name,Nr,source\nAnn,C1,shop\nBob,C2,nowhere\n", encoding="utf-8")
    return path


def test_refused_rows_end_in_a_file_and_in_exit_code_1(shop: Shop, file: Path, capsys):
    assert app.main(["import", "customer", str(file), "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["new"], result["faulty"]) == (1, 1)
    rows = list(csv.reader(Path(result["errors"]).read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0][-2:] == ["Row", "Reason"] and rows[1][:4] == ["Bob", "C2", "nowhere", "3"]


def test_a_dry_run_writes_nothing(shop: Shop, file: Path, capsys):
    assert app.main(["import", "customer", str(file), "--dry-run"]) == 1
    assert "2 rows: 1 new, 0 changed, 0 as they were, 1 refused." in capsys.readouterr().out
    assert shop.all() == []


def test_a_map_names_the_columns(shop: Shop, file: Path, tmp_path: Path, capsys):
    given = tmp_path / "map.json"
    given.write_text(json.dumps({"Nr": "code", "name": "name", "source": None}))
    assert app.main(["import", "customer", str(file), "--map", str(given), "--match", "code"]) == 0
    assert shop.all("customer", "name", "code", "source") == [("Ann", "C1", None), ("Bob", "C2", None)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "nothing", "FILE"], "There is no form with the key nothing."),
        (["import", "customer", "/no/such/file"], "cannot be read"),
        (["import", "customer", "FILE", "--match", "name"], "choose a field whose values do not repeat"),
        (["export", "customer", "out.csv", "--fields", "name,nothing"], "no field nothing"),
        (["export", "customer", "out.csv", "--filter", "nothing > 1"], "nothing"),
        (["export", "customer", "/no/such/folder/out.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(shop: Shop, file: Path, capsys, words, sentence, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert app.main([str(file) if word == "FILE" else word for word in words]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1 and sentence in said[0]


def test_records_are_written_into_a_file(shop: Shop, tmp_path: Path, capsys):
    shop.bring("name,code,source\nAnn,C1,shop\nBob,C2,web\n")
    out = tmp_path / "out.csv"
    assert app.main(["export", "customer", str(out), "--filter", "source == 'web'", "--fields", "name,source"]) == 0
    assert out.read_text(encoding="utf-8-sig").splitlines() == ["Name,Source", "Bob,Web"]
