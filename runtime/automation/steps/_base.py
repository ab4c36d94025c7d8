"""What steps have in common beyond the shelf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from runtime.definitions.model import FormulaUse
from runtime.definitions.step import Step
from runtime.definitions.types import Type
from runtime.errors import Problem, Refused, TierloomError
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue
    from runtime.records.gateway import BatchResult, Saved

STEP_FORMULAS = frozenset({"person", "effects"})


class Inside(Step):
    """Changes only this workspace: its effect commits together with its line in the run log."""

    @property
    def grouped(self) -> bool:  # type: ignore[override]
        """What it gives to others stands once in the run log, so it cannot be given for each record of a group."""
        return self.key is None


class Outside(Step):
    """Calls the outside world. What it will send is fixed by `prepare` and committed before the first try; `run` sends it."""

    @property
    def outside(self) -> bool:  # type: ignore[override]
        return True

    def prepare(self, doing: Doing) -> dict[str, Any]:
        """What every try sends, as JSON."""
        raise NotImplementedError


def of_each(doings: Sequence[Doing], call: Callable[[Doing], Any]) -> list[Any]:
    """What a call gives for each, or the error that it raises."""
    found: list[Any] = []
    for doing in doings:
        try:
            found.append(call(doing))
        except TierloomError as error:
            found.append(error)
    return found


def has_errors(found: Sequence[Any]) -> bool:
    return any(isinstance(each, TierloomError) for each in found)


def saved_or_refused(result: BatchResult) -> list[Saved | Refused]:
    """Of each row of a batch what was saved, or why it was not."""
    return [saved if saved is not None else Refused(wrong) for saved, wrong in zip(result.saved, result.problems, strict=True)]


def needs_record(form: str | None, path: str = "type") -> Iterator[Problem]:
    if form is None:
        yield Problem(path, _("This step needs a record, but the trigger is about none."))


def value_problems(path: str, form_key: str | None, values: dict[str, str], catalogue: Catalogue) -> Iterator[Problem]:
    """Problems of values that are to be written to a form's fields."""
    form = catalogue.forms.get(form_key or "")
    for key in values if form is not None else ():
        field = form.field(key) if form is not None else None
        if field is None:
            yield Problem(f"{path}/{key}", _("This form has no field with the key {key}.", key=key))
        elif not field.writable or field.stores not in ("column", "many"):
            yield Problem(f"{path}/{key}", _("The field {key} cannot be written by a step.", key=key))


def needed_values(path: str, form_key: str, values: dict[str, str], catalogue: Catalogue) -> Iterator[Problem]:
    """Fields that a new record needs and that get no value."""
    for field in catalogue.forms[form_key].fields:
        if field.required and field.writable and field.key not in values and field.default is None:
            yield Problem(
                f"{path}/{field.key}", _("A record of {form} needs {field}.", form=catalogue.forms[form_key].label, field=field.label)
            )


def value_formulas(
    path: str, target: str | None, values: dict[str, str], form: str | None, names: dict[str, Type], catalogue: Catalogue
) -> Iterator[FormulaUse]:
    """The formulas of such values: they read the automation's record and give what the target's field takes."""
    fields = catalogue.forms[target].by_key if target in catalogue.forms else {}
    for key, text in values.items():
        field = fields.get(key)
        yield FormulaUse(f"{path}/{key}", text, form, None, field.formula_type() if field is not None else None, names, STEP_FORMULAS)
