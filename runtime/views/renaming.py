"""A published field gets another key: its column and values stay, and whatever names it is told its new key in the same publication. Options of
a choice get other keys in the same way; their values are carried into a new column (records/converting.py).

Definitions that name it are published with it, reworded (`followers`). What people keep for themselves and what is no definition — own views,
public links, drafts of entries and of definitions, uses of files — is rewritten in the publishing transaction (`carry_over`).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from runtime.automation.places import PLACE
from runtime.definitions import versions
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.loading import load
from runtime.definitions.model import Definition, FormulaUse
from runtime.definitions.naming import Names, OptionsOf, in_rows, leads_to, marker, options_marker, rows_around
from runtime.definitions.renames import Renames, option_renames, renames
from runtime.errors import DefinitionProblems
from runtime.formulas.rewording import Words, reworded
from runtime.public.settings import read_settings
from runtime.system.database import to_json
from runtime.system.tables import definition_draft, entry_draft, file_use, own_view, public_link
from runtime.system.workspace import Act

Json = dict[str, Any]


def all_renames(catalogue: Catalogue, loaded: Iterable[Definition]) -> dict[str, Renames]:
    """By form the fields that get another key with these definitions."""
    found = {each.key: renames(catalogue.forms.get(each.key), each) for each in loaded if isinstance(each, Form)}
    return {form: paths for form, paths in found.items() if paths}


def all_option_renames(catalogue: Catalogue, loaded: Iterable[Definition]) -> dict[str, dict[str, Renames]]:
    """By form and path of a field the options that get another key with these definitions."""
    found = {each.key: option_renames(catalogue.forms.get(each.key), each) for each in loaded if isinstance(each, Form)}
    return {form: paths for form, paths in found.items() if paths}


def followers(act: Act, loaded: list[Definition]) -> list[Json]:
    """The bodies of published definitions outside of a set that name fields which the set renames, as they have to be published with it."""
    changes, options = all_renames(act.catalogue, loaded), all_option_renames(act.catalogue, loaded)
    if not changes and not options:
        return []
    given = {(each.kind, each.key) for each in loaded}
    rewriting = Rewriting(act.catalogue, changes, options)
    found = []
    for each in act.catalogue.all():
        if (each.kind, each.key) not in given:
            body = versions.find_version(act.connection, each.kind, each.key).body
            new = rewriting.definition(each, body)
            if new != body:
                found.append(new)
    return found


class Rewriting:
    """Bodies and formulas of a catalogue, said with other keys for some fields, and some options."""

    def __init__(self, before: Catalogue, changes: dict[str, Renames], options: dict[str, dict[str, Renames]]):
        self.before, self.changes, self.options = before, changes, options
        forms = dict.fromkeys((*changes, *options))
        self.then = before.with_definitions(
            [_under_new_keys(before.forms[form], changes.get(form, {}), options.get(form, {})) for form in forms]
        )
        words: dict[str, set[str]] = {}
        for paths in changes.values():
            for was, now in paths.items():
                if (old := was.rpartition(".")[2]) != (new := now.rpartition(".")[2]):
                    words.setdefault(old, set()).add(new)
        for keys in (each for of_form in options.values() for each in of_form.values()):
            for old, new in keys.items():
                words.setdefault(old, set()).add(new)
        self.words: Words = {old: tuple(sorted(new)) for old, new in words.items()}

    def definition(self, definition: Definition, body: Json) -> Json:
        text = to_json(body)
        if not any(word in text for word in self.words):
            return body
        around = definition.form_around(self.before)
        return self.part(definition, body, around, definition.formulas(self.before), lambda: definition.formulas(self.then))

    def part(self, part: BaseModel, body: Json, form: str | None, uses: Iterable[FormulaUse], then: Any) -> Json:
        """A definition, or what is made like one. `then` gives its formulas in the renamed catalogue."""
        new = copy.deepcopy(body)
        beside: dict[tuple[str, str], FormulaUse] = {}
        for use in uses:
            if not any(word in use.text for word in self.words):
                continue
            beside = beside or {(each.path, each.text): each for each in then()}
            text = reworded(use, beside.get((use.path, use.text), use), self.before, self.then, self.words)
            if text is not None and text != use.text:
                _put(new, use.path.split("/"), use.text, text)
        self._named(part, new, form)
        return new

    # -- settings that name fields ----------------------------------------------------------------------------------------------
    def _named(self, model: BaseModel, raw: Any, form: str | None, inside: str | None = None) -> None:
        if not isinstance(raw, dict):
            return
        for setting, info in type(model).model_fields.items():
            name = info.alias or setting
            if name not in raw:
                continue
            self._deeper(getattr(model, setting), raw[name], form, rows_around(model, inside))
            choices = options_marker(type(model), setting)
            if choices is not None:
                raw[name] = self._options(choices, model, form, raw[name])
            mark = marker(type(model), setting)
            if mark is not None:
                raw[name] = self._swapped(mark, model, form, raw[name], inside)

    def _options(self, mark: OptionsOf, model: BaseModel, form: str | None, raw: Any) -> Any:
        """The options that a setting names; the fields they belong to are still called as before."""
        paths, rows = (
            self.options.get(getattr(model, "form", None) or form or "", {}),
            getattr(model, mark.inside, None) if mark.inside else None,
        )
        if not mark.of:
            return {key: [paths.get(key, {}).get(each, each) for each in of] for key, of in raw.items()} if isinstance(raw, dict) else raw
        keys = {
            old: new for field in getattr(model, mark.of) or () for old, new in paths.get(f"{rows}.{field}" if rows else field, {}).items()
        }
        return [keys.get(each, each) for each in raw] if isinstance(raw, list) else raw

    def _deeper(self, value: Any, raw: Any, form: str | None, inside: str | None) -> None:
        if isinstance(value, BaseModel):
            self._named(value, raw, form, inside)
        elif isinstance(value, (tuple, list)) and isinstance(raw, list):
            for each, part in zip(value, raw, strict=False):
                self._deeper(each, part, form, inside)
        elif isinstance(value, Mapping) and isinstance(raw, dict):
            for key, each in value.items():
                self._deeper(each, raw.get(key), form, inside)

    def _swapped(self, mark: Names, model: BaseModel, form: str | None, raw: Any, inside: str | None) -> Any:
        if isinstance(raw, str):
            return self._key(mark, model, form, raw, inside)
        if isinstance(raw, list):
            return [self._swapped(mark, model, form, each, inside) for each in raw]
        if isinstance(raw, dict) and mark.at:
            return {**raw, mark.at: self._key(mark, model, form, raw[mark.at], inside)} if isinstance(raw.get(mark.at), str) else raw
        if isinstance(raw, dict):
            return {self._key(mark, model, form, key, inside): each for key, each in raw.items()}
        return raw

    def _key(self, mark: Names, model: BaseModel, form: str | None, text: str, inside: str | None) -> str:
        if mark.within is not None:
            return mark.within.sub(lambda found: found[0].replace(found[1], self._new(mark, model, form, found[1])), text)
        if mark.rows:
            rows, key = in_rows(mark, text, inside)
            return text.removesuffix(key) + self._at(form, rows, key)
        return self._new(mark, model, form, text)

    def _new(self, mark: Names, model: BaseModel, form: str | None, key: str) -> str:
        beside, rows = getattr(model, mark.of, None) if mark.of else None, None
        if beside is not None:
            form, rows = leads_to(form, beside, self.before) if marker(type(model), mark.of) is not None else (beside, None)
        return self._at(form, rows, key)

    def _at(self, form: str | None, rows: str | None, key: str) -> str:
        path = key if rows is None else f"{rows}.{key}"
        return self.changes.get(form or "", {}).get(path, path).rpartition(".")[2]


def _under_new_keys(form: Form, paths: Renames, options: dict[str, Renames]) -> Form:
    """The form with nothing changed but the keys of its fields and their options, for reading formulas about it."""

    def called(field: Any, path: str) -> Any:
        lines = field.lines()
        more: Json = {"fields": tuple(called(line, f"{path}.{line.key}") for line in lines.values())} if lines else {}
        key = paths.get(path, path).rpartition(".")[2]
        if key != field.key:
            more |= {"key": key, "label": key}  # by its label the old word would be understood still
        if path in options:
            more["options"] = tuple(
                option if new is None else option.model_copy(update={"key": new, "label": new})
                for option in field.options
                for new in (options[path].get(option.key),)
            )
        copied: Any = field.model_copy(update=more)
        for name in ("by_key", "finder"):
            copied.__dict__.pop(name, None)  # what was worked out of the old keys
        return copied

    taken = set(paths.values())  # a field whose key another takes over is gone
    fields = tuple(called(each, each.key) for each in form.fields if each.key in paths or each.key not in taken)
    new = form.model_copy(update={"fields": fields})
    for name in ("by_key", "former", "sections", "before", "_ever_renamed"):
        new.__dict__.pop(name, None)
    return new


def _put(raw: Any, path: list[str], before: str, after: str) -> None:
    """Puts a formula where the other stands: as a text of its own, or in the places of a message."""
    *way, last = path
    for name in way:
        raw = _within(raw, name)
    held = _within(raw, last)
    if held is not None:
        raw[int(last) if isinstance(raw, list) else last] = after if held == before else _in_places(held, before, after)


def _within(raw: Any, name: str) -> Any:
    if isinstance(raw, list):
        return raw[int(name)] if name.isdecimal() and int(name) < len(raw) else None
    return raw.get(name) if isinstance(raw, dict) else None


def _in_places(held: Any, before: str, after: str) -> Any:
    if isinstance(held, dict):
        return {name: _in_places(each, before, after) for name, each in held.items()}
    if not isinstance(held, str):
        return held
    return PLACE.sub(lambda found: found[0].replace(before, after) if found[1].strip() == before else found[0], held)


# -- what is no published definition --------------------------------------------------------------------------------------------------
def carry_over(act: Act, before: Catalogue, changed: list[Definition]) -> None:
    """Own views, public links, drafts and uses of files speak of renamed fields by their new keys."""
    changes, options = all_renames(before, changed), all_option_renames(before, changed)
    if not changes and not options:
        return
    rewriting = Rewriting(before, changes, options)
    _bodies(act, own_view.c.id, own_view.c.body, lambda body: rewriting.definition(load(body), body))
    _bodies(act, definition_draft.c.definition, definition_draft.c.body, lambda body: _draft(rewriting, body))
    for row in act.connection.execute(sa.select(public_link.c.id, public_link.c.form, public_link.c.settings)).all():
        if row.form in before.forms:
            new = _settings(rewriting, before, row.form, json.loads(row.settings))
            if new is not None:
                act.connection.execute(public_link.update().where(public_link.c.id == row.id).values(settings=to_json(new)))
    for form, paths in changes.items():
        for was, now in paths.items():
            mine = (file_use.c.form == form, file_use.c.field == was)
            act.connection.execute(file_use.update().where(*mine).values(field=now))
    for form in dict.fromkeys((*changes, *options)):
        _entries(act, form, changes.get(form, {}), options.get(form, {}))


def _bodies(act: Act, number: Any, column: Any, rewritten: Any) -> None:
    table = column.table
    for row in act.connection.execute(sa.select(number, column)).all():
        body = json.loads(row[1])
        try:
            new = rewritten(body)
        except DefinitionProblems:
            continue  # it could not be read before
        if new != body:
            act.connection.execute(table.update().where(number == row[0]).values({column.name: to_json(new)}))


def _draft(rewriting: Rewriting, body: Json) -> Json:
    """A draft of a renamed form itself is its author's business: it began from the keys that were."""
    if body.get("kind") == "form" and (body.get("key") in rewriting.changes or body.get("key") in rewriting.options):
        return body
    return rewriting.definition(load(body), body)


def _settings(rewriting: Rewriting, before: Catalogue, form: str, raw: Json) -> Json | None:
    settings, _wrong = read_settings(raw)
    new = rewriting.part(settings, raw, form, settings.formulas(form, before), lambda: settings.formulas(form, rewriting.then))
    return None if new == raw else new


def _entries(act: Act, form: str, paths: Renames, options: dict[str, Renames]) -> None:
    """Entries that were put aside: pairs of a control's name and its text."""
    for row in act.connection.execute(sa.select(entry_draft.c.id, entry_draft.c.body).where(entry_draft.c.form == form)).all():
        pairs = [[_control(name, paths), options.get(_path(name), {}).get(text, text)] for name, text in json.loads(row.body)]
        act.connection.execute(entry_draft.update().where(entry_draft.c.id == row.id).values(body=json.dumps(pairs, ensure_ascii=False)))


def _path(name: str) -> str:
    """`f_items-2-f_price` → `items.price`."""
    return ".".join(each.removeprefix("f_") for each in name.split("-") if each.startswith("f_"))


def _control(name: str, paths: Renames) -> str:
    """`f_items-2-f_price` → `f_lines-2-f_cost`."""
    head, *rest = name.split("-")
    key = head.removeprefix("f_")
    if not head.startswith("f_"):
        return name
    if len(rest) == 2 and rest[1].startswith("f_"):
        path = f"{key}.{rest[1].removeprefix('f_')}"
        rest[1] = "f_" + paths.get(path, path).rpartition(".")[2]
    return "-".join([f"f_{paths.get(key, key)}", *rest])
