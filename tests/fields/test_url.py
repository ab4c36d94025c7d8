from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, field_of, url

LOOKUP = PlainLookup()


@pytest.mark.parametrize(("typed", "kept"), [
    ("https://example.com/a?b=1#c", "https://example.com/a?b=1#c"), ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/"),
    ("www.example.com", "https://www.example.com"),
    ("example.com/路径", "https://example.com/路径"), ("https://例子.中国/", "https://例子.中国/")])
def test_web_addresses(typed: str, kept: str) -> None:
    assert field_of(url()).parse(typed, LOOKUP) == kept


@pytest.mark.parametrize("typed", [
    "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "ftp://example.com", "//example.com", "https://", "http://[",
    "https://a b.com", "file:///etc/passwd",
    "https://x.com/\u202ea", "hello", "https://example.com:99999/", "https://x.com/\"onclick=", "https://" + "a" * 2000])
def test_only_http_and_https(typed: str) -> None:
    with pytest.raises(FieldError):
        field_of(url()).parse(typed, LOOKUP)


def test_a_link_may_say_something_else_than_its_address() -> None:
    field = field_of(url(shown_as={"zh": "官网", "en": "Site"}))
    assert field.words("https://example.com", PlainReader("zh")) == "官网" and field.display("https://example.com", PlainReader("zh")) == "https://example.com"
    assert field_of(url()).words("https://example.com", PlainReader()) == "https://example.com"
