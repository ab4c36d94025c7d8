"""Who uses a tier: what is decided, allowed or shown otherwise because a record has just this tier.

Read from the definitions in force: service plans, automations (trigger, condition, steps), permission sets, conditions of views and segments,
tiles of dashboards, rules of forms, tag rules and other tier models; also through a segment that asks for the tier. A definition that asks
for the tier without naming one, or groups by it, uses all of them. Showing the tier in a column or a message is no use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.automation.listening import at_work
from runtime.definitions.automation import Automation
from runtime.formulas.definitions import sound
from runtime.formulas.tree import Call, Field, Literal, Name, Node, Path, children, walk
from runtime.tags.references import references

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.model import Definition, FormulaUse
    from runtime.definitions.tag_set import TagSet
    from runtime.definitions.tier_model import TierModel
    from runtime.formulas import Formula

PLAN = "plan"
"""Stands as a kind for the service plan of a tier."""
ACTING = (PLAN, "automation", "permission_set", "form", "tag_set", "tier_model")
"""Kinds that change what is done for a record; the others only show it."""
GIVING = ("add_tag", "remove_tag")


@dataclass(frozen=True)
class Consumer:
    """A definition that uses a tier or a tag. `through`: the segment by which it does. `off`: switched off or broken, so it does nothing now."""

    kind: str
    key: str
    label: Any
    through: str | None = None
    off: bool = False

    @property
    def acts(self) -> bool:
        return self.kind in ACTING and not self.off


def is_used(found: list[Consumer]) -> bool:
    """Whether anything that is in force uses it, if only to show it."""
    return any(not each.off for each in found)


def tier_consumers(catalogue: Catalogue, model: TierModel) -> dict[str, list[Consumer]]:
    """For each tier of a model who uses it, in the order of the definitions."""
    memo = catalogue.memo.setdefault("tier consumers", {})
    if model.key not in memo:
        memo[model.key] = _tier_consumers(catalogue, model)
    return memo[model.key]


def _tier_consumers(catalogue: Catalogue, model: TierModel) -> dict[str, list[Consumer]]:
    found: dict[str, dict[Consumer, None]] = {tier.key: {} for tier in model.tiers}
    for key in model.plans:
        if key in found:
            found[key][Consumer(PLAN, model.key, model.label)] = None
    by_segment = _by_segment(catalogue, model)
    for definition in catalogue.all():
        for tier, through in _of_definition(catalogue, definition, model, by_segment):
            found[tier].setdefault(_consumer(catalogue, definition, through), None)
    return {tier: _once(list(each)) for tier, each in found.items()}


def _once(found: list[Consumer]) -> list[Consumer]:
    """Who names it outright need not be told a second time because of a segment."""
    outright = {(each.kind, each.key) for each in found if each.through is None}
    return [each for each in found if each.through is None or (each.kind, each.key) not in outright]


def _consumer(catalogue: Catalogue, definition: Definition, through: str | None = None) -> Consumer:
    off = getattr(definition, "off", False)
    if isinstance(definition, Automation):
        off = definition not in at_work(catalogue)
    return Consumer(definition.kind, definition.key, definition.label, through, off)


def _of_definition(
    catalogue: Catalogue, definition: Definition, model: TierModel, by_segment: dict[str, set[str]]
) -> Iterator[tuple[str, str | None]]:
    """(tier, segment by which) of a definition; its own model and their lanes do not use themselves."""
    if definition is model or (definition.kind == "tier_model" and definition.key in {each.tier_model for each in model.lanes}):
        return
    for tier in _outright(catalogue, definition, model):
        yield tier, None
    for use, found in sound(definition, catalogue):
        for tier in _asked(catalogue, definition, model, use, found):
            yield tier, None
        for segment in found.uses.segments:
            yield from ((tier, segment) for tier in by_segment.get(segment, ()))
    segment = getattr(getattr(definition, "trigger", None), "segment", None)
    yield from ((tier, segment) for tier in by_segment.get(segment or "", ()))


def _by_segment(catalogue: Catalogue, model: TierModel) -> dict[str, set[str]]:
    """The tiers that each segment asks for, also by other segments within it."""
    own: dict[str, set[str]] = {}
    within: dict[str, set[str]] = {}
    for key, segment in catalogue.segments.items():
        formulas = list(sound(segment, catalogue))
        own[key] = {tier for use, found in formulas for tier in _asked(catalogue, segment, model, use, found)}
        within[key] = {other for _use, found in formulas for other in found.uses.segments}
    changed = True
    while changed:
        changed = False
        for key, others in within.items():
            more = set().union(*(own.get(other, set()) for other in others)) - own[key]
            own[key] |= more
            changed = changed or bool(more)
    return own


# -- outright -----------------------------------------------------------------------------------------------------------------------
def _outright(catalogue: Catalogue, definition: Any, model: TierModel) -> Iterator[str]:
    if definition.kind == "automation":
        yield from _by_trigger(definition.trigger, model)
    for part in definition.parts if definition.kind == "dashboard" else ():
        field = _tier_field(catalogue, getattr(part, "form", None), getattr(part, "by", None))
        if getattr(part, "tier_model", None) == model.key or (field is not None and field.tier_model == model.key):
            yield from model.by_key


def _by_trigger(trigger: Any, model: TierModel) -> Iterator[str]:
    """The tiers at which a trigger fires: those it names, else all that such a move can lead to; and those that it names as left."""
    if getattr(trigger, "tier_model", None) != model.key:
        return
    ranked, direction = [tier.key for tier in model.ranked], getattr(trigger, "direction", "any")
    possible = ranked[1:] if direction == "up" else ranked[:-1] if direction == "down" else ranked
    if trigger.type == "tier_grace":
        possible = ranked[1:]  # the lowest tier has nothing to fall to
    named = (*getattr(trigger, "to", ()), *getattr(trigger, "from_", ()))
    yield from (key for key in (named or possible) if key in model.by_key)


def _tier_field(catalogue: Catalogue, form: str | None, key: str | None) -> Any:
    found = catalogue.forms.get(form or "")
    field = found.by_key.get(key or "") if found is not None else None
    return field if field is not None and field.stores == "rated" else None


# -- formulas -----------------------------------------------------------------------------------------------------------------------
def _asked(catalogue: Catalogue, definition: Definition, model: TierModel, use: FormulaUse, found: Formula) -> set[str]:
    """The tiers that a formula tells apart: those beside the tier in it, or all of them where none is named."""
    named: set[str] = set()
    for node in walk(found.tree):
        beside = children(node)
        if any(_is_tier(catalogue, definition, model, use, found, each) for each in beside):
            here = {str(each.value) for each in beside if isinstance(each, Literal) and each.value in model.by_key}
            named |= here or set(model.by_key)
    return named


def _is_tier(catalogue: Catalogue, definition: Definition, model: TierModel, use: FormulaUse, found: Formula, node: Node) -> bool:
    """Whether a part of a formula is the tier by this model."""
    if set(node.type.options) != set(model.by_key):
        return False
    if isinstance(node, Call) and node.function == "TIER_AT":
        return bool(isinstance(node.arguments[0], Literal) and node.arguments[0].value == model.key)
    if isinstance(node, Name):
        return node.name in ("tier_before", "tier_after") and getattr(getattr(definition, "trigger", None), "tier_model", None) == model.key
    if not isinstance(node, (Field, Path)):
        return False
    form = next((each.form for each in found.uses.relations if each.path == node.relation), use.form)
    for step in node.reference.split(".") if isinstance(node, Path) else ():
        pointer = catalogue.forms[form].by_key.get(step) if form in catalogue.forms else None
        form = getattr(pointer, "form", None)
    field = _tier_field(catalogue, form, node.key)
    return field is not None and field.tier_model == model.key


# -- tags ---------------------------------------------------------------------------------------------------------------------------
def tag_consumers(catalogue: Catalogue, tags: TagSet) -> dict[str, list[Consumer]]:
    """The same for each tag of a dictionary that is not archived. A step that gives or takes a tag does not use it."""
    memo = catalogue.memo.setdefault("tag consumers by use", {})
    if tags.key not in memo:
        memo[tags.key] = {tag.key: _of_tag(catalogue, tags, tag.key) for tag in tags.tags if not tag.archived}
    return memo[tags.key]


def _of_tag(catalogue: Catalogue, tags: TagSet, tag: str) -> list[Consumer]:
    found: dict[Consumer, None] = {}
    for each in references(catalogue, tags, tag):
        definition = catalogue.of_kind(each.kind)[each.key]
        if each.kind == "automation" and not each.formula and each.path.startswith("steps/"):
            continue
        found[_consumer(catalogue, definition)] = None
    through = {each.key for each in found if each.kind == "segment"}
    for definition in catalogue.all() if through else ():
        asked = {segment for _use, one in sound(definition, catalogue) for segment in one.uses.segments}
        asked |= {getattr(getattr(definition, "trigger", None), "segment", None) or ""}
        for segment in sorted(asked & through):
            found.setdefault(_consumer(catalogue, definition, segment), None)
    return _once(list(found))
