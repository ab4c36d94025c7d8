"""What a public link allows: which fields it asks for or shows, when, how often, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.model import FormulaText, FormulaUse, LocalText, Model
from runtime.definitions.naming import Names
from runtime.errors import FormulaProblems, Problem
from runtime.fields._files import Attached
from runtime.fields._html import clean, plain
from runtime.formulas.definitions import formula
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

FILL, QUERY = "fill", "query"
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[0-9]{1,5})?")
PEOPLE = ("member", "members")
"""Asked only with a list of the people who may be chosen."""
CHOSEN = ("reference", "multi_reference", "linked_choice")
"""Asked only with a condition that says which records of the house may be chosen."""
INSIDE: dict[str, Message] = {
    "department": _("It would show how the house is organised."),
    "departments": _("It would show how the house is organised."),
    "tags": _("Tags are given by people of the house."),
    "tier": _("Tiers are given by the house."),
    "button": _("Buttons are for people of the house."),
    "approval_state": _("Approvals are for people of the house."),
    "approval_node": _("Approvals are for people of the house."),
    "approval_handlers": _("Approvals are for people of the house."),
}
"""Kinds that are never asked, and why."""
NEVER_SHOWN = (
    "reference",
    "multi_reference",
    "lookup",
    "rollup",
    "subform",
    "tags",
    "tier",
    "button",
    "approval_node",
    "approval_handlers",
)
"""Kinds that show other records, or more than one value, on a query page."""
MOST_PEOPLE = 50
Short = Annotated[str, Field(max_length=300)]


class LinkSettings(Model):
    fields: tuple[Annotated[str, Names()], ...] = Field((), max_length=500)
    """Of a form: what is asked; a computed field among them is shown while filling in. Of a query: what is shown."""
    ask: tuple[Annotated[str, Names()], ...] = Field((), max_length=10)
    """Of a query: the fields that must all match."""
    most: int = Field(3, ge=1, le=20)
    prefill: tuple[Annotated[str, Names()], ...] = ()
    """Fields that the address may fill: `?name=Lin`."""
    pick: dict[Annotated[str, Names()], FormulaText] = {}
    """Of what is chosen from records: which of them a stranger may choose from. A field of that kind that is not named here is not asked."""
    people: tuple[Annotated[int, Field(ge=1)], ...] = Field((), max_length=MOST_PEOPLE)
    """The people of the house whom strangers may choose, by name. Without any, no field of people is asked."""
    heading: LocalText | None = None
    intro: LocalText | None = None
    thanks: LocalText | None = None
    """With marks; cleaned when it comes in and again when it goes out."""
    redirect: str = Field("", max_length=2000)
    another: bool = False
    opens_at: int | None = None
    closes_at: int | None = None
    quota: int | None = Field(None, ge=1, le=10_000_000)
    once_device: bool = False
    once_field: Annotated[str, Names()] | None = None
    seconds: int = Field(3, ge=0, le=60)
    question: bool = False
    effort: bool = False
    """The device does a small piece of arithmetic before the entry is sent."""
    keep: bool = True
    bound: Annotated[str, Names()] | None = None
    """The reference that a signed link fills in."""
    signed_only: bool = False
    greeting: bool = False
    embed: tuple[str, ...] = Field((), max_length=20)
    per_address: int = Field(60, ge=1, le=10_000)
    per_link: int = Field(2_000, ge=1, le=100_000)

    def formulas(self, form: str, catalogue: Catalogue) -> Iterator[FormulaUse]:
        """The conditions by which strangers choose records, each of the form that its reference points at."""
        fields = catalogue.forms[form].by_key if form in catalogue.forms else {}
        for key, condition in self.pick.items():
            if getattr(fields.get(key), "form", None) in catalogue.forms:
                yield FormulaUse(f"pick/{key}", condition, getattr(fields[key], "form"), expect=("boolean",))

    def cleaned(self) -> LinkSettings:
        if self.thanks is None:
            return self
        texts = {key: cleaned for key in ("zh", "en") if plain(cleaned := clean(getattr(self.thanks, key) or ""))}
        return self.model_copy(update={"thanks": LocalText(**texts) if texts else None})


def read_settings(given: dict[str, Any]) -> tuple[LinkSettings, list[Problem]]:
    """The settings, or what is wrong with their shape."""
    try:
        return LinkSettings.model_validate(given, strict=False).cleaned(), []
    except ValidationError as error:
        found = [
            Problem("/".join(map(str, each["loc"])), _("This value does not fit. Numbers have to lie within their limits."))
            for each in error.errors()
        ]
        return LinkSettings(), found


def asked(form: Form, settings: LinkSettings) -> list[str]:
    """The fields of the published form that a stranger fills in, in the form's order. What was removed since is asked no more."""
    return [each.key for each in form.fields if each.key in settings.fields and may_be_asked(each, settings) and each.key != settings.bound]


def shown(form: Form, settings: LinkSettings) -> list[str]:
    """The computed fields that are shown while somebody fills in."""
    return [each.key for each in form.fields if each.key in settings.fields and each.stores == "computed" and may_be_shown(each)]


def may_be_asked(kind: FieldType, settings: LinkSettings) -> bool:
    return why_not_asked(kind, settings) is None


def why_not_asked(kind: FieldType, settings: LinkSettings) -> Message | None:
    """Why strangers cannot be asked a field; None where they can. Said to whoever makes the link, so that no field is missing silently."""
    if not kind.writable or kind.type == "serial":
        return _("It fills itself.")
    if (never := why_never_asked(kind)) is not None:
        return never
    if kind.type in CHOSEN and kind.key not in settings.pick:
        return _("Say which records may be chosen.")
    if kind.type in PEOPLE and not settings.people:
        return _("Say which people may be chosen.")
    return None


def why_never_asked(kind: FieldType) -> Message | None:
    """Why no setting of a link lets strangers fill in a field that people fill in."""
    if kind.type in INSIDE:
        return INSIDE[kind.type]
    if kind.stores not in ("column", "many", "rows"):
        return _("There is nothing to fill in.")
    wrong = next((line for line in kind.lines().values() if line.type in (*INSIDE, *PEOPLE, *CHOSEN)), None)
    if wrong is None:
        return None
    return _("Its rows hold “{field}”, which is chosen from people or records of the house.", field=wrong.label)


def may_be_shown(kind: FieldType) -> bool:
    return kind.type not in NEVER_SHOWN and kind.stores in ("column", "many", "computed") and not isinstance(kind, Attached)


def may_be_matched(kind: FieldType) -> bool:
    return (
        kind.stores == "column"
        and kind.type not in (*INSIDE, *PEOPLE, *NEVER_SHOWN, "rich_text", "long_text", "checkbox")
        and not isinstance(kind, Attached)
    )


# -- what is wrong ------------------------------------------------------------------------------------------------------------------
def problems(settings: LinkSettings, kind: str, form: Form, catalogue: Catalogue, hosts: frozenset[str]) -> Iterator[Problem]:
    """Everything for which a link may not be switched on."""
    if settings.opens_at is not None and settings.closes_at is not None and settings.closes_at <= settings.opens_at:
        yield Problem("closes_at", _("It closes before it opens."))
    yield from _of_hosts(settings, hosts)
    yield from _of_query(settings, form) if kind == QUERY else _of_form(settings, form, catalogue)


def _of_query(settings: LinkSettings, form: Form) -> Iterator[Problem]:
    if not settings.ask:
        yield Problem("ask", _("Choose at least one field that must match."))
    if not settings.fields:
        yield Problem("fields", _("Choose at least one field that is shown."))
    yield from _unfit("ask", settings.ask, form, may_be_matched)
    yield from _unfit("fields", settings.fields, form, may_be_shown)


def _of_form(settings: LinkSettings, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
    open_fields = asked(form, settings)
    if not open_fields:
        yield Problem("fields", _("Choose at least one field that is filled in."))
    for key in settings.fields:
        kind = form.field(key)
        if kind is None:
            yield Problem("fields", _("This form has no field with the key {key}.", key=key))
        elif not (kind.stores == "computed" and may_be_shown(kind)) and (why := why_not_asked(kind, settings)) is not None:
            yield Problem("fields", _("“{field}” cannot be asked: {why}", field=kind.label, why=why))
    for key in settings.prefill:
        if key not in open_fields:
            yield Problem("prefill", _("The address may fill only fields that are asked; {key} is not.", key=key))
    for each in form.fields:
        missing = each.required and each.writable and each.key not in open_fields and each.key != settings.bound
        if missing and getattr(each, "default", None) is None and each.key not in form.shown_by_rule:
            yield Problem("fields", _("“{field}” is needed and not asked, so nobody could send the form.", field=each.label))
        if each.required and each.key == settings.bound and not settings.signed_only:
            yield Problem(
                "signed_only",
                _("“{field}” is needed, and only a signed link fills it in. Open the page by signed links only.", field=each.label),
            )
    yield from _of_references(settings, form, catalogue)
    if settings.once_field is not None and (settings.once_field not in open_fields or form.by_key[settings.once_field].stores != "column"):
        yield Problem("once_field", _("Once for each value needs a field that is asked."))


def _of_references(settings: LinkSettings, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
    for key, condition in settings.pick.items():
        kind = form.field(key)
        if kind is None or kind.type not in CHOSEN:
            yield Problem("pick", _("This form has no field with the key {key}.", key=key))
            continue
        try:
            formula(catalogue, getattr(kind, "form"), condition, expect=("boolean",))
        except FormulaProblems as error:
            yield Problem("pick", error.message)
    if settings.bound is None:
        if settings.signed_only:
            yield Problem("bound", _("Choose the reference that a signed link fills in."))
        return
    kind = form.field(settings.bound)
    if kind is None or kind.type != "reference":
        yield Problem("bound", _("Choose the reference that a signed link fills in."))


def _unfit(path: str, keys: tuple[str, ...], form: Form, fits: Any) -> Iterator[Problem]:
    for key in keys:
        kind = form.field(key)
        if kind is None:
            yield Problem(path, _("This form has no field with the key {key}.", key=key))
        elif not fits(kind):
            yield Problem(path, _("“{field}” cannot stand on a public page.", field=kind.label))


def _of_hosts(settings: LinkSettings, hosts: frozenset[str]) -> Iterator[Problem]:
    if settings.redirect and host_of(settings.redirect) not in hosts:
        yield Problem("redirect", _FOREIGN)
    if any(each not in hosts for each in settings.embed):
        yield Problem("embed", _FOREIGN)


_FOREIGN: Message = _("An administrator has to allow this host first, on the page of all public links.")


def host_of(address: str) -> str | None:
    """The host of an https address that a browser reads as we do; None for every other text."""
    if any(ord(letter) < 33 or ord(letter) > 126 for letter in address) or "\\" in address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    host = parts.netloc.lower()
    return host if parts.scheme == "https" and HOST.fullmatch(host) else None
