"""Long work: jobs, imports, exports."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from runtime.system.tables.base import flag, key, metadata

job = Table(
    "job",
    metadata,
    key(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("subject", Text),
    Column("payload", Text, nullable=False),
    Column("result", Text),
    Column("message", Text),
    Column("done", BigInteger, nullable=False, server_default=text("0")),
    Column("total", BigInteger),
    flag("cancel"),
    Column("person", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("lease_until", BigInteger),
    Column("lease_by", Text),
)
"""state: waiting, running, done, failed, cancelled."""
Index(
    "ix_job_open", job.c.id, sqlite_where=text("state IN ('waiting', 'running')"), postgresql_where=text("state IN ('waiting', 'running')")
)
import_file = Table(
    "import_file",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("stored_as", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("mapping", Text),
    Column("options", Text),
    Column("counts", Text),
    Column("job", BigInteger),
    Column("first_id", BigInteger),
    Column("done_rows", BigInteger, nullable=False, server_default=text("0")),
)
import_row = Table(
    "import_row",
    metadata,
    Column("import", ForeignKey("import_file.id"), primary_key=True),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("record", BigInteger),
    Column("version", Integer),
    Column("problems", Text),
    Column("values", Text),
    Column("before", Text),
)
