"""Update or create: changes the record whose fields have these values, or adds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.given import record_names
from runtime.automation.steps._base import Inside, needed_values, value_formulas, value_problems
from runtime.automation.steps._turns import in_turn
from runtime.automation.words import field_label, form_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import BOOLEAN, Type
from runtime.errors import Problem
from runtime.formulas.definitions import formula
from runtime.records import gateway, query
from runtime.records.tables import tables_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class UpdateOrCreate(Inside):
    """`match`: the values by which the record is known; a new one gets them too. `create_values`: what only a new one gets.

    Of several that match the one that was added first is changed. A blank value to match finds nothing and adds nothing.
    """

    type: Literal["update_or_create"] = "update_or_create"
    form: Key = Field(title="Form")
    match: dict[Annotated[str, Names("form")], FormulaText] = Field(min_length=1, title="Known by")
    values: dict[Annotated[str, Names("form")], FormulaText] = Field({}, title="Values")
    create_values: dict[Annotated[str, Names("form")], FormulaText] = Field({}, title="Values of a new one only")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        for name in ("match", "values", "create_values"):
            yield from value_problems(name, self.form, getattr(self, name), catalogue)
        for key in self.match:
            field = catalogue.forms[self.form].field(key)
            if field is not None and (field.stores != "column" or not field.sortable):
                yield Problem(f"match/{key}", _("A record cannot be known by the field {key}.", key=key))
        yield from needed_values("create_values", self.form, {**self.match, **self.values, **self.create_values}, catalogue)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        for name in ("match", "values", "create_values"):
            yield from value_formulas(name, self.form, getattr(self, name), form, names, catalogue)

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        if self.key is None or self.form not in catalogue.forms:
            return {}
        return {**record_names(self.key, self.form, catalogue), f"{self.key}.is_new": BOOLEAN}

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        known = quoted([field_label(self.form, key, catalogue) for key in self.match], language)
        label = quoted([form_label(self.form, catalogue)], language)
        return _("change the record of {form} with the same {fields}, or add it", form=label, fields=known).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        wanted = {key: doing.value(text) for key, text in self.match.items()}
        if any(value is None for value in wanted.values()):
            return doing.skip(_("What the record is known by is blank, so nothing was changed or added."))
        in_turn(doing.act, f"known {self.form} {' '.join(sorted(wanted))}")  # two runs would both find nothing and both add it
        values = {key: doing.value(text) for key, text in self.values.items()}
        record = self._known(doing, wanted)
        if record is None:
            values = {**wanted, **values, **{key: doing.value(text) for key, text in self.create_values.items()}}
            saved = gateway.create(doing.act, self.form, values)
        else:
            saved = gateway.update(doing.act, self.form, record, values)
        gives = {self.key: saved.id, f"{self.key}.is_new": record is None} if self.key is not None else {}
        return {
            "form": self.form,
            "record": saved.id,
            "new": record is None,
            "changed": sorted(saved.changes),
            "version": saved.written,
            "gives": gives,
        }

    def _known(self, doing: Doing, wanted: dict[str, Any]) -> int | None:
        fields = doing.act.catalogue.forms[self.form].by_key
        names = {f"wanted_value_{number}": fields[key].formula_type() for number, key in enumerate(wanted)}
        text = " and ".join(f"{key} == wanted_value_{number}" for number, key in enumerate(wanted))
        columns = tables_of(doing.act.catalogue)[self.form]
        values = {
            f"wanted_value_{number}": _column(columns.column(key), fields[key].to_column(value))
            for number, (key, value) in enumerate(wanted.items())
        }
        asked = formula(doing.act.catalogue, self.form, text, names, expect=("boolean",))
        return next(iter(query.matching(doing.act, self.form, asked, values)), None)


def _column(column: Any, value: Any) -> Any:
    import sqlalchemy as sa

    return sa.literal(value, column.type)
