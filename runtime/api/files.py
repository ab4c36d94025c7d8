"""Files over the API: sent first, then named by a record. What they contain is at their `url`, for the same token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runtime.api.route import Call, Param, SentFile, Shape, Upload
from runtime.errors import NotFound, Problem, Refused
from runtime.files import keeping, tokens
from runtime.files.keeping import Arrived
from runtime.pages.files import field_of
from runtime.pages.web import reading, workspace


class File(Shape):
    """A file that was taken in. `id` goes into the record."""

    id: str
    name: str
    size: int
    url: str


KEY = {"type": "string", "minLength": 1, "maxLength": 100}
BESIDE = (
    Param("form", KEY, "Key of the form.", required=True),
    Param("field", KEY, "Key of the field that the file is for.", required=True),
)


@contextmanager
def received(names: dict[str, Any], sent: SentFile) -> Iterator[Arrived]:
    """Looked at before a transaction keeps others waiting."""
    try:
        with reading() as act:
            limits = field_of(act, sent.beside["form"], sent.beside["field"]).limits
    except NotFound as error:
        raise Refused([Problem("field", error.message)]) from error
    with keeping.received(workspace(), sent.name, sent.stream, limits) as arrived:
        yield arrived


UPLOAD = Upload("One file; what it contains must be what its name says.", BESIDE, received)


def create(call: Call) -> dict[str, Any]:
    id, size, name = tokens.parts(keeping.keep(call.act, call.body)) or ("", 0, "")
    return {"id": id, "name": name, "size": size, "url": f"/files/{id}"}
