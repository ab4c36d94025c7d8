"""Who uses what: the definitions that name another one, and the fields that each reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.companions import Name, named
from runtime.definitions.form import Form
from runtime.definitions.loading import load
from runtime.definitions.model import Definition, FormulaUse, Model
from runtime.definitions.naming import Place, fields_named, leads_to
from runtime.definitions.view import View
from runtime.errors import DefinitionProblems, FormulaProblems
from runtime.formulas import Formula
from runtime.formulas.definitions import of_use, sound
from runtime.formulas.tree import Call, Field, Path, literal_value, walk
from runtime.public import links
from runtime.system.tables import own_view
from runtime.system.workspace import Act


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
    """For each field of a form the definitions that name, read or show it, the form itself for its own formulas and rules. A field of a
    sub-form's rows stands there as `items.product`."""
    return {key: names for key, names in _all_uses(catalogue).get(form.key, {}).items() if key.partition(".")[0] in form.by_key}


def _all_uses(catalogue: Catalogue) -> dict[str, dict[str, list[Name]]]:
    memo = catalogue.memo.setdefault("builder.field_uses", {})
    if not memo:
        for each in catalogue.all():
            for form, key in dict.fromkeys(places_of(each, catalogue)):
                memo.setdefault(form, {}).setdefault(key, []).append((each.kind, each.key))
    return memo


def places_of(definition: Definition, catalogue: Catalogue) -> Iterator[Place]:
    """The fields that a definition names outright and those that its formulas read. Who reads a row of a sub-form reads the sub-form."""
    return _places(definition, definition.form_around(catalogue), definition.formulas(catalogue), catalogue)


def _places(part: Model, form: str | None, formulas: Iterable[FormulaUse], catalogue: Catalogue) -> Iterator[Place]:
    for place in fields_named(part, form, catalogue):
        yield from _with_subform(place)
    for use in formulas:
        try:
            read = list(fields_read(use, of_use(catalogue, use), catalogue))
        except FormulaProblems:
            continue  # a broken formula is reported where it stands
        for place in read:
            yield from _with_subform(place)


def _with_subform(place: Place) -> Iterator[Place]:
    form, key = place
    if "." in key:
        yield form, key.partition(".")[0]
    yield place


def fields_read(use: FormulaUse, found: Formula, catalogue: Catalogue) -> Iterator[Place]:
    """The fields that a formula reads of its own record, and beyond its relations and references."""
    related = {each.path: (each.form, each.subform) for each in found.uses.relations}
    for each in found.uses.relations:
        yield each.form, str(each.reference or each.subform)
    yield from ((str(use.form), name.removeprefix("previous.")) for name in sorted(found.uses.names) if name.startswith("previous."))
    for name in sorted(found.uses.names):
        key, _dot, field = name.partition(".")
        whole = use.names.get(key)  # a record that stands under a name, as a step of an automation gives it
        if whole is not None and whole.kind == "record" and field in catalogue.forms[str(whole.form)].by_key:
            yield str(whole.form), field
    for node in walk(found.tree):
        if isinstance(node, Field) and not node.system:
            form, rows = related[node.relation] if node.relation else (use.form, None if node.parent else use.subform)
            yield str(form), _in_rows(rows, node.key)
        elif isinstance(node, Path):
            yield from _along(node, *(related[node.relation] if node.relation else (use.form, use.subform)), catalogue)
        elif isinstance(node, Call) and node.function == "LOOKUP":
            form, match, result = (str(literal_value(node.arguments[number])) for number in (0, 1, 3))
            yield from ((form, match), (form, result))


def _along(node: Path, form: str | None, rows: str | None, catalogue: Catalogue) -> Iterator[Place]:
    """Each reference on the way, and the field at its end."""
    for step in node.reference.split("."):
        lines = catalogue.forms[str(form)].by_key[rows].lines() if rows is not None else {}
        yield str(form), _in_rows(rows if step in lines else None, step)
        form = getattr(lines[step], "form") if step in lines else leads_to(form, step, catalogue)[0]
        rows = None
    yield str(form), node.key


def _in_rows(rows: str | None, key: str) -> str:
    return key if rows is None else f"{rows}.{key}"


# -- outside of the definitions -------------------------------------------------------------------------------------------------------
def link_uses(act: Act, form: Form) -> dict[str, list[links.Link]]:
    """For each field of a form the public links that ask for it, show it, fill it in or choose by it."""
    found: dict[str, list[links.Link]] = {}
    for each in links.everywhere(act.connection):
        formulas = each.settings.formulas(each.form, act.catalogue)
        for key in _of_form(form, _places(each.settings, each.form, formulas, act.catalogue)):
            found.setdefault(key, []).append(each)
    return found


def own_view_uses(act: Act, form: Form, keys: Iterable[str]) -> dict[str, int]:
    """For each of these fields how many views name it that people keep for themselves: whose and which is nobody else's business."""
    found = dict.fromkeys(keys, 0)
    for body in act.connection.execute(sa.select(own_view.c.body)).scalars():
        if any(key in body for key in found):
            for key in found.keys() & _of_form(form, _of_own_view(body, act.catalogue)):
                found[key] += 1
    return found


def _of_own_view(body: str, catalogue: Catalogue) -> Iterator[Place]:
    try:
        view = load(json.loads(body))
    except (DefinitionProblems, ValueError):
        return
    if isinstance(view, View):
        yield from places_of(view, catalogue)


def _of_form(form: Form, places: Iterable[Place]) -> set[str]:
    return {key for place, key in places if place == form.key}
