"""A form's draft as if it were published, to be looked at and filled in: with columns that exist on paper only."""

from __future__ import annotations

from dataclasses import replace

from runtime.definitions.catalogue import Catalogue, StoredColumn
from runtime.definitions.form import Form
from runtime.records.schema_changes import wanted_columns
from runtime.system.workspace import Act

ON_PAPER = 2**62
"""Numbers from here on are no column of the database."""


def in_force(act: Act, form: Form) -> Act:
    """The act as it would be with this draft published. Nothing may be written through it."""
    catalogue = act.catalogue.with_definitions([form])
    return replace(act, catalogue=replace(catalogue, columns=_columns(catalogue, form), memo={}), after_commit=[], notes=[])


def _columns(catalogue: Catalogue, form: Form) -> dict[tuple[str, str], StoredColumn]:
    """The columns of all other forms as they are; of this one those that are there, and new ones where it has none."""
    found = {name: column for name, column in catalogue.columns.items() if name[0] != form.key}
    for number, (path, signature, place, _field) in enumerate(wanted_columns(form, catalogue)):
        present = catalogue.columns.get((form.key, path))
        kept = present is not None and (present.signature, present.place) == (signature, place)
        found[form.key, path] = present if kept and present is not None else StoredColumn(ON_PAPER + number, signature, place)
    return found
