"""What to do when a machine lacks a part that some tests need."""
import os
from typing import NoReturn

import pytest


def missing(sentence: str) -> NoReturn:
    """Skips the test, saying what is missing; fails it where everything has to be there (CI=true)."""
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
