"""What publishing a form does to records and to what else reads its fields, in sentences; values of a changed type are tried out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from builder.drafts import loaded
from builder.uses import field_uses, link_uses, own_view_uses
from builder.words import KIND_NAMES, PUBLIC_LINK
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.renames import renames
from runtime.public.links import Link
from runtime.records.converting import fits
from runtime.records.lookup import ActLookup
from runtime.records.schema_changes import path_now
from runtime.records.tables import tables_of
from runtime.system.workspace import Act
from runtime.texts import Message, _

CHECKED = 20_000
"""So many of the newest values are tried out."""
SAMPLES = 3
LONGEST = 40


@dataclass(frozen=True)
class Conversion:
    """Values of one field under its new type: `tried` of them were read, of `bad` nothing would be left; `samples` are some of those."""

    field: FieldType
    before: FieldType
    tried: int
    bad: int
    samples: tuple[str, ...]
    reads: bool
    keys_only: bool = False
    """Whether nothing but keys of its options is different."""
    """Whether values are taken over at all; some types begin anew."""


def sentences(act: Act, body: dict[str, Any], reader: Any) -> list[Message]:
    """What happens to values and users of fields that are taken out or get another type."""
    live, draft = act.catalogue.forms.get(str(body.get("key"))), loaded(body)
    if live is None or not isinstance(draft, Form):
        return []
    found = [_of_conversion(each) for each in conversions(act, live, draft, reader)]
    return [*found, *_of_users(act, live, draft)]


def conversions(act: Act, live: Form, draft: Form, reader: Any) -> Iterator[Conversion]:
    keys = {now: was for was, now in renames(live, draft).items()}
    for new in draft.fields:
        old = live.field(keys.get(new.key, new.key))
        if old is not None and old.signature() != new.signature() and old.stores == "column":
            yield _tried(act, live, old, new, reader)


def _tried(act: Act, live: Form, old: FieldType, new: FieldType, reader: Any) -> Conversion:
    built = tables_of(act.catalogue)[live.key]
    column, lookup = built.column(old.key), ActLookup(act)
    if not new.writable or new.stores != "column":
        kept = act.connection.execute(sa.select(sa.func.count()).select_from(built.main).where(column.is_not(None))).scalar() or 0
        return Conversion(new, old, kept, kept, (), False)
    chosen = sa.select(column).where(column.is_not(None)).order_by(built.main.c.id.desc()).limit(CHECKED)
    tried, bad, samples = 0, 0, dict[str, None]()
    for stored in act.connection.execute(chosen).scalars():
        tried += 1
        value = old.from_column(stored)
        if not fits(old, new, stored, lookup)[0]:
            bad += 1
            if len(samples) < SAMPLES:
                samples[old.display(value, reader)[:LONGEST]] = None
    return Conversion(new, old, tried, bad, tuple(samples), True, _only_keys(old, new))


def _only_keys(old: FieldType, new: FieldType) -> bool:
    return old.type == new.type and new.as_called_now(old.from_column(None) or "") is not None


def _of_conversion(each: Conversion) -> Message:
    if not each.reads:
        return _(
            "“{field}” begins anew with its new type. Its {count} values are kept, and come back with the old type.",
            field=each.field.label,
            count=f"{each.tried:,}",
        )
    if each.keys_only:
        return _("{count} values of “{field}” get the new keys of its options.", field=each.field.label, count=f"{each.tried:,}")
    if not each.bad:
        return _("All {count} values of “{field}” fit its new type.", field=each.field.label, count=f"{each.tried:,}")
    return _(
        "{bad} of {count} values of “{field}” don’t fit its new type, such as {samples}. They stay stored, and come back with the old type.",
        bad=f"{each.bad:,}",
        count=f"{each.tried:,}",
        field=each.field.label,
        samples=[f"“{sample}”" for sample in each.samples],
    )


def _of_users(act: Act, live: Form, draft: Form) -> Iterator[Message]:
    """Who reads what is taken out or turned into another type."""
    changed = dict(_changed(live, draft))
    if not changed:
        return
    users, by_link, by_own_view = field_uses(act.catalogue, live), link_uses(act, live), own_view_uses(act, live, changed)
    for key, (label, is_gone) in changed.items():
        others = [name for name in users.get(key, []) if name != ("form", live.key)]
        names: list[Any] = [Named(KIND_NAMES[kind], act.catalogue.of_kind(kind)[key].label) for kind, key in others]
        names += [Named(PUBLIC_LINK, each.label) for each in by_link.get(key, [])]
        if count := by_own_view[key]:
            names.append(_("{count} views that people keep for themselves", count=count) if count > 1 else _("a view that somebody keeps"))
        if names:
            yield (
                _("“{field}” is taken out, but is used by {users}.", field=label, users=names)
                if is_gone
                else _("“{field}” gets another type and is used by {users}.", field=label, users=names)
            )


def users(act: Act, body: dict[str, Any]) -> tuple[list[tuple[str, str]], list[Link]]:
    """Whom the sentences name, so that a page can lead there: definitions as (kind, key), and public links."""
    live, draft = act.catalogue.forms.get(str(body.get("key"))), loaded(body)
    changed = dict(_changed(live, draft)) if live is not None and isinstance(draft, Form) else {}
    if live is None or not changed:
        return [], []
    by_definition, by_link = field_uses(act.catalogue, live), link_uses(act, live)
    names = dict.fromkeys(name for key in changed for name in by_definition.get(key, []) if name != ("form", live.key))
    links = {each.id: each for key in changed for each in by_link.get(key, [])}
    return list(names), list(links.values())


def _changed(live: Form, draft: Form) -> Iterator[tuple[str, tuple[Any, bool]]]:
    """The fields, and columns of sub-forms, that are not there any more or have another type: key → label, whether it is gone."""
    after, renamed = dict(_fields(draft)), renames(live, draft)
    for key, field in _fields(live):
        new = after.get(path_now(key, renamed))
        if new is None and ("." not in key or path_now(key.partition(".")[0], renamed) in after):
            yield key, (field.label, True)
        elif new is not None and new.signature() != field.signature() and not _only_keys(field, new):
            yield key, (field.label, False)


def _fields(form: Form) -> Iterator[tuple[str, FieldType]]:
    for each in form.fields:
        yield each.key, each
        yield from ((f"{each.key}.{key}", line) for key, line in each.lines().items())


@dataclass(frozen=True)
class Named:
    """A definition as its kind and name."""

    kind: Message
    label: Any

    def in_language(self, language: str) -> str:
        return _("{kind} “{name}”", kind=self.kind, name=self.label).in_language(language)
