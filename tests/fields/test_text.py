from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, catalogue_of, field_of, form_of, text

LOOKUP = PlainLookup()


@pytest.mark.parametrize(("typed", "kept"), [
    ("  Lin \t", "Lin"), ("Cafe\u0301", "Café"), ("one\ntwo", "one two"), ("\u200bLin\ufeff", "Lin"), ("１２３", "１２３"),
    (13812342046.0, "13812342046"), (5, "5"), (1.5, "1.5"), (True, "TRUE"), ("<b>", "<b>")])
def test_a_text_is_kept_as_one_clean_line(typed: object, kept: str) -> None:
    assert field_of(text()).parse(typed, LOOKUP) == kept


@pytest.mark.parametrize("typed", ["a\x00", "\udfff", {"a": 1}, float("inf"), b"x"])
def test_what_cannot_be_stored_is_refused(typed: object) -> None:
    with pytest.raises(FieldError):
        field_of(text()).parse(typed, LOOKUP)


def test_a_number_of_a_spreadsheet_that_lost_digits_is_refused() -> None:
    with pytest.raises(FieldError, match="A spreadsheet has shortened this number"):
        field_of(text()).parse(110101199003078e4, LOOKUP)


@pytest.mark.parametrize(("value", "said"), [
    ("abcd", ["Give at most 3 characters; these are 4."]), ("a", ["Give at least 2 characters; these are 1."]), ("林女士", []),
    ("abc", [])])
def test_length_counts_characters(value: str, said: list[str]) -> None:
    assert [str(message) for message in field_of(text(min_length=2, max_length=3)).check(value)] == said


def wrong(format: str, typed: str) -> list[str]:
    field = field_of(text(format=format))
    return [str(message) for message in field.check(field.parse(typed, LOOKUP))]


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L", "９１３５０１００Ｍ０００１００Ｙ４３",
                                  "91350100 M000 100y43"])
def test_a_credit_code_with_its_check_character_is_taken(code: str) -> None:
    assert wrong("cn_uscc", code) == []


@pytest.mark.parametrize(("code", "said"), [
    ("91350100M000100Y4", "The credit code needs 18 characters; this one has 17."),
    ("91350100M000100Y44", "The check digit does not fit"),
    ("19350100M000100Y43", "The check digit does not fit"),
    ("91350100I000100Y43", "without I, O, S, V and Z")])
def test_a_credit_code_with_a_slip_is_refused(code: str, said: str) -> None:
    assert said in wrong("cn_uscc", code)[0]


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "11010519491231002x"])
def test_an_identity_number_with_its_check_character_is_taken(number: str) -> None:
    assert wrong("cn_id", number) == []


@pytest.mark.parametrize(("number", "said"), [
    ("110105194912310021", "The check digit does not fit"), ("11010519490231002X", "19490231 is none"), ("1101051949123100", "has 16"),
    ("1101051949123100ZX", "only the last may be an X")])
def test_an_identity_number_with_a_slip_is_refused(number: str, said: str) -> None:
    assert said in wrong("cn_id", number)[0]


@pytest.mark.parametrize(("format", "good", "bad"), [("cn_postcode", "100080", "10008"),
                                                     ("bank_card", "6222 0212 3456 7890 128", "6222021234567890124")])
def test_other_formats(format: str, good: str, bad: str) -> None:
    assert wrong(format, good) == [] and wrong(format, bad)


def test_a_credit_code_is_kept_in_capitals_so_that_it_is_unique() -> None:
    assert field_of(text(format="cn_uscc")).parse("91350100m000100y43", LOOKUP) == "91350100M000100Y43"


def test_bounds_that_exclude_everything_are_a_problem() -> None:
    form = form_of(text(min_length=9, max_length=3))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == ["fields/0/min_length"]
