"""Taking in files, letting go of them, and who gets them back."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions import versions
from runtime.errors import DiskFull, Refused
from runtime.files import cleaning, keeping, tokens, using
from runtime.files.keeping import Limits
from runtime.people.person import SYSTEM
from runtime.records import gateway, history, query
from runtime.system import backup, restore
from runtime.system.tables import stored_file
from tests.files.conftest import DEAL, PDF, House


def attach(house: House, who: str, token: str | None = None, **more: Any) -> int:
    papers = [token or house.send(who)]
    with house.workspace.writing(house.people[who]) as act:
        given = {"name": "Tea", "owner": house.people[who].id, "papers": papers, **more}
        return gateway.create(act, "deal", given).id


def sees(house: House, who: str, token: str) -> bool:
    with house.workspace.reading(house.people[who]) as act:
        return using.seen(act, tokens.id_in(token) or "") is not None


# -- what a record takes ----------------------------------------------------------------------------------------------------------
def test_a_record_takes_a_file_and_names_it_as_the_server_knows_it(house: House) -> None:
    token = house.send("ann", "C:\\papers\\Offer.PDF")
    number = attach(house, "ann", f"{tokens.id_in(token)}:1:evil.exe")
    with house.workspace.reading(SYSTEM) as act:
        assert query.get(act, "deal", number).values["papers"] == (token,) and token.endswith(f":{len(PDF)}:Offer.PDF")
    assert house.content(token) == PDF
    assert [(each.form, each.record, each.field, each.removed_at) for each in house.uses(token)] == [("deal", number, "papers", None)]


def test_nobody_attaches_a_file_that_somebody_else_has_sent(house: House) -> None:
    token = house.send("ann")
    with pytest.raises(Refused, match="no file that was sent here"):
        attach(house, "bob", token)
    number = attach(house, "ann", token)
    with pytest.raises(Refused, match="no file that was sent here"):
        attach(house, "bob", token)
    assert [each.record for each in house.uses(token)] == [number]


def test_the_same_content_lies_there_once(house: House) -> None:
    one, other = house.send("ann"), house.send("bob", "second.pdf")
    assert one != other and len(house.kept()) == 1 and house.content(other) == PDF


# -- who sees it ------------------------------------------------------------------------------------------------------------------
def test_a_file_is_seen_by_whoever_sees_its_field(house: House) -> None:
    token = house.send("ann")
    assert [sees(house, who, token) for who in ("ann", "bob", "cleo", "lea")] == [True, False, False, False]
    attach(house, "ann", token)
    assert [sees(house, who, token) for who in ("ann", "bob", "cleo", "lea")] == [True, False, False, True]


def test_who_loses_the_record_loses_the_file_even_who_sent_it(house: House) -> None:
    token = house.send("ann")
    number = attach(house, "ann", token)
    with house.workspace.writing(SYSTEM) as act:
        gateway.update(act, "deal", number, {"owner": house.people["bob"].id})
    assert [sees(house, who, token) for who in ("ann", "bob")] == [False, True]


def test_an_id_that_is_none_shows_nothing(house: House) -> None:
    assert not any(sees(house, "lea", id) for id in ("", "a" * 22, "../../secret_key", "' OR 1=1 --"))


# -- history, trash, undo ---------------------------------------------------------------------------------------------------------
def test_a_removed_file_is_in_the_history_and_comes_back_with_undo(house: House) -> None:
    token = house.send("ann")
    number = attach(house, "ann", token)
    with house.workspace.writing(house.people["ann"]) as act:
        gateway.update(act, "deal", number, {"papers": []})
    assert house.uses(token)[0].removed_at is not None and sees(house, "ann", token)
    with house.workspace.writing(house.people["ann"]) as act:
        line = query.history(act, "deal", number)[0]
        history.take_back(act, "deal", number, line.id)
        assert query.get(act, "deal", number).values["papers"] == (token,)
    assert house.uses(token)[0].removed_at is None


def test_a_file_outlives_the_trash_of_its_record(house: House) -> None:
    token = house.send("ann")
    number = attach(house, "ann", token)
    with house.workspace.writing(house.people["lea"]) as act:
        gateway.delete(act, "deal", number)
    house.now += timedelta(days=400)
    cleaning.clean_up(house.workspace)
    with house.workspace.writing(house.people["lea"]) as act:
        gateway.restore(act, "deal", number)
        assert query.get(act, "deal", number).values["papers"] == (token,)
    assert house.content(token) == PDF


# -- throwing away ----------------------------------------------------------------------------------------------------------------
def test_what_was_sent_and_never_used_goes_after_two_days(house: House) -> None:
    token = house.send("ann")
    house.now += timedelta(days=1, hours=23)
    assert cleaning.clean_up(house.workspace) == 0 and house.content(token) == PDF
    house.now += timedelta(hours=2)
    assert cleaning.clean_up(house.workspace) == 1
    assert house.content(token) is None and house.kept() == []


def test_what_was_removed_goes_after_thirty_days(house: House) -> None:
    token = house.send("ann")
    number = attach(house, "ann", token)
    with house.workspace.writing(house.people["ann"]) as act:
        gateway.update(act, "deal", number, {"papers": None})
    house.now += timedelta(days=29)
    assert cleaning.clean_up(house.workspace) == 0
    house.now += timedelta(days=2)
    assert cleaning.clean_up(house.workspace) == 1 and house.kept() == [] and house.uses(token) == []


def test_a_content_stays_while_another_file_has_the_same_one(house: House) -> None:
    attach(house, "ann")
    gone = house.send("bob")
    house.now += timedelta(days=3)
    assert cleaning.clean_up(house.workspace) == 1
    assert house.content(gone) is None and len(house.kept()) == 1


def test_contents_without_a_name_and_files_sent_in_part_go_after_a_day(lite: House) -> None:
    token = lite.send("ann")
    stray = lite.workspace.settings.data_dir / "files" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    part = lite.workspace.settings.data_dir / keeping.ARRIVALS / "broken"
    for path in (stray, part):
        path.write_bytes(b"x")
    cleaning.clean_up(lite.workspace)
    assert stray.exists() and part.exists()
    old = time.time() - 25 * 3600
    for path in (stray, part, *lite.kept()):
        os.utime(path, (old, old))
    cleaning.clean_up(lite.workspace)
    assert not stray.exists() and not part.exists() and lite.content(token) == PDF


# -- what may go wrong ------------------------------------------------------------------------------------------------------------
def test_a_full_disk_is_said_in_one_sentence_and_nothing_is_lost(lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
    token = lite.send("ann")

    def no_room(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(DiskFull):
        lite.send("ann", "other.pdf", PDF + b"more")
    monkeypatch.undo()
    assert lite.content(token) == PDF and len(lite.kept()) == 1
    assert list((lite.workspace.settings.data_dir / keeping.ARRIVALS).iterdir()) == []


def test_a_refused_transaction_leaves_no_row_behind(house: House) -> None:
    with pytest.raises(ZeroDivisionError):
        with keeping.received(house.workspace, "a.pdf", io.BytesIO(PDF), Limits(9999)) as arrived, house.workspace.writing(SYSTEM) as act:
            keeping.keep(act, arrived)
            raise ZeroDivisionError
    with house.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(stored_file)).scalar() == 0


SENDER = """
import io, sys
from pathlib import Path
from runtime import kinds
from runtime.files import keeping
from runtime.files.keeping import Limits
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests.support.databases import settings_for

kinds.load()
workspace = Workspace(settings_for(Path(sys.argv[1]), sys.argv[2]))
number = 0
while True:
    number += 1
    content = io.BytesIO(b"%PDF-1.7 " + str(number).encode() * 20_000)
    with keeping.received(workspace, "a.pdf", content, Limits(9_000_000)) as arrived, workspace.writing(SYSTEM) as act:
        token = keeping.keep(act, arrived)
    with workspace.writing(SYSTEM) as act:
        gateway.create(act, "deal", {"name": "Tea", "papers": [token]})
    print(token, flush=True)
"""


def test_a_killed_process_leaves_no_record_without_its_file(house: House, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(tmp_path), house.workspace.settings.database_url],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert sender.stdout is not None
    told = [sender.stdout.readline().strip() for _line in range(12)]
    sender.send_signal(signal.SIGKILL)
    sender.communicate()
    with house.workspace.reading(SYSTEM) as act:
        held = [each for record in query.ids(act, "deal") for each in query.get(act, "deal", record).values["papers"]]
    assert set(told) <= set(held)
    for token in held:
        content = house.content(token)
        assert content is not None and len(content) == (tokens.parts(token) or ("", 0))[1]


def test_a_backup_brings_the_files_back(lite: House, tmp_path: Path) -> None:
    token = lite.send("ann")
    number = attach(lite, "ann", token)
    backup.make(lite.workspace, tmp_path / "all.zip")
    for path in lite.kept():
        path.unlink()
    lite.workspace.engine.dispose()
    restore.put_back(lite.workspace.settings, tmp_path / "all.zip", force=True)
    assert lite.content(token) == PDF
    with lite.workspace.reading(SYSTEM) as act:
        assert query.get(act, "deal", number).values["papers"] == (token,)


def test_a_field_taken_out_of_the_form_shows_its_files_to_builders_alone(house: House) -> None:
    token = house.send("ann")
    attach(house, "ann", token)
    fields = [each for each in DEAL["fields"] if each["key"] != "papers"]
    own = {"kind": "permission_set", "key": "office", "label": "Office", "form": "deal", "for": ["role:office"], "actions": ["view"]}
    with house.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**DEAL, "fields": fields}, own])
    assert [sees(house, who, token) for who in ("ann", "lea")] == [False, True]
