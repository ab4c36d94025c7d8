"""What every step of the shelf must have: a sentence in both languages, a line in the docs, a test, words for the designer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.words import CHOICES, SETTINGS
from runtime import kinds
from runtime.definitions.shelf import STEPS, TRIGGERS
from tests.makers import catalogue_of, form_json, text

kinds.load()
ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/automations.md").read_text(encoding="utf-8")
FOLDERS = (ROOT / "tests/automation", ROOT / "tests/workflow")
TESTS = "\n".join(each.read_text(encoding="utf-8") for folder in FOLDERS for each in folder.rglob("test_*.py") if each != Path(__file__))
SMALLEST = {"form": "customer", "tag_set": "a", "tag": "a", "url": "https://example.com/", "key": "x", "minutes": 5, "hours": 1, "automation": "rule",
            "to": ("role:a",), "subject": "a", "pool": "role:a", "field": "owner", "when": "true", "tier_model": "a", "tier": "a", "reason": "a",
            "title": "a", "text": "a", "plan": "a", "relation": "a", "subform": "a", "values": {"name": "1"}, "match": {"name": "1"},
            "segment": "a", "address": "a", "consent": "a", "value": "1", "over": "x", "list": "x", "until": "TODAY()", "each": (), "workflow": "a"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(STEPS.kinds))
def test_a_step_is_documented_tested_and_said_in_both_languages(name: str) -> None:
    kind = STEPS[name]
    needed = [key for key, info in kind.model_fields.items() if info.is_required()]
    step = kind.model_construct(**{key: SMALLEST[key] for key in (*needed, *(["until"] if name == "wait" else []))})
    catalogue = catalogue_of(form_json(text()))
    said = {language: step.sentence(language, catalogue, "customer") for language in ("zh", "en")}
    assert all(said.values()) and re.search("[\u4e00-\u9fff]", said["zh"]) and not re.search("[\u4e00-\u9fff]", said["en"])
    assert re.search(rf"^\| .*`{name}`", DOCS, re.M), "docs/automations.md has no line for it"
    assert f'"{name}"' in TESTS, "no test of automations or workflows uses it"
    assert name in CHOICES, "builder/words.py has no name for it"


@pytest.mark.parametrize("name", sorted(STEPS.kinds))
def test_every_setting_of_a_step_has_words(name: str) -> None:
    settings = STEPS[name].model_fields
    assert [key for key in settings if key not in SETTINGS] == []
    assert [key for key, info in settings.items() if key != "type" and not info.title] == []


@pytest.mark.parametrize("name", sorted(TRIGGERS.kinds))
def test_a_trigger_is_documented_and_tested(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`", DOCS, re.M), "docs/automations.md has no line for it"
    tests = [each for each in (ROOT / "tests").rglob("test_*.py") if each != Path(__file__)]
    used = re.compile(rf'("type": |about_tags\()"{name}"')
    assert any(used.search(each.read_text(encoding="utf-8")) for each in tests), "no test has an automation with it"


def test_every_trigger_has_a_name_in_the_designer() -> None:
    assert [name for name in TRIGGERS.kinds if name not in CHOICES] == []
