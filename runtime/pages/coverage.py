"""What uses a tier and a tag, for how many records it lately made a difference, and whether the data behind the tiers can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from runtime.coverage.acted import LATELY, acted_by_tag, acted_by_tier
from runtime.coverage.consumers import PLAN, Consumer, is_used, tag_consumers, tier_consumers
from runtime.coverage.trust import FRESH, Trust, trust_by_tier
from runtime.definitions import reasons
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound
from runtime.pages.apps import find_app
from runtime.pages.cells import tag_facts, tier_facts
from runtime.pages.tag_frame import frame
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.tags.usefulness import living
from runtime.texts import Message, _
from runtime.tiers.figures import Distribution, distribution
from runtime.tiers.history_at import tag_fields, tags_on
from runtime.tiers.seeing import require_tiers, tier_field

blueprint = Blueprint("coverage", __name__)

KINDS: dict[str, tuple[Message, str, str]] = {
    PLAN: (_("Service plan"), "clipboard-check", "tiers"),
    "automation": (_("Automation"), "bolt", "automations"),
    "permission_set": (_("Permissions"), "shield-lock", "access"),
    "form": (_("Form"), "forms", "forms"),
    "tag_set": (_("Tag dictionary"), "tags", "tags"),
    "tier_model": (_("Tier model"), "stairs-up", "tiers"),
    "segment": (_("Segment"), "users-group", "segments"),
    "view": (_("View"), "filter", "views"),
    "dashboard": (_("Dashboard"), "layout-dashboard", "dashboards"),
}
"""Each kind of consumer in words, with its icon and the folder in which it is designed."""
SHOWING = ("segment", "view", "dashboard")
PARTS: tuple[tuple[str, Message], ...] = (
    ("complete", _("Every dimension has a value")),
    ("fresh", _("Record changed within {n} days", n=FRESH.days)),
    ("measured", _("Measured, not provisional")),
)
GOOD_SHARE = 0.9


# -- pages ------------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tiers/<model>/uses")
@signed_in
def of_tiers(app: str, model: str) -> str:
    """Every tier with who uses it; ?tier= is opened."""
    with reading() as act:
        found_app, found = find_app(act, app), find_model(act, app, model)
        rows = used_rows(act, app, found, distribution(act, found.key))
        chosen = request.args.get("tier")
        if chosen is not None and chosen not in found.by_key:
            raise NotFound(_("This model has no tier with the key {key}.", key=chosen))
        return render_template(
            "coverage/tiers.html",
            app=found_app,
            model=found,
            rows=rows,
            chosen=chosen,
            trust=trust_lines(trust_by_tier(act, found)[None]),
            days=LATELY.days,
            builds=_builds(act, app),
            version=act.catalogue.versions.get(("tier_model", model), 1),
        )


@blueprint.get("/apps/<app>/-/tags/uses")
@signed_in
def of_tags(app: str) -> str:
    """Every tag of a dictionary with who uses it."""
    with reading() as act:
        here = frame(act, app)
        if here is None:
            raise NotFound(_("This app has no tag dictionary."))
        tags = here.set
        consumers, acted = tag_consumers(act.catalogue, tags), acted_by_tag(act, tags)
        sees = all(may(g.person, "view", tags.form, None, key) for key in tag_fields(act, tags))
        counts = tags_on(act, tags, act.today) if sees else {}
        rows = [
            {
                "key": tag.key,
                "tag": tag_facts(act.catalogue, tags.key, [tag.key])[0],
                "count": counts.get(tag.key, 0),
                "acted": acted.get(tag.key, {}).get(None, 0),
                **_summary(act, app, consumers[tag.key], acted.get(tag.key, {})),
            }
            for tag in living(tags)
        ]
        return render_template(
            "coverage/tags.html", here=here, set=tags, app=here.app, rows=rows, days=LATELY.days, builds=_builds(act, app)
        )


def find_model(act: Act, app: str, key: str) -> TierModel:
    """Raises NotFound, and NotAllowed for whoever may not see the tiers."""
    model = act.catalogue.tier_models.get(key)
    if model is None or model.app not in (None, app) or model.form not in act.catalogue.forms:
        raise NotFound(_("There is no tier model with the key {key}.", key=key))
    require_tiers(act, model)
    return model


def _builds(act: Act, app: str) -> bool:
    return may(act.person, "build", app=app)


# -- rows -------------------------------------------------------------------------------------------------------------------------------
def used_rows(act: Act, app: str, model: TierModel, spread: Distribution) -> list[dict[str, Any]]:
    """Each tier from the best down: who uses it, for how many it made a difference, how far its data can be trusted."""
    consumers, acted, trust = tier_consumers(act.catalogue, model), acted_by_tier(act, model), trust_by_tier(act, model)
    why = reasons.given(act, "tier_model", model.key)
    field = tier_field(act.catalogue, model)
    counts = {each.key: each.count for each in spread.tiers}
    return [
        {
            "key": tier.key,
            "tier": tier_facts(act.catalogue, model.key, tier.key),
            "count": counts.get(tier.key, 0),
            "acted": acted.get(tier.key, {}).get(None, 0),
            "href": _list(app, model, field, tier.key),
            "uses_href": f"/apps/{app}/-/tiers/{model.key}/uses?{urlencode({'tier': tier.key})}",
            "trust": trust.get(tier.key, Trust()),
            "trust_parts": trust_lines(trust.get(tier.key, Trust())),
            "reason": why.get(f"tier:{tier.key}"),
            **_summary(act, app, consumers[tier.key], acted.get(tier.key, {})),
        }
        for tier in reversed(model.ranked)
    ]


def _list(app: str, model: TierModel, field: str | None, tier: str) -> str | None:
    return None if field is None else f"/apps/{app}/{model.form}?{urlencode({'where': f'{field}|any_of|{tier}'})}"


def _summary(act: Act, app: str, found: list[Consumer], acted: dict[str | None, int]) -> dict[str, Any]:
    """How many of each kind are at work, and all of them as lines. `state`: unused, shown (nothing changes because of it) or used."""
    at_work = [each for each in found if not each.off]
    return {
        "plan": any(each.kind == PLAN for each in at_work),
        "automations": _count(at_work, "automation"),
        "permissions": _count(at_work, "permission_set"),
        "rules": _count(at_work, "form", "tag_set", "tier_model"),
        "reports": _count(at_work, *SHOWING),
        "state": "unused" if not is_used(found) else "used" if any(each.acts for each in found) else "shown",
        "consumers": list(_lines(act, app, found, acted)),
    }


def _count(found: list[Consumer], *kinds: str) -> int:
    return len({(each.kind, each.key) for each in found if each.kind in kinds})


def _lines(act: Act, app: str, found: list[Consumer], acted: dict[str | None, int]) -> Iterator[dict[str, Any]]:
    builds = _builds(act, app)
    for each in sorted(found, key=lambda one: (one.off, [*KINDS].index(one.kind))):
        word, icon, folder = KINDS[each.kind]
        segment = act.catalogue.segments.get(each.through or "")
        yield {
            "kind": reader().say(word),
            "icon": icon,
            "label": reader().shown(each.label),
            "href": f"/build/{app}/{folder}/{each.key}" if builds else None,
            "through": reader().shown(segment.label) if segment is not None else None,
            "off": each.off,
            "acted": acted.get(each.key, 0) if each.kind == "automation" and not each.off else None,
            "runs_href": f"/apps/{app}/-/runs?{urlencode({'automation': each.key, 'state': 'done'})}"
            if each.kind == "automation" and g.person.is_builder
            else None,
        }


def trust_lines(found: Trust) -> list[dict[str, Any]]:
    """The parts of trust as bars; none where nobody has a tier."""
    if not found.count:
        return []
    return [
        {
            "label": reader().say(words),
            "share": found.share(name),
            "text": reader().share(getattr(found, name), found.count),
            "tone": "good" if found.share(name) >= GOOD_SHARE else "care",
        }
        for name, words in PARTS
    ]
