"""What may be written at a place: fields, relations, names and functions, for an editor to offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.formulas.functions import FUNCTIONS, Function
from runtime.formulas.reference import FAMILIES
from runtime.formulas.saying import options_of
from runtime.formulas.scope import SYSTEM_LABELS, Place, Relation, Scope, system_type
from runtime.formulas.types import described
from runtime.texts import catalogue, shown

Visible = Callable[[str, str | None], bool]
"""Whether the person may see a form (with None) or a field of it."""

FARTHEST = 2
"""Steps over relations and references that are offered."""


def offered(scope: Scope, language: str, visible: Visible) -> dict[str, Any]:
    """{form, subform, own_rows, allow, names, forms}: `forms` holds every form that can be reached, by key; a sub-form as `form.key`."""
    forms: dict[str, Any] = {}
    if scope.place is not None:
        _Offer(scope, language, visible, forms).add(scope.place, FARTHEST)
    return {
        "form": _name(scope.place) if scope.place is not None else None,
        "record_form": scope.form if scope.place is not None else None,
        "title": getattr(scope.place.form, "title", None) if scope.place is not None else None,
        "own_rows": scope.own_rows,
        "allow": sorted(scope.allow),
        "names": [
            {
                "key": name,
                "type": described(type).in_language(language),
                "kind": type.kind,
                "options": [[each, each] for each in type.options],
            }
            for name, type in scope.extra.items()
        ],
        "forms": forms,
    }


def _name(place: Place) -> str:
    return place.form.key if place.subform is None else f"{place.form.key}.{place.subform}"


class _Offer:
    def __init__(self, scope: Scope, language: str, visible: Visible, forms: dict[str, Any]):
        self.scope, self.language, self.visible, self.forms = scope, language, visible, forms

    def add(self, place: Place, steps: int) -> None:
        """A form with its fields, and the forms behind them."""
        name = _name(place)
        if not self.visible(place.form.key, None):
            return
        if name not in self.forms:
            self.forms[name] = {
                "label": shown(place.form.label, self.language),
                "fields": [*self._fields(place), *self._system(place)],
                "relations": [
                    {"key": each.name, **self._both(each.label), "to": self._target(each)}
                    for each in place.relations.values()
                    if self.visible(each.form, each.subform)
                ],
            }
        if steps:
            for relation in place.relations.values():
                self.add(place.beyond(relation), steps - 1)
            for field in place.form.fields:
                if field.type == "reference" and field.form in place.catalogue.forms:
                    self.add(Place(place.catalogue, place.catalogue.forms[field.form]), steps - 1)

    def _target(self, relation: Relation) -> str:
        return relation.form if relation.subform is None else f"{relation.form}.{relation.subform}"

    def _both(self, label: Any) -> dict[str, str]:
        """A label for the reader, and in the other language, by which it is found too."""
        other = "en" if self.language == "zh" else "zh"
        return {"label": shown(label, self.language), "other": shown(label, other)}

    def _fields(self, place: Place) -> list[dict[str, Any]]:
        lines = place.form.field(place.subform).fields if place.subform is not None else ()
        inside = {each.key for each in lines}
        own = [(each, False) for each in lines] + [
            (each, place.subform is not None) for each in place.form.fields if each.stores not in ("rows", "nothing") and each.key not in inside
        ]
        found = (self._field(each, parent) for each, parent in own if self.visible(place.form.key, each.key))
        return [each for each in found if each is not None]

    def _field(self, field: Any, parent: bool) -> dict[str, Any] | None:
        try:
            type = field.formula_type()
        except NotImplementedError:
            return None
        return {
            "key": field.key,
            **self._both(field.label),
            "kind": type.kind,
            "type": described(type).in_language(self.language),
            "options": [[key, shown(label, self.language)] for key, label in options_of(field, self.scope).items()],
            "to": field.form if field.type == "reference" else None,
            "parent": parent,
            "system": False,
        }

    def _system(self, place: Place) -> list[dict[str, Any]]:
        return [
            {
                "key": key,
                **self._both(label),
                "kind": system_type(key, place.form.key).kind,
                "type": described(system_type(key, place.form.key)).in_language(self.language),
                "options": [],
                "to": None,
                "parent": False,
                "system": True,
            }
            for key, label in SYSTEM_LABELS.items()
        ]


# -- functions --------------------------------------------------------------------------------------------------------------------
def functions(language: str) -> list[dict[str, Any]]:
    """The shelf as an editor shows it, in the order of families."""
    order = list(FAMILIES)
    found = sorted(FUNCTIONS, key=lambda each: (order.index(each.family) if each.family in order else len(order), each.name))
    return [_function(each, language) for each in found]


def help_text(kind: str, name: str, language: str) -> str | None:
    """What translations say of a function or the parameter of one; English stands in the functions themselves."""
    return catalogue(language).get(f"{kind} {name}")


def _function(function: Function, language: str) -> dict[str, Any]:
    first_optional = len(function.parameters) - function.optional
    english, chinese = FAMILIES.get(function.family, function.family).partition(" ")[::2]
    return {
        "name": function.name,
        "aliases": list(function.aliases),
        "label": function.label[language],
        "other": function.label["en" if language == "zh" else "zh"],
        "family": chinese if language == "zh" and chinese else english,
        "group": function.group,
        "over_rows": bool(getattr(function, "aggregate", False)),
        "signature": function.signature(),
        "parameters": [
            {"name": help_text("parameter", each.name, language) or each.name, "optional": number >= first_optional}
            for number, each in enumerate(function.parameters)
        ],
        "repeats": function.repeats,
        "description": help_text("function", function.name, language) or function.description(),
        "examples": [list(each) for each in function.examples()[:2]],
    }
