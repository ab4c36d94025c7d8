"""Single fields of a draft drawn with the very controls of the entry page, so that the designer shows what people will fill in."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from flask import current_app
from pydantic import TypeAdapter, ValidationError

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import AnyField, Form
from runtime.errors import TierloomError
from runtime.forms import opened
from runtime.pages.web import reader

DRAWN_BY_SCRIPT = ("subform",)
"""Types whose parts are edited in their place, so the designer draws them itself."""


@cache
def _reader_of_fields() -> TypeAdapter[FieldType]:
    return TypeAdapter(AnyField)


def controls_of(fields: list[Any]) -> list[str | None]:
    """The markup of each field; None for one that cannot be read yet, or that the designer draws itself."""
    draw = current_app.jinja_env.get_template("macros/ui.html").module.field  # type: ignore[attr-defined]
    return [_control(draw, each, number) for number, each in enumerate(fields)]


def _control(draw: Any, raw: Any, number: int) -> str | None:
    if not isinstance(raw, dict) or raw.get("type") in DRAWN_BY_SCRIPT:
        return None
    try:
        field = _reader_of_fields().validate_json(json.dumps({**raw, "key": f"d{number}"}))
        alone = Form.model_construct(kind="form", key="draft", label="draft", title=field.key, fields=(field,), layout=(), rules=())
        return str(draw(opened(alone, reader())[field.key]))
    except (ValidationError, TierloomError, TypeError, ValueError):
        return None  # what is wrong with it is said among the problems of the draft
