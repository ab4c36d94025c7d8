"""What reviews need of a worker."""

from __future__ import annotations

from runtime.reviews import facts, proposals
from runtime.system import jobs


def register() -> None:
    jobs.KINDS.setdefault(facts.KIND, facts.do)
    jobs.KINDS.setdefault(proposals.KIND, proposals.do)
