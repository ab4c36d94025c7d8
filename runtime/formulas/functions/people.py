"""People: the asking person and roles."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, LIST, MEMBER, TEXT
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.functions.base import Function, Parameter, Trouble, register
from runtime.formulas.tree import Call, Node, literal_value
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer


@register
class CurrentUser(Function):
    """The person who asks. Only where the answer may differ from person to person: defaults, steps, permissions, form rules, filters.

    >>> owner == CURRENT_USER()
    TRUE
    """

    name, label, group, result_type, needs_values = "CURRENT_USER", {"zh": "当前用户", "en": "Current user"}, "person", MEMBER, True

    def run(self, *arguments: Any) -> int | None:
        person = arguments[0].person
        return None if person is None else person.id

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        person = writer.source.person
        return sa.literal(None if person is None else person.id, pieces.BIG)


@register
class MyReports(Function):
    """The people who report to the person who asks, for use after `in`.

    >>> owner in MY_REPORTS()
    FALSE
    """

    name, label, group, result_type, needs_values = "MY_REPORTS", {"zh": "我的下属", "en": "My reports"}, "person", LIST(MEMBER), True

    def run(self, *arguments: Any) -> tuple[int, ...]:
        return tuple(arguments[0].person.reports) if arguments[0].person is not None else ()


@register
class MyDepartments(Function):
    """The keys of the departments of the person who asks, for use after `in`.

    >>> name in MY_DEPARTMENTS()
    FALSE
    """

    name, label, group, result_type, needs_values = "MY_DEPARTMENTS", {"zh": "我的部门", "en": "My departments"}, "person", LIST(TEXT), True

    def run(self, *arguments: Any) -> tuple[str, ...]:
        return tuple(arguments[0].person.department_keys) if arguments[0].person is not None else ()


@register
class HasRole(Function):
    """True if a person has a role; with the role alone: if the person who asks has it.

    >>> HAS_ROLE(owner, 'sales')
    TRUE
    >>> HAS_ROLE('crm_lead')
    FALSE
    """

    name, label, group, result_type = "HAS_ROLE", {"zh": "拥有角色", "en": "Has role"}, "person", BOOLEAN
    parameters, optional, blank, needs_values = (Parameter("person", ("member", "text")), Parameter("role", ("text",))), 1, "own", True

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        wanted = ["text"] if len(arguments) == 1 else ["member", "text"]
        for number, (node, kind) in enumerate(zip(arguments, wanted, strict=True)):
            if node.type.kind not in (kind, "blank") or (kind == "text" and literal_value(node) is None):
                raise Trouble(_("HAS_ROLE takes a person and the key of a role in quotation marks, or the role alone."), number)
        return arguments

    def run(self, *arguments: Any) -> bool:
        values, *given = arguments
        if len(given) == 1:
            return values.person is not None and given[0] in values.person.roles
        return given[0] is not None and given[1] in values.member_roles(given[0])

    def sql_possible(self, call: Call) -> bool:
        return len(call.arguments) == 1

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        person = writer.source.person
        return sa.true() if person is not None and operands[0].value in person.roles else sa.false()


@register
class InTeam(Function):
    """True if the person who asks belongs to the team of the record; with a role: if that is what they are in it.

    >>> IN_TEAM()
    TRUE
    >>> IN_TEAM('service')
    FALSE
    """

    name, label, group, result_type = "IN_TEAM", {"zh": "在团队中", "en": "In the team"}, "person", BOOLEAN
    parameters, optional, needs_values = (Parameter("role", ("text",), constant=True),), 1, True

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        form = scope.catalogue.forms.get(scope.form or "")
        roles = [each.key for each in form.team] if form is not None else []
        if not roles:
            raise Trouble(_("Records of this form have no team; give the form team roles first."))
        if arguments and literal_value(arguments[0]) not in roles:
            wanted = literal_value(arguments[0])
            raise Trouble(_("There is no team role {role} here; choose one of {roles}.", role=wanted, roles=", ".join(roles)), 0)
        return arguments

    def run(self, *arguments: Any) -> bool:
        return bool(arguments[0].in_team(arguments[1] if len(arguments) > 1 else None))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.in_team(operands[0].value if operands else None)


@register
class TextUser(Function):
    """The name of a person.

    >>> TEXTUSER(owner)
    'Sam'
    """

    name, label, result_type, needs_values = "TEXTUSER", {"zh": "人员姓名", "en": "Name of a person"}, TEXT, True
    parameters, beyond_record = (Parameter("person", ("member",)),), True

    def run(self, *arguments: Any) -> str | None:
        return arguments[0].member_name(arguments[1])

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.member_name(operands[0].sql)


@register
class GetUserName(Function):
    """The name of the person who asks. The same as `TEXTUSER(CURRENT_USER())`.

    >>> GETUSERNAME()
    'Sam'
    """

    name, label, group, result_type = "GETUSERNAME", {"zh": "当前用户姓名", "en": "Name of the current user"}, "person", TEXT

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        return Call(TEXT, "TEXTUSER", (Call(MEMBER, "CURRENT_USER", ()),))


@register
class Uuid(Function):
    """A new identifier that nobody has used before, such as 1b4e28ba-2fa1-4d2b-883f-0016d3cca427. Only in defaults and values of steps.

    >>> LEN(UUID())
    36
    """

    name, label, group, result_type, in_sql, limits = "UUID", {"zh": "唯一标识", "en": "Unique identifier"}, "effects", TEXT, False, (0, 36)
    not_in_sql = "it is another value each time"

    def run(self, *arguments: Any) -> str:
        return str(uuid.uuid4())
