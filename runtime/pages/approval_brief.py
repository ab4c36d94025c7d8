"""What a node shows of a record: already in the list of what waits, and the rows of its sub-forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import g

from runtime.definitions.form import Form
from runtime.errors import TierloomError
from runtime.fields._files import Attached
from runtime.pages.cells import cell
from runtime.pages.files import shown as shown_file
from runtime.pages.web import reader
from runtime.people.may import sees
from runtime.people.rights import VIEW, Grant
from runtime.records import query
from runtime.records.rows import Record
from runtime.system.workspace import Act
from runtime.workflow import running


def briefs(act: Act, rows: list[Any]) -> dict[tuple[str, int, str], list[dict[str, Any]]]:
    """(form, record, node) → label and cell of the fields that the node shows already in the list; read a node at a time."""
    wanted: dict[tuple[str, int, str], tuple[Any, set[int]]] = {}
    for row in rows:
        if row.node is None or row.form not in act.catalogue.forms:
            continue
        node = running.flow_of(act, row).by_key[row.node]
        if getattr(node, "brief", ()):
            wanted.setdefault((row.workflow, row.version, row.node), (node, set()))[1].add(row.record)
    found: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for (workflow, _version, key), (node, records) in wanted.items():
        form = act.catalogue.forms[next(row.form for row in rows if row.workflow == workflow)]
        found |= {(form.key, record, key): lines for record, lines in _of_node(act, form, node, sorted(records)).items()}
    return found


def _of_node(act: Act, form: Form, node: Any, records: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Within the rights of the node, as the page of the approval shows them."""
    person = g.person
    if not person.is_builder:
        given = Grant("*workflow", frozenset({"view"}), dict(node.fields))
        act.act_for(replace(person, gives={form.key: (given,)}, rights=None))
        g.person = act.person
    try:
        read = query.whole(act, form.key, records)
        keys = {each.id: [key for key in node.brief if key in form.by_key and _shown(form, each, key)] for each in read}
    except TierloomError:
        return {}
    finally:
        if g.person is not person:
            act.act_for(person)
            g.person = act.person
    named: dict[str, set[int]] = {}
    for each in read:
        for key in keys[each.id]:
            for target, other in form.by_key[key].records(each.values[key]) if each.values.get(key) else ():
                named.setdefault(target, set()).add(other)
    titles = query.titles(act, named)
    return {each.id: [{"label": form.by_key[key].label, "text": _text(form, each, key, titles)} for key in keys[each.id]] for each in read}


def _shown(form: Form, record: Record, key: str) -> bool:
    return key in record.masked or sees(g.person, form.key, key, record.id) >= VIEW and record.values.get(key) not in (None, ())


def _text(form: Form, record: Record, key: str, titles: dict[tuple[str, int], str]) -> str:
    value = cell(form, record, key, "", titles)
    if value["kind"] == "links":
        return " · ".join(text for text, _href in value["links"])
    return str(value.get("text") or form.by_key[key].display(record.values[key], reader()))


# -- rows -----------------------------------------------------------------------------------------------------------------------------
def tables(form: Form, record: Record, without: set[str], node: Any) -> list[dict[str, Any]]:
    """The rows of sub-forms that those who are asked see, as tables: within the rights of the node."""
    found = []
    for each in form.fields:
        if each.stores != "rows" or each.key in without or sees(g.person, form.key, each.key, record.id) < VIEW:
            continue
        limits = {rights.field: rights for rights in getattr(node, "rows", ())}.get(each.key)
        lines = [line for line in each.lines().values() if limits is None or limits.level(line.key) != "hidden"]
        rows = record.values.get(each.key) or ()
        if rows:
            ends = [line.formula_type().kind in ("number", "money") for line in lines]
            cells = [[_of_row(line, row.get(line.key)) for line in lines] for row in rows]
            found.append({"label": each.label, "columns": [line.label for line in lines], "ends": ends, "rows": cells})
    return found


def _of_row(line: Any, value: Any) -> dict[str, Any]:
    if isinstance(line, Attached):
        return {"files": [shown_file(each) for each in value or ()]}
    return {"text": "" if value is None else line.display(value, reader())}
