"""Which column of a file goes into which field: by key or label of either language, else by likeness, and a person may change it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.errors import Problem, Refused
from runtime.people.may import may
from runtime.records.tables import tables_of
from runtime.texts import LANGUAGES, Message, _, shown
from runtime.transfer.reading import Row, cell_text, is_blank

if TYPE_CHECKING:
    from runtime.system.workspace import Act

SIMILAR = 82
"""Likeness out of 100 from which a field is proposed for a column."""
HEADINGS_WITHIN = 10
SYSTEM_NAMES = frozenset(
    {
        "id",
        "version",
        "createdat",
        "createdby",
        "updatedat",
        "updatedby",
        "record",
        "score",
        "创建时间",
        "创建人",
        "修改时间",
        "更新时间",
        "修改人",
        "更新人",
        "提交时间",
        "提交人",
        "版本",
        "记录编号",
        "created",
        "updated",
        "lastmodified",
        "modifiedat",
        "得分",
    }
)
NO_MAP = _("A map is an object of headings and field keys.")
MODES = ("add", "update", "upsert")


@dataclass
class Column:
    """A column of the file and what becomes of it. how: exact, similar, chosen, system, computed, subform, repeated or none."""

    index: int
    heading: str
    key: str | None = None
    how: str = "none"
    samples: list[str] = field(default_factory=list)


@dataclass
class ColumnMap:
    """Columns to fields, what a row means, and by which field records are recognised."""

    columns: dict[int, str]
    mode: str = "add"
    match: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"columns": {str(index): key for index, key in self.columns.items()}, "mode": self.mode, "match": self.match}

    @property
    def match_index(self) -> int | None:
        return next((index for index, key in self.columns.items() if key == self.match), None)


def map_from(given: Mapping[str, Any]) -> ColumnMap:
    return ColumnMap({int(index): key for index, key in given["columns"].items()}, given["mode"], given["match"])


def folded(heading: str) -> str:
    """Width, case, blanks and punctuation do not matter."""
    return "".join(char for char in unicodedata.normalize("NFKC", heading).casefold() if char.isalnum())


# -- what a column may go to --------------------------------------------------------------------------------------------------------
def targets(act: Act, form: Form) -> dict[str, FieldType]:
    """The fields that an import by this person may fill."""
    places = tables_of(act.catalogue)[form.key].places
    return {
        each.key: each
        for each in form.fields
        if each.importable
        and may(act.person, "add", form.key, None, each.key)
        and (
            (each.stores in ("column", "many") and each.key in places and (each.writable or each.type == "serial"))
            or each.stores == "assigned"
        )
    }


def keys_of(form: Form, wanted: Iterable[str]) -> list[FieldType]:
    """The fields by which records can be recognised: those whose values do not repeat."""
    return [form.by_key[key] for key in wanted if key in form.by_key and form.by_key[key].distinct]


def names_of(field_type: FieldType) -> set[str]:
    return {folded(field_type.key), *(folded(shown(field_type.label, language)) for language in LANGUAGES)} - {""}


# -- proposing ----------------------------------------------------------------------------------------------------------------------
def headings_row(rows: Sequence[Row], fields: Mapping[str, FieldType]) -> int:
    """The row of the headings among the first ones: the one that names most fields, else the first that is as wide as the table."""
    known = set().union(*(names_of(each) for each in fields.values())) if fields else set()
    best, number = 0, 0
    for at, row in rows[:HEADINGS_WITHIN]:
        hits = len({folded(cell_text(cell)) for cell in row} & known)
        if hits > best:
            best, number = hits, at
    if number:
        return number
    widths = [(at, sum(not is_blank(cell) for cell in row)) for at, row in rows[:HEADINGS_WITHIN]]
    widest = max((width for _at, width in widths), default=0)
    return next((at for at, width in widths if width and 2 * width > widest), 1)


def propose(form: Form, fields: Mapping[str, FieldType], headings: Sequence[str]) -> list[Column]:
    """A proposal for every column of the file."""
    columns = [Column(index, heading.strip()) for index, heading in enumerate(headings)]
    every = {folded(was): now for was, now in form.former.items()} | {name: each.key for each in form.fields for name in names_of(each)}
    taken: set[str] = set()
    for column in columns:
        column.how, column.key = _exact(form, fields, every, folded(column.heading), taken)
        if column.key:
            taken.add(column.key)
    for column in columns:
        if column.how == "none" and (found := _similar(fields, taken, folded(column.heading))):
            column.how, column.key = "similar", found
            taken.add(found)
    return columns


def _exact(form: Form, fields: Mapping[str, FieldType], every: Mapping[str, str], name: str, taken: set[str]) -> tuple[str, str | None]:
    key = every.get(name)
    if key in fields:
        return ("repeated", None) if key in taken else ("exact", key)
    if key is not None:
        return ("subform" if form.by_key[key].stores == "rows" else "computed"), None
    first = name and next(
        (each for each in form.fields if each.stores == "rows" and any(name.startswith(own) for own in names_of(each))), None
    )
    if first:
        return "subform", None
    return ("system" if name in SYSTEM_NAMES else "none"), None


def _similar(fields: Mapping[str, FieldType], taken: set[str], name: str) -> str | None:
    if len(name) < 2:
        return None
    best = max(
        ((max(_likeness(name, own) for own in names_of(each)), key) for key, each in fields.items() if key not in taken), default=(0.0, "")
    )
    return best[1] if best[0] >= SIMILAR else None


def _likeness(heading: str, name: str) -> float:
    """One within the other counts as alike where the shorter is not too short: 客户手机号 and 手机号."""
    if len(name) >= 2 and (name in heading or heading in name) and 2 * min(len(name), len(heading)) >= max(len(name), len(heading)):
        return 90.0
    return fuzz.ratio(heading, name)


def usual_mode(form: Form, columns: Iterable[Column]) -> tuple[str, str | None]:
    """Update what is there and add the rest, where a column tells which record a row means."""
    keys = keys_of(form, [each.key for each in columns if each.key])
    chosen = next((each for each in keys if each.key == form.title), keys[0] if keys else None)
    return ("upsert", chosen.key) if chosen else ("add", None)


def proposed(form: Form, columns: Iterable[Column]) -> ColumnMap:
    columns = list(columns)
    return ColumnMap({each.index: each.key for each in columns if each.key}, *usual_mode(form, columns))


# -- checking -----------------------------------------------------------------------------------------------------------------------
def check(act: Act, form: Form, mapping: ColumnMap) -> ColumnMap:
    """The mapping itself if it can be used; raises Refused with every reason why it cannot."""
    fields, problems = targets(act, form), []
    for index, key in mapping.columns.items():
        if key not in fields:
            problems.append(Problem(f"columns/{index}", _("This form has no field {key} that an import can fill.", key=key)))
    for key in {key for key in mapping.columns.values() if list(mapping.columns.values()).count(key) > 1}:
        problems.append(
            Problem(
                f"columns/{key}",
                _("Two columns go into the field {field}. Choose one of them.", field=fields[key].label if key in fields else key),
            )
        )
    if not mapping.columns:
        problems.append(Problem("columns", _("No column goes into any field. Choose a field for at least one column.")))
    if mapping.mode not in MODES:
        problems.append(Problem("mode", _("Choose one of: {modes}.", modes=", ".join(MODES))))
    elif mapping.mode != "add":
        problems += _match_problems(form, mapping)
    if problems:
        raise Refused(problems)
    return mapping if mapping.mode != "add" else ColumnMap(mapping.columns, "add", None)


def _match_problems(form: Form, mapping: ColumnMap) -> list[Problem]:
    found = form.field(mapping.match or "")
    if found is None or not found.distinct:
        return [Problem("match", _("To change records that are there, choose a field whose values do not repeat."))]
    if found.key not in mapping.columns.values():
        return [Problem("match", _("No column goes into {field}, by which records are to be recognised.", field=found.label))]
    return []


def as_map(given: Any) -> dict[str, str | None]:
    """Headings and field keys as somebody wrote them, {"heading": "field key"}; raises Refused for anything else."""
    if not isinstance(given, dict) or not all(value is None or isinstance(value, str) for value in given.values()):
        raise Refused([Problem("map", NO_MAP)])
    return given


def by_headings(columns: Iterable[Column], wanted: Mapping[str, str | None]) -> dict[int, str]:
    """Columns to fields by the columns' headings; raises Refused for headings that the file has not."""
    by_name = {folded(each.heading): each.index for each in columns}
    unknown = [heading for heading in wanted if folded(heading) not in by_name]
    if unknown:
        raise Refused([Problem("map", _("The file has no column “{heading}”.", heading=heading)) for heading in unknown])
    return {by_name[folded(heading)]: key for heading, key in wanted.items() if key}


def missing(form: Form, mapping: ColumnMap) -> list[FieldType]:
    """Required fields that no column fills and that have no default: new records will be refused."""
    return [
        each
        for each in form.fields
        if each.required and each.writable and each.default is None and each.key not in mapping.columns.values()
    ]


REASONS: dict[str, Message] = {
    "system": _("Tierloom fills this itself; left out."),
    "computed": _("Worked out by a formula; left out."),
    "subform": _("Sub-form rows are not imported yet; left out."),
    "repeated": _("A column with this heading comes earlier; left out."),
    "none": _("No field of that name; left out."),
    "similar": _("Similar name, please look."),
    "exact": _("Recognised by its name."),
    "chosen": _("Chosen by you."),
}
