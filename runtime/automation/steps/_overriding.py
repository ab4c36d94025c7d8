"""What setting a tier by hand and lifting that share: which model, for which record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from runtime.automation.steps._target import OnRecord
from runtime.definitions.model import Key
from runtime.definitions.step import Names as Known
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class Overriding(OnRecord):
    tier_model: Key = Field(title="Tier model")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if self.tier_model not in catalogue.tier_models:
            yield Problem("tier_model", _("There is no tier model with the key {key}.", key=self.tier_model))

    def about(self, target: str, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        model = catalogue.tier_models.get(self.tier_model)
        if model is not None and model.form != target:
            yield Problem("tier_model", _("This tier model rates the records of another form."))
