"""A process killed in the middle of writing: what it acknowledged is there, whole, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.tables import event, record_change
from runtime.system.workspace import Workspace
from tests.records.conftest import acting

WRITER = """
import sys
from pathlib import Path
from runtime import kinds
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests.support.databases import settings_for

kinds.load()
workspace = Workspace(settings_for(Path(sys.argv[1]), sys.argv[2]))
while True:
    with workspace.writing(SYSTEM) as act:
        saved = gateway.create(act, "order", {"customer": "A1", "items": [{"product": "Tea", "quantity": 1, "price": "1"}]})
    print(saved.id, flush=True)
"""
ACKNOWLEDGED = 25


def test_a_killed_writer_loses_nothing_it_acknowledged(shop: Workspace, tmp_path: Path) -> None:
    with acting(shop) as act:
        customer = gateway.create(act, "customer", {"name": "Lin", "code": "A1"}).id
    root = Path(__file__).resolve().parent.parent.parent
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), shop.settings.database_url],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _line in range(ACKNOWLEDGED)]
    writer.send_signal(signal.SIGKILL)
    rest, _none = writer.communicate()
    told += [int(line) for line in rest.splitlines() if line.strip()]
    with shop.reading(SYSTEM) as act:
        there = query.ids(act, "order")
        assert set(told) <= set(there)
        assert len(there) <= len(told) + 1  # one more may have been committed before its line was printed
        assert query.get(act, "customer", customer).values["spend"] == len(there)
        for table in (event, record_change):
            assert act.connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.form == "order")).scalar() == len(
                there
            )
    with acting(shop) as act:
        assert gateway.create(act, "order", {"customer": "A1"}).id not in there
