"""Visitors as for the pages."""

from tests.pages.conftest import add_person, app, browser_files, builder, cheap_passwords, signed_in  # noqa: F401
