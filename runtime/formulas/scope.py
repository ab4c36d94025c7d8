"""Scope: what the words of a formula may mean at its place of use."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz, process

from runtime.definitions.types import DATETIME, MEMBER, NUMBER, RECORD, Type
from runtime.texts import shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

SYSTEM_LABELS = {
    "id": {"zh": "记录号", "en": "Record number"},
    "version": {"zh": "版本", "en": "Version"},
    "created_at": {"zh": "创建时间", "en": "Created at"},
    "created_by": {"zh": "创建人", "en": "Created by"},
    "updated_at": {"zh": "更新时间", "en": "Updated at"},
    "updated_by": {"zh": "更新人", "en": "Updated by"},
    "record": {"zh": "本记录", "en": "This record"},
}


def system_type(key: str, form: str) -> Type:
    if key in ("id", "version"):
        return NUMBER(0)
    if key in ("created_by", "updated_by"):
        return MEMBER
    return RECORD(form) if key == "record" else DATETIME


def folded(text: str) -> str:
    """Names are compared without regard to width and case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


@dataclass(frozen=True)
class Relation:
    """Many rows that belong to one record: records of `form` whose field `reference` points at it, or rows of its own sub-form."""

    name: str
    form: str
    reference: str | None
    subform: str | None
    label: Any


@dataclass(frozen=True)
class Found:
    """What a word means: an ordinary field, a system field or a relation."""

    key: str
    field: Any = None
    system: bool = False
    parent: bool = False
    relation: Relation | None = None


@dataclass(frozen=True)
class Ambiguous:
    """A word that means several things equally well."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """The fields and relations one can see from a record of a form, or from a row of one of its sub-forms."""

    catalogue: Catalogue
    form: Any
    subform: str | None = None
    typed: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Type and bound of the fields that were asked for."""
    labelled: dict[str | None, dict[str, list[Found]]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _all(self) -> list[tuple[Found, Any]]:
        """Everything with its label; the own fields of a sub-form's row come first."""
        found: list[tuple[Found, Any]] = []
        if self.subform is not None:
            found += [(Found(each.key, each), each.label) for each in self.form.field(self.subform).fields]
        inside = {each.key for each, __ in found}
        found += [
            (Found(each.key, each, parent=self.subform is not None), each.label)
            for each in self.form.fields
            if each.stores not in ("rows", "nothing") and each.key not in inside
        ]
        found += [(Found(key, system=True), label) for key, label in SYSTEM_LABELS.items()]
        found += [(Found(name, relation=each), each.label) for name, each in self.relations.items()]
        return found

    @cached_property
    def relations(self) -> dict[str, Relation]:
        if self.subform is not None:
            return {}
        found = {
            each.key: Relation(each.key, self.form.key, None, each.key, each.label) for each in self.form.fields if each.type == "subform"
        }
        for other in self.catalogue.forms.values():
            for each in other.fields:
                name = getattr(each, "many_name", None)
                if each.type in ("reference", "multi_reference") and name and getattr(each, "form") == self.form.key:
                    found[name] = Relation(name, other.key, each.key, None, other.label)
        return found

    @cached_property
    def _by_key(self) -> dict[str, Found]:
        return {found.key: found for found, __ in reversed(self._all)}

    def find(self, word: str, language: str | None) -> Found | Ambiguous | None:
        """A word as key, then as label in the reader's language, then in the other one."""
        if word in self._by_key:
            return self._by_key[word]
        wanted = folded(word)
        if wanted in self._by_key:
            return self._by_key[wanted]
        order = (language, *(each for each in ("zh", "en") if each != language)) if language else (None,)
        for each in order:
            hits = self._by_label(each).get(wanted, [])
            hits = [found for found in hits if found.relation is None] or hits
            if len({found.key for found in hits}) == 1:
                return hits[0]
            if hits:
                return Ambiguous(tuple(sorted({found.key for found in hits})))
        return None

    def _by_label(self, language: str | None) -> dict[str, list[Found]]:
        """What the labels of one language mean, or those of all."""
        if language not in self.labelled:
            found: dict[str, list[Found]] = {}
            for each, label in self._all:
                for word in _labels(label, language):
                    found.setdefault(word, []).append(each)
            self.labelled[language] = found
        return self.labelled[language]

    def words(self) -> list[str]:
        """Every word that means something here."""
        return [*self._by_key, *self._by_label(None)]

    def beyond(self, relation: Relation) -> Place:
        return place_of(self.catalogue, self.catalogue.forms[relation.form], relation.subform)


def place_of(catalogue: Catalogue, form: Any, subform: str | None = None) -> Place:
    """The place of a form, which collects its words once."""
    places = catalogue.memo.setdefault("places", {})
    key = form.key, subform
    if key not in places:
        places[key] = Place(catalogue, form, subform)
    return places[key]


def _labels(label: Any, language: str | None) -> set[str]:
    """A label, folded, in one language or in all."""
    languages = (language,) if language else ("zh", "en")
    return {folded(shown(label, each)) for each in languages if each and label}


@dataclass(frozen=True)
class Scope:
    """Where a formula is used. `form` is the form whose record it reads (None: only `names`), `subform` makes it a row of that sub-form.

    `names`: extra names and their types. `allow`: restricted groups that may be used: person, dimension, effects, previous.
    `own_rows`: the formula looks at all records of the form: aggregates over them, fields bare. `language`: whose labels are tried first.
    """

    catalogue: Catalogue
    form: str | None
    subform: str | None = None
    names: Mapping[str, Type] | None = None
    allow: frozenset[str] = frozenset()
    own_rows: bool = False
    language: str | None = None
    tier_model: str | None = None
    extra: Mapping[str, Type] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extra", dict(self.names or {}))

    @cached_property
    def place(self) -> Place | None:
        form = self.catalogue.forms.get(self.form) if self.form is not None else None
        return place_of(self.catalogue, form, self.subform) if form is not None else None


def similar(word: str, choices: list[str]) -> str | None:
    """The most similar of the choices, if one is similar enough to be meant."""
    hit = process.extractOne(folded(word), choices, scorer=fuzz.ratio, processor=folded, score_cutoff=65)
    return hit[0] if hit else None
