from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from runtime.definitions.form import Form
from runtime.definitions.kinds import KINDS
from runtime.definitions.loading import load, schema
from runtime.definitions.shelf import CHARTS, FIELD_TYPES, NODES, STEPS, TRIGGERS
from runtime.errors import DefinitionProblems
from runtime.texts import shown
from tests.makers import Json, choice, day, definition, form_json, money, number, reference, subform, text

FILES = sorted((Path(__file__).parents[1] / "data/definitions").glob("*.json"))
SHELVES = {"runtime.fields": FIELD_TYPES, "runtime.automation.triggers": TRIGGERS, "runtime.automation.steps": STEPS,
           "runtime.reports.charts": CHARTS, "runtime.workflow.nodes": NODES}


def fill_shelves() -> None:
    for name in SHELVES:
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{name}.{module.name}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_loads(path: Path) -> None:
    fill_shelves()
    body = json.loads(path.read_text(encoding="utf-8"))
    loaded = load(body)
    assert (loaded.kind, loaded.key, shown(loaded.label, "zh")) == (body["kind"], body["key"], shown(body["label"], "zh"))
    assert load(json.loads(TypeAdapter(type(loaded)).dump_json(loaded, by_alias=True, exclude_unset=True))) == loaded


def problems_of(body: Any) -> dict[str, str]:
    with pytest.raises(DefinitionProblems) as refused:
        definition(body) if isinstance(body, dict) and body.get("kind") in ("form", "automation") else load(body)
    found = {problem.path: str(problem.message) for problem in refused.value.problems}
    assert len(found) == len(refused.value.problems), "one problem a path"
    assert all(problem.message.in_language("zh") for problem in refused.value.problems)
    return found


def test_ten_faults_are_ten_problems_each_with_its_path() -> None:
    body = form_json(
        text("name"), choice("stage", options=[]), text("note", max_length=0), subform("items", number("quantity", decimals=9)),
        reference("customer", many_name="where"), money("Amount"), day("on_day", min="2024-02-30"),
        label={}, layout=[{"section": "Basics", "columns": 7, "fields": []}],
        rules=[{"require": ["name"], "when": "1 = 1"}, {"show": [], "check": "x"}],
        colour="red")
    assert problems_of(body) == {
        "label": "Write the text in at least one language.",
        "fields/1/options": "This is too short or empty.",
        "fields/2/max_length": "Give 1 or more.",
        "fields/3/fields/0/decimals": "Give 6 or less.",
        "fields/4/many_name": "“where” has a meaning of its own in formulas; choose another key.",
        "fields/5/key": r"This does not have the right form: ^[a-z\u3400-\u9fff][a-z0-9_\u3400-\u9fff]{0,40}$",
        "fields/6/min": "Give a day like 2024-01-31, or a word that this setting knows.",
        "layout/0/columns": "Give 4 or less.",
        "rules/1": "A rule has exactly one of show, require, read_only and check.",
        "colour": "There is no setting of this name here."}


@pytest.mark.parametrize(("field", "path", "said"), [
    ({"type": "text", "label": "A"}, "fields/0/key", "This is needed."),
    ({"type": "text", "key": "text", "label": "A", "text": 1}, "fields/0/text", "There is no setting of this name here."),
    ({"type": "tetx", "key": "a", "label": "A"}, "fields/0/type", "Choose one of "),
    ({"key": "a", "label": "A"}, "fields/0/type", "Say of which type this is."),
    (text("", label="A"), "fields/0/key", "This is needed."),
    (text("  ", label="A"), "fields/0/key", "This is needed."),
    (text(label=5), "fields/0/label", "This needs to be a text."),
    (text(label={"zh": 5}), "fields/0/label/zh", "This needs to be a text."),
    (text(label={"de": "A"}), "fields/0/label/de", "There is no setting of this name here."),
    (text(label=""), "fields/0/label", "This is needed."),
    (text(help={"en": ""}), "fields/0/help", "Write the text in at least one language."),
    (text(required="yes"), "fields/0/required", "This needs to be true or false."),
    (text(max_length=2.5), "fields/0/max_length", "This needs to be a whole number."),
    (text(max_length="9"), "fields/0/max_length", "This needs to be a whole number."),
    (text(format="cn"), "fields/0/format", "Choose one of none, cn_uscc, cn_id, cn_postcode, bank_card."),
    (number(min="x"), "fields/0/min", "This needs to be a number."),
    (choice(options=[{"key": "a", "label": "A", "color": "mauve"}]), "fields/0/options/0/color", "This does not have the right form"),
    (choice(options={"a": "A"}), "fields/0/options", "This needs to be a list."),
    (choice(options=["a"]), "fields/0/options/0", "This needs to be an object."),
    (subform("items", text("a"), {"type": "number", "key": "b"}), "fields/0/fields/1/label", "This is needed."),
    ("text", "fields/0", "This needs to be an object."),
    (None, "fields/0", "This needs to be an object.")])
def test_a_fault_is_named_where_it_stands(field: Any, path: str, said: str) -> None:
    found = problems_of({"kind": "form", "key": "customer", "label": "Customer", "title": "name", "fields": [field]})
    assert list(found) == [path] and found[path].startswith(said)


def tier_model(**settings: Any) -> Json:
    dimension = {"key": "spend", "label": "Spend", "weight": 100, "value": "1", "bands": {"by": "cuts", "cuts": [1, 2]}}
    return {"kind": "tier_model", "key": "value", "label": "Value", "form": "customer",
            "dimensions": [{**dimension, **settings.pop("dimension", {})}],
            "tiers": [{"key": "basic", "label": "Basic", "from": 0}], **settings}


@pytest.mark.parametrize(("settings", "path", "said"), [
    ({"dimension": {"bands": {"by": "cuts", "cuts": ["x"]}}}, "dimensions/0/bands/cuts/0", "This needs to be a number."),
    ({"dimension": {"bands": {"by": "quantiles", "count": 1}}}, "dimensions/0/bands/count", "Give 2 or more."),
    ({"dimension": {"bands": {"by": "luck"}}}, "dimensions/0/bands/by", "Choose one of cuts, quantiles."),
    ({"dimension": {"bands": {}}}, "dimensions/0/bands/by", "Say of which type this is."),
    ({"dimension": {"weight": 0}}, "dimensions/0/weight", "Give more than 0."),
    ({"dimension": {"weight": "1.00001"}}, "dimensions/0/weight", "Give at most 4 decimals."),
    ({"tiers": [{"key": "basic", "label": "Basic"}]}, "tiers/0/from", "This is needed."),
    ({"as_of": "tomorrow"}, "as_of", "Give a day like 2024-01-31, or a word that this setting knows."),
    ({"as_of": 5}, "as_of", "Give a day like 2024-01-31"),
    ({"plans": {"basic": {"contact_every_days": 0}}}, "plans/basic/contact_every_days", "Give 1 or more."),
    ({"plans": {"Basic": {}}}, "plans/Basic", "This does not have the right form"),
    ({"recompute": {"nightly_at": "25:00"}}, "recompute/nightly_at", "This does not have the right form")])
def test_a_fault_of_a_tier_model_is_named_where_it_stands(settings: dict[str, Any], path: str, said: str) -> None:
    found = problems_of(tier_model(**settings))
    assert list(found) == [path] and found[path].startswith(said)


@pytest.mark.parametrize("body", [None, 5, "form", [], {}, {"kind": None}, {"kind": ["form"]}, {"kind": {}}, {"kind": "table"}])
def test_what_is_no_definition_is_refused(body: Any) -> None:
    assert list(problems_of(body)) == ["kind" if isinstance(body, dict) else ""]


@pytest.mark.parametrize("format", [0, 2, "1", [1], {}, None, 1.5])
def test_an_unknown_format_is_refused(format: Any) -> None:
    assert list(problems_of(form_json(text(), format=format))) == ["format"]


def test_what_cannot_be_json_is_refused() -> None:
    deep: Json = {}
    for _turn in range(100_000):
        deep = {"a": deep}
    for odd in (deep, object(), {1, 2}):
        assert list(problems_of(form_json(text(), icon=odd))) == [""]
    assert problems_of(form_json(text(label="\ud800")))


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_schema_of_a_kind_is_a_json_schema_that_fits_the_examples(kind: str) -> None:
    fill_shelves()
    if kind == "dashboard" and not CHARTS.kinds:
        pytest.skip("no charts yet")
    found = schema(kind)
    validator = jsonschema.Draft202012Validator(found)
    validator.check_schema(found)
    assert found["$schema"].endswith("2020-12/schema") and found["title"]
    for path in FILES:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["kind"] == kind:
            validator.validate(body)


def test_the_schema_of_a_form_tells_the_fields_apart_and_has_titles() -> None:
    fill_shelves()
    found = schema("form")
    union = found["properties"]["fields"]["items"]
    assert union["discriminator"]["propertyName"] == "type" and set(union["discriminator"]["mapping"]) == set(FIELD_TYPES.kinds)
    inner = found["$defs"]["Subform"]["properties"]["fields"]["items"]["discriminator"]["mapping"]
    assert set(FIELD_TYPES.kinds) - set(inner) == {"subform", "tags", "tier", "serial", "section_text", "button", "query_panel",
                                                  "approval_state", "approval_node", "approval_handlers"}
    assert found["$defs"]["Number"]["properties"]["decimals"] == {"default": 2, "maximum": 6, "minimum": 0, "title": "Decimals",
                                                                  "type": "integer"}
    validator = jsonschema.Draft202012Validator(found)
    assert [validator.is_valid(form_json(each)) for each in (text(), text(colour="red"), {"type": "x"})] == [True, False, False]


def test_models_are_frozen() -> None:
    form = definition(form_json(text()))
    assert isinstance(form, Form)
    with pytest.raises(Exception, match="frozen"):
        form.title = "other"
