"""Looks for formulas that do harm: inputs are changed at random, and those that reach new places of runtime/formulas are changed further.

    make fuzz                                   ten minutes
    make fuzz ARGS="--seconds 60 --seed 7"      shorter; the same seed begins the same way
    make fuzz ARGS="--replay var/fuzz/faults/…" one fault again

Each input walks the whole road (formula_road.py) in a child process, which may be killed. What reached something new is kept in
var/fuzz/inputs for the next run, what went wrong in var/fuzz/faults, made as small as it gets; copy it into formulas.jsonl once mended.
The pool, the changes and the coverage are our own: Atheris has no wheels but for Linux on x86-64.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from runtime.formulas.functions import FUNCTIONS
from runtime.formulas.tokens import LONGEST
from tests.hostile.corpus import every_input
from tests.hostile.formula_road import Road

ROOT = Path(__file__).resolve().parents[2]
FORMULAS = str(ROOT / "runtime" / "formulas")
KEPT = ROOT / "var" / "fuzz" / "inputs"
FAULTS = ROOT / "var" / "fuzz" / "faults"
CURRENT = ROOT / "var" / "fuzz" / "current.json"
STUCK = 20
"""Seconds after which an input is held to be endless."""
TRIES = 150
"""How often a fault is made smaller."""
PART = re.compile(r"\w+|'[^']*'|\s+|.", re.DOTALL)
WORDS = (
    "amount name other nothing zero whole fine spend budget dollars day no_day seen_at agreed owner status colors tags parent parent.name "
    "orders orders.amount orders.items.quantity orders.status orders.paid_on record id created_at score TODAY() NOW() 'a' '' 'vip' 'done' "
    "0 1 2 -1 0.5 7 365 999999999999999 0.00000001 TRUE FALSE where= on= days= months= by= + - * / % & == != < <= > >= = <> and or not in "
    "if else ( ) , . { } ' \" \\ “ ” （ ） ， ＝ ≥ 真 金额 {Amount,net} ² ｆ \u200b \u0301 𠮷 é \ud800 \0 \n \t # ; : [ ] ** // := __class__"
).split(" ")


class Coverage:
    """Which steps from line to line of the formulas' code were taken."""

    def __init__(self) -> None:
        self.seen: set[tuple[Any, int, int]] = set()
        self._now: set[tuple[Any, int, int]] = set()
        self._last = 0

    def new(self, work: Any, *given: Any) -> int:
        """How many steps nobody had taken before are taken by that work."""
        self._now.clear()
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            work(*given)
        finally:
            sys.settrace(before)
        found = self._now - self.seen
        self.seen |= found
        return len(found)

    def _called(self, frame: FrameType, event: str, value: Any) -> Any:
        return self._stepped if frame.f_code.co_filename.startswith(FORMULAS) else None

    def _stepped(self, frame: FrameType, event: str, value: Any) -> Any:
        if event == "line":
            self._now.add((frame.f_code, self._last, frame.f_lineno))
            self._last = frame.f_lineno
        return self._stepped


class Changer:
    """Inputs from inputs."""

    def __init__(self, chance: random.Random):
        self.chance = chance
        self.words = [*WORDS, *(f"{each.name}(" for each in FUNCTIONS)]

    def changed(self, text: str, other: str) -> str:
        parts, more = PART.findall(text) or [""], PART.findall(other) or [""]
        for _turn in range(self.chance.choice((1, 1, 2, 3, 6))):
            parts = self.chance.choice(self.WAYS)(self, parts, more)
        return "".join(parts)[: LONGEST + 10]

    def _cut(self, parts: list[str]) -> tuple[int, int]:
        start = self.chance.randrange(len(parts) + 1)
        return start, min(len(parts), start + self.chance.choice((0, 1, 1, 2, 4, 9)))

    def _drop(self, parts: list[str], more: list[str]) -> list[str]:
        start, end = self._cut(parts)
        return parts[:start] + parts[end:] or [""]

    def _put(self, parts: list[str], more: list[str]) -> list[str]:
        start, end = self._cut(parts)
        return [*parts[:start], self.chance.choice(self.words), *parts[end:]]

    def _splice(self, parts: list[str], more: list[str]) -> list[str]:
        (start, end), (first, last) = self._cut(parts), self._cut(more)
        return [*parts[:start], *more[first:last], *parts[end:]]

    def _repeat(self, parts: list[str], more: list[str]) -> list[str]:
        start, end = self._cut(parts)
        return parts[:end] + parts[start:end] * self.chance.choice((1, 2, 8, 40, 300)) + parts[end:]

    def _wrap(self, parts: list[str], more: list[str]) -> list[str]:
        start, end = self._cut(parts)
        times = self.chance.choice((1, 1, 1, 2, 8, 38))
        opening = self.chance.choice((*(word for word in self.words if word.endswith("(")), "(", "-(", "not ("))
        closing = self.chance.choice((")", ")", ", 1)", ", 'a')", f", {''.join(more[:20])})"))
        return [*parts[:start], *[opening] * times, *parts[start:end], *[closing] * times, *parts[end:]]

    def _sign(self, parts: list[str], more: list[str]) -> list[str]:
        start, end = self._cut(parts)
        sign = chr(self.chance.choice((self.chance.randrange(128), self.chance.randrange(0x3000), self.chance.randrange(0x110000))))
        return [*parts[:start], sign, *parts[end:]]

    WAYS = (_drop, _put, _put, _splice, _splice, _repeat, _wrap, _wrap, _sign)


# -- the child ------------------------------------------------------------------------------------------------------------------
class Hunter:
    def __init__(self, seed: int):
        self.road, self.coverage = Road(), Coverage()
        self.chance = random.Random(seed)
        self.changer = Changer(self.chance)
        self.pool: list[str] = []
        self.kinds: set[str] = {json.loads(path.read_text())["kind"] for path in FAULTS.glob("*.json")}
        self.count = 0

    def hunt(self, until: float) -> None:
        for typed in [*every_input(), *_kept(), *(text for each in FUNCTIONS for text, _shown in each.examples())]:
            self.tried(typed, known=True)
        while time.monotonic() < until:
            self.turn()

    def turn(self) -> None:
        """One input changed and tried; the youngest know the way to the newest places."""
        start = self.chance.choice((0, len(self.pool) // 2, len(self.pool) * 9 // 10))
        self.tried(self.changer.changed(self.pool[self.chance.randrange(start, len(self.pool))], self.chance.choice(self.pool)))

    def tried(self, typed: str, known: bool = False) -> None:
        self.count += 1
        CURRENT.write_text(json.dumps({"typed": typed, "count": self.count, "pool": len(self.pool), "steps": len(self.coverage.seen)}))
        kind = self.fault(typed)
        if kind:
            self.keep(typed, kind)
        elif self.coverage.new(self.road.walk_through, typed) or known:
            self.pool.append(typed)
            if not known:
                _written(KEPT, typed, {})

    def fault(self, typed: str) -> str:
        """What is wrong with an input, in a few words that are the same for the same fault; empty if nothing is."""
        try:
            faults = self.road.faults(self.road.measured(typed))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            return f"{type(error).__name__} in {Path(place.filename).name} {place.name}: {error}"[:300]
        return faults[0][:300] if faults else ""

    def keep(self, typed: str, kind: str) -> None:
        name = _nameless(kind)
        if name in self.kinds:
            return
        self.kinds.add(name)
        _written(FAULTS, self.smaller(typed, name), {"kind": name, "fault": kind, "found_as": typed})

    def smaller(self, typed: str, name: str) -> str:
        """The input with every part taken out that the fault does not need."""
        parts, size, tries = PART.findall(typed), max(1, len(PART.findall(typed)) // 2), 0
        while size and tries < TRIES:
            for start in range(0, len(parts), size):
                fewer, tries = parts[:start] + parts[start + size :], tries + 1
                if tries < TRIES and fewer and _nameless(self.fault("".join(fewer))) == name:
                    parts = fewer
            size //= 2
        return "".join(parts)


def _nameless(kind: str) -> str:
    """A fault without the figures and texts of its input, so that one fault is kept once."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|[\d.]+", "…", kind)[:120]


def _kept() -> list[str]:
    return [json.loads(path.read_text())["typed"] for path in sorted(KEPT.glob("*.json"))]


def _written(folder: Path, typed: str, more: dict[str, str]) -> Path:
    name = hashlib.sha256(typed.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"typed": typed, **more}, indent=1))
    return path


# -- the parent -----------------------------------------------------------------------------------------------------------------
def _children(seconds: float, seed: int) -> Iterator[dict[str, Any]]:
    """Lets one child after the other hunt until the time is over; gives what each did last."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 1:
        CURRENT.unlink(missing_ok=True)
        child = subprocess.Popen([sys.executable, "-m", __spec__.name, "--child", "--seconds", str(left), "--seed", str(seed)], cwd=ROOT)
        ended = _watched(child)
        last = json.loads(CURRENT.read_text()) if CURRENT.exists() else {}
        if ended != 0 and last:
            kind = f"the process ends with {ended}" if ended is not None else f"not done after {STUCK} s"
            _written(FAULTS, last["typed"], {"kind": kind, "fault": kind})
        elif ended:
            raise SystemExit(ended)
        yield last
        seed += 1


def _watched(child: subprocess.Popen[bytes]) -> int | None:
    """How a child ended; None if it was killed because it did not go on."""
    while True:
        try:
            return child.wait(1)
        except subprocess.TimeoutExpired:
            if CURRENT.exists() and time.time() - CURRENT.stat().st_mtime > STUCK:
                child.kill()
                child.wait()
                return None


def replay(paths: list[str]) -> int:
    hunter, wrong = Hunter(0), 0
    for path in paths:
        typed = json.loads(Path(path).read_text())["typed"]
        kind = hunter.fault(typed)
        wrong += bool(kind)
        print(f"{kind or 'no fault any more'}: {ascii(typed[:200])}")
    return 1 if wrong else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("fuzz", description="Looks for formulas that do harm.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--replay", nargs="+", metavar="FILE")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    for folder in (KEPT, FAULTS):
        folder.mkdir(parents=True, exist_ok=True)
    if asked.replay:
        return replay(asked.replay)
    if asked.child:
        Hunter(asked.seed).hunt(time.monotonic() + asked.seconds)
        return 0
    print(f"{asked.seconds:.0f} s from seed {asked.seed}", flush=True)
    for last in _children(asked.seconds, asked.seed):
        print(f"{last.get('count', 0)} inputs, {last.get('pool', 0)} of them kept, {last.get('steps', 0)} steps of code", flush=True)
    return _reported()


def _reported() -> int:
    found = sorted(FAULTS.glob("*.json"))
    for path in found:
        fault = json.loads(path.read_text())
        print(f'\n{fault["fault"]}\n  {ascii(fault["typed"][:200])}\n  make fuzz ARGS="--replay {path.relative_to(ROOT)}"')
    print(f"\n{len(found)} faults in {FAULTS.relative_to(ROOT)}" if found else "No fault found.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
