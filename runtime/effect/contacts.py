"""What counts as contact with a customer: what the tier model names, else a record that points at them, with a person of the house and its day,
done where it can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.definitions.effect import Related
from runtime.people.may import may

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form
    from runtime.definitions.tier_model import TierModel
    from runtime.people.person import Person

DAYS = ("date", "datetime")
STORED = ("column", "computed")


@dataclass(frozen=True)
class Contact:
    """Records of one form: the field that points at the customer, the one with the day, and the box that says that it is done, if there is one;
    or `when`, the condition that the tier model names instead."""

    form: str
    reference: str
    on: str
    done: str | None
    when: str | None = None

    def seen_by(self, person: Person) -> bool:
        read = (None, self.reference, self.on, *([self.done] if self.done is not None else []))
        return all(may(person, "view", self.form, None, key) for key in read)

    @property
    def related(self) -> Related:
        return Related(form=self.form, reference=self.reference, on=self.on, when=self.when if self.when is not None else self.done)


def contacts_of(catalogue: Catalogue, model: TierModel) -> list[Contact]:
    """Those that the model names; where it names none, what the forms tell by themselves."""
    if model.contacts is not None and model.contacts.made:
        return [found for each in model.contacts.made if (found := _named(catalogue, model, each)) is not None]
    return contacts_with(catalogue, model.form)


def replies_of(catalogue: Catalogue, model: TierModel) -> list[Contact]:
    """The records that say that the customer was in touch."""
    named = model.contacts.replies if model.contacts is not None else ()
    return [found for each in named if (found := _named(catalogue, model, each)) is not None]


def _named(catalogue: Catalogue, model: TierModel, source: Related) -> Contact | None:
    """None where a form or field has gone since."""
    form, pointer = catalogue.forms.get(source.form), source.pointer(model.form, catalogue)
    if form is None or pointer is None or source.on not in form.by_key:
        return None
    return Contact(source.form, pointer, source.on, None, source.when)


def contacts_with(catalogue: Catalogue, target: str) -> list[Contact]:
    """The records of which forms are contacts with the records of `target`."""
    found = (
        contact_of(form, field.key)
        for form in catalogue.forms.values()
        for field in form.fields
        if field.type == "reference" and getattr(field, "form") == target
    )
    return [each for each in found if each is not None]


def contact_of(form: Form, reference: str) -> Contact | None:
    """None where no person of the house has a part in the records of a form, or they have no day, or point at several at once."""
    day = form.by_key.get(form.event_date or "")
    dated = day is not None and day.stores in STORED and day.formula_type().kind in DAYS
    if not dated or form.by_key[reference].type != "reference" or not any(each.type == "member" for each in form.fields):
        return None
    return Contact(form.key, reference, str(form.event_date), _done(form))


def _done(form: Form) -> str | None:
    field = form.by_key.get("done")
    return "done" if field is not None and field.stores in STORED and field.formula_type().kind == "boolean" else None
