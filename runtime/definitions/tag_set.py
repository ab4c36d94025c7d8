"""Tag set: the dictionary of tags for one form, with who may do what and the rules that assign by themselves."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.model import Definition, FormulaText, FormulaUse, Key, Model, Text, Who, repeated
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


def folded(name: str) -> str:
    """A name as names are compared: full width, letter case and spaces make no difference."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


class Tag(Model):
    key: Key
    label: Text
    aliases: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field((), max_length=50)
    """Further names by which the tag is found in searches, imports and the API."""
    family: Literal["attribute", "behaviour", "potential", "campaign", "control"] = "attribute"
    standing: Literal["core", "temporary"] = "core"
    owner: Who | None = None
    meaning: Text | None = None
    use: Text | None = None
    rule: FormulaText | None = None
    expires: Annotated[date, Field(strict=False)] | None = None
    archived: bool = False
    merged_into: Key | None = None
    """The tag that took over its records and its names."""
    exception: Text | None = None
    """Why it exists although the dictionary is full; it does not count towards the limit."""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that names it: key, label in each language, aliases."""
        label = self.label if isinstance(self.label, str) else (self.label.zh, self.label.en)
        labels = (label,) if isinstance(label, str) else tuple(each for each in label if each)
        return self.key, *labels, *self.aliases

    @property
    def counts(self) -> bool:
        """Whether it takes up one of the places of its dictionary."""
        return not self.archived and self.family != "control" and self.exception is None


class TagSet(Definition):
    kind: Literal["tag_set"] = "tag_set"
    form: Key
    most: int = Field(20, ge=1, le=500)
    may_request: tuple[Who, ...] = ()
    may_approve: tuple[Who, ...] = ()
    may_assign: tuple[Who, ...] = ()
    may_remove: tuple[Who, ...] = ()
    archive_unused_after_days: int | None = Field(None, ge=1)
    outcome: FormulaText | None = None
    """A yes or no that is hoped for, such as another order within 90 days: how useful tags are is measured by it."""
    tags: tuple[Tag, ...] = ()

    @cached_property
    def by_key(self) -> dict[str, Tag]:
        return {tag.key: tag for tag in self.tags}

    @cached_property
    def ruled(self) -> tuple[Tag, ...]:
        return tuple(tag for tag in self.tags if tag.rule is not None and not tag.archived)

    @cached_property
    def by_name(self) -> dict[str, Tag]:
        """Folded name → tag; the names of a tag that was merged lead to the one that took it over."""
        found: dict[str, Tag] = {}
        for tag in sorted(self.tags, key=lambda each: each.merged_into is not None):
            for name in tag.names:
                found.setdefault(folded(name), self.final(tag))
        return found

    def find(self, text: str) -> Tag | None:
        """The tag of this key, label or alias."""
        exact = self.by_key.get(text)
        return self.final(exact) if exact is not None else self.by_name.get(folded(text))

    def final(self, tag: Tag) -> Tag:
        """The tag itself, or the one into which it was merged in the end."""
        seen = {tag.key}
        while tag.merged_into in self.by_key and tag.merged_into not in seen:
            tag = self.by_key[str(tag.merged_into)]
            seen.add(tag.key)
        return tag

    @property
    def used(self) -> int:
        """How many of its places are taken."""
        return sum(tag.counts for tag in self.tags)

    @classmethod
    def restored(cls, body: dict[str, Any], live: dict[str, Any] | None) -> dict[str, Any]:
        """An older version as it is published again: tags that have come since are archived, because records have them."""
        old = {tag["key"] for tag in body.get("tags", ())}
        since = [{**tag, "archived": True} for tag in (live or {}).get("tags", ()) if tag["key"] not in old]
        return {**body, "tags": [*body.get("tags", ()), *since]} if since else body

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
        for key in sorted(repeated([tag.key for tag in self.tags])):
            yield Problem("tags", _("The key {key} stands there twice.", key=key))
        yield from self._same_names()
        if self.used > self.most:
            yield Problem(
                "tags",
                _("The set holds {count} tags but allows {most}. Archive some, or raise the limit.", count=self.used, most=self.most),
            )
        for number, tag in enumerate(self.tags):
            if tag.standing == "temporary" and tag.expires is None and tag.rule is None:
                yield Problem(f"tags/{number}/expires", _("A temporary tag needs the day on which it ends."))

            if tag.merged_into is not None:
                yield from self._merged(number, tag)

    def _same_names(self) -> Iterator[Problem]:
        owners: dict[str, tuple[str, str]] = {}
        for number, tag in enumerate(self.tags):
            for name in tag.names:
                owner = self.final(tag).key
                other, spelled = owners.setdefault(folded(name), (owner, name))
                if other != owner:
                    yield Problem(
                        f"tags/{number}/label",
                        _("“{name}” and “{other}” are the same name for two tags. Call one of them otherwise.", name=name, other=spelled),
                    )

    def _merged(self, number: int, tag: Tag) -> Iterator[Problem]:
        path, final = f"tags/{number}/merged_into", self.final(tag)
        if tag.merged_into not in self.by_key:
            yield Problem(path, _("This dictionary has no tag with the key {key}.", key=tag.merged_into))
        elif final.merged_into is not None:
            yield Problem(path, _("These tags are merged in a circle."))
        elif not tag.archived:
            yield Problem(path, _("A tag that was merged is archived."))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.outcome is not None:
            yield FormulaUse("outcome", self.outcome, self.form, None, ("boolean",))
        for number, tag in enumerate(self.tags):
            if tag.rule is not None:
                yield FormulaUse(f"tags/{number}/rule", tag.rule, self.form, None, ("boolean",))
