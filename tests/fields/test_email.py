from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, email, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(("typed", "kept"), [
    ("Lin@Example.COM", "lin@example.com"), (" mailto:lin@example.com ", "lin@example.com"), ("ｌｉｎ＠example.com", "lin@example.com"),
    ("a+b@x.co", "a+b@x.co")])
def test_addresses_are_kept_in_small_letters(typed: str, kept: str) -> None:
    assert field_of(email()).parse(typed, LOOKUP) == kept


@pytest.mark.parametrize("typed", ["lin", "lin@", "@example.com", "lin@example", "a b@example.com", "lin@-x.com", "lin@x..com",
                                   "a@b.c\nBcc: d@e.f", "x" * 65 + "@a.cn"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(FieldError, match="name@example.com"):
        field_of(email()).parse(typed, LOOKUP)


def test_masked() -> None:
    assert field_of(email()).masked("lin@example.com") == "l****@example.com"
