from __future__ import annotations

from tests.makers import PlainReader, field, field_of

STATE = field("approval_state", "state", workflow="flow")


def test_it_is_said_in_words() -> None:
    shown = [field_of(STATE).display("approved", PlainReader(language)) for language in ("zh", "en")]
    assert shown == ["已通过", "approved"]


def test_the_workflow_alone_writes_it() -> None:
    found = field_of(STATE)
    assert not found.writable and not found.importable and found.schema()["readOnly"]
