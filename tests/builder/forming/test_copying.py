"""A form begun as a copy of another one."""

from __future__ import annotations

from builder.forming.copying import copied
from tests.makers import form_json, reference, text


def test_a_copy_has_the_fields_layout_and_rules_and_keeps_its_own_name() -> None:
    source = {
        **form_json(text("name"), text("note"), key="old"),
        "layout": [{"section": "A", "fields": ["name"]}],
        "rules": [{"show": ["note"], "when": "name == 'x'"}],
        "pool": {},
    }
    found = copied(source, {"kind": "form", "key": "fresh", "label": "Fresh", "app": "shop", "fields": [], "title": "name", "quality": []})
    assert (found["key"], found["label"], found["app"]) == ("fresh", "Fresh", "shop")
    assert found["fields"] == source["fields"] and found["layout"] == source["layout"] and found["rules"] == source["rules"]
    assert "quality" not in found and "pool" not in found


def test_references_to_itself_stay_within_the_copy_and_names_elsewhere_are_not_taken_twice() -> None:
    parent, order = reference("parent", "old", many_name="children"), reference("customer", "customer", many_name="orders")
    source = form_json(text("name"), parent, order, key="old")
    found = copied(source, {"kind": "form", "key": "fresh", "label": "Fresh"})
    assert [each.get("form") for each in found["fields"]] == [None, "fresh", "customer"]
    assert all("many_name" not in each for each in found["fields"])
    assert source["fields"][1]["form"] == "old"
