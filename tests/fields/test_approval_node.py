from __future__ import annotations

from tests.makers import PlainReader, field, field_of


def test_a_node_that_nobody_knows_by_name_is_shown_by_its_key() -> None:
    found = field_of(field("approval_node", "node", workflow="flow"))
    assert found.display("manager", PlainReader()) == "manager" and found.display(None, PlainReader()) == ""
