"""Whom a workflow can name: as choices for the panel, and in words for a card."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from runtime.automation.people import POOLS, recipients
from runtime.people import accounts
from runtime.people.organisation import organisation_of
from runtime.system.tables import person_group
from runtime.system.workspace import Act
from runtime.texts import Message, _

MOST_PEOPLE = 500
MOST_HEADS = 3
Say = Callable[[Any], str]


class Names:
    """What those are called whom a workflow names. `say` puts texts into the reader's language."""

    def __init__(self, act: Act, form: str | None, nodes: Iterable[dict[str, Any]], say: Say):
        self.act, self.say = act, say
        self.form = act.catalogue.forms.get(form or "")
        self.nodes = {str(each.get("key")): each for each in nodes}
        self.roles = accounts.known_roles(act.connection)
        self.organisation = organisation_of(act.connection)
        rows = act.connection.execute(sa.select(person_group.c.id, person_group.c.name).order_by(person_group.c.name))
        self.groups = {row.id: row.name for row in rows}
        self.people = {each.person.email.lower(): each.person.name for each in accounts.everybody(act.connection)[:MOST_PEOPLE]}

    # -- in words -----------------------------------------------------------------------------------------------------------------
    def called(self, who: str, node_label: Callable[[str], str]) -> str:
        """“Role Finance”, “Head of whoever starts it”. Somebody unknown is called as they are written."""
        sort, _colon, name = who.partition(":")
        if sort == "head_of":
            return self._head(name)
        if sort == "handler_of":
            return self.say(_("Whoever started it") if name == "start" else _("Whoever acted at {node}", node=node_label(name)))
        found = self._plain(sort, name)
        return who if found is None else self.say(found)

    def _head(self, name: str) -> str:
        whose, _colon, level = name.partition(":")
        if whose != "starter":
            its = next((each for each in self.organisation.departments.values() if each.key == whose), None)
            return self.say(_("Head of {department}", department=its.name if its is not None else whose))
        if level in ("", "1"):
            return self.say(_("Head of whoever starts it"))
        return self.say(_("Head of whoever starts it, level {level}", level=level))

    def _plain(self, sort: str, name: str) -> Message | str | None:
        if sort == "role" and name in self.roles:
            return _("Role {role}", role=self.roles[name])
        if sort == "user":
            return self.people.get(name.lower())
        if sort == "department":
            its = next((each for each in self.organisation.departments.values() if each.key == name), None)
            return None if its is None else self.organisation.path(its.id)
        if sort == "group":
            found = self.groups.get(int(name)) if name.isdecimal() else None
            return None if found is None else _("Group {group}", group=found)
        if sort == "field" and self.form is not None:
            field = self.form.field(name)
            return None if field is None else _("Person in “{field}”", field=field.label)
        if sort == "team":
            return _("Team of the record: {role}", role=name)
        return None

    # -- how many -----------------------------------------------------------------------------------------------------------------
    def count(self, who: Iterable[str]) -> int | None:
        """How many people are meant now; None where that depends on the record or on who starts it."""
        named = tuple(who)
        if not named or not all(each.startswith(POOLS) for each in named):
            return None
        return len(recipients(self.act, named, None))

    # -- as choices ---------------------------------------------------------------------------------------------------------------
    def choices(self) -> list[dict[str, str]]:
        """[{key, label, group}], those that every workflow needs first. Those at nodes of the draft are added by the page."""
        heads = [("head_of:starter", 1), *((f"head_of:starter:{level}", level) for level in range(2, MOST_HEADS + 1))]
        found = [(key, self._head(key.partition(":")[2]), _("Heads")) for key, _level in heads]
        found += [(f"role:{key}", self.say(label), _("Roles")) for key, label in self.roles.items()]
        if self.form is not None:
            members = [each for each in self.form.fields if each.type == "member"]
            found += [(f"field:{each.key}", self.say(each.label), _("Fields with a person")) for each in members]
        for each, _depth in self.organisation.walk():
            found.append((f"department:{each.key}", self.organisation.path(each.id), _("Departments")))
            found.append((f"head_of:{each.key}", self._head(each.key), _("Heads")))
        found += [(f"group:{key}", name, _("Groups")) for key, name in self.groups.items()]
        found += [(f"user:{email}", name, _("People")) for email, name in self.people.items()]
        return [{"key": key, "label": label, "group": self.say(group)} for key, label, group in found]
