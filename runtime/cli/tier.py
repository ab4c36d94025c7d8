"""tierloom tier recompute|simulate|explain: rate everybody anew, try a draft out, or say why one record has its tier."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from runtime.cli import json_option, language_of, show
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound, Problem, Refused
from runtime.people.person import SYSTEM
from runtime.records.lookup import ActLookup
from runtime.system.workspace import Act, Workspace
from runtime.texts import Message, _
from runtime.tiers import explaining, recomputing, simulation
from runtime.tiers.trial import load_model


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("tier", help="tiers: recompute, simulate, explain")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    recompute = acts.add_parser("recompute", help="rate every record anew, with new cut points")
    recompute.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="rate by the facts of this day (2026-11-21)")
    simulate = acts.add_parser("simulate", help="what publishing a draft would do; nothing is written")
    explain = acts.add_parser("explain", help="why a record has its tier")
    for each in (recompute, simulate, explain):
        each.add_argument("model", metavar="MODEL", help="key of the tier model")
        json_option(each)
    simulate.add_argument("draft", metavar="DRAFT.json", type=Path, help="the model as it would be published")
    simulate.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="by the facts of this day (2026-09-30)")
    simulate.add_argument("--sample", type=int, metavar="N", help="rate so many records only")
    explain.add_argument("record", metavar="RECORD", help="id of the record, or a value that only it has, such as its number")


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    return {"recompute": _recompute, "simulate": _simulate, "explain": _explain}[args.act](workspace, args)


def _recompute(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.reading(SYSTEM) as act:
        _model(act, args.model)
    counts = recomputing.recompute(workspace, args.model, args.as_of, job=Progress(args))  # type: ignore[arg-type]
    figures = {name: f"{count:,}" for name, count in counts.items()}
    show(args, {"model": args.model, **counts}, _("First tiers: {first}. Up: {up}. Down: {down}. Left: {left}.", **figures))


def _simulate(workspace: Workspace, args: argparse.Namespace) -> None:
    draft = load_model(_read(args.draft))
    if draft.key != args.model:
        raise Refused([Problem("key", _("This is a draft of {other}, not of {model}.", other=draft.key, model=args.model))])
    sample = args.sample or simulation.SAMPLE
    found = simulation.simulate(workspace, SYSTEM, draft, args.as_of, args.sample, sample, Progress(args))  # type: ignore[arg-type]
    show(args, found.to_json(), *_simulated(found, draft))


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused([Problem("", _("The file {name} cannot be read as JSON: {reason}", name=path.name, reason=str(error)))]) from error


def _simulated(found: simulation.Simulation, draft: TierModel) -> list[Message | str]:
    labels = {
        **({each.key: each.label for each in found.live.tiers} if found.live else {}),
        **{each.key: each.label for each in draft.tiers},
    }
    moved = found.directions()
    lines: list[Message | str] = [
        _("{up} up, {down} down, {entered} with a first tier, {left} left.", **moved),
    ]
    lines += [
        _("  {tier}: {now} → {then}", tier=labels.get(tier or "", _("no tier")), now=f"{now:,}", then=f"{then:,}")
        for tier, now, then in found.counts()
    ]
    if found.sampled < found.population:
        words = {"sampled": f"{found.sampled:,}", "population": f"{found.population:,}", "margin": found.margin}
        lines.append(_("By a sample of {sampled} of {population} records; a share is right to ±{margin} percentage points.", **words))
    return lines


class Progress:
    """Tells on standard error how far the work is, at each tenth of it."""

    def __init__(self, args: argparse.Namespace):
        self.args, self.told = args, 0

    def progress(self, done: int, total: int | None = None, message: Message | None = None) -> None:
        tenth = done * 10 // total if total else 0
        if tenth > self.told:
            self.told = tenth
            print(
                _("{done} of {total}", done=f"{done:,}", total=f"{total:,}").in_language(language_of(self.args)),
                file=sys.stderr,
                flush=True,
            )


def _explain(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.reading(SYSTEM) as act:
        found = explaining.explain(act, args.model, _record(act, _model(act, args.model), args.record))
    told = found.to_json(language_of(args))
    show(args, told, *_lines(told))


def _lines(told: dict[str, Any]) -> list[Message | str]:
    tier = told["tier"] or _("no tier")
    lines: list[Message | str] = [
        _(
            "{tier} with {score} of 100 points, by {model} v{version} as of {day}",
            tier=tier,
            score=told["score"] or "–",
            model=told["model"],
            version=told["version"],
            day=told["as_of"],
        )
    ]
    for each in told["dimensions"]:
        lines.append(
            _(
                "  {label}: {value}, band {band} of {bands}, {share} of {weight} points",
                label=each["label"],
                value=each["display"],
                band=each["band"] or "–",
                bands=each["bands"],
                share=each["share"],
                weight=each["weight"],
            )
        )
    lines += [f"  {each['tier']}: {each['why'] or ''}" for each in (*told["floors"], *told["ceilings"]) if each["decided"]]
    lines += [f"  {sentence}" for sentence in told["provisional"]]
    if told["movement"] is not None:
        lines.append(f"  {told['movement']['message']}")
    lines += [f"  → {each['message']}" for each in told["next"]]
    if told["updating"]:
        lines.append(_("  The figures have changed; the tier is being brought up to date."))
    return lines


def _model(act: Act, key: str) -> TierModel:
    found = act.catalogue.tier_models.get(key)
    if found is None or found not in act.catalogue.models_of(found.form):
        raise NotFound(_("There is no tier model with the key {key}.", key=key))
    return found


def _record(act: Act, model: TierModel, text: str) -> int:
    """A record by its id, or by the value of a field in which no two records are alike."""
    lookup = ActLookup(act)
    for match in (None, *(each.key for each in act.catalogue.forms[model.form].fields if each.distinct)):
        found = lookup.record(model.form, match, text)
        if found is not None:
            return found
    raise NotFound(_("There is no record “{text}”. Check the spelling, or add that record first.", text=text))
