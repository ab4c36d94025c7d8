"""Wording: words for a conversation, a message or a letter, for records of a form, with places for their fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import Definition, FormulaText, FormulaUse, Key, LocalText, Text
from runtime.definitions.naming import Names, OptionsOf
from runtime.definitions.places import formulas_in
from runtime.errors import Problem
from runtime.texts import LANGUAGES, _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.tier_model import TierModel

PERSON = frozenset({"person"})
LONGEST = 4_000
LongText = Annotated[str, Field(min_length=1, max_length=LONGEST)] | LocalText


class Wording(Definition):
    """Offered where somebody writes a follow-up about a record of the form, if it fits: one of `tiers`, one of `tags`, each of `values` (a field
    and the options that will do, such as industries), and the condition `where`. What is left out fits every record."""

    kind: Literal["wording"] = "wording"
    form: Key = Field(title="Form")
    channel: Literal["talk", "message", "email"] = Field("talk", title="For")
    tier_model: Key | None = Field(None, title="Tier model")
    tiers: tuple[Key, ...] = Field((), max_length=50, title="Tiers")
    tags: tuple[Key, ...] = Field((), max_length=50, title="Tags")
    values: Annotated[dict[Annotated[str, Names("form")], tuple[Key, ...]], OptionsOf()] = Field({}, title="Values")
    where: FormulaText | None = Field(None, title="Only if")
    subject: Text | None = Field(None, title="Subject")
    text: LongText = Field(title="Text")
    archived: bool = Field(False, title="Offered no more")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        form = catalogue.forms.get(self.form)
        if form is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        yield from self._tier_problems(catalogue)
        tags = catalogue.tag_set_of(self.form)
        for number, key in enumerate(self.tags):
            if tags is None or key not in tags.by_key:
                yield Problem(f"tags/{number}", _("This dictionary has no tag with the key {key}.", key=key))
        for key, wanted in self.values.items():
            field = form.field(key)
            options = getattr(field, "options", None)
            if field is None or options is None:
                yield Problem(f"values/{key}", _("The field {key} has no options to choose from.", key=key))
                continue
            known = {each.key for each in options}
            yield from (
                Problem(f"values/{key}/{number}", _("There is no option {value} here.", value=each))
                for number, each in enumerate(wanted)
                if each not in known
            )
        for name in ("subject", "text"):
            written = getattr(self, name)
            if written is not None and any(len(shown(written, language)) > LONGEST for language in LANGUAGES):
                yield Problem(name, _("This is too long; {bound} at most.", bound=LONGEST))

    def _tier_problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if not self.tiers:
            return
        model = self.model(catalogue)
        if model is None or model.form != self.form:
            yield Problem("tier_model", _("No tier model of this form has these tiers."))
            return
        for number, key in enumerate(self.tiers):
            if key not in model.by_key:
                yield Problem(f"tiers/{number}", _("This model has no tier with the key {key}.", key=key))

    def model(self, catalogue: Catalogue) -> TierModel | None:
        """The tier model whose tiers are meant: the named one, else that of the form."""
        return catalogue.tier_models.get(self.tier_model) if self.tier_model is not None else catalogue.model_of(self.form)

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.where is not None:
            yield FormulaUse("where", self.where, self.form, None, ("boolean",), allow=PERSON)
        yield from formulas_in("subject", self.subject, self.form, {})
        yield from formulas_in("text", self.text, self.form, {})
