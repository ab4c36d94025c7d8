"""Tag set: the dictionary of tags for one form, with who may do what and the rules that assign by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import Definition, FormulaText, FormulaUse, Key, Model, Text, Who, repeated
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class Tag(Model):
    key: Key
    label: Text
    family: Literal["attribute", "behaviour", "potential", "campaign", "control"] = "attribute"
    standing: Literal["core", "temporary"] = "core"
    owner: Who | None = None
    meaning: Text | None = None
    use: Text | None = None
    rule: FormulaText | None = None
    expires: Annotated[date, Field(strict=False)] | None = None
    archived: bool = False


class TagSet(Definition):
    kind: Literal["tag_set"] = "tag_set"
    form: Key
    most: int = Field(20, ge=1, le=500)
    may_request: tuple[Who, ...] = ()
    may_approve: tuple[Who, ...] = ()
    may_assign: tuple[Who, ...] = ()
    may_remove: tuple[Who, ...] = ()
    archive_unused_after_days: int | None = Field(None, ge=1)
    tags: tuple[Tag, ...] = ()

    @cached_property
    def by_key(self) -> dict[str, Tag]:
        return {tag.key: tag for tag in self.tags}

    @cached_property
    def ruled(self) -> tuple[Tag, ...]:
        return tuple(tag for tag in self.tags if tag.rule is not None and not tag.archived)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
        for key in sorted(repeated([tag.key for tag in self.tags])):
            yield Problem("tags", _("The key {key} stands there twice.", key=key))
        living = [tag for tag in self.tags if not tag.archived and tag.family != "control"]
        if len(living) > self.most:
            yield Problem(
                "tags",
                _("The set holds {count} tags but allows {most}. Archive some, or raise the limit.", count=len(living), most=self.most),
            )
        for number, tag in enumerate(self.tags):
            if tag.standing == "temporary" and tag.expires is None and tag.rule is None:
                yield Problem(f"tags/{number}/expires", _("A temporary tag needs the day on which it ends."))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for number, tag in enumerate(self.tags):
            if tag.rule is not None:
                yield FormulaUse(f"tags/{number}/rule", tag.rule, self.form, None, ("boolean",))
