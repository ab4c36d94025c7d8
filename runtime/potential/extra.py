"""The packages of the extra `ml`, which may be missing, and what is said then."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from runtime.errors import TierloomError
from runtime.texts import Message, _

NEEDED = ("numpy", "scipy", "sklearn", "threadpoolctl")


class NoFit(TierloomError):
    """A model cannot be made of these records; the message says why."""

    status = 422

    def __init__(self, message: Message):
        super().__init__(message)


class Missing(TierloomError):
    status = 422


@cache
def is_there() -> bool:
    return all(find_spec(name) is not None for name in NEEDED)


def how_to_add() -> Message:
    return _("Models of potential need more packages. Add them on the server with: {command}", command='pip install "tierloom[ml]"')


def need() -> None:
    """Raises Missing where the extra is not installed."""
    if not is_there():
        raise Missing(how_to_add())
