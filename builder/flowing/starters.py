"""Workflows to begin with: drawn with the form's own fields and the workspace's own roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builder.starting_points import offered
from runtime.definitions.form import Form
from runtime.people import accounts
from runtime.system.workspace import Act
from runtime.texts import Message, _

Json = dict[str, Any]


class Ground:
    """What starting points are made of: the form and the roles that sound right."""

    def __init__(self, form: Form | None, roles: list[str]):
        self.form, self.roles = form, roles

    @property
    def amount(self) -> str | None:
        fields = self.form.fields if self.form is not None else ()
        return next((each.key for each in fields if each.type in ("money", "number") and each.stores == "column"), None)

    def role(self, *words: str) -> str:
        """The role whose key holds one of these words, else that of those who administer."""
        return f"role:{next((each for word in words for each in self.roles if word in each), 'builder')}"


def starters(act: Act, form: str | None, language: str) -> list[Json]:
    """[{key, label, about, icon, body, missing}]: `body` are nodes and lines for the draft, None where `missing` says what it needs."""
    ground = Ground(act.catalogue.forms.get(form or ""), list(accounts.known_roles(act.connection)))
    return offered(MAKERS, lambda make: make(ground), language)


def _node(key: str, type: str, zh: str = "", en: str = "", **more: Any) -> Json:
    return {"key": key, "type": type, **({"label": {"zh": zh, "en": en}} if zh else {}), **more}


def _lines(*pairs: tuple[str, str] | tuple[str, str, str]) -> list[Json]:
    """(from, to), (from, to, condition) or (from, to, "otherwise")."""
    made = []
    for each in pairs:
        line: Json = {"from": each[0], "to": each[1]}
        if len(each) == 3:
            line |= {"otherwise": True} if each[2] == "otherwise" else {"when": each[2]}
        made.append(line)
    return made


MANAGER = _node("manager", "approval", "主管审批", "Manager", approvers=["head_of:starter"], due={"hours": 24, "then": "remind"})


def _one_step(ground: Ground) -> Json | Message:
    return {"nodes": [_node("start", "start"), MANAGER, _node("end", "end")], "lines": _lines(("start", "manager"), ("manager", "end"))}


def _contract(ground: Ground) -> Json | Message:
    if ground.amount is None:
        return _("It needs a form with an amount: a number or money.")
    amount = ground.amount
    return {
        "withdraw": "until_next_handler_acts",
        "skip_repeated_approver": "same_as_previous",
        "nodes": [
            _node("start", "start"),
            MANAGER,
            _node("finance", "approval", "财务会签", "Finance", approvers=[ground.role("financ", "account")], mode="all"),
            _node("board", "approval", "董事会", "Board", approvers=[ground.role("director", "board", "head")], mode="ratio", ratio=0.5),
            _node("tell_legal", "copy", "抄送法务", "Copy to legal", to=[ground.role("legal", "law")]),
            _node("end", "end"),
        ],
        "lines": _lines(
            ("start", "manager"),
            ("manager", "finance", f"{amount} > 100000"),
            ("manager", "tell_legal", "otherwise"),
            ("finance", "board", f"{amount} > 1000000"),
            ("finance", "tell_legal", "otherwise"),
            ("board", "tell_legal"),
            ("tell_legal", "end"),
        ),
    }


def _side_by_side(ground: Ground) -> Json | Message:
    one = _node("first", "approval", "业务审批", "Business", approvers=["head_of:starter"])
    other = _node("second", "approval", "财务审批", "Finance", approvers=[ground.role("financ", "account")])
    return {
        "nodes": [_node("start", "start"), _node("split", "parallel"), one, other, _node("together", "join"), _node("end", "end")],
        "lines": _lines(
            ("start", "split"), ("split", "first"), ("split", "second"), ("first", "together"), ("second", "together"), ("together", "end")
        ),
    }


Make = Callable[[Ground], Json | Message]
MAKERS: dict[str, tuple[Message, Message, str, Make]] = {
    "one_step": (_("One approval"), _("The head of whoever starts it approves; reminded after a day."), "user-check", _one_step),
    "contract": (
        _("Contract approval"),
        _("Manager; above 100,000 all of finance; above 1,000,000 half of the board; copy to legal."),
        "file-certificate",
        _contract,
    ),
    "side_by_side": (_("Two at the same time"), _("Business and finance approve side by side."), "git-branch", _side_by_side),
}
