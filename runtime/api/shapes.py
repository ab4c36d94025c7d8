"""Whether a body has the shape that the document promises, and sentences about what has not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.exceptions import best_match
from pydantic import ValidationError as ModelError

from runtime.api.route import Param, Shape
from runtime.errors import Problem, Refused
from runtime.texts import Message, _

FORMATS = FormatChecker(formats=())
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

_TYPES = {
    "string": _("a text"),
    "integer": _("a whole number"),
    "number": _("a number"),
    "array": _("a list"),
    "object": _("an object"),
    "boolean": _("true or false"),
    "null": _("nothing"),
}
_BOUNDS = {
    "minimum": _("Give {bound} or more.").text,
    "maximum": _("Give {bound} or less.").text,
    "minLength": _("Give at least {bound} characters.").text,
    "maxLength": _("This is too long; {bound} at most.").text,
    "minItems": _("Give at least {bound}.").text,
    "maxItems": _("Give at most {bound}.").text,
    "pattern": _("This does not have the right form: {bound}").text,
}
_PLAIN = {
    "uniqueItems": _("Name each only once."),
    "multipleOf": _("Give a whole number."),
    "format": _("Write days like 2026-11-21 and times like 2026-11-21T09:30:00+08:00."),
}
NOT_VALID = _("This is not valid: {reason}.").text
NEEDED = _("This is needed.")
NO_SUCH_NAME = _("There is no setting of this name here.")


@FORMATS.checks("date", raises=ValueError)
def _is_day(value: Any) -> bool:
    return not isinstance(value, str) or bool(DAY.fullmatch(value) and date.fromisoformat(value))


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: Any) -> bool:
    return not isinstance(value, str) or bool(INSTANT.fullmatch(value) and datetime.fromisoformat(value.upper()))


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FORMATS)


def problems(wanted: Draft202012Validator, body: Any) -> list[Problem]:
    """Everything in which a body differs from its schema, one sentence a path."""
    found: dict[str, Message] = {}
    for error in wanted.iter_errors(body):
        for path, message in _said(best_match([error])):
            found.setdefault(path, message)
    return [Problem(path, message) for path, message in found.items()]


def model(shape: type[Shape], body: Any, raw: bytes) -> Shape:
    """The body as its model; raises Refused with every problem."""
    try:
        return shape.model_validate_json(raw)
    except ModelError as error:
        wrong = problems(_of_model(shape), body)
        raise Refused(wrong or [_as_pydantic_says(each) for each in error.errors(include_url=False)]) from error


def parameters(wanted: Iterable[Param], given: dict[str, list[str]]) -> dict[str, Any]:
    """The parameters of a query as values; raises Refused for those that do not fit or do not exist."""
    found: dict[str, Any] = {}
    wrong: list[Problem] = []
    known = {each.name: each for each in wanted}
    for name, values in given.items():
        if name not in known:
            wrong.append(Problem(name, _("There is no parameter of this name. Choose from {names}.", names=list(known) or "–")))
        elif len(values) > 1:
            wrong.append(Problem(name, _("Give this parameter once.")))
        elif not storable(values):
            wrong.append(Problem(name, _("This contains a character that cannot be stored. Remove it, or type the text again.")))
        else:
            found[name] = _value(known[name], values[0])
            wrong += [each.under(name) for each in problems(validator(known[name].schema), found[name])]
    wrong += [Problem(each.name, NEEDED) for each in known.values() if each.required and each.name not in given]
    if wrong:
        raise Refused(wrong)
    defaults = {each.name: each.schema["default"] for each in known.values() if "default" in each.schema}
    return {**defaults, **found}


def storable(value: Any) -> bool:
    """Whether every text can be written to any database: no NUL, no half of a pair."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and ("\x00" in each or not each.isascii() and any("\ud800" <= char <= "\udfff" for char in each)):
            return False
        if isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
    return True


@cache
def _of_model(shape: type[Shape]) -> Draft202012Validator:
    return validator(shape.model_json_schema())


def _value(param: Param, text: str) -> Any:
    is_number = param.schema["type"] == "integer" and re.fullmatch(r"-?[0-9]{1,17}", text, re.ASCII)
    if param.schema["type"] == "boolean" and text in ("true", "false"):
        return text == "true"
    return int(text) if is_number else text


def _said(error: ValidationError) -> Iterator[tuple[str, Message]]:
    path = "/".join(str(part) for part in error.absolute_path)
    kind, bound, given = str(error.validator), error.validator_value, error.instance
    if kind == "required":
        yield from ((_joined(path, name), NEEDED) for name in bound if name not in given)
    elif kind == "additionalProperties" and isinstance(given, dict):
        yield from ((_joined(path, name), NO_SUCH_NAME) for name in given if name not in error.schema.get("properties", {}))
    elif kind == "type":
        kinds = [bound] if isinstance(bound, str) else [each for each in bound if each != "null"]
        yield path, _("This needs to be {what}.", what=_TYPES[kinds[0]])
    elif kind in ("enum", "const"):
        choices = [bound] if kind == "const" else [each for each in bound if each is not None]
        yield path, _("Choose one of {choices}.", choices=", ".join(str(each) for each in choices[:20]))
    elif kind == "pattern" and (told := _of_pattern(error.schema, given)) is not None:
        yield path, told
    elif kind in _BOUNDS:
        yield path, Message(_BOUNDS[kind], {"bound": str(bound)})
    else:
        yield path, _PLAIN.get(kind) or Message(NOT_VALID, {"reason": error.message[:200]})


def _of_pattern(schema: Any, given: str) -> Message | None:
    """What a pattern demands that stands for bounds; None where it is best shown itself."""
    if "formatMinimum" in schema:
        return _("Give a value from {least} to {most}.", least=schema["formatMinimum"], most=schema["formatMaximum"])
    if "minimum" in schema or "maximum" in schema:
        figure = Decimal(given) if re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,20})?", given, re.ASCII) else None
        for name, beyond in (("maximum", 1), ("minimum", -1)):
            if figure is not None and name in schema and figure.compare(Decimal(str(schema[name]))) == beyond:
                return Message(_BOUNDS[name], {"bound": str(schema[name])})
        return _("Give a number from {least} to {most}, with no more decimals than the field has.",
                 least=f"{schema.get('minimum', '…')}", most=f"{schema.get('maximum', '…')}")
    if "minLength" in schema:
        return NEEDED if schema["minLength"] < 2 else Message(_BOUNDS["minLength"], {"bound": str(schema["minLength"])})
    return None


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _as_pydantic_says(error: Any) -> Problem:
    return Problem("/".join(str(part) for part in error["loc"]), Message(NOT_VALID, {"reason": error["msg"]}))


def json_of(raw: bytes) -> Any:
    """JSON as the standard has it. Raises ValueError for anything else, however deep."""
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except (RecursionError, UnicodeDecodeError) as error:
        raise ValueError("not readable") from error


def _no_number(name: str) -> Any:
    raise ValueError(name)
