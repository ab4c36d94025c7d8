"""Figures for Prometheus: what was asked of this server and how long it took, and what waits in the database."""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import tempfile
import time
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from runtime.errors import NotAllowed, NotFound
from runtime.pages.web import public, workspace
from runtime.people.may import may
from runtime.system import clock, database, waiting
from runtime.system.tables import automation_run, job
from runtime.texts import _

blueprint = Blueprint("metrics", __name__)

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


_SHARED: list[str] = []
"""The folder in which the processes of one server keep what they counted, where there are several."""


def share() -> None:
    """From here on figures of requests are those of all processes that come of this one."""
    folder = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="tierloom-figures-")
    _SHARED[:] = [folder]
    values.ValueClass = values.MultiProcessValue()
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)


class Figures:
    """The figures of one application; a second one in the same process, as in tests, has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "tierloom_request_seconds", "Seconds a request took", ["endpoint", "method", "status"], buckets=SECONDS, registry=self.registry
        )

    def shown(self, connection: sa.Connection, now: int) -> bytes:
        """What was asked, of all processes, and what waits."""
        asked = self.registry
        if _SHARED:
            asked = CollectorRegistry()
            MultiProcessCollector(asked, path=_SHARED[0])
        waits = CollectorRegistry()
        waits.register(Waiting(connection, now))
        return generate_latest(asked) + generate_latest(waits)


class Waiting(Collector):
    """Counts what waits in the database. Whatever is over is not counted: that would read whole tables."""

    def __init__(self, connection: sa.Connection, now: int):
        self.connection, self.now = connection, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        count, first = waiting.events(self.connection)
        yield self._gauge("events_waiting", "Events that no automation has looked at yet", count)
        yield self._gauge(
            "events_oldest_seconds", "Age of the oldest of them", 0 if first is None else max(0, self.now - first) / 1_000_000
        )
        yield self._gauge("records_to_derive", "Records whose derived values are being worked out", waiting.records(self.connection))
        yield self._by_state("jobs", "Long work by state", job)
        yield self._by_state("automation_runs", "Runs of automations by state", automation_run)

    def _gauge(self, name: str, about: str, value: float) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"tierloom_{name}", about, value=value)

    def _by_state(self, name: str, about: str, table: sa.Table) -> GaugeMetricFamily:
        found = GaugeMetricFamily(f"tierloom_{name}", about, labels=["state"])
        counts = sa.select(table.c.state, sa.func.count()).where(table.c.finished_at.is_(None)).group_by(table.c.state)
        for state, number in self.connection.execute(counts):
            found.add_metric([state], number)
        return found


def install(app: Flask) -> None:
    figures = app.extensions["figures"] = Figures()

    def begin() -> None:
        g.began = time.perf_counter()

    def end(response: Response) -> Response:
        if "began" in g:
            labels = (request.endpoint or "none", request.method, str(response.status_code))
            figures.requests.labels(*labels).observe(time.perf_counter() - g.began)
        return response

    app.before_request(begin)
    app.after_request(end)


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """For a collector on this machine, or with the API token of an administrator."""
    figures = current_app.extensions.get("figures")
    if figures is None:
        raise NotFound(_("Figures are switched off here (TIERLOOM_METRICS)."))
    if not (_on_this_machine() or (g.by_token and g.person is not None and may(g.person, "administer"))):
        raise NotAllowed(_("Figures are given to collectors on this machine, or for the API token of an administrator."))
    own = workspace()
    with database.reading(own.engine) as connection:
        shown = figures.shown(connection, clock.to_micros(own.now()))
    return Response(shown, content_type=CONTENT_TYPE_LATEST)


def _on_this_machine() -> bool:
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback and "X-Forwarded-For" not in request.headers
    except ValueError:
        return False
