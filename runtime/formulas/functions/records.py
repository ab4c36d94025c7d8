"""Other records, and what a record was before."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, NUMBER, TEXT
from runtime.formulas import tree
from runtime.formulas.functions.base import NUMBER_KINDS, SCALAR, Function, Parameter, Trouble, register, require_numbers
from runtime.formulas.scope import similar
from runtime.formulas.sql_pieces import surely
from runtime.formulas.tree import Call, Field, Literal, Node, literal_value
from runtime.formulas.types import adapted, comparison
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.form import Form
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer


@register
class Lookup(Function):
    """A field of the first record (by record number) of a form whose field has a value: the form, the field that is compared, the value,
    the field that is wanted. Blank if there is none. Forms and fields are named by their keys. Kept values follow changes of the other
    record; for that the field that is compared has to be one that people fill in.

    >>> LOOKUP('order', 'status', 'done', 'amount')
    100
    >>> LOOKUP('order', 'no', 'A-1', 'amount')
    blank
    """

    name, label, needs_values, beyond_record = "LOOKUP", {"zh": "查找引用", "en": "Look up"}, True, True
    parameters = (
        Parameter("form", ("text",), constant=True),
        Parameter("field", ("text",), constant=True),
        Parameter("value", SCALAR),
        Parameter("result", ("text",), constant=True),
    )

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        form = scope.catalogue.forms.get(str(literal_value(arguments[0])))
        if form is None:
            raise self._unknown(_("There is no form {key}.", key=literal_value(arguments[0])), arguments[0], list(scope.catalogue.forms), 0)
        match, result = self._field(form, arguments[1], 1), self._field(form, arguments[3], 3)
        left, value = adapted([match, arguments[2]])
        wrong = comparison("==", left, value)
        if wrong is not None:
            raise Trouble(wrong, 2)
        # SQL has to bring the value to the scale of what it is compared with
        scale = Literal(NUMBER(0), Decimal(match.type.scale))
        return Call(result.type, self.name, (arguments[0], Literal(TEXT, match.key), value, Literal(TEXT, result.key), scale))

    def run(self, *arguments: Any) -> Any:
        values, form, match, value, result, _scale = arguments
        return values.lookup(form, match, value, result)

    def sql_possible(self, call: Call) -> bool:
        value, scale = call.arguments[2], literal_value(call.arguments[4])
        return value.type.kind not in ("boolean", "blank") and value.type.scale <= int(str(scale))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        form, match, value, result, scale = operands
        wanted = writer.number(value, scale.literal) if value.type.kind in NUMBER_KINDS else value.sql
        found = writer.source.lookup(form.value, match.value, wanted, result.value)
        return found == 1 if writer.result.kind == "boolean" else found

    def _field(self, form: Form, written: Node, number: int) -> Field:
        key = str(literal_value(written))
        field = form.by_key.get(key)
        try:
            type = field.formula_type() if field is not None else None
        except NotImplementedError:
            type = None
        if type is None or type.kind not in SCALAR:
            keys = [each.key for each in form.fields]
            raise self._unknown(
                _("The form {form} has no field {key} that can be looked up.", form=form.key, key=key), written, keys, number
            )
        return Field(type, key)

    def _unknown(self, message: Any, written: Node, known: list[str], number: int) -> Trouble:
        near = similar(str(literal_value(written)), known)
        return Trouble(_("{problem} Did you mean {near}?", problem=message, near=near) if near else message, number)


@register
class IsOneOf(Function):
    """True if a field names one of these people or records, which are given by their numbers, in quotation marks. A blank field names nobody.

    >>> IS_ONE_OF(owner, '7', '8')
    TRUE
    """

    name, label = "IS_ONE_OF", {"zh": "是其中之一", "en": "Is one of"}
    result_type, blank = BOOLEAN, "own"
    parameters, repeats = (Parameter("field", ("member", "record")), Parameter("number", ("text",), constant=True)), 1

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        require_numbers(arguments[1:])
        return arguments

    def run(self, *arguments: Any) -> bool:
        return str(arguments[0]) in arguments[1:]

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return surely(operands[0].sql.in_([sa.literal(int(str(each.value)), sa.BigInteger()) for each in operands[1:]]))


@register
class Previous(Function):
    """The value that a field had before the change, blank for a new record; only in checks of forms and in automations that a changed
    record starts. The same as `previous.field`.

    >>> PREVIOUS(status) != status
    TRUE
    """

    name, label, blank = "PREVIOUS", {"zh": "变更前的值", "en": "Value before"}, "own"
    parameters = (Parameter("field"),)

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        field = arguments[0]
        if not isinstance(field, Field) or field.relation or field.system or field.parent:
            raise Trouble(_("Name a field of the record itself: PREVIOUS(stage)."), 0)
        name = f"previous.{field.key}"
        if name not in scope.extra:
            raise Trouble(
                _(
                    "PREVIOUS tells what stood there before a change; it belongs into checks and into automations that a changed record starts."
                )
            )
        return tree.Name(scope.extra[name], name)
