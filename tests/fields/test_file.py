"""File: what a field takes, and what it believes of a file."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, field_of, file

ID = "abcdefghijklmnopqrstuv"


class Known(PlainLookup):
    """Knows one file, as the server took it in."""

    def file(self, id: str, token: str) -> str | None:
        return f"{ID}:2048:Offer.pdf" if id == ID else None


@pytest.mark.parametrize(
    "given",
    [
        ID,
        f"{ID}:9:other.exe",
        [ID, ID],
        [{"id": ID}],
        [{"id": ID, "name": "../../x", "size": 1}],
        f"Offer.pdf https://crm.example.com/files/{ID}",
        f"{ID}:2048:Offer.pdf\n{ID}",
    ],
)
def test_only_the_id_is_believed(given: Any) -> None:
    assert field_of(file()).parse(given, Known()) == (f"{ID}:2048:Offer.pdf",)


@pytest.mark.parametrize("given", ["Offer.pdf", "x" * 22, [7], [["a"]], 12, {"id": ID}, f"/files/{ID}/more", [None, {"name": "a"}]])
def test_what_was_never_sent_is_refused(given: Any) -> None:
    with pytest.raises(FieldError, match="no file that was sent"):
        field_of(file()).parse(given, Known())


@pytest.mark.parametrize(
    ("settings", "value", "said"),
    [
        ({"most": 1}, (f"{ID}:9:a.pdf", f"{ID[::-1]}:9:b.pdf"), "One file goes here; these are 2."),
        ({"max_size": 1}, (f"{ID}:1048577:a.pdf",), "“a.pdf” is too large. A file may have 1 MB here."),
        ({"kinds": ["sheet"]}, (f"{ID}:9:a.pdf",), "“a.pdf” is of another kind. Here go sheets: xlsx, xls, et, ods, csv."),
    ],
)
def test_a_file_sent_for_another_field_keeps_the_limits_of_this_one(settings: dict[str, Any], value: tuple[str, ...], said: str) -> None:
    messages = field_of(file(**settings)).check(value)
    assert [str(each) for each in messages] == [said] and messages[0].in_language("zh") != said


def test_it_is_found_by_its_name_and_shown_by_it() -> None:
    field = field_of(file())
    value = (f"{ID}:2048:Offer: new.pdf", f"{ID[::-1]}:9:合同.docx")
    assert field.search_text(value) == "Offer: new.pdf 合同.docx"
    assert field.to_json(value)[0] == {"id": ID, "name": "Offer: new.pdf", "size": 2048, "url": f"/files/{ID}"}
