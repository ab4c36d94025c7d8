"""Beginning anew from the live version: the draft is set aside as a version, and any version can be taken up as the draft again."""
from __future__ import annotations

from typing import Any

from flask import Blueprint, flash

from builder.drafts import ANY_FOLDER
from builder.pages.frame import kind_of
from runtime.definitions import versions
from runtime.pages.web import designer_only, go_to, reader, writing
from runtime.texts import _

blueprint = Blueprint("aside", __name__)

PLACE = f"/build/<app>/<{ANY_FOLDER}:folder>/<key>"


@blueprint.post(f"{PLACE}/aside")
@designer_only
def begin_anew(app: str, folder: str, key: str) -> Any:
    with writing() as act:
        number = versions.set_aside(act, kind_of(folder), key)
    if number is not None:
        flash(reader().say(_("The draft is kept as version {number}. You are working on the live version now.", number=number)), "good")
    return go_to(f"/build/{app}/{folder}/{key}")


@blueprint.post(f"{PLACE}/versions/<int:number>/draft")
@designer_only
def take_up(app: str, folder: str, key: str, number: int) -> Any:
    with writing() as act:
        versions.take_up(act, kind_of(folder), key, number)
    flash(reader().say(_("Version {number} is the draft now.", number=number)), "good")
    return go_to(f"/build/{app}/{folder}/{key}")
