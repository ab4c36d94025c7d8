"""The fields of a 100-field form as its entry page draws them, against the same fields by WTForms and a bare Jinja loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import wtforms
from flask import render_template
from jinja2 import Environment

from app import create_app
from runtime.forms import opened
from runtime.pages.entry_layout import arranged
from runtime.pages.reader import Reader
from tests import makers
from tests.bench.databases import workspace_on
from tests.bench.measuring import Result, in_turn

LIMIT = 3.0
FIELDS = 100
PAGES = 5
TYPES = (makers.text, makers.number, makers.money, makers.day, makers.choice, makers.phone, makers.checkbox, makers.long_text, makers.email)
BARE = """{% for field in form %}<div>{{ field.label }}{{ field }}
{% if field.errors %}<ul>{% for each in field.errors %}<li>{{ each }}</li>{% endfor %}</ul>{% endif %}
{% if field.description %}<p>{{ field.description }}</p>{% endif %}</div>
{% endfor %}"""


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Seconds of CPU for a page's fields, the making of the form's class included on both sides."""
    if database_name != "sqlite":
        return
    count = rows or FIELDS
    form = makers.definition(makers.form_json(*(TYPES[number % len(TYPES)](f"f{number}") for number in range(count)), key="wide"))
    with workspace_on(database_name) as workspace, TemporaryDirectory() as folder:
        (Path(folder) / "manifest.json").write_text(json.dumps({"icons.svg": {"file": "icons.svg", "css": None, "imports": []}}))
        app = create_app(workspace, dist=Path(folder))
        bare = Environment(autoescape=True).from_string(BARE)
        with app.test_request_context("/"):
            app.preprocess_request()
            reader = Reader("en", workspace.zone)
            ours, reference, ratio = in_turn(lambda: _ours(form, reader), lambda: _reference(form, reader, bare))
    yield Result("entry render", ratio, LIMIT, ours / PAGES, reference / PAGES, "s per page", count, database_name)


def _ours(form: Any, reader: Reader) -> int:
    length = 0
    for _page in range(PAGES):
        entry = opened(form, reader)
        sections = [
            {"label": each.section, "columns": 2, "wide": (), "tab": None, "divider": False, "fields": each.fields}
            for each in form.sections
        ]
        length += len(render_template("entry_sections.html", entry=entry, form=form, tabs=arranged(sections), hidden=[], needed=[]))
    return length


def _reference(form: Any, reader: Reader, bare: Any) -> int:
    length = 0
    for _page in range(PAGES):
        made = type("Bare", (wtforms.Form,), {f"f_{each.key}": each.entry([], reader) for each in form.fields})
        length += len(bare.render(form=made()))
    return length
