"""Flows written short, and a world of people that a test makes up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from runtime import kinds
from runtime.definitions.workflow import Workflow
from runtime.workflow.acting import Acts
from runtime.workflow.state import Run

HOUR = 3600 * 1_000_000
MODES = {"or": "any", "all": "all", "ratio": "ratio", "seq": "sequence"}
ALL = ("approve", "reject", "return", "transfer", "add_approver")


def flow_of(parts: list[dict[str, Any]], node: dict[str, Any] | None = None, **more: Any) -> Workflow:
    """A workflow of nodes in order; `branch` and `inclusive` split it, as the hand-checked cases write it."""
    return Workflow.model_validate_json(json.dumps(body_of(parts, node, **more)))


def body_of(parts: list[dict[str, Any]], node: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    kinds.load()
    made = _Maker(node or {})
    last = made.chain(["start"], parts)
    made.nodes.append({"key": "end", "type": "end"})
    made.lines += [{"from": each, "to": "end", **rest} for each, rest in last]
    return {"kind": "workflow", "key": "flow", "label": "Flow", "form": "order", "nodes": made.nodes, "lines": made.lines, **more}


class _Maker:
    def __init__(self, node: dict[str, Any]):
        self.node = node
        self.nodes: list[dict[str, Any]] = [{"key": "start", "type": "start"}]
        self.lines: list[dict[str, Any]] = []
        self.count = 0

    def chain(self, before: list[str], parts: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
        """Adds parts one after the other; gives the loose ends with what their line says."""
        loose: list[tuple[str, dict[str, Any]]] = [(each, {}) for each in before]
        for part in parts:
            if "branch" in part or "inclusive" in part:
                loose = self._split(loose, part)
                continue
            self._join_up(loose, part["id"].lower())
            self.nodes.append(self._person_node(part))
            loose = [(part["id"].lower(), {})]
        return loose

    def _join_up(self, loose: list[tuple[str, dict[str, Any]]], key: str) -> None:
        self.lines += [{"from": each, "to": key, **rest} for each, rest in loose]

    def _split(self, loose: list[tuple[str, dict[str, Any]]], part: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        self.count += 1
        key = f"split{self.count}"
        self._join_up(loose, key)
        inclusive = "inclusive" in part
        self.nodes.append({"key": key, "type": "branch", "lines": "inclusive" if inclusive else "exclusive"})
        ends: list[tuple[str, dict[str, Any]]] = []
        for arm in part.get("inclusive") or part["branch"]:
            line = {"otherwise": True} if arm.get("default") else {"when": arm["if"]}
            start, *rest = arm["then"]
            self.lines.append({"from": key, "to": start["id"].lower(), **line})
            self.nodes.append(self._person_node(start))
            ends += self.chain([start["id"].lower()], rest)
        if not inclusive:
            return ends
        self.nodes.append({"key": f"join{self.count}", "type": "join"})
        self._join_up(ends, f"join{self.count}")
        return [(f"join{self.count}", {})]

    def _person_node(self, part: dict[str, Any]) -> dict[str, Any]:
        made = {
            "key": part["id"].lower(),
            "type": "approval",
            "approvers": [f"user:{each}" for each in part["approvers"]],
            "actions": list(ALL),
        }
        made["mode"] = MODES[part["mode"]]
        if "p" in part:
            made["ratio"] = part["p"]
        if "timeout" in part:
            made["due"] = {"hours": float(part["timeout"]["after"].removesuffix("h")), "then": part["timeout"]["do"]}
        return {**made, **self.node, **part.get("more", {})}


@dataclass
class People:
    """A world: people by name, with heads, deputies and the values of the record."""

    names: list[str] = field(default_factory=lambda: ["", "ini", *(f"u{number}" for number in range(1, 10)), "admin"])
    heads: dict[str, str] = field(default_factory=dict)
    away: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    now: int = 0

    def number(self, name: str) -> int:
        return self.names.index(name)

    def people(self, node: Any, run: Run) -> list[int]:
        return [self.number(each.removeprefix("user:")) for each in node.approvers]

    def head(self, person: int) -> int | None:
        found = self.heads.get(self.names[person])
        return None if found is None else self.number(found)

    def admins(self) -> list[int]:
        return [self.number("admin")]

    def delegate(self, person: int) -> int | None:
        found = self.away.get(self.names[person])
        return None if found is None else self.number(found)

    def holds(self, formula: str) -> bool:
        return bool(eval(formula, {"__builtins__": {}}, dict(self.values)))  # noqa: S307 - the test's own text

    def due(self, due: Any, since: int) -> int | None:
        return since + int((due.hours or 0) * HOUR)

    def wakes(self, node: Any) -> int:
        return self.now + int((node.hours or 0) * HOUR)


def opened(flow: Workflow, world: People, starter: str = "ini") -> Acts:
    return Acts(flow, Run(world.number(starter)), world)


def open_tasks(acts: Acts, world: People) -> list[str]:
    run = acts.run
    return sorted(f"{run.visit(each.visit).node.upper()}:{world.names[each.person]}" for each in run.open_tasks)
