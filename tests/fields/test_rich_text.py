"""Rich text: what stays of what is given, and how it reads."""

from __future__ import annotations

import pytest

from runtime.fields._html import clean, plain
from tests.makers import PlainLookup, PlainReader, field_of, rich_text

HOSTILE = [
    ("<p>a</p><script>alert(1)</script>", "<p>a</p>"),
    ('<p onclick="x()" style="color:red" class="y">a</p>', "<p>a</p>"),
    ('<a href="javascript:alert(1)">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
    ('<a href="https://example.com" target="_blank">a</a>', '<a href="https://example.com" rel="noopener noreferrer nofollow">a</a>'),
    ("<p>a<img src=x onerror=alert(1)></p>", "<p>a</p>"),
    ("<svg><style><img src=x onerror=alert(1)></style></svg>a<b>c</b>", "ac"),
    ('<p>a</p><iframe src="//example.com"></iframe><form><input></form>', "<p>a</p>"),
    ('a<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">', "a"),
]


@pytest.mark.parametrize(("given", "kept"), HOSTILE)
def test_only_what_is_allowed_stays(given: str, kept: str) -> None:
    value = field_of(rich_text()).parse(given, PlainLookup())
    assert value == kept


@pytest.mark.parametrize(("given", "_kept"), HOSTILE)
def test_what_came_into_the_database_by_another_way_is_cleaned_on_the_way_out(given: str, _kept: str) -> None:
    field = field_of(rich_text())
    for shown in (str(field.drawn(given, PlainReader())), field.to_json(given)):
        assert not any(word in shown for word in ("<script", "onerror=", "onclick", "javascript:", "<iframe", "<img", "style="))


@pytest.mark.parametrize("given", ["<p></p>", "<p>  </p><p><br></p>", "<script>alert(1)</script>", "&nbsp;" * 3 + "<br>", "<!-- a -->"])
def test_marks_without_a_letter_are_blank(given: str) -> None:
    assert field_of(rich_text()).parse(given, PlainLookup()) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a & b\n\nc", "<p>a &amp; b</p><p>c</p>"),
        ("1 < 2", "<p>1 &lt; 2</p>"),
        ("<h3>T</h3><ul><li><p>a</p></li></ul>", "<h3>T</h3><ul><li><p>a</p></li></ul>"),
    ],
)
def test_a_text_without_marks_becomes_paragraphs(given: str, kept: str) -> None:
    field = field_of(rich_text())
    assert field.parse(given, PlainLookup()) == kept and field.parse(kept, PlainLookup()) == kept


def test_it_is_searched_and_listed_as_plain_text() -> None:
    field = field_of(rich_text())
    value = "<h2>Offer</h2><p>A <strong>big</strong>&nbsp;order &amp; more</p><ul><li><p>one</p></li><li><p>two</p></li></ul>"
    assert field.search_text(value) == "Offer\nA big order & more\none\ntwo" == field.display(value, PlainReader())


def test_cleaning_twice_is_cleaning_once() -> None:
    for given, _kept in HOSTILE:
        assert clean(clean(given)) == clean(given)
    assert plain("<p>1 &lt; 2</p>") == "1 < 2"
