"""Every setting of every field type, and every choice in it, is called by a word in both languages: nobody reads a key in the designer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from builder.differences import differences
from builder.words import CHOICES, SETTINGS
from runtime.definitions.loading import schema
from runtime.definitions.shelf import FIELD_TYPES
from runtime.texts import Message, catalogue
from tests.makers import fill_shelf, form_json, field, text

fill_shelf("runtime.fields")
every_type = pytest.mark.parametrize("name", sorted(FIELD_TYPES.kinds))


def settings_of(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(of which type or part, setting, its schema) of a field type, and of what it is made of."""
    parts, waiting, seen = schema("form")["$defs"], [(name, FIELD_TYPES[name].__name__)], set()
    while waiting:
        kind, part = waiting.pop()
        seen.add(part)
        for setting, its in parts[part].get("properties", {}).items():
            yield kind, setting, its
            waiting += [("", each) for each in _named(its) if each not in seen and each not in {one.__name__ for one in FIELD_TYPES.kinds.values()}]


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for each in node.values():
            yield from _named(each)
    elif isinstance(node, list):
        for each in node:
            yield from _named(each)


def choices_of(its: dict[str, Any]) -> list[str]:
    return [value for each in (its, its.get("items", {}), *its.get("anyOf", ())) if isinstance(each, dict) for value in each.get("enum", ())]


def in_chinese(message: Message) -> bool:
    return message.text in catalogue("zh")


@every_type
def test_every_setting_has_a_word(name: str) -> None:
    found = [(setting, SETTINGS.get(f"{kind}.{setting}") or SETTINGS.get(setting)) for kind, setting, _its in settings_of(name)]
    assert [setting for setting, word in found if word is None or not in_chinese(word)] == []


@every_type
def test_every_choice_of_a_setting_has_a_word(name: str) -> None:
    found = [(f"{setting}.{value}", CHOICES.get(f"{setting}.{value}") or CHOICES.get(value)) for _kind, setting, its in settings_of(name)
             for value in choices_of(its)]  # fmt: skip
    assert [place for place, word in found if word is None or not in_chinese(word)] == []


def said(before: dict[str, Any], after: dict[str, Any], language: str) -> list[str]:
    return [each.message.in_language(language) for each in differences(before, after)]


def test_what_changed_is_said_by_the_words_of_the_type() -> None:
    before = form_json(text("name"), field("date", "day", min="2020-01-01"), field("file", "papers", kinds=["picture"]))
    after = form_json(text("name", format="bank_card"), field("date", "day", min="2021-01-01"), field("file", "papers", kinds=["picture", "sheet"]))
    assert [each.rpartition(" · ")[2] for each in said(before, after, "en")] == [
        "Format: now Bank card number (check digit)", "First day: 2020-01-01 → 2021-01-01", "Kinds of files: Pictures → Pictures, Spreadsheets",
    ]  # fmt: skip
    assert said(before, after, "zh")[2].endswith("文件类型：图片 → 图片、表格")


def test_fields_in_a_list_are_said_by_their_names() -> None:
    before = form_json(text("name", label="Name"), layout=[{"section": "Who", "fields": ["name"]}])
    after = form_json(text("name", label="Name"), text("mail", label="E-mail"), layout=[{"section": "Who", "fields": ["name", "mail"]}])
    assert said(before, after, "en")[-1] == "Who · Fields: Name → Name, E-mail"
