"""Record created: a record was added to a form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger, no_form
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


@TRIGGERS.register
class RecordCreated(EventTrigger):
    type: Literal["record_created"] = "record_created"
    form: Key = Field(title="Form")

    events: ClassVar[tuple[str, ...]] = ("record_created",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        return _("when a record is added to {form}", form=quoted([form_label(self.form, catalogue)], language)).in_language(language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return event.form == self.form and record is not None
