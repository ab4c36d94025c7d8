"""What is raised on purpose. Everything here carries a sentence for the person and is caught at an edge: page, API, command, step."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runtime.texts import Message, _


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, at a path such as `fields/2/stars` or a field's key; an empty path means the whole."""

    path: str
    message: Message

    def under(self, prefix: str) -> Problem:
        return Problem(f"{prefix}/{self.path}" if self.path else prefix, self.message)


@dataclass(frozen=True)
class FormulaProblem:
    """What is wrong in a formula: characters `position` (from 0) to `position + length` of the text as typed."""

    message: Message
    position: int = 0
    length: int = 0


class TierloomError(Exception):
    """The root of the tree. `status` is the HTTP status an edge answers with."""

    status = 400

    def __init__(self, message: Message):
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Refused(TierloomError):
    """Input that does not fit, every problem at its path."""

    status = 422

    def __init__(self, problems: Sequence[Problem], message: Message | None = None):
        self.problems = list(problems)
        super().__init__(message or (self.problems[0].message if self.problems else _("This was refused.")))


class DefinitionProblems(Refused):
    """A definition, or a set of them, that cannot be published as it is."""

    def __str__(self) -> str:
        return "\n".join(f"{each.path}: {each.message}" for each in self.problems)


class FormulaProblems(TierloomError):
    status = 422

    def __init__(self, problems: Sequence[FormulaProblem]):
        self.problems = list(problems)
        super().__init__(self.problems[0].message)


class NotAllowed(TierloomError):
    status = 403


class NotFound(TierloomError):
    status = 404


class Stale(TierloomError):
    """Somebody else wrote in between. `current` is what is stored now."""

    status = 409

    def __init__(self, message: Message, current: Any = None):
        super().__init__(message)
        self.current = current


class DiskFull(TierloomError):
    """Nothing more can be written. What was to be written is taken back; work in the background is done later."""

    status = 507

    def __init__(self) -> None:
        super().__init__(_("The server's disk is full, so nothing was saved. Ask whoever runs the server to make room, then try again."))


class SettingsError(TierloomError):
    """A setting, a folder or a port that does not let the product start."""

    status = 500


class FieldError(TierloomError):
    """A value that a field cannot take. A sub-form's names each place in it, with full paths such as `items/0/price`."""

    status = 422

    def __init__(self, message: Message, problems: Sequence[Problem] = ()):
        super().__init__(message)
        self.problems = list(problems)
