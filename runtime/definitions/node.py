"""Node: a place in a workflow. One file a kind in runtime/workflow/nodes/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from runtime.definitions.model import FormulaText, FormulaUse, Key, Model, Text, Who, repeated
from runtime.definitions.naming import Names
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

Passing = Literal["through", "waits", "people", "splits", "joins", "ends"]
Right = Literal["view", "edit", "hidden"]
AGAINST_NAMES = ("start", "previous")
"""What `return_to` may name besides nodes."""


class Node(Model):
    type: str
    key: Key
    label: Text | None = None
    at: tuple[int, int] | None = Field(None, title="Place on the drawing")
    """Where somebody put it: from the left and from the top. Without it the drawing arranges itself."""

    passing: ClassVar[Passing] = "through"
    """How a visit goes on: by itself, when something outside is over, when people have acted, along several lines, with others, not at all."""

    def problems(self, form: str, catalogue: Catalogue) -> Iterator[Problem]:
        yield from ()

    def formulas(self, form: str, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from ()


class Gone(Node):
    """Stands for a node that a run has visited and that the version it follows by now has no more: nobody acts there, nothing is shown."""

    type: Literal["gone"] = "gone"
    fields: ClassVar[dict[str, Right]] = {}
    rows: ClassVar[tuple[Any, ...]] = ()
    actions: ClassVar[tuple[str, ...]] = ()
    due: ClassVar[None] = None


class Nodes(dict[str, Any]):
    """The nodes of a workflow by key; one that is asked for and not there is `Gone`."""

    def __missing__(self, key: str) -> Gone:
        return Gone(key=key)


class Due(Model):
    """When somebody should have acted, and what happens then. Counted from the arrival, or from a date of the record."""

    hours: float | None = Field(None, gt=0, le=24 * 366, title="Hours")
    days: int | None = Field(None, ge=1, le=366, title="Days")
    field: Annotated[Key | None, Names()] = Field(None, title="Date of the record")
    working: bool = Field(False, title="Working time only")
    """Counts only working days, from 9:00 to 18:00."""
    then: Literal["remind", "approve", "return", "escalate"] = Field("remind", title="Then")


class Levels(Model):
    """Heads one above the other, from the starter's own: `count` of them, or as far as somebody with the role `role`."""

    count: int | None = Field(None, ge=1, le=20, title="How many levels")
    role: Key | None = Field(None, title="Up to somebody with the role")


class NodeCheck(Model):
    """What must hold of the record before somebody agrees, and what is said where it does not."""

    check: FormulaText = Field(title="Must hold")
    message: Text = Field(title="Message")


class RowRights(Model):
    """What may be done at a node with the rows of one sub-form that it lets be changed."""

    field: Annotated[Key, Names()] = Field(title="Sub-form")
    add: bool = Field(True, title="Rows may be added")
    edit: bool = Field(True, title="Rows that are there may be changed")
    delete: bool = Field(True, title="Rows may be removed")
    columns: Annotated[dict[str, Right], Names("field")] = Field({"*": "edit"}, title="Columns")

    def level(self, column: str) -> Right:
        return self.columns.get(column, self.columns.get("*", "hidden"))

    def problems(self, form: Any) -> Iterator[Problem]:
        lines = form.by_key[self.field].lines() if self.field in form.by_key else {}
        if not lines:
            yield Problem("field", _("This form has no sub-form with the key {key}.", key=self.field))
            return
        for key in self.columns:
            if key != "*" and key not in lines:
                yield Problem(f"columns/{key}", _("The rows have no field with the key {key}.", key=key))
        written = [each for each in lines.values() if each.writable]
        if self.delete and any(self.level(each.key) == "hidden" for each in written):
            yield Problem("delete", _("Whoever does not see all of a row cannot remove it. Show the hidden columns, or keep rows from being removed."))
        if self.add:
            needed = [each for each in written if each.required and each.default is None and self.level(each.key) != "edit"]
            for each in needed:
                yield Problem("add", _("A new row needs the column {column}, which cannot be filled in here.", column=each.label))


def rows_problems(rows: tuple[RowRights, ...], form: Any) -> Iterator[Problem]:
    """What is wrong with the rights that a node gives over the rows of a form; None: there is no such form, which is a problem of its own."""
    for key in repeated([each.field for each in rows]):
        yield Problem("rows", _("The key {key} stands there twice.", key=key))
    for place, each in enumerate(rows):
        if form is not None:
            yield from (problem.under(f"rows/{place}") for problem in each.problems(form))


class PeopleNode(Node):
    """A node at which people act."""

    passing: ClassVar[Passing] = "people"

    approvers: tuple[Who, ...] = Field((), max_length=50, title="Who")
    levels: Levels | None = Field(None, title="Level by level")
    formula: FormulaText | None = Field(None, title="Or a formula that gives a person")
    mode: Literal["any", "all", "ratio", "sequence"] = Field("any", title="How many must approve")
    ratio: float | None = Field(None, gt=0, le=1, title="Share")
    fields: Annotated[dict[str, Right], Names()] = Field({"*": "view"}, title="Fields")
    rows: tuple[RowRights, ...] = Field((), max_length=50, title="Rows of sub-forms")
    """For each sub-form that the node lets be changed what may be done with its rows; left out: everything."""
    return_to: tuple[str, ...] = Field(("start", "previous"), max_length=50, title="May be returned to")
    returned: Literal["again", "straight"] = Field("again", title="After a return")
    """Whether all nodes from there are gone through again, or it comes straight back to whoever returned it."""
    due: Due | None = Field(None, title="Due")
    if_nobody: Literal["admin", "pass", "refuse"] = Field("admin", title="If nobody is found")
    if_starter: Literal["self", "pass", "head"] = Field("self", title="If it is the starter")
    comment: Literal["optional", "required", "required_on_return", "required_on_reject", "required_on_both"] = Field("optional", title="Comment")
    """required: with every decision; required_on_both: where it is returned or rejected."""
    signature: Literal["no", "on_approve", "every"] = Field("no", title="Signature")
    """Written by hand on the page of the approval; stands in the log and in print."""
    attachments: int = Field(0, ge=0, le=20, title="Files with a decision, at most")
    checks: tuple[NodeCheck, ...] = Field((), max_length=20, title="Checks on approving")
    """Looked at with what was changed at the node; rejecting and returning need none of them."""
    in_bulk: bool = Field(False, title="May be decided in the list")
    """Whether several can be approved or rejected at once from the list of what waits. Each is an act of its own, with all its checks."""
    brief: Annotated[tuple[Key, ...], Names()] = Field((), max_length=6, title="Shown in the list of what waits")
    """Fields beside the name of the record, as far as the node shows them."""
    print_after: bool = Field(False, title="Offer printing after a decision")
    copy_to: tuple[Who, ...] = Field((), max_length=50, title="Copy on arrival to")

    def problems(self, form: str, catalogue: Catalogue) -> Iterator[Problem]:
        known = catalogue.forms.get(form)
        for place, key in enumerate(self.brief):
            if known is not None and key not in known.by_key:
                yield Problem(f"brief/{place}", _("This form has no field with the key {key}.", key=key))
        yield from rows_problems(self.rows, known)

    def rows_of(self, subform: str) -> RowRights | None:
        """What may be done with the rows of a sub-form; None: everything that the field allows."""
        return next((each for each in self.rows if each.field == subform), None)

    def formulas(self, form: str, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for number, each in enumerate(self.checks):
            yield FormulaUse(f"checks/{number}/check", each.check, form, None, ("boolean",), allow=frozenset({"person"}))


class OutsideNode(Node):
    """A node that sets something else off: another workflow, an automation. A kind says in `set_off` what, and in `results` how it can end."""

    passing: ClassVar[Passing] = "waits"
    results: ClassVar[tuple[str, ...]] = ()
    """How what was set off can end; a line may be for one of them."""
    sets_off: ClassVar[Literal["workflow", "automation"]]
    """What kind of thing; the row that waits for its end says so."""

    target: Annotated[Key | None, Names()] = Field(None, title="Which record")
    """Left out: the record itself. Else a field that points at one; where that is blank the node is passed over."""
    wait: bool = Field(True, title="Wait for its end")
    if_failed: Literal["hold", "go_on", "reject"] = Field("hold", title="If it cannot be done")
    """`hold`: it stands here, and those who administer are told."""
    tries: int = Field(0, ge=0, le=10, title="Tries after a failure")

    def form_of(self, form: str, catalogue: Catalogue) -> str | None:
        """The form of the record that is meant; None where the field points at none."""
        if self.target is None:
            return form
        field = catalogue.forms[form].field(self.target) if form in catalogue.forms else None
        return getattr(field, "form", None) if field is not None and field.type == "reference" else None

    def set_off(self, outside: Any) -> Any:
        """Sets it off through what runtime/workflow/outside.py hands it; gives what it set off, or None where there is nothing to be done."""
        raise NotImplementedError

    def lines_missing(self, outcome: str) -> Literal["hold", "go_on", "reject"]:
        """What becomes of an outcome for which there is no line."""
        return "go_on"
