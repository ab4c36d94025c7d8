"""For whoever watches the process: is it alive, can it work."""
from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from runtime.pages.web import public, workspace
from runtime.system import database
from runtime.system.tables import workspace_setting

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """The process answers. Asks nothing of the database: a slow database is no reason to kill a process."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def readyz() -> Response | tuple[Response, int]:
    """The database answers and has today's tables, so requests may be sent here."""
    try:
        with database.reading(workspace().engine) as connection:
            connection.execute(sa.select(workspace_setting).limit(1)).all()
    except sa.exc.SQLAlchemyError:
        return jsonify(status="database unavailable"), 503
    return jsonify(status="ok")
