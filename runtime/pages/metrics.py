"""Figures for Prometheus: what was asked of this process and how long it took, and what waits in the database."""

from __future__ import annotations

import ipaddress
import time

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from runtime.errors import NotAllowed, NotFound
from runtime.pages.web import public, workspace
from runtime.people.may import may
from runtime.system import clock, database, waiting
from runtime.system.tables import automation_run, job
from runtime.texts import _

blueprint = Blueprint("metrics", __name__)

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Figures:
    """The figures of one application; a second one in the same process, as in tests, has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "tierloom_request_seconds", "Seconds a request took", ["endpoint", "method", "status"], buckets=SECONDS, registry=self.registry
        )
        self.events = self._gauge("events_waiting", "Events that no automation has looked at yet")
        self.oldest = self._gauge("events_oldest_seconds", "Age of the oldest of them")
        self.stale = self._gauge("records_to_derive", "Records whose derived values are being worked out")
        self.jobs = self._gauge("jobs", "Long work by state", "state")
        self.runs = self._gauge("automation_runs", "Runs of automations by state", "state")

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"tierloom_{name}", about, labels, registry=self.registry)

    def read(self, connection: sa.Connection, now: int) -> None:
        """Counts what waits. Whatever is over is not counted: that would read whole tables."""
        count, first = waiting.events(connection)
        self.events.set(count)
        self.oldest.set(0 if first is None else max(0, now - first) / 1_000_000)
        self.stale.set(waiting.records(connection))
        for gauge, table in ((self.jobs, job), (self.runs, automation_run)):
            gauge.clear()
            counts = sa.select(table.c.state, sa.func.count()).where(table.c.finished_at.is_(None)).group_by(table.c.state)
            for state, number in connection.execute(counts):
                gauge.labels(state).set(number)


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
        figures.read(connection, clock.to_micros(own.now()))
    return Response(generate_latest(figures.registry), content_type=CONTENT_TYPE_LATEST)


def _on_this_machine() -> bool:
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback and "X-Forwarded-For" not in request.headers
    except ValueError:
        return False
