"""Workflow: nodes, the lines between them, and who may start."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.model import Definition, FormulaText, FormulaUse, Key, Model, Text, Who, repeated
from runtime.definitions.node import AGAINST_NAMES, Node, Nodes, OutsideNode, PeopleNode
from runtime.definitions.shelf import NODES, OneOf
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

AnyNode = Annotated[Node, OneOf(NODES)]


class Line(Model):
    """From one node to the next. `when`: only if this holds; `result`: only if what was set off there has ended so; `otherwise`: if no
    other line of its node does."""

    from_: Key = Field(alias="from")
    to: Key
    when: FormulaText | None = None
    result: Literal["approved", "rejected", "ended", "done", "failed"] | None = None
    otherwise: bool = False
    label: Text | None = None

    @property
    def conditional(self) -> bool:
        return self.when is not None or self.result is not None


class Workflow(Definition):
    kind: Literal["workflow"] = "workflow"
    form: Key
    enabled: bool = True
    may_start: tuple[Who, ...] = Field((), max_length=50)
    """Left out: whoever may add records of the form."""
    starts: Literal["submit", "by_hand"] = "submit"
    """Whether submitting a record starts it, or somebody starts it for a record."""
    withdraw: Literal["no", "before_first_act", "until_next_handler_acts"] = "before_first_act"
    read_only: bool = Field(False, title="The record cannot be changed meanwhile")
    """While it is under way only those who are asked change the record, at their node and what the node lets be changed."""
    mail_link: Literal["sign_in", "without_sign_in"] = Field("sign_in", title="Links in mails")
    """Whether the link in the mail about a task asks to sign in, or lets that one person decide that one task without it."""
    skip_repeated_approver: Literal["no", "same_as_previous", "already_approved"] = "no"
    nodes: tuple[AnyNode, ...] = Field(min_length=2, max_length=100)
    lines: tuple[Line, ...] = Field(min_length=1, max_length=300)

    @cached_property
    def by_key(self) -> dict[str, Any]:
        return Nodes((each.key, each) for each in self.nodes)

    @cached_property
    def start(self) -> Any:
        return next(each for each in self.nodes if each.type == "start")

    def out_of(self, node: str) -> list[Line]:
        """The lines that lead on from a node, those with a condition first, in their order."""
        return sorted((each for each in self.lines if each.from_ == node), key=lambda each: each.otherwise or not each.conditional)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
        for number, node in enumerate(self.nodes):
            yield from (each.under(f"nodes/{number}") for each in node.problems(self.form, catalogue))
            yield from (each.under(f"nodes/{number}") for each in self._of_people(node))
        yield from self._of_shape()
        yield from self._own_circle(catalogue)

    def _of_people(self, node: Any) -> Iterator[Problem]:
        if not isinstance(node, PeopleNode):
            return
        if not (node.approvers or node.levels or node.formula):
            yield Problem("approvers", _("Say who acts here."))
        if node.mode == "ratio" and node.ratio is None:
            yield Problem("ratio", _("Say which share of them must approve."))
        if node.in_bulk and node.signature != "no":
            yield Problem("in_bulk", _("What is signed is decided on its own page. Switch one of the two off."))
        for place, key in enumerate(node.brief):
            if node.fields.get(key, node.fields.get("*", "hidden")) == "hidden":
                yield Problem(f"brief/{place}", _("This node hides the field, so the list cannot show it."))
        for place, name in enumerate(node.return_to):
            target = self.by_key.get(name)
            if name not in AGAINST_NAMES and not isinstance(target, PeopleNode):
                yield Problem(f"return_to/{place}", _("Nothing can be returned to {node}: nobody acts there.", node=name))

    def _of_shape(self) -> Iterator[Problem]:
        """What is wrong with how nodes and lines hang together."""
        for key in repeated([each.key for each in self.nodes]):
            yield Problem("nodes", _("Two nodes have the key {key}.", key=key))
        starts = [each for each in self.nodes if each.type == "start"]
        if len(starts) != 1:
            yield Problem("nodes", _("A workflow has exactly one start."))
        if not any(each.type == "end" for each in self.nodes):
            yield Problem("nodes", _("A workflow has an end."))
        for number, line in enumerate(self.lines):
            for end, name in (("from", line.from_), ("to", line.to)):
                if name not in self.by_key:
                    yield Problem(f"lines/{number}/{end}", _("There is no node with the key {key}.", key=name))
            if line.conditional and line.otherwise:
                yield Problem(f"lines/{number}/when", _("“Otherwise” has no condition of its own."))
            if line.result is not None and line.from_ in self.by_key:
                yield from (each.under(f"lines/{number}") for each in self._of_result(self.by_key[line.from_], line.result))
        for number, node in enumerate(self.nodes):
            yield from (each.under(f"nodes/{number}") for each in self._ways_out(node))
        if len(starts) == 1:
            yield from self._dead_ends(starts[0])

    def _ways_out(self, node: Any) -> Iterator[Problem]:
        out = self.out_of(node.key)
        if node.passing == "ends":
            if out:
                yield Problem("key", _("No line leads on from an end."))
            return
        if not out:
            yield Problem("key", _("No line leads on from here."))
        conditional, otherwise = [each for each in out if each.conditional], [each for each in out if each.otherwise]
        bare = len(out) - len(conditional) - len(otherwise)
        if node.type == "parallel":
            if conditional or otherwise:
                yield Problem("key", _("The lines of a parallel node have no conditions."))
            return
        if len(otherwise) > 1:
            yield Problem("key", _("Only one line can be “otherwise”."))
        if conditional and not otherwise:
            yield Problem("key", _("Add an “otherwise” line: without it a record that fits no condition would stand still."))
        if bare > 1 or (bare and (conditional or otherwise)):
            yield Problem("key", _("Several lines without a condition leave from here. Use a parallel node for that."))

    @staticmethod
    def _of_result(node: Any, result: str) -> Iterator[Problem]:
        """What is wrong with a line that is only for one end of what its node sets off."""
        if result not in getattr(node, "results", ()):
            yield Problem("result", _("What is set off there cannot end like this."))
        elif not node.wait:
            yield Problem("result", _("Nobody waits there for an end, so no line can be for one."))

    def _own_circle(self, catalogue: Catalogue) -> Iterator[Problem]:
        """Workflows that start each other round in a circle would never end."""
        for number, node in enumerate(self.nodes):
            if isinstance(node, OutsideNode) and self.key in self._starts_from(node, catalogue):
                yield Problem(
                    f"nodes/{number}/workflow", _("This workflow would be started by itself in the end: the two go round in a circle.")
                )

    def _starts_from(self, node: Any, catalogue: Catalogue) -> set[str]:
        """All workflows that come of a node, one by way of another."""
        found: set[str] = set()
        waiting = [getattr(node, "workflow", None)]
        while waiting:
            key = waiting.pop()
            if key is None or key in found:
                continue
            found.add(key)
            flow = catalogue.workflows.get(key) if key != self.key else None
            waiting += [getattr(each, "workflow", None) for each in flow.nodes] if flow is not None else []
        return found

    def _dead_ends(self, start: Any) -> Iterator[Problem]:
        reached = self._reach(start.key, lambda line: (line.from_, line.to))
        ending: set[str] = set()
        for each in self.nodes:
            if each.type == "end":
                ending |= self._reach(each.key, lambda line: (line.to, line.from_))
        for number, node in enumerate(self.nodes):
            if node.key not in reached:
                yield Problem(f"nodes/{number}/key", _("Nothing leads here."))
            elif node.key not in ending:
                yield Problem(f"nodes/{number}/key", _("No way leads from here to an end."))
        yield from self._circles()

    def _reach(self, key: str, ends: Any) -> set[str]:
        found, waiting = {key}, [key]
        while waiting:
            here = waiting.pop()
            for line in self.lines:
                before, after = ends(line)
                if before == here and after not in found:
                    found.add(after)
                    waiting.append(after)
        return found

    def _circles(self) -> Iterator[Problem]:
        """Circles in which nobody acts and nothing waits: they would turn without an end."""
        alone = {each.key for each in self.nodes if each.passing in ("through", "splits", "joins")}
        left = {key: {line.to for line in self.lines if line.from_ == key and line.to in alone} for key in alone}
        while True:
            done = [key for key, following in left.items() if not following]
            if not done:
                break
            for key in done:
                del left[key]
            for following in left.values():
                following.difference_update(done)
        for number, node in enumerate(self.nodes):
            if node.key in left:
                yield Problem(f"nodes/{number}/key", _("A circle in which nobody acts leads through here; it would turn without an end."))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for number, line in enumerate(self.lines):
            if line.when is not None:
                yield FormulaUse(f"lines/{number}/when", line.when, self.form, None, ("boolean",), allow=frozenset({"person"}))
        for number, node in enumerate(self.nodes):
            yield from (use.under(f"nodes/{number}") for use in node.formulas(self.form, catalogue))
            if isinstance(node, PeopleNode):
                if node.formula is not None:
                    yield FormulaUse(f"nodes/{number}/formula", node.formula, self.form, None, ("member",), allow=frozenset({"person"}))
