"""The workspaces that benchmarks run in: real purchases in the forms of the template rfm_example, or a shop of any size."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.people import accounts, sessions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.gateway import BatchRow
from runtime.settings import read_settings
from runtime.system.upgrade import upgrade
from runtime.system.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent.parent
PLACE = ROOT / "var" / "bench"


def new_workspace(engine: sa.Engine | None = None, folder: Path | None = None) -> Workspace:
    """An empty workspace in a folder of its own."""
    kinds.load()
    place = folder or Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(
        read_settings({"TIERLOOM_DATA_DIR": str(place), "TIERLOOM_TIMEZONE": "Asia/Shanghai", "TIERLOOM_SECRET_KEY": "bench"}), engine
    )
    upgrade(workspace.engine)
    return workspace


def forget(workspace: Workspace) -> None:
    workspace.engine.dispose()
    shutil.rmtree(workspace.settings.data_dir, ignore_errors=True)


CUSTOMER: dict[str, Any] = {
    "kind": "form",
    "key": "customer",
    "label": "Customer",
    "title": "name",
    "fields": [
        {"type": "text", "key": "code", "label": "Code", "unique": True},
        {"type": "text", "key": "name", "label": "Name", "required": True},
        {
            "type": "choice",
            "key": "stage",
            "label": "Stage",
            "default": "'new'",
            "options": [{"key": key, "label": key} for key in ("new", "steady", "lost")],
        },
        {"type": "tier", "key": "tier", "label": "Tier", "tier_model": "value"},
        {"type": "formula", "key": "last_on", "label": "Last order", "result": "date", "formula": "MAX(orders.paid_on)"},
        {
            "type": "formula",
            "key": "spend",
            "label": "Spend",
            "result": "money",
            "currency": "CNY",
            "formula": "SUM(orders.amount, on=orders.paid_on, days=365)",
        },
    ],
}
ORDER: dict[str, Any] = {
    "kind": "form",
    "key": "order",
    "label": "Order",
    "title": "no",
    "event_date": "paid_on",
    "fields": [
        {"type": "text", "key": "no", "label": "No"},
        {
            "type": "reference",
            "key": "customer",
            "label": "Customer",
            "form": "customer",
            "many_name": "orders",
            "match": "code",
            "required": True,
        },
        {"type": "date", "key": "paid_on", "label": "Paid on", "default": "TODAY()"},
        {"type": "money", "key": "price", "label": "Price", "currency": "CNY"},
        {"type": "number", "key": "quantity", "label": "Quantity", "decimals": 0},
        {"type": "formula", "key": "amount", "label": "Amount", "result": "money", "currency": "CNY", "formula": "price * quantity"},
    ],
}
MODEL: dict[str, Any] = {
    "kind": "tier_model",
    "key": "value",
    "label": "Value",
    "form": "customer",
    "dimensions": [
        {
            "key": "recency",
            "label": "Recency",
            "weight": 30,
            "value": "DAYS_SINCE(last_on)",
            "bands": {"by": "cuts", "cuts": [14, 30, 60, 120], "better": "lower"},
        },
        {
            "key": "frequency",
            "label": "Frequency",
            "weight": 30,
            "value": "COUNT(orders, on=orders.paid_on, days=365)",
            "bands": {"by": "cuts", "cuts": [2, 3, 6, 12]},
        },
        {"key": "monetary", "label": "Spend", "weight": 40, "value": "spend", "bands": {"by": "cuts", "cuts": [800, 3000, 8000, 20000]}},
    ],
    "tiers": [
        {"key": "high", "label": "High", "color": "purple", "from": 65},
        {"key": "middle", "label": "Middle", "color": "yellow", "from": 40},
        {"key": "low", "label": "Low", "from": 0},
    ],
}


def open_shop(workspace: Workspace, customers: int = 1_000) -> list[int]:
    """Publishes the small shop and adds customers; gives their ids."""
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, ORDER, MODEL])
    found: list[int] = []
    for start in range(0, customers, 5_000):
        with workspace.writing(SYSTEM, "import") as act:
            rows = [BatchRow({"code": f"K{number:07}", "name": f"客户 {number}"}) for number in range(start, min(start + 5_000, customers))]
            found += [saved.id for saved in gateway.write_batch(act, "customer", rows).saved if saved is not None]
    return found


def signed_in(workspace: Workspace) -> tuple[Any, str]:
    """The product's web application, and the cookie of a builder's session."""
    from app import create_app
    from runtime.pages.identity import COOKIE

    with workspace.writing(SYSTEM) as act:
        person = accounts.set_up(
            act,
            email="bench@example.com",
            name="Bench",
            password="a long password for a bench",
            workspace_name="Bench",
            zone="Asia/Shanghai",
            language="en",
        )
        token = sessions.start(act.connection, person.id, act.now)
    app = create_app(workspace)
    app.config["WTF_CSRF_ENABLED"] = False
    return app, f"{COOKIE}={token}"
