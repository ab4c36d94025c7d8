"""Who uses what: the definitions that name another one, and the fields that each reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.companions import Name, named
from runtime.definitions.form import Form
from runtime.definitions.model import Definition
from runtime.formulas.definitions import sound


def used_by(catalogue: Catalogue) -> dict[Name, list[Name]]:
    """For each definition those that use it. An app is not used by what lives in it."""
    memo = catalogue.memo.setdefault("builder.used_by", {})
    if not memo:
        for each in catalogue.all():
            for name in dict.fromkeys(_names(each, catalogue)):
                if name != (each.kind, each.key):
                    memo.setdefault(name, []).append((each.kind, each.key))
    return memo


def _names(definition: Definition, catalogue: Catalogue) -> Iterator[Name]:
    body = definition.model_dump(mode="json", by_alias=True)
    body.pop("app", None)
    yield from named(body)
    for _use, found in sound(definition, catalogue):
        yield from (("segment", key) for key in sorted(found.uses.segments))
        yield from (("form", use.form) for use in found.uses.relations)


def field_uses(catalogue: Catalogue, form: Form) -> dict[str, list[Name]]:
    """For each field of a form the definitions that read or show it, the form itself for its own formulas and rules."""
    memo = catalogue.memo.setdefault("builder.field_uses", {})
    if form.key not in memo:
        memo[form.key] = _field_uses(catalogue, form)
    return memo[form.key]


def _field_uses(catalogue: Catalogue, form: Form) -> dict[str, list[Name]]:
    found: dict[str, dict[Name, None]] = defaultdict(dict)
    for each in catalogue.all():
        for key in _fields_named(each, form.key) | _fields_read(each, form.key, catalogue):
            found[key][each.kind, each.key] = None
    return {key: list(names) for key, names in found.items() if key in form.by_key}


def _fields_named(definition: Definition, form: str) -> set[str]:
    if getattr(definition, "form", None) != form:
        return set()
    if definition.kind == "view":
        return {key.lstrip("-") for key in (*getattr(definition, "columns"), *getattr(definition, "sort"))}
    return set(getattr(definition, "fields")) - {"*"} if definition.kind == "permission_set" else set()


def _fields_read(definition: Definition, form: str, catalogue: Catalogue) -> set[str]:
    found: set[str] = set()
    for use, each in sound(definition, catalogue):
        if use.form == form:
            found |= each.uses.fields | each.uses.parent
        for relation in each.uses.relations:
            if relation.form == form:
                found |= relation.fields
    return found
