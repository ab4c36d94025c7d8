"""Which wordings fit a record, and what they say to it: places filled as the person who reads may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.automation.places import PLACE, as_shown
from runtime.definitions.wording import PERSON, Wording
from runtime.errors import FormulaProblems, NotFound, TierloomError
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.people.may import may
from runtime.people.rights import VIEW
from runtime.records.guard import reads_whole
from runtime.records.rows import Record, read_record
from runtime.records.values import RecordValues
from runtime.texts import Message, _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.field_type import Reader
    from runtime.system.workspace import Act

USES: dict[str, Message] = {"talk": _("For a conversation"), "message": _("For a message"), "email": _("For an e-mail")}
SYSTEM_NAMES = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")
UNSEEN = "…"
"""Stands where the person may not see what belongs there."""


@dataclass(frozen=True)
class Offer:
    """A wording with its places filled. `because`: what of the record it was written for, such as tier and tags."""

    key: str
    label: Any
    channel: str
    subject: str
    text: str
    because: tuple[Any, ...]


def offers(act: Act, form: str, record: int, reader: Reader, use: str | None = None) -> list[Offer]:
    """What fits a record that the person sees, first what was written most closely for it. Broken wordings are left out."""
    values = seen_values(act, form, record)
    found = [
        (each, because)
        for each in act.catalogue.wordings.values()
        if each.form == form and (because := fits(act, each, values)) is not None
    ]
    chosen = [(each, because) for each, because in found if use in (None, each.channel) and may_use(act, each)]
    chosen.sort(key=lambda pair: (-len(pair[1]), list(USES).index(pair[0].channel), shown(pair[0].label, reader.language)))
    return [offer for each, because in chosen if (offer := _offer(each, because, values, reader)) is not None]


def may_use(act: Act, wording: Wording) -> bool:
    return not wording.archived and may(act.person, "view", wording.form)


def seen_values(act: Act, form: str, record: int) -> RecordValues:
    """Raises NotFound where the record is not there for the person."""
    found = read_record(act, form, record) if form in act.catalogue.forms else None
    if found is None or found.deleted_at is not None or not may(act.person, "view", form, record):
        raise NotFound(_("This record does not exist, or it is in the trash."))
    return values_of(act, found)


def values_of(act: Act, record: Record) -> RecordValues:
    system = {name: getattr(record, name) for name in SYSTEM_NAMES}
    return RecordValues(act, record.form, record.values, record.id, system)


def _offer(wording: Wording, because: tuple[Any, ...], values: RecordValues, reader: Reader) -> Offer | None:
    try:
        subject, text = (filled(each, values, reader) for each in (wording.subject, wording.text))
    except TierloomError:
        return None  # something it reads is gone: it is shown as broken where it is written
    return Offer(wording.key, wording.label, wording.channel, subject, text, because)


def filled(text: Any, values: RecordValues, reader: Reader) -> str:
    """A text for one record. Raises FormulaProblems where a place cannot be read."""

    def fill(place: Any) -> str:
        asked = formula(values.act.catalogue, values.form.key, place[1].strip(), {}, PERSON)
        if not reads_whole(values.act, values.form.key, asked, values.record):
            return UNSEEN
        return as_shown(evaluate(asked, values), asked.tree, asked.type, values.form.key, values.act.catalogue, reader)

    return PLACE.sub(fill, shown(text, reader.language)) if text is not None else ""


# -- fitting --------------------------------------------------------------------------------------------------------------------------
def fits(act: Act, wording: Wording, values: RecordValues) -> tuple[Any, ...] | None:
    """What of the record the wording was written for, in words; None where it does not fit. What the person may not see fits nothing."""
    because: list[Any] = []
    for part in (_tier, _tags, _options):
        found = part(act, wording, values)
        if found is None:
            return None
        because += found
    if wording.where is not None:
        if not _holds(act, wording, values):
            return None
        because.append(_("a condition"))
    return tuple(because)


def _sees(act: Act, values: RecordValues, key: str) -> bool:
    rights = act.person.rights
    return rights is None or rights.level(values.form.key, key, values.record) >= VIEW


def _tier(act: Act, wording: Wording, values: RecordValues) -> list[Any] | None:
    if not wording.tiers:
        return []
    model = wording.model(act.catalogue)
    field = next((each for each in values.form.fields if model is not None and getattr(each, "tier_model", None) == model.key), None)
    if model is None or field is None or not _sees(act, values, field.key):
        return None
    tier = values.values.get(field.key)
    return [model.by_key[tier].label] if tier in wording.tiers and tier in model.by_key else None


def _tags(act: Act, wording: Wording, values: RecordValues) -> list[Any] | None:
    if not wording.tags:
        return []
    tags = act.catalogue.tag_set_of(wording.form)
    field = next((each for each in values.form.fields if each.stores == "assigned"), None)
    if tags is None or field is None or not _sees(act, values, field.key):
        return None
    given = [key for key in wording.tags if key in (values.values.get(field.key) or ())]
    return [tags.by_key[key].label for key in given if key in tags.by_key] or None


def _options(act: Act, wording: Wording, values: RecordValues) -> list[Any] | None:
    found: list[Any] = []
    for key, wanted in wording.values.items():
        field = values.form.field(key)
        if field is None or not _sees(act, values, key):
            return None
        has = values.values.get(key)
        here = [each for each in (has if isinstance(has, tuple) else (has,)) if each in wanted]
        if not here:
            return None
        labels = {each.key: each.label for each in getattr(field, "options", ())}
        found += [labels.get(each, each) for each in here]
    return found


def _holds(act: Act, wording: Wording, values: RecordValues) -> bool:
    try:
        asked = formula(act.catalogue, wording.form, str(wording.where), {}, PERSON, expect=("boolean",))
        return reads_whole(act, wording.form, asked, values.record) and bool(evaluate(asked, values))
    except (FormulaProblems, TierloomError):
        return False


# -- for whoever writes one ------------------------------------------------------------------------------------------------------------
def about(catalogue: Catalogue, form: str) -> dict[str, Any]:
    """What a wording of a form can be written for: tiers, tags, fields with options."""
    model, tags = catalogue.model_of(form), catalogue.tag_set_of(form)
    fields = catalogue.forms[form].fields if form in catalogue.forms else ()
    return {
        "tiers": [(each.key, each.label) for each in (model.tiers if model is not None else ())],
        "tags": [(each.key, each.label) for each in (tags.tags if tags is not None else ()) if not each.archived],
        "choices": [each for each in fields if each.type in ("choice", "multi_choice")],
    }
