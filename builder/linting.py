"""Small advice about a definition. Advice never keeps anybody from publishing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from runtime.definitions.automation import Automation
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.model import Definition, LocalText
from runtime.definitions.permission_set import PermissionSet
from runtime.definitions.tag_set import TagSet
from runtime.definitions.tier_model import TierModel
from runtime.errors import Problem
from runtime.texts import Message, _
from builder.flowing.warnings import workflow_warnings
from builder.tiering.inputs import hidden_inputs
from builder.tiering.warnings import shape_warnings

MANY_FIELDS = 60


def advice(definition: Definition, catalogue: Catalogue) -> list[Problem]:
    """What might be better, each at its path."""
    own = LINTS.get(definition.kind)
    return [*_one_language(definition), *(own(definition, catalogue) if own else ())]


def _one_language(definition: Definition) -> Iterator[Problem]:
    label = definition.label
    if isinstance(label, LocalText) and not (label.zh and label.en):
        yield Problem("label", _("The name is there in one language only; others see it in that one."))


def _tier_model(model: Any, catalogue: Catalogue) -> Iterator[Problem]:
    assert isinstance(model, TierModel)
    yield from (Problem(each.path, each.sentence) for each in shape_warnings(model))
    for form, key in hidden_inputs(catalogue.with_definitions([model]), model):
        yield Problem("dimensions", _hidden(catalogue, model, form, key))


def _permission_set(given: Any, catalogue: Catalogue) -> Iterator[Problem]:
    """That this set is among those that hide an input of a model from everybody."""
    assert isinstance(given, PermissionSet)
    after = catalogue.with_definitions([given])
    for model in after.tier_models.values() if not given.off else ():
        for form, key in hidden_inputs(after, model):
            if form == given.form:
                yield Problem("fields", _hidden(after, model, form, key))


def _hidden(catalogue: Catalogue, model: TierModel, form: str, key: str) -> Message:
    found = catalogue.forms[form]
    return _(
        "Nobody with rights of their own sees “{field}” of {form}, which the tier model “{model}” reads: every permission set hides it.",
        field=found.by_key[key].label,
        form=found.label,
        model=model.label,
    )


def _automation(automation: Any, catalogue: Catalogue) -> Iterator[Problem]:
    assert isinstance(automation, Automation)
    if not automation.enabled:
        yield Problem("enabled", _("It is switched off: publishing changes nothing until it is on."))
    if all(each.type == "branch" and not (getattr(each, "then", ()) or getattr(each, "otherwise", ())) for each in automation.steps):
        yield Problem("steps", _("No step tells anybody or changes a record, so it has no effect."))


def _form(form: Any, catalogue: Catalogue) -> Iterator[Problem]:
    assert isinstance(form, Form)
    if len(form.fields) > MANY_FIELDS:
        yield Problem("fields", _("{count} fields are many: few people fill in all of them.", count=len(form.fields)))
    if form.title in form.by_key and not form.by_key[form.title].required and form.by_key[form.title].writable:
        yield Problem("title", _("The field that names a record is not required, so some records will have no name."))


def _tag_set(tags: Any, catalogue: Catalogue) -> Iterator[Problem]:
    assert isinstance(tags, TagSet)
    for number, tag in enumerate(tags.tags):
        if tag.meaning is None and not tag.archived:
            yield Problem(f"tags/{number}/meaning", _("Nobody wrote down what this tag means."))


LINTS: dict[str, Callable[[Any, Catalogue], Iterator[Problem]]] = {
    "tier_model": _tier_model,
    "permission_set": _permission_set,
    "automation": _automation,
    "form": _form,
    "tag_set": _tag_set,
    "workflow": workflow_warnings,
}
