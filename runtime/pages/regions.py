"""GET /regions.json: provinces, cities and districts for the controls that let people choose among them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from runtime.fields._regions import tree
from runtime.pages.web import public

blueprint = Blueprint("regions", __name__)

A_DAY = 86_400


@blueprint.get("/regions.json")
@public
def regions() -> Response:
    """[name, [[name, […]], …]] from the largest place to the smallest. Nothing of it is anybody's."""
    answer = jsonify(tree())
    answer.cache_control.max_age = A_DAY
    answer.cache_control.public = True
    return answer
