"""Conditions as people pick them: a field, an operator, a value. Each is a formula, and can say itself in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.form import Form
from runtime.errors import FieldError, Problem, Refused
from runtime.texts import Message, _

WORDS: dict[str, Message] = {
    "is": _("is"),
    "is_not": _("is not"),
    "any_of": _("is one of"),
    "contains": _("contains"),
    "starts_with": _("begins with"),
    "gt": _("is more than"),
    "gte": _("is at least"),
    "lt": _("is less than"),
    "lte": _("is at most"),
    "before": _("is before"),
    "after": _("is after"),
    "older": _("is more days ago than"),
    "within": _("lies within the last days"),
    "has": _("has"),
    "has_any": _("contains any of"),
    "has_all": _("contains all of"),
    "has_not": _("has not"),
    "mine": _("is me"),
    "my_department": _("is my department"),
    "blank": _("is blank"),
    "not_blank": _("is filled"),
}
WITHOUT_VALUE = ("blank", "not_blank", "mine", "my_department", "yes", "no")
SEVERAL = ("any_of", "has_any", "has_all")
"""Operators whose value may be several, with commas between."""
NAMING = ("member", "members", "reference", "multi_reference")
"""Types of fields that name people or records, which a condition names by their numbers."""
BY_TYPE: dict[str, tuple[str, ...]] = {
    "member": ("mine", "is", "any_of", "is_not", "blank", "not_blank"),
    "members": ("mine", "has_any", "has_all", "blank", "not_blank"),
    "reference": ("is", "any_of", "is_not", "blank", "not_blank"),
    "multi_reference": ("has_any", "has_all", "blank", "not_blank"),
    "department": ("my_department", "is", "any_of", "is_not", "blank", "not_blank"),
    "departments": ("my_department", "has_any", "has_all", "blank", "not_blank"),
}
LONGEST = 1_000
BY_KIND: dict[str, tuple[str, ...]] = {
    "text": ("contains", "starts_with", "is", "is_not", "blank", "not_blank"),
    "number": ("gte", "lte", "gt", "lt", "is", "blank", "not_blank"),
    "money": ("gte", "lte", "gt", "lt", "is", "blank", "not_blank"),
    "date": ("within", "older", "before", "after", "is", "blank", "not_blank"),
    "datetime": ("before", "after", "blank", "not_blank"),
    "boolean": ("is",),
    "choice": ("any_of", "is", "is_not", "blank", "not_blank"),
    "list": ("has", "has_any", "has_all", "has_not", "blank", "not_blank"),
    "member": ("mine", "blank", "not_blank"),
    "record": ("blank", "not_blank"),
}
SIGNS = {"is": "==", "is_not": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "before": "<", "after": ">"}


@dataclass(frozen=True)
class Condition:
    """One picked condition; `text` is its form in an address: `field|operator|value`."""

    field: FieldType
    operator: str
    value: str = ""

    @property
    def text(self) -> str:
        return f"{self.field.key}|{self.operator}|{self.value}"

    def formula(self, lookup: Lookup) -> str:
        key, operator = self.field.key, self.operator
        if operator == "blank":
            return f"ISEMPTY({key})"
        if operator == "not_blank":
            return f"not ISEMPTY({key})"
        if operator == "mine":
            return f"CURRENT_USER() in {key}" if self.field.stores == "many" else f"{key} == CURRENT_USER()"
        if operator == "my_department":
            return f"HAS_ANY({key}, MY_DEPARTMENTS())" if self.field.stores == "many" else f"{key} in MY_DEPARTMENTS()"
        if operator in ("has_any", "has_all"):
            return f"{operator.upper()}({key}, {', '.join(self._keys(lookup))})"
        if self.field.type in NAMING:
            named = f"IS_ONE_OF({key}, {', '.join(self._keys(lookup))})"
            return f"not {named}" if operator == "is_not" else named
        kind = self.field.formula_type().kind
        if operator in ("within", "older"):
            days = _whole(self.value, key)
            return f"DAYS_SINCE({key}) < {days} and DAYS_SINCE({key}) >= 0" if operator == "within" else f"DAYS_SINCE({key}) > {days}"
        if operator in ("has", "has_not"):
            # a tag may be named by what it was called before
            tag = lookup.tag(getattr(self.field, "tag_set"), self.value) if self.field.stores == "assigned" else None
            listed = f"{quoted(tag or self.value)} in {key}"
            return listed if operator == "has" else f"not ({listed})"
        if operator == "any_of":
            return f"{key} in ({', '.join(quoted(each) for each in self.value.split(',') if each)},)".replace(",)", ")")
        if operator == "contains":
            return f"CONTAINS({key}, {quoted(self.value)})"
        if operator == "starts_with":
            return f"STARTSWITH({key}, {quoted(self.value)})"
        return f"{key} {SIGNS[operator]} {self._literal(kind, lookup)}"

    @property
    def values(self) -> list[str]:
        return [each for each in self.value.split(",") if each]

    def _keys(self, lookup: Lookup) -> list[str]:
        """What is named, in quotation marks. Raises Refused for nothing, and for whom or what the person does not see."""
        if not self.values:
            raise Refused([Problem(self.field.key, _("Give a value to compare with."))])
        return [quoted(str(self._key(each, lookup))) for each in self.values]

    def _key(self, text: str, lookup: Lookup) -> Any:
        if self.field.stores == "assigned":
            return lookup.tag(getattr(self.field, "tag_set"), text) or text
        if self.field.type not in NAMING:
            return text
        try:
            found = self.field.parse(text, lookup)
        except FieldError as error:
            raise Refused([Problem(self.field.key, error.message)]) from error
        return found[0] if isinstance(found, tuple) else found

    def _literal(self, kind: str, lookup: Lookup) -> str:
        if kind in ("text", "choice"):
            return quoted(self.value)
        if kind == "boolean":
            return "TRUE" if self.value in ("true", "1", "yes") else "FALSE"
        try:
            value = self.field.parse(self.value, lookup)
        except FieldError as error:
            raise Refused([Problem(self.field.key, error.message)]) from error
        if value is None:
            raise Refused([Problem(self.field.key, _("Give a value to compare with."))])
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, date):
            moment = value.astimezone(lookup.zone) if hasattr(value, "astimezone") else value
            return f"DATE({moment.year}, {moment.month}, {moment.day})"
        return quoted(str(value))

    def words(self, reader: Reader, shown: Any) -> tuple[str, str]:
        """(what comes before the value, the value) for a chip."""
        label = shown(self.field.label)
        if self.operator in WITHOUT_VALUE:
            return label, reader.say(WORDS[self.operator])
        names = {each.key: shown(each.label) for each in getattr(self.field, "options", ())} | self._names(reader)
        value = (
            "、".join(names.get(each, each) for each in self.value.split(","))
            if reader.language == "zh"
            else ", ".join(names.get(each, each) for each in self.value.split(","))
        )
        if self.field.formula_type().kind == "boolean":
            value = reader.say(_("yes") if self.value in ("true", "1", "yes") else _("no"))
        return f"{label} {reader.say(WORDS[self.operator])}", value

    def _names(self, reader: Reader) -> dict[str, str]:
        """What those are called that a condition names by number or key."""
        numbers = {each: int(each) for each in self.values if each.isdecimal()} if self.field.type in NAMING else {}
        if self.field.type in ("member", "members"):
            return {text: reader.person_name(number) for text, number in numbers.items()}
        if numbers:
            return {text: reader.record_title(getattr(self.field, "form"), number) for text, number in numbers.items()}
        return getattr(reader, "departments", dict)() if self.field.type in ("department", "departments") else {}


def operators(field_type: FieldType) -> tuple[str, ...]:
    if field_type.type in BY_TYPE:
        return BY_TYPE[field_type.type]
    if set(field_type.operators) == {"blank", "not_blank"}:
        return field_type.operators
    kind = field_type.formula_type()
    pointing = kind.item is not None and kind.item.kind in ("member", "record")
    return BY_KIND.get(kind.item.kind if pointing and kind.item is not None else kind.kind, ())


def read_condition(form: Form, text: str) -> Condition:
    """A condition from its form in an address."""
    key, _bar, rest = text.partition("|")
    operator, _bar, value = rest.partition("|")
    field_type = form.by_key.get(key)
    if field_type is None or field_type.stores == "rows" or operator not in operators(field_type):
        raise Refused([Problem("where", _("This condition does not fit the form any more. Remove it."))])
    return Condition(
        field_type,
        operator,
        value[:200] if operator not in SEVERAL else value[: value[:LONGEST].rfind(",")] if len(value) > LONGEST else value,
    )


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _whole(text: str, key: str) -> int:
    if text.strip().isdecimal():
        return int(text)
    raise Refused([Problem(key, _("Give a whole number of days."))])
