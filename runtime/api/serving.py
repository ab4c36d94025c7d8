"""What every call goes through: who asks, in which language, has it the promised shape, and one transaction around the view."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from runtime.api import errors, idempotency, shapes
from runtime.api.route import RECORD_ID, ROOT, TOKEN, VERSION, Answer, Call, File, PerForm, Route, SentFile, Upload
from runtime.errors import NotFound, Problem, Refused, Stale
from runtime.pages.web import NotSignedIn, reading, workspace, writing
from runtime.people.may import may, require
from runtime.system.workspace import Act
from runtime.texts import LANGUAGES, _

LARGEST = 8 * 1024 * 1024
"""Bytes of a body of JSON."""


def blueprint_of(name: str, import_name: str, routes: Iterable[Route]) -> Blueprint:
    """A blueprint that answers these routes and adds them to the application's table, of which the document is made."""
    table = list(routes)
    blueprint = Blueprint(name, import_name, url_prefix=ROOT)
    blueprint.before_request(_begin)
    errors.install(blueprint)
    for number, route in enumerate(table):
        rule = re.sub(r"\{(\w+)\}", r"<string:\1>", route.path)
        blueprint.add_url_rule(rule, f"{number}_{route.view.__name__}", _served(route), methods=[route.method])
    blueprint.record(lambda state: state.app.extensions.setdefault("api_routes", []).extend(table))
    return blueprint


def _begin() -> None:
    """The language asked for here and now goes before the one that the person has chosen for pages."""
    request.max_content_length = LARGEST
    wanted = request.accept_languages.best_match(LANGUAGES) if request.headers.get("Accept-Language") else None
    g.language = wanted or g.language


def _served(route: Route) -> Callable[..., Response]:
    def serve(**names: str) -> Response:
        if g.person is None:
            raise NotSignedIn()
        found = {name: _number(text) if name == "id" else text for name, text in names.items()}
        raw = _raw(route)
        sent = _sent_file(route.body) if isinstance(route.body, Upload) else None
        if not shapes.storable(list(names.values())):
            raise NotFound(errors.SENTENCES[404])
        query = shapes.parameters(route.query, request.args.to_dict(flat=False))
        answer = _written(route, query, found, raw, sent) if route.writes else _read(route, query, found, raw)
        return _response(route, answer)

    serve.access = "signed_in"  # type: ignore[attr-defined]
    return serve


def _number(text: str) -> int:
    if not re.fullmatch(RECORD_ID, text, re.ASCII):
        raise NotFound(errors.SENTENCES[404])
    return int(text)


def _raw(route: Route) -> bytes:
    if route.body is None or isinstance(route.body, Upload):
        return b""
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise errors.NotReadable(413) from error
    if not raw and route.body_may_be_left_out:
        return b"{}"
    if request.mimetype != "application/json":
        raise errors.NotReadable(415)
    return raw


def _sent_file(wanted: Upload) -> SentFile:
    if request.mimetype != "multipart/form-data":
        raise errors.NotReadable(415, errors.SEND_PARTS)
    request.max_content_length = (workspace().settings.max_upload_mb + 1) * 1024 * 1024  # what is about the file stands in it too
    try:
        beside, files = request.form.to_dict(flat=False), request.files.to_dict(flat=False)
    except RequestEntityTooLarge as error:
        raise errors.NotReadable(413) from error
    given = shapes.parameters(wanted.beside, beside)
    unknown = [name for name in files if name != "file"]
    if unknown:
        raise Refused([Problem(name, _("There is no file of this name here. Name it “file”.")) for name in unknown])
    if len(files.get("file", [])) != 1:
        raise Refused([Problem("file", _("Send one file, as the part “file”."))])
    sent = files["file"][0]
    return SentFile(sent.filename or "file", sent.stream, given)


def _digest(sent: SentFile) -> str:
    found = hashlib.file_digest(sent.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    sent.stream.seek(0)
    return idempotency.fingerprint(sent.name, found, json.dumps(sent.beside, sort_keys=True))


def _read(route: Route, query: dict[str, Any], names: dict[str, Any], raw: bytes) -> Answer:
    with reading() as act:
        act.source = route.source
        call = Call(act, g.language, query, _body(act, route, names, raw), _version(route))
        return _answer(route.view(call, **names))


def _written(route: Route, query: dict[str, Any], names: dict[str, Any], raw: bytes, sent: SentFile | None) -> Answer:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(TOKEN, key):
        raise Refused([Problem("Idempotency-Key", _("A key has 1 to 200 letters, digits and signs, without blanks."))])
    with reading() as act:  # the shape is checked before a writer keeps others waiting
        body = _body(act, route, names, raw)
        ahead = route.before(act, body, names) if route.before is not None else None
    if ahead is not None:
        ahead()
    version = _version(route)
    same = raw if sent is None or key is None else _digest(sent).encode()
    received = route.body.receive(names, sent) if isinstance(route.body, Upload) and sent is not None else nullcontext(body)
    with received as body, writing(route.source) as act:
        call = Call(act, g.language, query, body, version)
        if key is None:
            return _checked(route, call, names)
        mark = idempotency.fingerprint(request.method, request.full_path, request.headers.get("If-Match", ""), same)
        before = idempotency.take(act, key, mark)
        if before is not None:
            return before
        answer = _checked(route, call, names)
        idempotency.keep(act, key, route.status, answer)
        return answer


def _checked(route: Route, call: Call, names: dict[str, Any]) -> Answer:
    try:
        return _answer(route.view(call, **names))
    except Stale as error:
        if request.headers.get("If-Match") is not None:
            raise errors.Outdated() from error
        raise


def _version(route: Route) -> int | None:
    given = request.headers.get("If-Match") if route.versioned else None
    if given is None or given == "*":
        return None
    if not re.fullmatch(VERSION, given, re.ASCII):
        raise Refused([Problem("If-Match", _("Give the ETag of the record as you read it, like {example}.", example='"3"'))])
    return -1 if given.startswith("W/") else int(given.strip('"'))  # a weak mark never matches


def _body(act: Act, route: Route, names: dict[str, Any], raw: bytes) -> Any:
    if "form" in names:
        _require_form(act, names["form"])
    if route.body is None or isinstance(route.body, Upload):
        return None
    try:
        body = shapes.json_of(raw)
    except ValueError as error:
        raise errors.NotReadable() from error
    if not shapes.storable(body):
        raise errors.NotReadable()
    if isinstance(route.body, PerForm):
        wrong = shapes.problems(_validator(act, route.body, names["form"]), body)
        if wrong:
            raise Refused(wrong)
        return body
    return shapes.model(route.body, body, raw)


def _require_form(act: Act, form: str) -> None:
    if form not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=form))
    require(act.person, "view", form)


def _validator(act: Act, wanted: PerForm, form: str) -> Any:
    """The validator of a form's body, made once for a revision and for people who may do the same."""
    rights = tuple(may(act.person, action, form, None, each.key) for each in act.catalogue.forms[form].fields for action in ("add", "edit"))
    memo = act.catalogue.memo.setdefault("api validators", {})
    if (wanted.name, form, rights) not in memo:
        memo[wanted.name, form, rights] = shapes.validator(wanted.schema(act, form))
    return memo[wanted.name, form, rights]


def _answer(given: Any) -> Answer:
    return given if isinstance(given, Answer) else Answer(given)


def _response(route: Route, answer: Answer) -> Response:
    if isinstance(route.answer, File):
        return Response(answer.body, route.status, {"Content-Type": f"{route.answer.content_type}; charset=utf-8", **answer.headers})
    text = "" if answer.body is None else json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, route.status, content_type="application/json")
    if answer.body is None:
        del response.headers["Content-Type"]
    response.headers.update(answer.headers)
    return response
