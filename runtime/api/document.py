"""The OpenAPI 3.1 document, made from the table of routes and the forms in force."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from pydantic.json_schema import models_json_schema

from runtime.api.errors import TYPE, Trouble
from runtime.api.route import RECORD_ID, ROOT, TOKEN, VERSION, File, PerForm, Route, Shape, Upload
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import shown

PLACE = "#/components/schemas/{model}"
REASONS = {
    400: "The body is no JSON, or a session sent no form token.",
    401: "Nobody is signed in, or the token is not good.",
    403: "The person has no right to this.",
    404: "There is nothing of this name or number.",
    409: "Somebody else wrote at the same time.",
    412: "The record is not of the version in If-Match any more.",
    413: "The body is too large.",
    415: "The body is not of the type described here.",
    422: "Something in it is not accepted; `errors` names each place.",
    507: "The disk of the server is full; nothing was done.",
}
SESSION = "Writes also send X-CSRFToken. Over https the name begins with __Host-."
ETAG = {"ETag": {"description": "The version of the record, for If-Match.", "schema": {"type": "string"}}}
LOCATION = {"Location": {"description": "Where the new record is.", "schema": {"type": "string"}}}


def document(parts: Iterable[Route], act: Act) -> dict[str, Any]:
    """The operations that these routes and the forms this person may see make up."""
    table = list(parts)
    refs, schemas = _fixed(table)
    forms = [key for key in act.catalogue.forms if may(act.person, "view", key)]
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        for form in forms if "{form}" in route.path else [None]:
            path = _path(route, form)
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, form, act, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tierloom", "version": "1", "description": "Records, definitions, tiers, tags and automations of one workspace."},
        "servers": [{"url": ROOT}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": name} for name in dict.fromkeys(route.group for route in table)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "tierloom_session", "description": SESSION},
            },
        },
    }


def _fixed(table: list[Route]) -> tuple[dict[Any, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Where each model's schema is, and the schemas by name."""
    models = {each for route in table for each in (route.body, route.answer) if isinstance(each, type)} | {Trouble}
    wanted: list[tuple[type[Shape], Any]] = [
        (each, "validation") for each in sorted(models, key=lambda each: (each.__module__, each.__name__))
    ]
    refs, found = models_json_schema(wanted, ref_template=PLACE)
    return {each: ref for (each, _mode), ref in refs.items()}, dict(found.get("$defs", {}))


def _path(route: Route, form: str | None) -> str:
    return route.path if form is None else route.path.replace("{form}", quote(form))


def _operation(route: Route, form: str | None, act: Act, refs: dict[Any, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {"operationId": _operation_id(route, form), "summary": route.about, "tags": [route.group]}
    parameters = [*_names(route, form, act), *_query(route), *_headers(route)]
    if parameters:
        about["parameters"] = parameters
    if route.body is not None:
        about["requestBody"] = {"required": not route.body_may_be_left_out, "content": _content(route.body, form, act, refs, schemas)}
    troubles = {str(status): _trouble(status, refs) for status in _refusals(route)}
    about["responses"] = {str(route.status): _answer(route, form, act, refs, schemas), **troubles}
    return about


def _operation_id(route: Route, form: str | None) -> str:
    words = re.sub(r"[^a-z]+", "_", route.path.replace("{form}", "").replace("-", "_")).strip("_")
    return f"{route.method.lower()}_{words}" + (f"__{plain(form)}" if form is not None else "")


def plain(key: str) -> str:
    """A key in letters that names in the document may have."""
    return "".join(char if char.isascii() else f"u{ord(char):x}" for char in key)


def _names(route: Route, form: str | None, act: Act) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        if name != "form" or form is None:
            schema = {"type": "string", "pattern": RECORD_ID} if name == "id" else route.schemas.get(name) or _known(name, act)
            yield {"name": name, "in": "path", "required": True, "schema": schema}


def _known(name: str, act: Act) -> dict[str, Any]:
    """Keys that exist; any text where there is none yet."""
    keys: dict[str, Callable[[], list[str]]] = {
        "model": lambda: [model.key for form in act.catalogue.forms for model in act.catalogue.models_of(form)],
        "automation": lambda: list(act.catalogue.automations),
        "segment": lambda: list(act.catalogue.segments),
        "workflow": lambda: list(act.catalogue.workflows),
    }
    found = keys[name]() if name in keys else []
    return {"type": "string", "enum": found} if found else {"type": "string", "minLength": 1}


def _query(route: Route) -> Iterator[dict[str, Any]]:
    for each in route.query:
        yield {"name": each.name, "in": "query", "required": each.required, "schema": each.schema, "description": each.about}


def _headers(route: Route) -> Iterator[dict[str, Any]]:
    if route.writes:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "pattern": TOKEN},
            "description": "A request sent again under the same key is answered as the first time, and not done again. Kept for 7 days.",
        }
    if route.versioned and route.method != "GET":
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "pattern": VERSION},
            "description": "The ETag of what was read; refused with 412 when it has changed since.",
        }


def _content(wanted: Any, form: str | None, act: Act, refs: dict[Any, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if isinstance(wanted, Upload):
        file = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream", "description": wanted.about}
        beside = {each.name: {**each.schema, "description": each.about} for each in wanted.beside}
        needed = ["file", *(each.name for each in wanted.beside if each.required)]
        parts = {"type": "object", "required": needed, "additionalProperties": False, "properties": {"file": file, **beside}}
        return {"multipart/form-data": {"schema": parts}}
    if isinstance(wanted, File):
        return {wanted.content_type: {"schema": {"type": "string", "description": wanted.about}}}
    return {"application/json": {"schema": _schema(wanted, form, act, refs, schemas)}}


def _schema(wanted: Any, form: str | None, act: Act, refs: dict[Any, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(wanted, PerForm):
        return refs[wanted]
    assert form is not None
    name = f"{wanted.name}__{plain(form)}"
    if name not in schemas:
        schemas[name] = wanted.schema(act, form)
    return {"$ref": PLACE.format(model=name)}


def _answer(route: Route, form: str | None, act: Act, refs: dict[Any, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if route.answer is None:
        return {"description": "Done."}
    label = shown(act.catalogue.forms[form].label, "en") if form is not None else None
    answer: dict[str, Any] = {
        "description": route.about if label is None else f"{route.about} ({label})",
        "content": _content(route.answer, form, act, refs, schemas),
    }
    if route.versioned:
        answer["headers"] = {**ETAG, **(LOCATION if route.status == 201 else {})}
    return answer


def _trouble(status: int, refs: dict[Any, Any]) -> dict[str, Any]:
    return {"description": REASONS[status], "content": {TYPE: {"schema": refs[Trouble]}}}


def _refusals(route: Route) -> list[int]:
    found = {401, 403}
    if route.method != "GET":
        found |= {400}
    if "{" in route.path:
        found |= {404}
    if route.query or route.body or route.writes:
        found |= {422}
    if route.body is not None:
        found |= {413, 415}
    if route.writes:
        found |= {409, 507}
    if route.versioned and route.method != "GET":
        found |= {412}
    return sorted(found)
