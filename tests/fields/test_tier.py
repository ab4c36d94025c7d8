from __future__ import annotations

import pytest

from tests.makers import PlainReader, catalogue_of, field_of, form_of, text, tier, tier_model_of


def test_the_tier_is_shown_by_its_label() -> None:
    assert [field_of(tier()).display("gold", PlainReader(language)) for language in ("zh", "en")] == ["金", "Gold"]


def test_nobody_enters_or_imports_it() -> None:
    field = field_of(tier())
    assert not field.writable and not field.importable


@pytest.mark.parametrize(("form", "expected"), [("customer", []), ("order", ["fields/1/tier_model"])])
def test_the_model_is_that_of_the_form(form: str, expected: list[str]) -> None:
    customer, order = form_of(text(), tier()), form_of(key="order")
    assert [problem.path for problem in customer.problems(catalogue_of(customer, order, tier_model_of(form=form)))] == expected


def test_an_unknown_model_is_a_problem() -> None:
    form = form_of(text(), tier())
    assert [problem.path for problem in form.problems(catalogue_of(form))] == ["fields/1/tier_model"]
