"""What somebody sees of tiers: by the right on the field that shows them, over the records that they see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotAllowed
from runtime.people.may import may
from runtime.records.guard import seen_ids
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def tier_field(catalogue: Catalogue, model: TierModel) -> str | None:
    """The field that shows a model's tiers."""
    form = catalogue.forms.get(model.form)
    return (
        next((each.key for each in form.fields if each.stores == "rated" and getattr(each, "tier_model") == model.key), None)
        if form
        else None
    )


def sees_tiers(act: Act, model: TierModel, record: int | None = None) -> bool:
    return may(act.person, "view", model.form, record, tier_field(act.catalogue, model))


def require_tiers(act: Act, model: TierModel) -> None:
    if not sees_tiers(act, model):
        raise NotAllowed(_("You may not see the tiers of these records. Ask somebody who builds in this workspace."))


def of_seen_records(act: Act, model: TierModel, record: Any) -> list[Any]:
    """Conditions on a column of record ids, under which the person sees the record with its tier."""
    field = tier_field(act.catalogue, model)
    seen = seen_ids(act, model.form, *([field] if field is not None else []))
    return [] if seen is None else [record.in_(seen)]
