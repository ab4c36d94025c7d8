"""tierloom tier recompute|explain: rate everybody anew, or say why one record has its tier."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import Any

from runtime.cli import json_option, language_of, show
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound
from runtime.people.person import SYSTEM
from runtime.records.lookup import ActLookup
from runtime.system.workspace import Act, Workspace
from runtime.texts import Message, _
from runtime.tiers import explaining, recomputing


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("tier", help="tiers: recompute, explain")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    recompute = acts.add_parser("recompute", help="rate every record anew, with new cut points")
    recompute.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="rate by the facts of this day (2026-11-21)")
    explain = acts.add_parser("explain", help="why a record has its tier")
    for each in (recompute, explain):
        each.add_argument("model", metavar="MODEL", help="key of the tier model")
        json_option(each)
    explain.add_argument("record", metavar="RECORD", help="id of the record, or a value that only it has, such as its number")


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    return _recompute(workspace, args) if args.act == "recompute" else _explain(workspace, args)


def _recompute(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.reading(SYSTEM) as act:
        _model(act, args.model)
    counts = recomputing.recompute(workspace, args.model, args.as_of, job=Progress(args))  # type: ignore[arg-type]
    figures = {name: f"{count:,}" for name, count in counts.items()}
    show(args, {"model": args.model, **counts}, _("First tiers: {first}. Up: {up}. Down: {down}. Left: {left}.", **figures))


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
