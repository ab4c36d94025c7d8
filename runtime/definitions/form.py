"""Form: the fields of one kind of record, their layout, rules and duplicate checks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import FieldType
from runtime.definitions.form_rules import Rule
from runtime.definitions.limit import Limit
from runtime.definitions.model import Definition, FormulaUse, Model, Text, repeated
from runtime.definitions.naming import Names
from runtime.definitions.pool import CONTACTS, Pool, TeamRole
from runtime.definitions.renames import again, former_problems, not_there
from runtime.definitions.shelf import FIELD_TYPES, OneOf
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

AnyField = Annotated[FieldType, OneOf(FIELD_TYPES)]


class Section(Model):
    section: Text
    columns: int = Field(2, ge=1, le=4)
    fields: tuple[Annotated[str, Names(placing=True)], ...]
    wide: tuple[Annotated[str, Names(placing=True)], ...] = ()
    """Of its fields those that take a whole row."""
    tab: Text | None = None
    """Begins a tab of this name; sections after it that begin none stand on the same tab."""
    divider: bool = False
    """Goes on in the card of the section before, below a line."""


class Likeness(Model):
    field: Annotated[str, Names()]
    by: Literal["exact", "similar"] = "exact"
    at_least: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.9")


class Duplicates(Model):
    match: tuple[Likeness, ...] = Field(min_length=1)
    then: Literal["warn", "block"] = "warn"


class Form(Definition):
    kind: Literal["form"] = "form"
    icon: str | None = Field(None, pattern=r"^[a-z0-9-]{1,40}$")
    title: Annotated[str, Names()]
    """The field that names a record."""
    event_date: Annotated[str, Names()] | None = None
    """The date that tells when a record counts, for runs of another day."""
    fields: tuple[AnyField, ...] = Field(min_length=1, max_length=500)
    layout: tuple[Section, ...] = ()
    rules: tuple[Rule, ...] = ()
    limits: tuple[Limit, ...] = Field((), max_length=20, title="Limits across forms")
    """What this form's records may come to together, by the record that they belong to."""
    duplicates: tuple[Duplicates, ...] = ()
    quality: tuple[Annotated[str, Names()], ...] | None = None
    """Fields whose filling makes up the quality of a record; by default those of the first section."""
    team: tuple[TeamRole, ...] = Field((), max_length=20)
    """What people can be in the team of a record, beside its owner; left out, records have no team."""
    pool: Pool | None = None

    @cached_property
    def by_key(self) -> dict[str, FieldType]:
        return {field.key: field for field in self.fields}

    def form_around(self, catalogue: Catalogue) -> str | None:
        return self.key

    def field(self, key: str) -> FieldType | None:
        return self.by_key.get(key)

    def at(self, path: str) -> FieldType | None:
        """The field at a path: `amount`, or `items.price` in the rows of a sub-form."""
        head, dot, tail = path.partition(".")
        found = self.field(head)
        return found.lines().get(tail) if dot and found is not None else found

    @cached_property
    def former(self) -> dict[str, str]:
        """Former keys of its fields → the keys that they have now."""
        return {was: field.key for field in self.fields for was in field.formerly if was not in self.by_key}

    def as_called_now(self, by_key: dict[str, Any]) -> dict[str, Any]:
        """What was written down by the keys of another day, by those that the fields have now. What stands under a key that one field had
        and another one has is nobody's: whose it is, and who may see it, cannot be told."""
        if not self._ever_renamed:
            return by_key
        shared = {was for field in self.fields for was in field.formerly} & self.by_key.keys()
        return {self.former.get(key, key): each for key, each in by_key.items() if key not in shared}

    @cached_property
    def _ever_renamed(self) -> bool:
        return any(field.formerly for field in self.fields)

    def unknown(self, key: str) -> Message:
        """That there is no field with a key, and what it is called by now if it had that key once."""
        return not_there(key, self.fields)

    @classmethod
    def restored(cls, body: dict[str, Any], live: dict[str, Any] | None) -> dict[str, Any]:
        """A field that is called something else by now keeps its values under the key that it had in the older version."""
        if live is None:
            return body
        return {**body, "fields": again(body["fields"], live["fields"])}

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The layout, with the fields it leaves out in a section of their own (or all fields where there is none)."""
        placed = {key for section in self.layout for key in section.fields}
        rest = tuple(field.key for field in self.fields if field.key not in placed)
        if not rest:
            return self.layout
        return (*self.layout, Section(section=self.label, columns=2, fields=rest))

    @cached_property
    def pool_fields(self) -> dict[str, str]:
        """What is seen of a record before it is claimed, by field."""
        masked = {each.key: "masked" for each in self.fields if each.type in CONTACTS}
        return {"*": "view", **masked, **(self.pool.fields if self.pool is not None else {})}

    @cached_property
    def shown_by_rule(self) -> frozenset[str]:
        """The fields that a rule may hide."""
        return frozenset(key for rule in self.rules if rule.subform is None for key in rule.show or ())

    @cached_property
    def before(self) -> dict[str, Type]:
        """What stood in a record before a change, by the names that checks and automations have for it."""
        return {f"previous.{each.key}": each.formula_type() for each in self.fields if each.stores in ("column", "many")}

    @cached_property
    def quality_fields(self) -> tuple[str, ...]:
        wanted = self.quality if self.quality is not None else self.sections[0].fields
        return tuple(key for key in wanted if key in self.by_key and self.by_key[key].writable)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        yield from _twice("fields", [field.key for field in self.fields])
        yield from former_problems("fields", self.fields)
        for name in ("title", "event_date"):
            key = getattr(self, name)
            if key is not None and key not in self.by_key:
                yield Problem(name, _("This form has no field with the key {key}.", key=key))
        if self.event_date in self.by_key and self.by_key[self.event_date].formula_type().kind not in ("date", "datetime"):
            yield Problem("event_date", _("The field {key} is not a date.", key=self.event_date))
        for index, field in enumerate(self.fields):
            yield from (each.under(f"fields/{index}") for each in field.problems(self, catalogue))
        yield from self._unknown_fields()
        for index, rule in enumerate(self.rules):
            yield from (each.under(f"rules/{index}") for each in rule.problems(self))
        for index, limit in enumerate(self.limits):
            yield from (each.under(f"limits/{index}") for each in limit.problems(self, catalogue))
        yield from _twice("team", [each.key for each in self.team])
        if self.pool is not None:
            yield from (each.under("pool") for each in self.pool.problems(self))
        relations: dict[str, str] = {}
        for other in catalogue.forms.values():
            for field in other.fields:
                name = getattr(field, "many_name", None)
                if name is None or getattr(field, "form", None) != self.key:
                    continue
                if name in self.by_key or name in relations:
                    yield Problem(
                        "fields",
                        _(
                            "The name {name}, by which {form} calls this form's records, is taken; choose another many_name.",
                            name=name,
                            form=other.key,
                        ),
                    )
                relations[name] = other.key

    def _unknown_fields(self) -> Iterator[Problem]:
        named: list[tuple[str, tuple[str, ...]]] = [(f"layout/{i}/fields", section.fields) for i, section in enumerate(self.layout)]
        named += [(f"layout/{i}/wide", section.wide) for i, section in enumerate(self.layout)]
        named += [(f"duplicates/{i}/match", tuple(each.field for each in check.match)) for i, check in enumerate(self.duplicates)]
        named += [("quality", self.quality or ())]
        for path, keys in named:
            for key in keys:
                if key not in self.by_key:
                    yield Problem(path, _("This form has no field with the key {key}.", key=key))
        yield from _twice("layout", [key for section in self.layout for key in section.fields])

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for index, field in enumerate(self.fields):
            yield from (use.under(f"fields/{index}") for use in field.formulas(self, catalogue))
        for index, rule in enumerate(self.rules):
            yield from rule.formulas(self, f"rules/{index}")
        for index, limit in enumerate(self.limits):
            yield from (use.under(f"limits/{index}") for use in limit.formulas(self))
        if self.pool is not None:
            yield from (use.under("pool") for use in self.pool.formulas(self.key))


def _twice(path: str, keys: list[str]) -> Iterator[Problem]:
    for key in sorted(repeated(keys)):
        yield Problem(path, _("The key {key} stands there twice.", key=key))
