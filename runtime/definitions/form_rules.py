"""Rules of a form: when fields are shown, needed or locked, what must hold, which options are on offer, and what a choice fills in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from runtime.definitions.model import FormulaText, FormulaUse, Model, Text
from runtime.definitions.naming import Names, OptionsOf
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.field_type import FieldType
    from runtime.definitions.form import Form

PURPOSES = ("show", "require", "read_only", "check", "limit", "fill")
PERSON = frozenset({"person"})


class Filled(Model):
    """A field, and the formula that fills it, such as `customer.address`."""

    field: str
    by: FormulaText


class Rule(Model):
    """Exactly one of show, require, read_only, check, limit and fill."""

    show: tuple[Annotated[str, Names("subform")], ...] | None = None
    require: tuple[Annotated[str, Names("subform")], ...] | None = None
    read_only: tuple[Annotated[str, Names("subform")], ...] | None = None
    check: FormulaText | None = None
    limit: tuple[Annotated[str, Names("subform")], ...] | None = None
    """Choices that offer no more than `options` while the condition holds. Of several rules that hold each adds its options."""
    fill: tuple[Annotated[Filled, Names("subform", at="field")], ...] | None = Field(None, max_length=50)
    """What is filled in when another record is chosen in the reference `chosen`."""
    when: FormulaText | None = None
    hidden_value: Literal["clear", "keep", "recompute"] = "clear"
    options: Annotated[tuple[str, ...], OptionsOf("limit", inside="subform")] = ()
    chosen: Annotated[str, Names("subform")] | None = None
    only_blank: bool = False
    """Fills no field in which something stands already."""
    subform: Annotated[str, Names()] | None = None
    """The rows in which the rule holds: its fields are those of the row, and each row is asked for itself."""
    fields: tuple[Annotated[str, Names("subform")], ...] = ()
    message: Text | None = None

    @model_validator(mode="after")
    def one_purpose(self) -> Rule:
        given = [name for name in PURPOSES if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError("one_purpose", "a rule has exactly one of show, require, read_only, check, limit and fill")
        if given == ["check"] and self.message is None:
            raise PydanticCustomError("no_message", "a check needs a message that says what to do")
        if given == ["fill"] and self.chosen is None:
            raise PydanticCustomError("no_chosen", "say which reference has to be chosen")
        if given[0] not in ("check", "fill") and self.when is None:
            raise PydanticCustomError("no_condition", "say when the rule holds")
        return self

    @property
    def touches(self) -> tuple[str, ...]:
        filled = tuple(each.field for each in self.fill or ())
        chosen = () if self.chosen is None else (self.chosen,)
        return (*(self.show or ()), *(self.require or ()), *(self.read_only or ()), *(self.limit or ()), *filled, *chosen, *self.fields)

    def formulas(self, form: Form, path: str) -> Iterator[FormulaUse]:
        fields = self._fields(form)
        for name in ("when", "check"):
            text, names = getattr(self, name), form.before if name == "check" and self.subform is None else {}
            if text is not None:
                yield FormulaUse(f"{path}/{name}", text, form.key, self._rows(form), ("boolean",), names, PERSON)
        for number, each in enumerate(self.fill or ()):
            if each.field in fields and fields[each.field].writable:
                yield FormulaUse(
                    f"{path}/fill/{number}/by", each.by, form.key, self._rows(form), fields[each.field].formula_type(), allow=PERSON
                )

    def _rows(self, form: Form) -> str | None:
        """The sub-form whose rows its formulas read, where there is one."""
        held = form.by_key.get(self.subform or "")
        return self.subform if held is not None and held.lines() else None

    def _fields(self, form: Form) -> Mapping[str, FieldType]:
        return form.by_key if self.subform is None else form.by_key[self.subform].lines() if self.subform in form.by_key else {}

    def problems(self, form: Form) -> Iterator[Problem]:
        """What is wrong with the fields it names; paths start at the rule."""
        fields = self._fields(form)
        if self.subform is not None and not fields:
            yield Problem("subform", _("This form has no sub-form with the key {key}.", key=self.subform))
            return
        for key in self.touches:
            if key not in fields:
                yield Problem("", _("This form has no field with the key {key}.", key=key))
        known = {key: fields[key] for key in self.touches if key in fields}
        if self.subform is not None:
            yield from self._problems_in_rows(known)
        for key in self.limit or ():
            if key in known:
                yield from self._unknown_options(known[key])
        if self.chosen in known and known[self.chosen or ""].type != "reference":
            yield Problem("chosen", _("The field {key} is no reference, so no record can be chosen there.", key=self.chosen))
        for number, each in enumerate(self.fill or ()):
            if each.field in known and (not known[each.field].writable or known[each.field].stores not in ("column", "many")):
                yield Problem(f"fill/{number}/field", _("The field {key} cannot be filled in by a rule.", key=each.field))

    def _problems_in_rows(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        if self.show is not None and self.hidden_value == "keep":
            yield Problem("hidden_value", _("In rows, what is hidden is emptied or worked out again: rows have no earlier values to keep."))
        for key in self.show or ():
            if key in known and known[key].required:
                yield Problem(
                    "show", _("The column {key} is always required, so no rule can hide it. Require it by a rule instead.", key=key)
                )

    def _unknown_options(self, field: Any) -> Iterator[Problem]:
        options = getattr(field, "options", None)
        if field.type not in ("choice", "multi_choice") or options is None:
            yield Problem("limit", _("The field {key} has no options to choose from.", key=field.key))
            return
        for key in self.options:
            if all(option.key != key for option in options):
                yield Problem("options", _("The field {field} has no option with the key {key}.", field=field.key, key=key))
