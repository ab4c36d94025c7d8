"""Every type of field that takes a value goes out in an export, comes back by an import as the same value, and stands in the history in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.definitions.shelf import FIELD_TYPES
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.entries import prepare
from runtime.records.lookup import ActLookup
from runtime.records.plan import plan_of
from runtime.transfer import exporting
from runtime.transfer.escaping import unescaped
from tests import makers
from tests.fields.test_every_type import EXAMPLES
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

if TYPE_CHECKING:
    from flask import Flask

    from runtime.system.workspace import Act, Workspace

ELSEWHERE = {"file", "image", "signature", "subform", "department", "departments", "serial"}
"""Files travel by their address (tests/files), rows by sheets of their own and departments by their keys (their own tests); a number is given."""
TYPES = sorted(name for name, kind in FIELD_TYPES.kinds.items() if kind.importable and kind.writable and name not in ELSEWHERE)
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:thing", "form:other"]}]}
OTHER = makers.form_json(makers.text("name", unique=True), key="other")
BY_NUMBER = {"member", "members", "reference", "multi_reference"}
"""What names people and records: written by their names, and found by them again."""


def _settings(name: str) -> dict[str, Any]:
    found = {**EXAMPLES[name][0], "key": f"a_{name}", "label": {"en": name.replace("_", " ").title(), "zh": f"字段{name}"}}
    found.pop("default", None)
    if name in ("reference", "multi_reference"):
        return {**found, "form": "other", "match": "name"}
    return {**found, "form": "other", "field": "name"} if name == "linked_choice" else found


THING = makers.form_json(makers.text("name"), *(_settings(name) for name in TYPES), key="thing")


@pytest.fixture
def thing(sqlite_workspace: Workspace, builder: Person) -> tuple[Workspace, int, dict[str, Any]]:
    """A record with a value of each type."""
    workspace = sqlite_workspace
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, OTHER, THING])
    with workspace.writing(builder) as act:
        tea, coffee = (gateway.create(act, "other", {"name": name}).id for name in ("Tea", "Coffee"))
        own = {"member": builder.id, "members": (builder.id,), "reference": tea, "multi_reference": (tea, coffee)}
        values = {f"a_{name}": own.get(name, EXAMPLES[name][1]) for name in TYPES}
        plan = plan_of(act.catalogue, "thing", act.connection.dialect)
        given = {key: plan.writable[key].to_json(value) if key[2:] not in BY_NUMBER else value for key, value in values.items()}
        made = gateway.create(act, "thing", {"name": "One", **given}).id
        assert {key: query.get(act, "thing", made).values[key] for key in values} == values
    return workspace, made, values


def _exported(act: Act, language: str) -> Iterator[tuple[str, str]]:
    columns = tuple(f"a_{name}" for name in TYPES)
    (row,) = exporting.rows(act, exporting.Wanted("thing", columns, language=language))
    for key, cell in zip(columns, row, strict=True):
        yield key, unescaped(exporting._text(cell))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_exported_is_imported_as_the_same_value(
    thing: tuple[Workspace, int, dict[str, Any]], builder: Person, language: str
) -> None:
    workspace, _made, values = thing
    with workspace.reading(builder) as act:
        cells = dict(_exported(act, language))
    assert [key for key, cell in cells.items() if not cell] == []
    with workspace.writing(builder, "import") as act:
        entry = prepare(act, plan_of(act.catalogue, "thing", act.connection.dialect), {"name": "Two", **cells}, None, ActLookup(act))
    assert [(each.path, str(each.message)) for each in entry.problems] == []
    assert {key: entry.values[key] for key in values} == values


IN_WORDS = {
    "en": {"checkbox": "Yes", "choice": "Steady", "cascading": "Tea / Green", "duration": "1 h 30 min", "multi_choice": "Tea, Juice"},
    "zh": {"checkbox": "是", "choice": "steady的标签", "cascading": "茶 / 绿茶", "duration": "1 小时 30 分钟", "multi_choice": "tea的标签、juice的标签"},
}
ALIKE = {
    "datetime": "2024-02-29 09:30",
    "member": "Ada",
    "members": "Ada",
    "money": "¥1,860.00",
    "percent": "12.5%",
    "phone": "138 1234 2046",
    "rating": "★★★★☆",
    "reference": "Tea",
    "rich_text": "A big order",
    "time": "09:30",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_history_says_what_stood_there(
    thing: tuple[Workspace, int, dict[str, Any]], builder: Person, app: Flask, language: str
) -> None:
    workspace, made, values = thing
    visitor = Visitor(app).sign_in(builder.email, PASSWORD)
    visitor.headers = {"Accept-Language": language}
    with workspace.writing(builder) as act:
        gateway.update(act, "thing", made, dict.fromkeys(values))
    told = words(visitor.get(f"/apps/shop/thing/{made}?tab=changes"))
    labels = {name: _settings(name)["label"][language] for name in TYPES}
    assert [name for name, label in labels.items() if not re.search(rf"{label} [^—]+ → —", told)] == []
    expected = ALIKE | IN_WORDS[language]
    assert [name for name, shown in expected.items() if f"{labels[name]} {shown} → —" not in told] == []
