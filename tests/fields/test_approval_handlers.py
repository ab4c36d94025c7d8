from __future__ import annotations

from tests.makers import PlainReader, field, field_of


def test_all_who_are_asked_are_named() -> None:
    found = field_of(field("approval_handlers", "handlers", workflow="flow"))
    assert found.display((7, 8), PlainReader()) == "Ning, Li" and list(found.people((7, 8))) == [7, 8]
    assert found.to_json((7, 8)) == ["7", "8"]
