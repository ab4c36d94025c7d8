"""Merging two records: finding the other one, both side by side with the better value picked, what will happen, and the way back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.definitions.form import Form
from runtime.errors import NotFound, Refused, Stale
from runtime.pages.apps import find_app
from runtime.pages.cells import cell, tag_facts, title_of
from runtime.pages.lists import find_form
from runtime.pages.web import by_path, done, go_to, reader, reading, signed_in, writing
from runtime.people.may import may, require
from runtime.quality import belongings, choosing, merging
from runtime.quality.choosing import Pair
from runtime.quality.merging import Moves, Preview
from runtime.records import query
from runtime.records.merged import survivor_of
from runtime.records.rows import Record
from runtime.system.tables import record_merge
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("merging", __name__)

FORM = "/apps/<app>/<form>"
FOUND = 20
TALK: dict[str, Message] = {
    "record_comment": _("Comments that come along: {count}."),
    "todo": _("To-dos that come along: {count}."),
    belongings.FOLLOWS: _("People who follow it from then on: {count}."),
    belongings.TEAM: _("People who join its team: {count}."),
}


# -- finding the other --------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{FORM}/<int:record>/merge")
@signed_in
def find(app: str, form: str, record: int) -> str:
    """?q= looks for the record to merge this one with."""
    wanted = request.args.get("q", "").strip()[:100]
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        here = query.get(act, form, record)
        require(g.person, "edit", form, record)
        hints = [each.key for each in definition.fields if each.type in ("serial", "phone", "email") and each.key != definition.title][:2]
        columns = [key for key in (definition.title, *hints) if key in definition.by_key and may(g.person, "view", form, None, key)]
        page = query.page(act, form, search=wanted, columns=columns, limit=FOUND + 1) if wanted else None
        rows = [each for each in page.records if each.id != record][:FOUND] if page else []
        return render_template(
            "merge_find.html",
            app=found_app,
            form=definition,
            record=here,
            name=title_of(definition, here),
            wanted=wanted,
            rows=[
                {
                    "title": title_of(definition, each),
                    "hint": " · ".join(_plain(definition, each, key) for key in hints if _plain(definition, each, key)),
                    "href": f"/apps/{app}/{form}/merge?keep={record}&other={each.id}",
                }
                for each in rows
            ],
        )


def _plain(form: Form, record: Record, key: str) -> str:
    if key in record.masked:
        return record.masked[key]
    value = record.values.get(key)
    return "" if value is None else form.by_key[key].display(value, reader())


@blueprint.post(f"{FORM}/merge/picked")
@signed_in
def picked(app: str, form: str) -> AnyResponse:
    """Two records picked in a list: the one with more filled fields is proposed to stay, of equals the older one."""
    chosen = [int(each) for each in dict.fromkeys(request.form.getlist("id")) if each.isdecimal() and len(each) < 17]
    if len(chosen) != 2:
        flash(reader().say(_("Pick exactly two records to merge them.")), "care")
        back = request.form.get("back", "").lstrip("?")
        return go_to(f"/apps/{app}/{form}?{back}" if back else f"/apps/{app}/{form}")
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        records = [query.get(act, form, each) for each in chosen]
    keep, other = sorted(records, key=lambda each: (-_filled(definition, each), each.created_micros, each.id))
    return go_to(f"/apps/{app}/{form}/merge?keep={keep.id}&other={other.id}")


def _filled(form: Form, record: Record) -> int:
    return sum(not each.is_blank(record.values.get(each.key)) for each in form.fields if each.writable)


# -- side by side -------------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{FORM}/merge")
@signed_in
def compare(app: str, form: str) -> Any:
    """?keep=&other="""
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        try:
            return _page(act, found_app, definition, *_two(request.args), {})
        except Stale as error:
            return _merged_already(act, app, form, _two(request.args), error)


def _two(given: Any) -> tuple[int, int]:
    keep, other = (given.get(name, "") for name in ("keep", "other"))
    if not all(each.isascii() and each.isdecimal() and len(each) < 17 for each in (keep, other)):
        raise NotFound(_("This record does not exist, or it is in the trash."))
    return int(keep), int(other)


def _page(
    act: Act, app: Any, form: Form, keep: int, other: int, take: dict[str, str], refusal: Refused | None = None, late: str = ""
) -> str:
    found = merging.preview(act, form.key, keep, other)
    problems = by_path(refusal)
    names = _names(form, found)
    open_pairs = [each for each in found.pairs if each.shown and each.differs]
    return render_template(
        "merge.html",
        app=app,
        form=form,
        keep=found.keep,
        other=found.other,
        names=names,
        rows=[_row(act, app.key, found, each, take, problems) for each in open_pairs],
        same=[reader().shown(each.field.label) for each in found.pairs if each.shown and not each.differs and each.keep is not None],
        unseen=sum(not each.shown for each in found.pairs),
        happens=_happens(act, form, found, names),
        tags=[each for key, tags in found.tags.items() for each in tag_facts(act.catalogue, key, tags)],
        stops=[reader().say(each.message) for each in found.problems],
        late=late,
        problems=[sentence for path, sentence in problems.items() if path.partition("/")[0] not in {each.key for each in open_pairs}],
    )


def _names(form: Form, found: Preview) -> tuple[str, str]:
    """What the two are called; two of one name by their numbers too."""
    keep, other = title_of(form, found.keep), title_of(form, found.other)
    return (f"{keep} (#{found.keep.id})", f"{other} (#{found.other.id})") if keep == other else (keep, other)


def _row(act: Act, app: str, found: Preview, pair: Pair, take: dict[str, str], problems: dict[str, str]) -> dict[str, Any]:
    taken = take.get(pair.key, pair.taken) if pair.open else pair.taken
    choices = [("keep", pair.keep), ("other", pair.other)]
    if pair.both:
        choices.append(("both", choosing.joined(pair.field, pair.keep, pair.other)))
    return {
        "key": pair.key,
        "label": reader().shown(pair.field.label),
        "open": pair.open,
        "choices": [
            {
                "value": name,
                "cell": _cell(act, app, found, pair, value),
                "chosen": name == taken,
                "why": reader().say(pair.why) if name == pair.taken else "",
            }
            for name, value in choices
        ],
        "error": next((sentence for path, sentence in problems.items() if path.partition("/")[0] == pair.key), ""),
    }


def _cell(act: Act, app: str, found: Preview, pair: Pair, value: Any) -> dict[str, Any]:
    """A value as the record's page shows it; rows of a sub-form as one line each."""
    field = pair.field
    if field.stores == "rows":
        return {"kind": "lines", "lines": [_line(field, row) for row in value or ()]}
    record = Record(found.keep.form, 0, 0, 0, 0, 0, 0, None, {pair.key: value})
    titles = query.titles(act, {getattr(field, "form"): {value}}) if field.type == "reference" and value is not None else {}
    return cell(found.keep.form, record, pair.key, app, titles)


def _line(field: Any, row: dict[str, Any]) -> str:
    shown = [line.display(row.get(key), reader()) for key, line in field.lines().items() if row.get(key) is not None]
    return " · ".join(each for each in shown if each)


def _happens(act: Act, form: Form, found: Preview, names: tuple[str, str]) -> list[str]:
    """What a merge does, sentence by sentence."""
    said = [
        reader().say(
            _(
                "{count} records of {form} ({field}) move to “{name}”.",
                count=reader().number(each.seen),
                form=act.catalogue.forms[each.place.form].label,
                field=_field_label(act, each),
                name=names[0],
            )
        )
        for each in found.moves
        if each.seen
    ]
    if any(each.seen < each.count for each in found.moves):
        said.append(reader().say(_("Records that you may not see move along.")))
    said += [reader().say(Message(TALK[name].text, {"count": reader().number(count)})) for name, count in found.talk.items() if count]
    if act.catalogue.model_of(form.key) is not None:
        said.append(reader().say(_("Totals, tags by rule and the tier of “{name}” are worked out anew.", name=names[0])))
    said.append(reader().say(_("“{other}” goes into the trash, and its address leads to “{name}”.", other=names[1], name=names[0])))
    return said


def _field_label(act: Act, moves: Moves) -> Any:
    field = act.catalogue.forms[moves.place.form].by_key[moves.place.key]
    return field.label if moves.place.subform is None else field.lines()[moves.place.field].label


# -- doing it -----------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{FORM}/merge")
@signed_in
def merge(app: str, form: str) -> Any:
    keep, other = _two(request.form)
    take = {name.removeprefix("take-"): value for name, value in request.form.items() if name.startswith("take-")}
    versions = tuple(request.form.get(f"version_{name}", type=int) for name in ("keep", "other"))
    try:
        with writing("merge") as act:
            find_app(act, app)
            find_form(act, form)
            made = merging.merge(act, form, keep, other, take, versions)  # type: ignore[arg-type]
    except Refused as refusal:
        with reading() as act:
            return _page(act, find_app(act, app), find_form(act, form), keep, other, take, refusal), refusal.status
    except Stale as error:
        with reading() as act:
            return _again(act, app, form, (keep, other), take, error)
    flash({"text": reader().say(_("The two records are one.")), "undo": f"/apps/{app}/-/merges/{made.id}/undo"}, "good")  # type: ignore[arg-type]
    return go_to(f"/apps/{app}/{form}/{keep}")


def _again(act: Act, app: str, form: str, two: tuple[int, int], take: dict[str, str], error: Stale) -> Any:
    """The page once more with the values as they are now; where one of the two is merged already, the record that stayed."""
    try:
        page = _page(act, find_app(act, app), find_form(act, form), *two, take, late=reader().say(error.message))
    except Stale as merged:
        return _merged_already(act, app, form, two, merged)
    return page, error.status


def _merged_already(act: Act, app: str, form: str, two: tuple[int, int], error: Stale) -> AnyResponse:
    flash(reader().say(error.message), "care")
    into = next((found for each in two if (found := survivor_of(act, form, each)) is not None), two[0])
    return redirect(f"/apps/{app}/{form}/{into}", 303)


@blueprint.post("/apps/<app>/-/merges/<int:number>/undo")
@signed_in
def undo(app: str, number: int) -> AnyResponse:
    """Takes a merge back; what stands in the way is said over the page."""
    with reading() as act:
        row = act.connection.execute(record_merge.select().where(record_merge.c.id == number)).first()
        find_app(act, app)
        if row is None:
            raise NotFound(_("There is no such merge."))
        find_form(act, row.form)
    here = f"/apps/{app}/{row.form}/{row.keep}"
    try:
        with writing("undo") as act:
            back = merging.undo(act, number)
    except Refused as refusal:
        flash(reader().say(refusal.message), "bad")
        return go_to(here)
    if back.left:
        return done(here, _("The merge is taken back. {count} entries have been changed since and stay here.", count=back.left))
    return done(here, _("The merge is taken back: both records are there again."))
