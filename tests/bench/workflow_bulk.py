"""Ten thousand instances started at once, against the bare driver writing the rows that they are. CPU of this process."""

from __future__ import annotations

import time
from collections.abc import Iterator

from runtime import kinds
from runtime.records import gateway
from runtime.workflow import bulk_starting
from tests.bench.databases import workspace_on
from tests.bench.measuring import Result
from tests.bench.recording import Recorder, replay
from tests.bench.workflow_acts import WRITES, _copied, _office

LIMIT = 8.0
RECORDS = 10_000


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Ours reads every record, walks every run to its first node and tells each approver once."""
    if database_name != "sqlite":
        return  # PostgreSQL takes the rows by COPY, which the recorder does not hear
    kinds.load()
    many = rows or RECORDS
    recorder = Recorder()
    with workspace_on(database_name, recorder) as workspace:
        people = _office(workspace)
        with workspace.writing(people["ini"]) as act:
            made = gateway.write_batch(act, "order", [gateway.BatchRow({"name": f"Deal {each}", "amount": each}) for each in range(many)])
        records = [each.id for each in made.saved if each is not None]
        with _copied(workspace) as connection:
            recorder.said, recorder.on = [], True
            began = time.process_time()
            with workspace.writing(people["ini"]) as act:
                assert len(bulk_starting.start_many(act, "flow", records).runs) == many
            ours = time.process_time() - began
            recorder.on = False
            said = [each for each in recorder.said if each[0] in ("commit", "executemany") or each[1].lstrip().upper().startswith(WRITES)]
            began = time.process_time()
            replay(connection, said)
            bare = time.process_time() - began
    yield Result("workflow bulk", ours / bare, LIMIT, ours, bare, "CPU seconds", many, database_name)
