"""What a hostile or broken client sends to the editor gets a sentence, never a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builder.linting import advice
from runtime.definitions.loading import load
from tests.builder.conftest import HOME, VALUE, Designer
from tests.makers import catalogue_of, form_of, number, text
from tests.tiers.world import dimension, model

TIERS = f"{HOME}/tiers/value"
READ = b'"edit": 0, "stamp": 0, "live": 1, "body": '


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        pytest.param(
            b"{" + READ + b'{"kind": "tier_model", "key": "value", "label": "' + b"x" * 1_100_000 + b'"}}', "This is too large", id="huge"
        ),
        pytest.param(b"[" * 100_000, "This is nested too deeply", id="deep"),
        pytest.param(
            b"{" + READ + b'{"kind": "tier_model", "key": "value", "a": ' + b"[" * 80 + b"]" * 80 + b"}}",
            "This is nested too deeply",
            id="rather deep",
        ),
        pytest.param(b"{" + READ + b"{nonsense", "This is no JSON", id="nonsense"),
        pytest.param(b"", "This is no JSON", id="nothing"),
        pytest.param(b"\xff\xfe\x00", "This is no JSON", id="no text"),
        pytest.param(b"{" + READ + b'{"kind": "tier_model", "key": "value", "most": NaN}}', "This is no JSON", id="NaN"),
        pytest.param(b"{" + READ + b'{"kind": "tier_model", "key": "value", "most": 1e999}}', "This is no JSON", id="infinite"),
        pytest.param(
            b"{" + READ + b'{"kind": "tier_model", "key": "value", "most": ' + b"9" * 10_000 + b"}}", "This is no JSON", id="a long number"
        ),
        pytest.param(
            b"{" + READ + b'{"kind": "tier_model", "key": "value", "label": "\\ud800"}}', "This is no JSON", id="half a character"
        ),
        pytest.param(b"[1, 2]", "A definition is a JSON object", id="a list"),
        pytest.param(b"{" + READ + b"7}", "A definition is a JSON object", id="a number"),
        pytest.param(b"null", "A definition is a JSON object", id="null"),
    ],
)
def test_what_is_no_draft_is_refused_with_a_sentence(ada: Designer, raw: bytes, sentence: str) -> None:
    for method, what in (("PUT", "draft"), ("POST", "preview"), ("POST", "impact")):
        answer = ada.ask(method, f"{TIERS}/{what}", raw=raw)
        assert answer.status_code == 422 and sentence in answer.json["detail"], what
    assert ada.given(TIERS)["edit"] == 0


ODD: list[Any] = [
    None,
    7,
    -1.5,
    "",
    "x",
    True,
    [],
    [[]],
    [None],
    {},
    {"key": None},
    {"key": []},
    {"a": {"b": 1}},
    [{"key": "a"}, {"key": "a"}],
]


@pytest.mark.parametrize(
    "name", ["label", "form", "dimensions", "tiers", "population", "movement", "plans", "tests", "app", "format", "as_of"]
)
def test_a_value_of_any_wrong_type_is_kept_shown_and_explained(ada: Designer, name: str) -> None:
    """One draft after the other, as somebody who edits the JSON by hand."""
    given = ada.given(TIERS)
    read = {each: given[each] for each in ("edit", "stamp", "live")}
    for odd in ODD:
        body = {**VALUE, name: odd}
        answer = ada.ask("PUT", f"{TIERS}/draft", {**read, "body": body})
        assert answer.status_code == 200, odd
        read = {**read, "edit": answer.json["edit"], "stamp": answer.json["stamp"]}
        assert ada.ask("POST", f"{TIERS}/preview", {"body": body}).status_code == 200, odd
        assert ada.get(TIERS).status_code == 200 and ada.get(HOME).status_code == 200 and ada.get(f"{HOME}/publish").status_code == 200, odd


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"path": 5, "text": "a"},
        {"path": "x", "text": None},
        {"path": "x", "text": "1"},
        {"path": "dimensions/0/value", "text": "(" * 5000, "body": VALUE},
        {"path": "//", "text": "1", "body": {}},
        {"path": "dimensions/999999999999/value", "text": "nope", "body": VALUE},
    ],
)
def test_odd_questions_about_formulas_are_answered(ada: Designer, sent: Any) -> None:
    assert ada.ask("POST", f"{TIERS}/formula", sent).status_code in (200, 422)


@pytest.mark.parametrize("read", [{"edit": "0"}, {"edit": None}, {"stamp": -1}, {"live": "1"}, {"edit": [1]}])
def test_a_lie_about_what_was_read_saves_nothing(ada: Designer, read: Any) -> None:
    assert ada.save(TIERS, VALUE, **read).status_code == 409


def test_a_script_in_a_name_stays_text(ada: Designer) -> None:
    label = "</script><script>alert(1)</script>"
    ada.save(TIERS, {**VALUE, "label": label})
    assert "<script>alert" not in ada.get(TIERS).get_data(as_text=True)
    assert json.dumps(ada.given(TIERS)["body"]["label"]) == json.dumps(label)


# -- advice ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (model(dimension(cuts=[1, 2])), {"dimensions", "tests"}),
        (model(*(dimension(key, cuts=[1, 2], weight=25) for key in ("a", "b", "c", "d"))), {"dimensions", "tests"}),
        (model(dimension(cuts=[1], weight=60), dimension("b", cuts=[1, 2], weight=40)), {"dimensions/0/bands", "tests"}),
        (model(dimension(cuts=[1, 2], weight=60), dimension("b", cuts=[1, 2], weight=41)), {"dimensions", "tests"}),
        (
            model(
                dimension(cuts=[1, 2], weight=60),
                dimension("b", cuts=[1, 2], weight=40),
                tiers=[{"key": "a", "label": "A", "from": 50, "keep_from": 49}, {"key": "b", "label": "B", "from": 0}],
            ),
            {"tiers/0/keep_from", "tests"},
        ),
    ],
)
def test_advice_about_tier_models(body: Any, paths: set[str]) -> None:
    assert {each.path for each in advice(load(body), catalogue_of(form_of(text(), number("spend"))))} == paths
