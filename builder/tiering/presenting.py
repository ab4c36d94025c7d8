"""A simulation as the designer's page shows it: labels, names of owners and records, sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from runtime.definitions.tier_model import TierModel
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.tally import BIN, BINS, Mover, points, units
from builder.impact import extent, in_words
from builder.tiering.reasons import reasons

if TYPE_CHECKING:
    from runtime.pages.reader import Reader

Json = dict[str, Any]


class Presenter:
    """Puts what `Simulation.to_json` wrote before one reader. `draft` is the model as it was tried out, `model` the one that would write
    the tiers."""

    def __init__(self, act: Act, reader: Reader, app: str, draft: TierModel, found: Json):
        self.act, self.reader, self.app, self.draft, self.found = act, reader, app, draft, found
        catalogue = act.catalogue.with_definitions([draft])
        self.model: TierModel = catalogue.tier_models[found["model"]]
        self.live = act.catalogue.tier_models.get(found["model"])
        self.form = catalogue.forms[self.model.form]

    def say(self, message: Any) -> str:
        return self.reader.say(message)

    def result(self) -> Json:
        found = self.found
        kept = ("population", "sampled", "margin", "as_of", "seconds", "changed", "up", "down", "entered", "left", "moved", "matrix")
        return {
            **{name: found[name] for name in kept},
            "compared_with": found["compared_with"],
            "sentence": self.say(self.sentence()),
            "notes": [self.say(each) for each in self.notes()],
            "tiers": self.tiers(),
            "scores": {"step": BIN, "bins": self.bins(), "borders": self.borders()},
            "workload": [self.load(each) for each in found["workload"] or ()],
            "workload_sentence": self._said(self.workload_sentence()),
            "revenue": self.revenue(),
            "movers": self.movers(found["biggest"]),
            "movers_url": self.movers_url(),
            "job": None,
        }

    def _said(self, message: Message | None) -> str | None:
        return None if message is None else self.say(message)

    # -- sentences ------------------------------------------------------------------------------------------------------------
    def sentence(self) -> Message:
        found = self.found
        if not found["population"]:
            return _("There are no records yet, so nobody would move.")
        counted = SimpleNamespace(**found)
        return _("{moved} {extent}", moved=in_words(counted), extent=extent(counted))

    def notes(self) -> list[Message]:
        """What one has to know about a run for another day."""
        found, day = self.found, self.reader.date(date.fromisoformat(self.found["as_of"]))
        if date.fromisoformat(found["as_of"]) == self.act.today:
            return []
        if found["compared_with"] == "day":
            notes = [_("Compared with the tiers of {day}; everybody is placed by the borders, without stay or grace.", day=day)]
        else:
            notes = [_("Facts of {day}, compared with the present tiers: the history of this model does not reach that day.", day=day)]
        if found["of_today"]:
            notes.append(_("As they are today: {names}. Their values of that day are not known.", names=found["of_today"]))
        return notes

    # -- tiers ----------------------------------------------------------------------------------------------------------------
    def tiers(self) -> list[Json]:
        whole = sum(each["then"] for each in self.found["tiers"] if each["tier"] is not None)
        return [self._tier(each, whole) for each in self.found["tiers"]]

    def _tier(self, counted: Json, whole: int) -> Json:
        key = counted["tier"]
        share = counted["then"] / whole if whole and key is not None else None
        shown = tier_shown(self.reader, self.model, self.live, key)
        return {"tier": key, **shown, "now": counted["now"], "then": counted["then"], "share": share}

    def bins(self) -> list[Json]:
        return [{"from": BIN * number, "counts": counts} for number, counts in enumerate(self.found["scores"][:BINS])]

    def borders(self) -> list[Json]:
        return [
            {
                "tier": tier.key,
                "label": self.reader.shown(tier.label),
                "from": float(tier.from_),
                "keep_from": None if tier.keep_from is None else float(tier.keep_from),
            }
            for tier in reversed(self.draft.ranked)
        ]

    # -- work and money -------------------------------------------------------------------------------------------------------
    def load(self, load: Json) -> Json:
        owner = load["owner"]
        name = self.reader.person_name(int(owner)) if owner is not None else self.say(self.nobody())
        return {"owner": owner, "label": name, "now": load["now"], "then": load["then"], "capacity": load["capacity"]}

    def nobody(self) -> Message:
        return _("Nobody looks after them") if self.found["owner"] else _("All together")

    def workload_sentence(self) -> Message | None:
        """What is missing for a workload, or whom it passes."""
        loads = self.found["workload"]
        if loads is None:
            return _("No service plan says how often to follow up, so there is no workload to count.")
        if not self.found["owner"]:
            return _("{form} has no field for a member, so the follow-ups are counted for all together.", form=self.form.label)
        over = [each for each in loads if each["capacity"] is not None and each["then"] > each["capacity"]]
        if not over:
            return None
        first = self.load(over[0])
        words = {"owner": first["label"], "capacity": first["capacity"], "over": first["then"] - first["capacity"]}
        if len(over) == 1:
            return _("{owner} would pass the limit of {capacity} a month by {over}.", **words)
        return _("{count} owners would pass the limit of {capacity} a month; {owner} by {over}.", count=len(over), **words)

    def revenue(self) -> Json | None:
        """Sums of what is measured; a forecast would need a model of its own."""
        found = self.found["revenue"]
        if found is None:
            return None
        label = _("{measure}, summed over the customers of each tier", measure=found["label"])
        tiers = [
            {"tier": each["tier"], "now": float(Decimal(each["now"])), "then": float(Decimal(each["then"]))} for each in found["tiers"]
        ]
        return {"key": found["key"], "label": self.say(label), "currency": found["currency"], "tiers": tiers}

    # -- movers ---------------------------------------------------------------------------------------------------------------
    def movers(self, movers: Iterable[Json]) -> list[Json]:
        given = [
            Mover(int(each["record"]), each["before"], each["after"], units(each["score_before"]), units(each["score_after"]))
            for each in movers
        ]
        lines = mover_lines(self.act, self.reader, self.app, self.model, self.live, given)
        why = reasons(self.act, self.draft, date.fromisoformat(self.found["as_of"]), [each.record for each in given], self.found["cuts"])
        return [{**line, "because": self._said(why.get(int(line["record"])))} for line in lines]

    def movers_url(self) -> str:
        day = self.found["as_of"]
        return f"/build/{self.app}/tiers/{self.draft.key}/movers" + ("" if day == self.act.today.isoformat() else f"?as_of={day}")


def tier_shown(reader: Reader, model: TierModel, live: TierModel | None, key: str | None) -> Json:
    """A tier as a badge shows it, on the ladder it stands on; one that the draft has not any more is `former`, and looks as in the live model."""
    home = next((each for each in (model, live) if each is not None and key in each.by_key), None)
    if home is None or key is None:
        return {"label": key or reader.say(_("No tier")), "color": "gray", "rank": 0, "of": len(model.tiers), "former": key is not None}
    found, former = home.by_key[key], home is not model
    return {
        "label": reader.shown(found.label),
        "color": found.color,
        "rank": home.ranks.get(key, 0),
        "of": len(home.tiers),
        "former": former,
    }


def mover_lines(act: Act, reader: Reader, app: str, model: TierModel, live: TierModel | None, movers: Sequence[Mover]) -> list[Json]:
    """Each with its title, where it is opened, and both tiers."""
    reader.know_records(model.form, [each.record for each in movers])
    form = act.catalogue.forms[model.form]
    home = app if app in act.catalogue.apps else form.app or next(iter(act.catalogue.apps), app)
    lines = []
    for each in movers:
        before, after = tier_shown(reader, model, live, each.before), tier_shown(reader, model, live, each.after)
        lines.append(
            {
                **each.to_json(),
                "scores": [_two_decimals(reader, score) for score in (each.score_before, each.score_after)],
                "title": reader.record_title(model.form, each.record),
                "url": f"/apps/{home}/{model.form}/{each.record}",
                "tier_before": before,
                "tier_after": after,
            }
        )
    return lines


def _two_decimals(reader: Reader, score: int | None) -> str | None:
    """72.5, 72.13: a person compares no more than hundredths of a point."""
    if score is None:
        return None
    return reader.number(Decimal(points(score) or 0).quantize(Decimal("0.01")).normalize())
