"""Sending a file while a form is being filled in, and getting it back through the gate of its field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from runtime.definitions.field_type import FieldType
from runtime.errors import NotAllowed, NotFound
from runtime.fields._files import Attached
from runtime.files import keeping, tokens
from runtime.files.kinds import SHOWN_IN_PLACE, kind_named
from runtime.files.using import Stored
from runtime.pages.web import reading, signed_in, workspace, writing
from runtime.people.may import may, refusal
from runtime.system.disk import room
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.workflow import deciding

blueprint = Blueprint("files", __name__)

SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Whatever a file contains, a browser that opens it runs nothing of it."""
PIECE = 64 * 1024
GONE = _("This file is not here any more, or you may not see it.")


@blueprint.post("/files/<form>/<field>")
@signed_in
def send(form: str, field: str) -> Response:
    """Takes one file for a field; its token goes into the form. What no record takes is thrown away after two days."""
    with reading() as act:
        kind = field_of(act, form, field)
    request.max_content_length = kind.limits.bytes + keeping.MEGABYTE
    name, stream = sent_file(kind)
    with keeping.received(workspace(), name, stream, kind.limits) as arrived, writing() as act:
        token = keeping.keep(act, arrived)
    return kept_answer(token)


def field_of(act: Act, form: str, field: str) -> Attached:
    """A field of files that the person may fill in; in the rows of a sub-form at a path like `items.photos`."""
    known = act.catalogue.forms.get(form)
    kind: FieldType | None = None if known is None else known.at(field)
    if not isinstance(kind, Attached):
        raise NotFound(_("This form has no field with the key {key}.", key=field))
    if not any(may(act.person, action, form, None, field.partition(".")[0]) for action in ("add", "edit")):
        raise NotAllowed(refusal("edit"))
    return kind


def sent_file(kind: Attached) -> tuple[str, IO[bytes]]:
    try:
        with room():
            given = request.files.get("file")
    except RequestEntityTooLarge as error:
        raise keeping.refused(keeping.too_large("…", kind.limits.bytes)) from error
    if given is None or not given.filename:
        raise keeping.refused(_("Choose a file first."))
    return given.filename, given.stream


def kept_answer(token: str) -> Response:
    id, size, name = tokens.parts(token) or ("", 0, "")
    answer = jsonify(id=id, token=token, name=name, size=size, picture=is_picture(name), url=_address(id))
    answer.status_code = 201
    return answer


def is_picture(name: str) -> bool:
    kind = kind_named(name)
    return kind is not None and kind.content_type in SHOWN_IN_PLACE


def shown(token: str) -> dict[str, Any]:
    """What a page needs to draw a file."""
    id, size, name = tokens.parts(token) or ("", 0, token)
    return {"url": _address(id), "name": name, "size": size_in_words(size), "picture": is_picture(name)}


def _address(id: str) -> str:
    """Where the reader of this page gets a file: strangers by the public link through which they sent it."""
    return f"{g.get('files_at', '/files')}/{id}"


def size_in_words(size: int) -> str:
    """12 KB, 3.4 MB: of 1,024."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024)):,} KB"
    return f"{size / 1024 / 1024:,.1f} MB"


@blueprint.get("/files/<id>")
@signed_in
def fetch(id: str) -> Response:
    """The content, for whoever sees a field that holds the file now. A browser stores it and never opens it in place."""
    with reading() as act:
        found = deciding.seen(act, id)
    return delivered(found)


def delivered(found: Stored | None) -> Response:
    """The content of a file that the gate has let through."""
    if found is None:
        raise NotFound(GONE)
    if request.if_none_match.contains_weak(found.hash):
        return _sealed(Response(status=304), found)
    content = keeping.place(workspace()).open(found.hash)
    if content is None:
        raise NotFound(GONE)
    answer = Response(_pieces(content))
    answer.call_on_close(content.close)
    answer.content_length = found.size
    return _sealed(answer, found)


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(PIECE):
        yield piece


def _sealed(answer: Response, found: Stored) -> Response:
    kind = kind_named(found.name)
    answer.mimetype = kind.content_type if kind else "application/octet-stream"
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    answer.headers["Content-Security-Policy"] = SEALED
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(found.hash)
    return answer
