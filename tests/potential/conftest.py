"""Visitors of the pages, as in tests/pages."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits

from tests.pages.conftest import add_person, app, browser_files, builder, cheap_passwords, signed_in, visitor

__all__ = ["add_person", "app", "browser_files", "builder", "cheap_passwords", "signed_in", "visitor"]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Fits in one thread, as the work of learning does: the tests share the processors."""
    with threadpool_limits(1):
        yield
