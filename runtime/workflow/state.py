"""What is known of one run of a workflow: where it stands, who is asked, what was done. Plain data; rows keep it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OPEN, QUEUED, UNDONE = "open", "queued", "undone"
SEATS = (OPEN, QUEUED, "approved", "rejected")
"""States in which a task counts as one of those who are asked at a node."""


@dataclass
class Visit:
    """Once at a node. `forks`: the visits of the splitting nodes within whose lines it stands, outermost first."""

    number: int
    node: str
    at: int
    round: int
    previous: int | None = None
    forks: tuple[int, ...] = ()
    back_to: str | None = None
    """The node to which it goes straight back when this is done, after a return."""
    state: str = OPEN
    """open; done: it went on; left: it was cut short; undone: whoever made it come about took that back at once, as if it had never been."""
    ended_at: int | None = None
    wakes_at: int | None = None
    void: bool = False
    """Whether a return or a withdrawal took back what was done here."""


@dataclass
class Task:
    """One person asked at a visit. `after`: the tasks that come first. `advisory`: it unlocks others and does not count as a vote."""

    number: int
    visit: int
    person: int
    state: str = OPEN
    instead_of: int | None = None
    """Whom this person stands in for while they are away."""
    after: tuple[int, ...] = ()
    advisory: bool = False
    came_from: int | None = None
    """The task that was transferred, escalated or added to."""
    at: int = 0
    due_at: int | None = None
    acted_at: int | None = None
    acted_by: int | None = None
    comment: str = ""
    why: str | None = None
    """Why nobody had to act: starter, repeated, overdue."""


@dataclass(frozen=True)
class Entry:
    """A line of the log."""

    at: int
    act: str
    person: int | None
    node: str | None = None
    task: int | None = None
    comment: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Run:
    starter: int
    status: str = "new"
    """new, running, returned, withdrawn, approved, rejected, ended."""
    round: int = 0
    visits: list[Visit] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    log: list[Entry] = field(default_factory=list)
    earlier: int = 0
    """Lines of the log that are stored and were left unread: `log` begins after them."""
    counted: bool = False
    """Whether its row has counted already the act that is being done."""

    def visit(self, number: int) -> Visit:
        return self.visits[number - 1]

    def task(self, number: int) -> Task:
        return self.tasks[number - 1]

    def tasks_of(self, visit: int, *states: str) -> list[Task]:
        return [each for each in self.tasks if each.visit == visit and (not states or each.state in states)]

    @property
    def open_visits(self) -> list[Visit]:
        return [each for each in self.visits if each.state == OPEN]

    @property
    def open_tasks(self) -> list[Task]:
        return [each for each in self.tasks if each.state == OPEN]

    @property
    def is_over(self) -> bool:
        return self.status in ("approved", "rejected", "ended")
