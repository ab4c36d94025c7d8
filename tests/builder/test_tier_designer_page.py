"""The page of the tier designer: what its script begins with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from builder.pages.tier_designer_page import quarter_ends
from tests.builder.conftest import HOME, Designer

TIERS = f"{HOME}/tiers/value"


def test_a_tier_model_opens_in_its_designer_with_schema_words_and_days(enter: Callable[..., Designer]) -> None:
    bo = enter("Bo", "builder", language="zh")
    assert "tier_designer.js" in bo.get(TIERS).get_data(as_text=True)
    given = bo.given(TIERS)
    assert given["schema"]["$defs"]["Dimension"] and given["body"]["key"] == "value"
    assert (given["texts"]["tab_scoring"], given["texts"]["publish_now"]) == ("打分", "发布")
    assert [each["day"] for each in given["days"]][:1] == [""] and len(given["days"]) == 5
    assert [each["key"] for each in given["whom"] if each["key"].startswith("role:")]


def test_other_kinds_keep_the_general_editor(ada: Designer) -> None:
    assert "tier_designer.js" not in ada.get(f"{HOME}/forms/customer").get_data(as_text=True)


@pytest.mark.parametrize(
    ("today", "ends"),
    [
        (date(2026, 11, 21), [date(2026, 9, 30), date(2026, 6, 30), date(2026, 3, 31), date(2025, 12, 31)]),
        (date(2026, 1, 1), [date(2025, 12, 31), date(2025, 9, 30), date(2025, 6, 30), date(2025, 3, 31)]),
        (date(2024, 6, 30), [date(2024, 3, 31), date(2023, 12, 31), date(2023, 9, 30), date(2023, 6, 30)]),
    ],
)
def test_past_quarter_ends_are_offered_as_days(today: date, ends: list[date]) -> None:
    assert quarter_ends(today) == ends
