from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from tests.makers import PlainLookup, PlainReader, catalogue_of, field_of, form_of, formula, options

LOOKUP = PlainLookup()
RESULTS = [
    ({"result": "number"}, Decimal("12.35"), 1235, "12.35"), ({"result": "number", "decimals": 0, "unit": "days"}, Decimal(12), 12,
                                                              "12 days"),
    ({"result": "number", "decimals": 1, "unit": "%"}, Decimal("7.5"), 75, "7.5%"),
    ({"result": "money", "currency": "CNY"}, Decimal("8.50"), 850, "¥8.50"),
    ({"result": "money", "currency": "JPY"}, Decimal(8), 8, "JPY8"), ({"result": "text"}, "A", "A", "A"),
    ({"result": "boolean"}, False, 0, "No"),
    ({"result": "date"}, date(1970, 1, 3), 2, "1970-01-03"), ({"result": "datetime"}, datetime(1970, 1, 1, tzinfo=UTC), 0,
                                                              "1970-01-01 08:00"),
    ({"result": "choice", "options": options("new", "old")}, "new", "new", "New"), ({"result": "choice"}, "new", "new", "new"),
    ({"result": "member"}, 7, 7, "Ning")]


@pytest.mark.parametrize(("settings", "value", "stored", "shown"), RESULTS)
def test_a_result_is_stored_shown_and_given_as_its_type(settings: dict[str, Any], value: Any, stored: Any, shown: str) -> None:
    field = field_of(formula(**settings))
    assert field.parse(value, LOOKUP) == value and field.to_column(value) == stored and field.from_column(stored) == value
    assert field.display(value, PlainReader()) == shown
    assert field.formula_type().kind == settings["result"]
    jsonschema.Draft202012Validator(field.schema()).validate(field.to_json(value))
    assert "blank" in field.operators


def test_a_result_is_rounded_half_away_from_zero_when_it_is_stored() -> None:
    field = field_of(formula(result="number", decimals=1))
    assert [field.parse(Decimal(value), LOOKUP) for value in ("0.25", "-0.25", "0.249999")] == [Decimal("0.3"), Decimal("-0.3"),
                                                                                                Decimal("0.2")]


def test_nobody_enters_or_imports_it() -> None:
    field = field_of(formula())
    assert not field.writable and not field.importable


@pytest.mark.parametrize(("settings", "path"), [
    ({"result": "text", "decimals": 2}, "decimals"), ({"result": "number", "currency": "CNY"}, "currency"),
    ({"result": "text", "options": options("a")}, "options"),
    ({"default": "1"}, "default"), ({"required": True}, "required"), ({"unique": True}, "unique")])
def test_settings_that_belong_elsewhere_are_problems(settings: dict[str, Any], path: str) -> None:
    form = form_of(formula(**settings))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == [f"fields/0/{path}"]


def test_another_result_is_a_changed_type() -> None:
    signatures = {field_of(formula(**settings)).signature() for settings, *_rest in RESULTS}
    assert len(signatures) == 11, "only choices with and without labels share a column"
