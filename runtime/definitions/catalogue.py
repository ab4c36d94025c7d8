"""Catalogue: the published definitions of one revision, with the columns that hold their records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.tables import definition, definition_version, role, stored_column

if TYPE_CHECKING:
    from runtime.definitions.app import App
    from runtime.definitions.automation import Automation
    from runtime.definitions.dashboard import Dashboard
    from runtime.definitions.form import Form
    from runtime.definitions.model import Definition
    from runtime.definitions.permission_set import PermissionSet
    from runtime.definitions.potential import Potential
    from runtime.definitions.segment import Segment
    from runtime.definitions.tag_set import TagSet
    from runtime.definitions.tier_model import TierModel
    from runtime.definitions.view import View
    from runtime.definitions.wording import Wording
    from runtime.definitions.workflow import Workflow


@dataclass(frozen=True)
class StoredColumn:
    """Where a field's values are: column `f_<id>` or, for a form or sub-form, table `r_<id>`."""

    id: int
    signature: str
    place: str


@dataclass(frozen=True)
class Catalogue:
    revision: int = 0
    apps: dict[str, App] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    tag_sets: dict[str, TagSet] = field(default_factory=dict)
    tier_models: dict[str, TierModel] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    potentials: dict[str, Potential] = field(default_factory=dict)
    automations: dict[str, Automation] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    dashboards: dict[str, Dashboard] = field(default_factory=dict)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)
    wordings: dict[str, Wording] = field(default_factory=dict)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    columns: dict[tuple[str, str], StoredColumn] = field(default_factory=dict)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    """The number of each definition, by kind and key."""
    role_labels: dict[str, str] = field(default_factory=dict)
    """What roles are called that have a name of their own."""
    broken: dict[tuple[str, str], str] = field(default_factory=dict)
    """Published definitions that today's code cannot read, with the reason: shown as broken, never dropped."""
    memo: dict[Any, Any] = field(default_factory=dict, compare=False)
    """What other parts have compiled for this revision."""

    def of_kind(self, kind: str) -> dict[str, Any]:
        return getattr(self, f"{kind}s")

    def all(self) -> Iterable[Definition]:
        from runtime.definitions.kinds import KINDS

        for kind in KINDS:
            yield from self.of_kind(kind).values()

    def with_definitions(self, added: Iterable[Definition]) -> Catalogue:
        """The catalogue as it would be with these published: for checking and trying out. Shares nothing compiled."""
        from runtime.definitions.kinds import KINDS

        changed: dict[str, Any] = {f"{kind}s": dict(self.of_kind(kind)) for kind in KINDS}
        for each in added:
            changed[f"{each.kind}s"][each.key] = each
        return replace(self, **changed, memo={})

    def relations_to(self, form: str) -> dict[str, tuple[str, str]]:
        """What a form's records are called from: relation name → (form, its reference field)."""
        memo = self.memo.setdefault("relations", {})
        if form not in memo:
            memo[form] = {
                getattr(each, "many_name"): (other.key, each.key)
                for other in self.forms.values()
                for each in other.fields
                if each.type in ("reference", "multi_reference")
                and getattr(each, "form", None) == form
                and getattr(each, "many_name", None)
            }
        return memo[form]

    def model_of(self, form: str) -> TierModel | None:
        """The tier model that rates a form's records by itself: the first that is no lane of another."""
        return next(iter(self.models_of(form)), None)

    def models_of(self, form: str) -> list[TierModel]:
        lanes = {lane.tier_model for model in self.tier_models.values() for lane in model.lanes}
        return [model for model in self.tier_models.values() if model.form == form and model.key not in lanes]

    def tag_set_of(self, form: str) -> TagSet | None:
        return next((tags for tags in self.tag_sets.values() if tags.form == form), None)


def read_catalogue(connection: sa.Connection, revision: int) -> Catalogue:
    """Loads every published definition; one that cannot be read any more is listed as broken."""
    from runtime.definitions.kinds import KINDS
    from runtime.definitions.loading import load
    from runtime.errors import DefinitionProblems

    live = (
        sa.select(definition.c.id, definition.c.kind, definition.c.key, definition_version.c.version, definition_version.c.body)
        .join(
            definition_version,
            (definition_version.c.definition == definition.c.id) & (definition_version.c.version == definition.c.version),
        )
        .order_by(definition.c.id)
    )
    found: dict[str, dict[str, Any]] = {f"{kind}s": {} for kind in KINDS}
    versions, ids, broken = {}, {}, {}
    for row in connection.execute(live):
        name = (row.kind, row.key)
        ids[name] = row.id
        try:
            found[f"{row.kind}s"][row.key] = load(json.loads(row.body))
            versions[name] = row.version
        except (DefinitionProblems, KeyError) as error:
            broken[name] = str(error)
    columns = {
        (row.form, row.path): StoredColumn(row.id, row.signature, row.place)
        for row in connection.execute(sa.select(stored_column).where(stored_column.c.live == 1).order_by(stored_column.c.id))
    }
    labels = {row.key: row.label for row in connection.execute(sa.select(role)) if row.label}
    return Catalogue(revision, **found, columns=columns, versions=versions, ids=ids, role_labels=labels, broken=broken)
