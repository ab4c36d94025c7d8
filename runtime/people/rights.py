"""What a person may do with the records of a form: the permission sets that name them, combined per record.

A set is a triple: actions × fields × rows. Several sets are united triple by triple, never axis by axis: who may edit their own records
and see all of them may not edit all. Rows are formulas over the record, so whoever binds a person to an act also says how to find out
which sets hold for which records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.people.person import Person

HIDDEN, MASKED, VIEW, EDIT = range(4)
LEVELS = {"hidden": HIDDEN, "masked": MASKED, "view": VIEW, "edit": EDIT}
FORM_ACTIONS = frozenset({"view", "add", "edit", "delete", "import", "export", "share", "views"})
WRITING = frozenset({"add", "edit", "import"})
DESIGNING = ("owner", "builder")
POOL = "*pool"
"""The key of the grant by which those who may claim see what is in a pool."""


@dataclass(frozen=True)
class Grant:
    """A permission set as it concerns one person. `rows` is the condition a record must meet; None: every record.

    `shared`: the number of a `share_grant`; then the records are those that were shared so, and `rows` only says that there is a limit.
    """

    key: str
    actions: frozenset[str]
    fields: Mapping[str, str]
    rows: str | None = None
    shared: int | None = None

    def level(self, field: str) -> int:
        return LEVELS[self.fields.get(field) or self.fields.get("*", "hidden")]


ALL = Grant("*", FORM_ACTIONS, {"*": "edit"})
OPEN = Grant("*", FORM_ACTIONS - {"views"}, {"*": "edit"})
"""What members may with a form that no set speaks of: its records, but not what everybody's list of it looks like."""
LOOKING = Grant("analyst", frozenset({"view", "export"}), {"*": "view"})
Holding = Callable[[str, tuple[Grant, ...], list[int]], dict[int, frozenset[str]]]
"""(form, grants with rows, records) → for each record the keys of the grants that hold for it."""


class Rights:
    """The rights of one person in one act; remembers what it found out about records as long as nobody writes them."""

    def __init__(self, person: Person, catalogue: Catalogue, holding: Holding):
        self.person, self.catalogue, self._holding = person, catalogue, holding
        self._grants: dict[str, tuple[Grant, ...]] = {}
        self._held: dict[tuple[str, int], frozenset[str]] = {}

    def grants(self, form: str) -> tuple[Grant, ...]:
        if form not in self._grants:
            self._grants[form] = _as_over_there(self.person, self.catalogue, form, grants_of(self.person, self.catalogue, form))
        return self._grants[form]

    def allows(self, action: str, form: str, record: int | None = None, field: str | None = None) -> bool:
        """Without a record: whether there is a record for which it could be allowed."""
        wanted = EDIT if action in WRITING else VIEW
        able = [each for each in self.grants(form) if action in each.actions and (field is None or each.level(field) >= wanted)]
        if record is None or action == "add" or any(each.rows is None for each in able):
            return bool(able)
        return bool(able) and not self.held(form, record).isdisjoint(each.key for each in able)

    def level(self, form: str, field: str, record: int | None = None) -> int:
        """How much of a field the person sees: HIDDEN, MASKED, VIEW or EDIT; without a record, at best."""
        held = None if record is None else self.held(form, record)
        return level_in(self.viewing(form), field, held)

    def designs(self, app: str | None) -> bool:
        """Whether the person designs one app without being a builder of the workspace."""
        return is_one_of(self.person, self.catalogue.apps.get(app or ""), *DESIGNING)

    def owns(self, app: str | None) -> bool:
        return is_one_of(self.person, self.catalogue.apps.get(app or ""), "owner")

    def viewing(self, form: str, action: str = "view") -> list[Grant]:
        """The sets that let the person see records, or export them."""
        return [each for each in self.grants(form) if action in each.actions]

    def sees_all(self, form: str) -> bool:
        """Whether no record of the form is kept from the person."""
        return any(each.rows is None for each in self.viewing(form))

    def held(self, form: str, record: int) -> frozenset[str]:
        """The keys of the grants that hold for a record."""
        if (form, record) not in self._held:
            self.know(form, [record])
        return self._held[form, record]

    def know(self, form: str, records: Iterable[int]) -> None:
        """Finds out about many records at once, before they are asked for one by one."""
        wanted = [each for each in dict.fromkeys(records) if (form, each) not in self._held]
        if not wanted:
            return
        limited = tuple(each for each in self.grants(form) if each.rows is not None)
        always = frozenset(each.key for each in self.grants(form) if each.rows is None)
        found = self._holding(form, limited, wanted) if limited else {}
        self._held.update({(form, each): always | found.get(each, frozenset()) for each in wanted})

    def remember(self, form: str, record: int, held: frozenset[str]) -> None:
        """What a statement that read the record has told along with it."""
        self._held[form, record] = held | {each.key for each in self.grants(form) if each.rows is None}

    def forget(self) -> None:
        """To be called after each write: what held for a record may hold no more, for others that follow from it too."""
        self._held.clear()


def level_in(grants: Iterable[Grant], field: str, held: frozenset[str] | None) -> int:
    return max((each.level(field) for each in grants if held is None or each.rows is None or each.key in held), default=HIDDEN)


# -- fields that show those of other records ----------------------------------------------------------------------------------------
def looked_up(catalogue: Catalogue, form: str) -> dict[str, tuple[str, str, str]]:
    """The fields of a form that show one of another record: key → (reference, form over there, field over there)."""
    memo = catalogue.memo.setdefault("looked up", {})
    if form not in memo:
        own = getattr(catalogue.forms.get(form), "by_key", {})
        sources = {key: each.looks_at for key, each in own.items() if hasattr(each, "looks_at") and each.looks_at[0] in own}
        memo[form] = {key: (reference, own[reference].form, field) for key, (reference, field) in sources.items()}
    return memo[form]


def _as_over_there(person: Person, catalogue: Catalogue, form: str, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """What is shown of another record is seen no better here than there."""
    limits = {key: _best(person, catalogue, there, field) for key, (_reference, there, field) in looked_up(catalogue, form).items()}
    names = {level: name for name, level in LEVELS.items()}
    worse = {key: names[level] for key, level in limits.items() if level < VIEW}
    if not worse:
        return grants
    return tuple(
        replace(each, fields={**each.fields, **{key: names[min(LEVELS[name], each.level(key))] for key, name in worse.items()}})
        for each in grants
    )


def _best(person: Person, catalogue: Catalogue, form: str, field: str, seen: frozenset[tuple[str, str]] = frozenset()) -> int:
    """How much the person sees of a field at best, which may itself come from a further record."""
    if (form, field) in seen:
        return HIDDEN
    own = level_in(grants_of(person, catalogue, form), field, None)
    further = looked_up(catalogue, form).get(field)
    return own if further is None else min(own, _best(person, catalogue, *further[1:], seen | {(form, field)}))


# -- whom a set names ---------------------------------------------------------------------------------------------------------------
def grants_of(person: Person, catalogue: Catalogue, form: str) -> tuple[Grant, ...]:
    """Builders may everything with every form, analysts see everything; others have what the sets of the form give them. A form without any set is open to members."""
    app = catalogue.apps.get(getattr(catalogue.forms.get(form), "app", None) or "")
    if person.gives is not None:
        return person.gives.get(form, ())
    if person.is_builder:
        return (ALL,)
    if is_one_of(person, app, *DESIGNING):
        pool = _pool(person, catalogue.forms.get(form), [ALL])
        return (ALL,) if pool is None else (ALL, pool)
    sets = sets_by_form(catalogue).get(form, ())
    found = [LOOKING] if is_one_of(person, app, "analyst") else []
    found += [grant for each in sets if (grant := _grant(person, each)) is not None]
    if not sets and ("member" in person.roles or is_one_of(person, app, "member")):
        found.append(OPEN)
    found += [_shared(each) for each in person.shares if each.form == form]
    pool = _pool(person, catalogue.forms.get(form), found)
    return tuple(found if pool is None else [*found, pool])


def _shared(share: Any) -> Grant:
    """What sharing gives: nothing that could be shared further."""
    actions = frozenset({"view", "edit"} if share.may == "edit" else {"view"})
    return Grant(f"*share {share.id}", actions, json.loads(share.fields), "shared", share.id)


def _pool(person: Person, form: Any, found: list[Grant]) -> Grant | None:
    """Records without an owner are seen, as far as the pool shows them, by those who may claim: whom it names, else whoever may change records."""
    pool = getattr(form, "pool", None)
    if pool is None:
        return None
    able = (
        any(names(person, who) for who in pool.claim)
        if pool.claim
        else any("edit" in each.actions and each.shared is None for each in found)
    )
    return Grant(POOL, frozenset({"view", "claim"}), form.pool_fields, f"ISEMPTY({pool.owner})") if able else None


def is_one_of(person: Person, app: Any, *roles: str) -> bool:
    """Whether an app names the person in one of these of its roles."""
    return app is not None and any(names(person, who) for role in roles for who in getattr(app.roles_, role))


def is_outside(person: Person, catalogue: Catalogue) -> bool:
    """Whether somebody is a guest everywhere: no member of the workspace, and in no app more than a guest."""
    inside = ("owner", "builder", "analyst", "member")
    return not person.roles & {"builder", "member"} and not any(is_one_of(person, app, *inside) for app in catalogue.apps.values())


def names(person: Person, who: str) -> bool:
    """Whether `role:…`, `user:…`, `department:…` or `group:…` means this person."""
    kind, _colon, key = who.partition(":")
    if kind == "role":
        return key in person.roles
    if kind == "user":
        return key in (str(person.id), person.email)
    if kind == "department":
        return key in person.department_keys
    return kind == "group" and key in map(str, person.groups)


def sets_by_form(catalogue: Catalogue) -> dict[str, list[Any]]:
    if "sets by form" not in catalogue.memo:
        found: dict[str, list[Any]] = {}
        for each in catalogue.permission_sets.values():
            if not each.off:
                found.setdefault(each.form, []).append(each)
        catalogue.memo["sets by form"] = found
    return catalogue.memo["sets by form"]


def _grant(person: Person, definition: Any) -> Grant | None:
    """The set for this person; `field:owner` in its `for` names whoever stands in that field of the record."""
    own = [who.partition(":")[2] for who in definition.for_ if who.startswith("field:")]
    if any(names(person, who) for who in definition.for_):
        rows = definition.rows
    elif own:
        rows = " or ".join(f"{field} == CURRENT_USER()" for field in own)
        rows = f"({rows}) and ({definition.rows})" if definition.rows else rows
    else:
        return None
    sharing = {"share"} if "edit" in definition.actions else set()
    return Grant(definition.key, frozenset({"view", *definition.actions, *sharing}), dict(definition.fields), rows)
