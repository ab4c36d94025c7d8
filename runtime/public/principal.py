"""Who acts when a stranger uses a public link: a person of its own, who may what the link allows and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from runtime.people.person import Person
from runtime.people.rights import Grant
from runtime.public.settings import QUERY, asked, may_be_shown, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.public.links import Link

BELOW = -1_000
"""Persons of links have the numbers below this one: BELOW minus the number of the link."""
NO_RECORD = "id == 0"
Grants = dict[str, tuple[Grant, ...]]


def person_of(link: Link) -> int:
    return BELOW - link.id


def stranger(catalogue: Catalogue, link: Link, target: int | None = None, found: Iterable[int] = ()) -> Person:
    """`target`: the record to which a signed link is bound. `found`: the records that a query may show."""
    gives = _of_query(catalogue, link, found) if link.kind == QUERY else _of_form(catalogue, link, target)
    knows = frozenset(link.settings.people)
    told = repr(
        sorted(
            (form, [(each.key, sorted(each.actions), sorted(each.fields.items()), each.rows) for each in grants])
            for form, grants in gives.items()
        )
        + sorted(knows)
    )
    digest = hashlib.sha256(told.encode()).hexdigest()[:24]
    return Person(person_of(link), email=f"public-link:{digest}", name=link.label, gives=gives, knows=knows)


def _of_form(catalogue: Catalogue, link: Link, target: int | None) -> Grants:
    """It may add a record by the fields that are asked, and see no record there is."""
    form, settings = catalogue.forms[link.form], link.settings
    levels = dict.fromkeys(asked(form, settings), "edit") | dict.fromkeys(shown(form, settings), "view")
    gives: dict[str, list[Grant]] = {}
    if target is not None and settings.bound is not None:
        levels[settings.bound] = "edit"
        _give(catalogue, gives, getattr(form.by_key[settings.bound], "form"), "*bound", f"id == {target:d}", settings.greeting)
    for key, condition in settings.pick.items():
        if levels.get(key) == "edit":
            kind = form.by_key[key]
            linked = kind.type == "linked_choice"
            also = [pair.theirs for pair in getattr(kind, "pairs")] if linked else []
            _give(catalogue, gives, getattr(kind, "form"), f"*pick {key}", condition, True, getattr(kind, "field") if linked else None, also)
    gives.setdefault(link.form, []).append(Grant("*public", frozenset({"view", "add"}), levels, NO_RECORD))
    return {form: tuple(grants) for form, grants in gives.items()}


def _give(
    catalogue: Catalogue,
    gives: dict[str, list[Grant]],
    form: str,
    key: str,
    rows: str,
    named: bool,
    field: str | None = None,
    also: Iterable[str] = (),
) -> None:
    """Sight of records of another form: that they are there and, if they are to be `named`, their title or another `field`; `also`: the
    fields by which a linked choice is narrowed."""
    fields = {field or catalogue.forms[form].title: "view", **dict.fromkeys(also, "view")} if named else {}
    gives.setdefault(form, []).append(Grant(key, frozenset({"view"}), fields, rows))


def _of_query(catalogue: Catalogue, link: Link, found: Iterable[int]) -> Grants:
    form = catalogue.forms[link.form]
    fields = {key: "view" for key in link.settings.fields if key in form.by_key and may_be_shown(form.by_key[key])}
    rows = " or ".join(f"id == {each:d}" for each in found) or NO_RECORD
    return {link.form: (Grant("*public", frozenset({"view"}), fields, rows),)}
