"""/admin/bots: group chats of WeCom, DingTalk and Feishu that hear what happens."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.collaboration import bots
from runtime.errors import Refused
from runtime.pages.web import builder_only, by_path, done, reader, reading, writing
from runtime.system import clock
from runtime.texts import _

blueprint = Blueprint("bots", __name__, url_prefix="/admin/bots")

LANGUAGES = {"zh": "中文", "en": "English"}


@blueprint.get("")
@builder_only
def list_bots() -> str:
    return _page()


@blueprint.post("")
@builder_only
def add() -> AnyResponse | tuple[str, int]:
    return _save(None)


@blueprint.post("/<int:number>")
@builder_only
def change(number: int) -> AnyResponse | tuple[str, int]:
    return _save(number)


def _save(number: int | None) -> AnyResponse | tuple[str, int]:
    given = request.form
    bot = bots.Bot(
        given.get("name", ""),
        given.get("service", ""),
        given.get("address", ""),
        given.get("key", ""),
        given.get("form") or None,
        tuple(given.getlist("kinds")),
        given.get("language", "zh"),
        number is None or "enabled" in given,
    )
    try:
        with writing() as act:
            bots.save(act, bot, number)
    except Refused as refusal:
        return _page(refusal, number), refusal.status
    return done("/admin/bots", _("Saved."))


@blueprint.post("/<int:number>/try")
@builder_only
def try_out(number: int) -> AnyResponse:
    with writing() as act:
        bots.try_out(act, number)
    return done("/admin/bots", _("A message is on its way. How it went shows here in a moment."))


@blueprint.post("/<int:number>/remove")
@builder_only
def remove(number: int) -> AnyResponse:
    with writing() as act:
        bots.remove(act, number)
    return done("/admin/bots", _("The bot is removed."))


def _page(refusal: Refused | None = None, wrong: int | None = None) -> str:
    editing = wrong if refusal else request.args.get("edit", type=int)
    with reading() as act:
        forms = {key: reader().shown(form.label) for key, form in act.catalogue.forms.items()}
        rows = [_line(row, forms) for row in bots.listed(act)]
    present = next((row for row in rows if row["id"] == editing), None)
    values: dict[str, Any] = (
        {**request.form, "kinds": request.form.getlist("kinds")} if refusal else present or {"kinds": tuple(bots.KINDS), "language": "zh"}
    )
    return render_template(
        "bots.html", bots=rows, editing=present, values=values, errors=by_path(refusal), services=bots.SERVICES, kinds=bots.KINDS,
        forms=forms, languages=LANGUAGES,
    )  # fmt: skip


def _line(row: Any, forms: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "service": row.service,
        "form": row.form or "",
        "form_label": forms.get(row.form or "", row.form or ""),
        "kinds": json.loads(row.kinds),
        "language": row.language,
        "enabled": bool(row.enabled),
        "said": reader().shown(json.loads(row.said)) if row.said else "",
        "said_at": clock.from_micros(row.said_at),
    }
