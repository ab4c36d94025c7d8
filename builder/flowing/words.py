"""A draft in words, however incomplete: each node as its card says it."""

from __future__ import annotations

from typing import Any

from builder.flowing.names import FILLING_IN, SHORT
from builder.flowing.palette import label_of
from builder.flowing.people import Names
from runtime.system.workspace import Act
from runtime.texts import _, in_language

Json = dict[str, Any]


def things(value: Any) -> list[Json]:
    """The objects in a list of a draft, whatever else it holds; each at its own place."""
    return [each if isinstance(each, dict) else {} for each in value] if isinstance(value, list) else []


def text_of(value: Any, language: str) -> str:
    """A label of a draft as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and all(each is None or isinstance(each, str) for each in value.values()):
        return str(value.get(language) or value.get("zh") or value.get("en") or "")
    return ""


def draft_in_words(act: Act, body: Json, language: str) -> Json:
    """{nodes: [{label, lines: [..], people}]}: for each node its name, what its card says, and how many people are asked where that is known."""
    return {"nodes": _Draft(act, body, language).nodes()}


class _Draft:
    def __init__(self, act: Act, body: Json, language: str):
        self.language, self.catalogue = language, act.catalogue
        self.raw = things(body.get("nodes"))
        form = body.get("form")
        self.names = Names(act, form if isinstance(form, str) else None, self.raw, self.say)
        self.may_start = _whos(body.get("may_start"))

    def say(self, value: Any) -> str:
        return str(in_language(value, self.language))

    def nodes(self) -> list[Json]:
        return [{"label": self.label(each), "lines": self.lines(each), "people": self.names.count(self._who(each))} for each in self.raw]

    def label(self, node: Json) -> str:
        return text_of(node.get("label"), self.language) or label_of(str(node.get("type") or node.get("key") or ""), self.say)

    def _label_of(self, key: str) -> str:
        return next((self.label(each) for each in self.raw if each.get("key") == key), key)

    @staticmethod
    def _who(node: Json) -> list[str]:
        return _whos(node.get("approvers")) or _whos(node.get("to"))

    def lines(self, node: Json) -> list[str]:
        """The lines of a card under its name: who and how many of them, until when, and what a kind says besides."""
        sort = node.get("type")
        if sort == "start":
            return [self._starters()]
        if sort == "wait":
            return [self._waits(node)]
        if sort == "branch":
            return [
                self.say(_("all whose condition holds"))
                if node.get("lines") == "inclusive"
                else self.say(_("the first whose condition holds"))
            ]
        if sort == "parallel":
            return [self.say(_("all lines at once"))]
        if sort == "join":
            return [self.say(_("waits for all lines"))]
        if sort in ("sub_flow", "automation"):
            return self._sets_off(node, sort)
        people = self._people(node)
        rest = [each for each in (self._mode(node), *self._time(node)) if each]
        return [each for each in (people, " · ".join(rest)) if each]

    def _starters(self) -> str:
        if not self.may_start:
            return self.say(_("Whoever may add records"))
        return self._joined([self.names.called(each, self._label_of) for each in self.may_start])

    def _people(self, node: Json) -> str:
        found = [self.names.called(each, self._label_of) for each in self._who(node)]
        levels = node.get("levels")
        if isinstance(levels, dict):
            found.append(self._levels(levels))
        if isinstance(node.get("formula"), str) and node["formula"]:
            found.append(self.say(_("by formula")))
        if not found:
            return self.say(_("nobody named yet")) if "approvers" in node or node.get("type") in ("approval", "handle") else ""
        return self._joined(found)

    def _levels(self, levels: Json) -> str:
        if isinstance(levels.get("role"), str):
            role = self.names.called(f"role:{levels['role']}", self._label_of)
            return self.say(_("heads, level by level, up to {role}", role=role))
        if isinstance(levels.get("count"), int):
            return self.say(_("heads of {n} levels", n=levels["count"]))
        return self.say(_("all heads, level by level"))

    def _mode(self, node: Json) -> str:
        mode, ratio = node.get("mode"), node.get("ratio")
        if mode == "ratio" and isinstance(ratio, (int, float)) and not isinstance(ratio, bool):
            return self.say(_("half approve") if ratio == 0.5 else _("{percent}% approve", percent=f"{ratio * 100:g}"))
        if node.get("type") == "handle" and isinstance(mode, str | None):
            return self.say(FILLING_IN[mode or "any"]) if (mode or "any") in FILLING_IN else ""
        if node.get("type") != "approval" and mode is None:
            return ""
        return self._short("any" if mode is None else mode)

    def _time(self, node: Json) -> list[str]:
        due = node.get("due")
        if not isinstance(due, dict):
            return []
        hours, days, field = due.get("hours"), due.get("days"), due.get("field")
        amounts = [
            *([self.say(_("{n} days", n=days))] if isinstance(days, int) else []),
            *([self.say(_("{n} hours", n=f"{hours:g}"))] if isinstance(hours, (int, float)) else []),
        ]
        if isinstance(field, str):
            amounts.append(self.say(_("from “{field}”", field=self._field(field))))
        if not amounts:
            return []
        then = self._short(due.get("then", "remind"))
        return [self._joined([" ".join(amounts), *([then] if then else [])])]

    def _short(self, choice: Any) -> str:
        return self.say(SHORT[choice]) if isinstance(choice, str) and choice in SHORT else ""

    def _waits(self, node: Json) -> str:
        hours, field = node.get("hours"), node.get("field")
        if isinstance(field, str):
            return self.say(_("until “{field}”", field=self._field(field)))
        return self.say(_("{n} hours", n=f"{hours:g}")) if isinstance(hours, (int, float)) else self.say(_("not complete yet"))

    def _sets_off(self, node: Json, sort: str) -> list[str]:
        """Which workflow or automation, for which record, and whether it is waited for."""
        named = node.get("workflow" if sort == "sub_flow" else "automation")
        known = self.catalogue.workflows if sort == "sub_flow" else self.catalogue.automations
        other = known.get(named) if isinstance(named, str) else None
        found = [self.say(other.label) if other is not None else str(named) if named else self.say(_("not complete yet"))]
        target, create = node.get("target"), node.get("create")
        if isinstance(create, str) and create:
            form = self.catalogue.forms.get(create)
            found.append(self.say(_("for a new record of {form}", form=create if form is None else form.label)))
        elif isinstance(target, str) and target:
            found.append(self.say(_("for “{field}”", field=self._field(target))))
        if node.get("wait") is False:
            found.append(self.say(_("does not wait")))
        return found

    def _field(self, key: str) -> str:
        field = self.names.form.field(key) if self.names.form is not None else None
        return key if field is None else self.say(field.label)

    def _joined(self, found: list[str]) -> str:
        return ("，" if self.language == "zh" else ", ").join(found)


def _whos(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []
