from __future__ import annotations

import pytest
from wtforms import RadioField, SelectField

from runtime.definitions.types import CHOICE
from runtime.errors import DefinitionProblems, FieldError
from runtime.forms import opened
from tests.makers import PlainLookup, PlainReader, catalogue_of, choice, field_of, form_of

LOOKUP = PlainLookup()
SOURCES = [{"key": "web", "label": {"zh": "官网表单", "en": "Web form"}}, {"key": "store", "label": "门店 A"},
           {"key": "other", "label": {"en": "Store"}}]


@pytest.mark.parametrize(("typed", "key"), [
    ("web", "web"), ("官网表单", "web"), ("Web form", "web"), ("ＷＥＢ　ＦＯＲＭ", "web"), ("  web   FORM ", "web"), ("WEB", "web"),
    ("门店a", None),
    ("门店 a", "store"),
    ("store", "store")])
def test_an_option_answers_to_key_and_labels(typed: str, key: str | None) -> None:
    field = field_of(choice(options=SOURCES))
    if key is None:
        with pytest.raises(FieldError, match="“门店a” is none of the options. Choose from Web form, 门店 A, Store."):
            field.parse(typed, LOOKUP)
        return
    assert field.parse(typed, LOOKUP) == key


def test_a_label_of_two_options_asks_for_the_key() -> None:
    field = field_of(choice(options=[{"key": "a", "label": "Same"}, {"key": "b", "label": "same"}]))
    with pytest.raises(FieldError, match="Give the key instead: a, b"):
        field.parse("SAME", LOOKUP)


def test_a_stored_key_that_is_no_option_any_more_is_shown_as_it_is() -> None:
    field = field_of(choice())
    assert field.display("gone", PlainReader()) == "gone" and field.check("gone")


def test_formulas_know_the_keys() -> None:
    assert field_of(choice()).formula_type() == CHOICE(("new", "steady", "lost"))


@pytest.mark.parametrize(("count", "settings", "shown_as"), [
    (5, {}, RadioField), (6, {}, SelectField), (2, {"control": "select"}, SelectField), (9, {"control": "radio"}, RadioField)])
def test_few_options_are_all_visible(count: int, settings: dict[str, str], shown_as: type) -> None:
    form = form_of(choice("stage", *[f"o{number}" for number in range(count)], **settings))
    assert type(opened(form, PlainReader())["stage"]) is shown_as


@pytest.mark.parametrize(("settings", "path"), [
    ({"options": [{"key": "a", "label": "A"}, {"key": "a", "label": "B"}]}, "options"), ({"default": "'gone'"}, "default"),
    ({"mask": True}, "mask")])
def test_problems(settings: dict[str, object], path: str) -> None:
    form = form_of(choice(**settings))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == [f"fields/0/{path}"]


def test_five_hundred_options_are_enough() -> None:
    with pytest.raises(DefinitionProblems, match="fields/0/options: This is too long; 500 at most."):
        field_of(choice("stage", *[f"o{number}" for number in range(501)]))


@pytest.mark.parametrize(("given", "kept"), [
    ("new", "new"), ("New", "new"), ("Something  else", "Something else"), (["new", ""], "new"), (["", "Mine"], "Mine"), (["new", "Mine"], "Mine"), (["", ""], None)])
def test_another_answer_may_be_written(given: object, kept: str | None) -> None:
    field = field_of(choice(other=True))
    assert field.parse(given, LOOKUP) == kept and (kept is None or not field.check(kept))
    assert field.display(kept, PlainReader()) == {"new": "New", None: ""}.get(kept, kept)


def test_another_answer_is_short_and_only_where_the_form_says_so() -> None:
    assert str(field_of(choice(other=True)).check("x" * 101)[0]) == "Give at most 100 characters; these are 101."
    with pytest.raises(FieldError):
        field_of(choice()).parse("Something else", LOOKUP)


@pytest.mark.parametrize(("value", "parts"), [("new", ["new", ""]), ("Mine", ["", "Mine"]), (None, ["", ""])])
def test_an_answer_of_ones_own_stands_in_its_box(value: str | None, parts: list[str]) -> None:
    assert field_of(choice(other=True)).to_entry(value, PlainReader()) == parts
