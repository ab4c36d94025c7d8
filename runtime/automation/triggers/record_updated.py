"""Record updated: values of a record really changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger, no_form
from runtime.automation.words import field_label, form_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.naming import Names
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

BLANK = (None, "", [])


@TRIGGERS.register
class RecordUpdated(EventTrigger):
    type: Literal["record_updated"] = "record_updated"
    form: Key = Field(title="Form")
    fields: tuple[Annotated[str, Names("form")], ...] = Field((), title="Only when one of these changes")
    becomes: FormulaText | None = Field(None, title="Only when this becomes true")
    """A condition that did not hold before the change and holds after it. All formulas of the automation may use `previous.FIELD`."""

    events: ClassVar[tuple[str, ...]] = ("record_updated",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield from ((self.form, f"changes:{key}") for key in self.fields)
        if not self.fields:
            yield self.form, ""

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        form = catalogue.forms.get(self.form)
        return form.before if form is not None else {}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)
        form = catalogue.forms.get(self.form)
        for number, key in enumerate(self.fields if form is not None else ()):
            field = form.field(key) if form is not None else None
            if field is None:
                yield Problem(f"fields/{number}", _("This form has no field with the key {key}.", key=key))
            elif field.stores == "rated":
                yield Problem(f"fields/{number}", _("A tier is decided by its model: choose the trigger for a changed tier instead."))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.becomes is not None:
            yield FormulaUse("becomes", self.becomes, self.form, None, ("boolean",))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        form = quoted([form_label(self.form, catalogue)], language)
        fields = quoted([field_label(self.form, key, catalogue) for key in self.fields], language)
        if self.becomes is not None:
            return _("when a record of {form} changes so that {condition} becomes true", form=form, condition=self.becomes).in_language(
                language
            )
        if self.fields:
            return _("when {fields} changes in a record of {form}", form=form, fields=fields).in_language(language)
        return _("when a record of {form} changes", form=form).in_language(language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        if event.form != self.form or record is None:
            return False
        changed = {key for key, (old, new) in item.get("changes", {}).items() if old != new and not (old in BLANK and new in BLANK)}
        return bool(changed & set(self.fields)) if self.fields else bool(changed)

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        return {"changes": item.get("changes", {})}

    def values(self, doing: Doing) -> dict[str, Any]:
        before = self._before(doing)
        return {f"previous.{key}": value for key, value in before.items()}

    def seen(self, doing: Doing) -> dict[str, Any]:
        return doing.parsed({key: new for key, (_old, new) in doing.facts.get("changes", {}).items()})

    def begins(self, doing: Doing) -> bool:
        return self.becomes is None or (doing.holds(self.becomes) and not doing.holds(self.becomes, self._before(doing)))

    def _before(self, doing: Doing) -> dict[str, Any]:
        """The record's values before the change."""
        return {**doing.record.values, **doing.parsed({key: old for key, (old, _new) in doing.facts.get("changes", {}).items()})}
