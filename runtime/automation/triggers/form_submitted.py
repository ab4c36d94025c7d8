"""Form submitted: somebody filled in a form by a public link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger, no_form
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import BOOLEAN, Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@TRIGGERS.register
class FormSubmitted(EventTrigger):
    """Formulas may use `signed`: whether the form was opened by a signed link."""

    type: Literal["form_submitted"] = "form_submitted"
    form: Key = Field(title="Form")
    link: int | None = Field(None, ge=1, title="Number of the public link")

    events: ClassVar[tuple[str, ...]] = ("form_submitted",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        return {"signed": BOOLEAN}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        return _("when {form} is sent by a public link", form=quoted([form_label(self.form, catalogue)], language)).in_language(language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return event.form == self.form and record is not None and self.link in (None, item.get("link"))

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        return {"signed": bool(item.get("signed"))}

    def values(self, doing: Doing) -> dict[str, Any]:
        return {"signed": bool(doing.facts.get("signed"))}
