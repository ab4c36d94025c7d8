"""A shop whose customers and orders come out of files."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system import jobs
from runtime.system.workspace import Workspace
from runtime.transfer import imports
from runtime.transfer.imports import Import
from runtime.transfer.mapping import ColumnMap
from tests import makers

CUSTOMER = makers.form_json(
    makers.text("name", label={"zh": "客户名称", "en": "Name"}, required=True),
    makers.text("code", label={"zh": "会员号", "en": "Member no."}, unique=True),
    makers.phone("mobile", label={"zh": "手机", "en": "Mobile"}, region="CN"),
    makers.choice("source", "shop", "web", label={"zh": "来源", "en": "Source"}),
    makers.day("since", label={"zh": "入会日期", "en": "Since"}),
    makers.multi_choice("interests"),
    makers.tags("tags"),
    makers.member("owner"),
    makers.money("credit"),
    makers.formula("spend", "SUM(orders.amount)", result="money", currency="CNY"),
)
ORDER = makers.form_json(
    makers.text("no", unique=True, required=True),
    makers.reference("customer", "customer", many_name="orders", match="code", required=True),
    makers.money("amount", min=0),
    makers.day("paid_on"),
    key="order",
)
TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [
        {"key": "vip", "label": {"zh": "贵宾", "en": "VIP"}},
        {"key": "loyal", "label": "Loyal"},
        {"key": "old", "label": "Old", "archived": True},
    ],
}


class Shop:
    """Imports step by step, as the pages and the command do."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        kinds.load()
        self.publish(CUSTOMER, ORDER, TAGS)

    def publish(self, *bodies: dict[str, Any]) -> None:
        with self.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, bodies)

    def upload(self, content: str | bytes, form: str = "customer", name: str = "customers.csv") -> Import:
        raw = content.encode() if isinstance(content, str) else content
        path = imports.keep_file(self.workspace, io.BytesIO(raw))
        how = imports.inspect(self.workspace, path)
        with self.workspace.writing(SYSTEM) as act:
            return imports.begin(act, form, path, name, how)

    def find(self, task: Import) -> Import:
        with self.workspace.reading(SYSTEM) as act:
            return imports.find(act, task.id)

    def check(self, task: Import, **changed: Any) -> dict[str, int]:
        assert task.map is not None
        with self.workspace.writing(SYSTEM) as act:
            job = imports.start_check(act, task, ColumnMap(**{**vars(task.map), **changed}))
        row = jobs.run_now(self.workspace, job)
        assert row.state == "done", row.message
        return self.find(task).counts["check"]

    def write(self, task: Import, fire: str = "nothing") -> dict[str, int]:
        with self.workspace.writing(SYSTEM) as act:
            job = imports.start_import(act, self.find(task), fire)
        row = jobs.run_now(self.workspace, job)
        assert row.state == "done", row.message
        return self.find(task).counts["import"]

    def undo(self, task: Import) -> dict[str, int]:
        with self.workspace.writing(SYSTEM) as act:
            job = imports.start_undo(act, self.find(task))
        row = jobs.run_now(self.workspace, job)
        assert row.state == "done", row.message
        return self.find(task).counts["undo"]

    def bring(self, content: str | bytes, form: str = "customer", **changed: Any) -> dict[str, int]:
        """Upload, check and import in one go."""
        task = self.upload(content, form)
        self.check(task, **changed)
        return self.write(task)

    def all(self, form: str = "customer", *columns: str) -> list[tuple[Any, ...]]:
        """The values of all records in the order in which they were made."""
        with self.workspace.reading(SYSTEM) as act:
            page = query.page(act, form, sort=("id",), columns=columns or ("name",), limit=200)
            return [tuple(record.values[key] for key in page.columns) for record in page.records]

    def ids(self, form: str = "customer") -> list[int]:
        with self.workspace.reading(SYSTEM) as act:
            return query.ids(act, form)


@pytest.fixture
def shop(workspace: Workspace) -> Shop:
    return Shop(workspace)


@pytest.fixture
def sqlite_shop(sqlite_workspace: Workspace) -> Shop:
    return Shop(sqlite_workspace)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "given"
        path.write_bytes(content)
        return path

    return write
