"""The list of a form's records: views as tabs, conditions as chips, a total order, pages without numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

from flask import Blueprint, Response, flash, g, jsonify, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from runtime.automation import selecting
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.view import NEEDS, PLACES, View
from runtime.errors import FormulaProblems, NotFound, Refused, TierloomError
from runtime.pages import boards, segment_conditions
from runtime.pages.apps import find_app
from runtime.pages.cells import tag_facts, tier_facts, title_of, visible
from runtime.pages.columns import columns_of, drawn_rows
from runtime.pages.web import go_to, reader, reading, signed_in, wants_json, writing
from runtime.people.may import may, require, sees
from runtime.people.rights import EDIT, VIEW
from runtime.records.handing_over import member_fields
from runtime.records import gateway, query
from runtime.records.conditions import NAMING, WITHOUT_VALUE, WORDS, Condition, operators, read_condition
from runtime.records.lookup import ActLookup
from runtime.records.tables import tables_of
from runtime.system.workspace import Act
from runtime.tags.assigning import is_one_of
from runtime.texts import _
from runtime.views import lanes, saved

blueprint = Blueprint("lists", __name__)

ROWS = 50
LAYOUTS = {
    "list": (_("List"), "list"),
    "kanban": (_("Board"), "layout-kanban"),
    "calendar": (_("Calendar"), "calendar"),
    "cards": (_("Cards"), "layout-grid"),
    "timeline": (_("Timeline view"), "timeline"),
}
CARRIED = ("sort", "columns", "as", *PLACES, "size", "widths")
"""What an address says of the list beside view, search and conditions."""
ASKING = ("q", "filter", "where", "cursor", *CARRIED)
"""What somebody asks of a list; where nothing is asked, a form opens with its first view."""
MOST_AT_ONCE = 1_000


class Wish:
    """What an address asks of a list: a view, and what is different from it: conditions, search, order, columns, how the records are laid out."""

    def __init__(self, act: Act, form: Form, args: MultiDict[str, str]):
        self.act, self.form, self.args = act, form, args
        self.problem: Any = None
        self.named = self._named()
        self.view: View | None = self.named.view if self.named is not None else None
        self.conditions: list[Condition] = []
        for text in args.getlist("where"):
            try:
                self.conditions.append(read_condition(form, text))
            except Refused as error:
                self.problem = error.message
        self.formula = args.get("filter", "").strip()
        self.search = args.get("q", "").strip()[:100]
        self.cursor = args.get("cursor")
        self.sort = [
            each for each in args.get("sort", "").split(",") if each.lstrip("-") in (*form.by_key, "id", "created_at", "updated_at")
        ] or list(self.view.sort if self.view else ())
        chosen = [each for each in args.get("columns", "").split(",") if each in form.by_key]
        self.columns = chosen or list(self.view.columns if self.view and self.view.columns else query.default_columns(act, form))
        self.columns = [each for each in self.columns if sees(g.person, form.key, each)]
        self._lay_out()

    def _named(self) -> saved.Named | None:
        """The view that is asked for, or the one the form opens with where nothing is asked."""
        name = self.args.get("view")
        if name == saved.ALL:
            return None
        if name:
            return saved.find(self.act, self.form.key, name)
        return saved.opening(self.act, self.form.key) if not any(each in self.args for each in ASKING) else None

    def _lay_out(self) -> None:
        view = self.view
        asked = self.args.get("as", "")
        self.layout: str = asked if asked in LAYOUTS else view.as_ if view else "list"
        self.places: dict[str, str | None] = {name: self._place(name) for name in PLACES}
        needed = NEEDS.get(self.layout)
        if needed is not None and self.places[needed] is None:
            self.places[needed] = next((each.key for each in self.form.fields if PLACES[needed](each) and self._is_open(each.key)), None)
            if self.places[needed] is None:
                self.problem, self.layout = _("This form has no field by which it could be drawn so. It is shown as a list."), "list"
        size = self.args.get("size", "")
        self.size = (
            min(max(int(size), 10), query.MOST) if size.isdecimal() and len(size) < 5 else (view.size if view and view.size else ROWS)
        )
        self.widths = {**(view.widths if view else {}), **_widths(self.args.get("widths", ""), self.form)}
        self.colors = self._colors()

    def _place(self, name: str) -> str | None:
        """The field for a place of the layout; one that the person may not see whole is as if it were not there."""
        asked = self.args.get(name)
        key = asked if asked is not None else getattr(self.view, name) if self.view else None
        if not key:
            return None
        field = self.form.by_key.get(key)
        if field is None or not PLACES[name](field) or not self._is_open(key):
            if asked:
                self.problem = _("The records cannot be laid out by {key}.", key=key)
            return None
        return key

    def _is_open(self, key: str) -> bool:
        return sees(g.person, self.form.key, key) >= VIEW

    def _colors(self) -> tuple[Any, ...]:
        """The view's conditions that colour records, if what they read is open to the person."""
        colors = self.view.colors if self.view else ()
        return colors if all(query.may_ask(self.act, self.form.key, each.when) for each in colors) else ()

    @property
    def is_own(self) -> bool:
        return self.named is not None and self.named.own

    @property
    def is_trusted(self) -> bool:
        """Whether the view was published for the person, so that its filter may ask more than they see. To others it is a formula of their own."""
        return self.named is not None and not self.named.own and saved.is_for(self.act, self.named.view)

    def filters(self) -> list[str]:
        """The person's own formulas that must all hold."""
        lookup = ActLookup(self.act)
        own = [self.view.filter] if self.view and self.view.filter and not self.is_trusted else []
        return [*own, *[each.formula(lookup) for each in self.conditions], *([self.formula] if self.formula else [])]

    def trusted(self) -> list[str]:
        """What a published view says, which may ask more than the person sees."""
        return [self.view.filter] if self.view and self.view.filter and self.is_trusted else []

    def order(self) -> list[str]:
        """The order of the rows: first by group, the highest tier first."""
        group = self.places["group"] if self.layout == "list" else None
        if group is None:
            return self.sort
        first = f"-{group}" if self.form.by_key[group].stores == "rated" else group
        return [first, *[each for each in self.sort if each.lstrip("-") != group]]

    def reads(self) -> list[str]:
        """All fields that a page of the list has to know."""
        return list(dict.fromkeys([*self.columns, *[key for key in self.places.values() if key]]))

    def marking(self) -> query.Narrow:
        return query.Narrow(marks=tuple(each.when for each in self.colors)) if self.colors else query.WIDE

    def address(self, **changed: Any) -> str:
        """This list with other wishes; None drops one. Paging always begins anew."""
        kept = {
            "view": self.named.name if self.named else self.args.get("view"),
            "q": self.search or None,
            "filter": self.formula or None,
            **{name: self.args.get(name) for name in CARRIED},
            "where": [each.text for each in self.conditions],
            **changed,
        }
        given = [
            _parameter(name, value)
            for name, values in kept.items()
            for value in (values if isinstance(values, list) else [values])
            if value
        ]
        return f"?{'&'.join(given)}" if given else request.path

    def shared_address(self) -> str:
        """The same list for anybody: one's own view is spelled out, because nobody else has it."""
        if not self.is_own:
            return self.address()
        return self.address(
            view=saved.ALL,
            filter=joined(self.filters()[: 1 if self.view and self.view.filter else 0] + ([self.formula] if self.formula else [])),
            sort=",".join(self.sort),
            columns=",".join(self.columns),
            **{"as": self.layout},
            **self.places,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.search or self.formula or self.conditions or (self.view and self.view.filter))

    @property
    def is_changed(self) -> bool:
        """Whether the list is other than its view, so that it may be worth saving."""
        return bool(self.search or self.formula or self.conditions or any(self.args.get(name) for name in CARRIED))

    def body(self) -> dict[str, Any]:
        """The list as a view's JSON, without name."""
        wanted = joined([*self.trusted(), *self.filters()])
        found: dict[str, Any] = {"form": self.form.key, "columns": self.columns, "sort": list(self.sort)}
        if wanted:
            found["filter"] = wanted
        if self.layout != "list":
            found["as"] = self.layout
        found |= {name: key for name, key in self.places.items() if key}
        if self.widths:
            found["widths"] = self.widths
        if self.size != ROWS:
            found["size"] = self.size
        if self.colors:
            found["colors"] = [each.model_dump(mode="json") for each in self.colors]
        return found


def joined(formulas: list[str]) -> str | None:
    """Formulas that must all hold as one."""
    return (formulas[0] if len(formulas) == 1 else " and ".join(f"({each})" for each in formulas)) if formulas else None


def _widths(text: str, form: Form) -> dict[str, int]:
    """`name:120,stage:90` of an address."""
    pairs = [each.partition(":") for each in text.split(",")]
    return {
        key: min(max(int(width), 60), 800) for key, _colon, width in pairs if key in form.by_key and width.isdecimal() and len(width) < 5
    }


@lru_cache(2_000)
def _parameter(name: str, value: str) -> str:
    return f"{name}={quote_plus(value)}"


@blueprint.get("/apps/<app>/<form>")
@signed_in
def records(app: str, form: str) -> str:
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        wish = Wish(act, definition, request.args)
        problem, page, drawn = wish.problem, None, None
        try:
            if wish.layout not in ("list", "cards"):
                drawn = boards.drawn(act, app, wish)
            else:
                page = listed(act, wish)
        except (FormulaProblems, Refused) as error:
            problem = error.message
        rows, cards = _drawn(act, app, wish, page) if page else ("", "")
        return render_template(
            "list.html",
            app=found_app,
            form=definition,
            wish=wish,
            page=page,
            rows=rows,
            cards=cards,
            drawn=drawn,
            problem=problem,
            heads=_heads(definition, wish),
            chips=_chips(wish),
            views=_views(act, definition, wish, app),
            opens=saved.kept(act).first.get(form),
            layouts=LAYOUTS,
            fits={name: [each for each in visible(definition) if PLACES[name](each) and wish._is_open(each.key)] for name in PLACES},
            may_publish_views=may(g.person, "views", form),
            fields=[*pickable(act.catalogue, definition), *segment_conditions.pickable(act.catalogue, definition)],
            tags=_taggable(act, definition),
            may_hand_over=bool(member_fields(act, form)),
            may_edit=may(g.person, "edit", form),
            startable=selecting.startable(act, form),
            has_pool=definition.pool is not None,
            may_merge=may(g.person, "edit", form) and may(g.person, "delete", form),
            model=act.catalogue.model_of(form),
            sortable=_sortable(definition),
            all_columns=[each for each in visible(definition) if each.stores != "rows"],
        )


def listed(act: Act, wish: Wish, **more: Any) -> query.Page:
    """A page of the records that a list asks for."""
    return query.page(
        act,
        wish.form.key,
        **{
            "search": wish.search,
            "sort": wish.order(),
            "columns": wish.reads(),
            "limit": wish.size,
            "cursor": wish.cursor,
            "also": wish.filters(),
            "trusted": wish.trusted(),
            "narrow": wish.marking(),
            **more,
        },
    )


def find_form(act: Act, key: str) -> Form:
    """The form of an address, if the person may see its records."""
    form = act.catalogue.forms.get(key)
    if form is None or key not in tables_of(act.catalogue):
        raise NotFound(_("There is no form with the key {key}.", key=key))
    require(g.person, "view", key)
    return form


def _drawn(act: Act, app: str, wish: Wish, page: query.Page) -> tuple[Markup, Markup]:
    """The rows of the table and the cards of the phone. They are drawn in Python: a template takes many times as long for a list."""
    form, base = wish.form, f"/apps/{app}/{wish.form.key}"
    if wish.layout == "cards":
        return Markup(boards.picture_cards(act, app, wish, page)), Markup("")
    before, after = reader().say(_("Pick {name}", name="\0")).split("\0")
    columns = columns_of(act.catalogue, form, page, app, wish.columns)
    group = boards.group_heads(act, app, wish, page) if wish.places["group"] else None
    colored = boards.coloring(act.catalogue, wish) if wish.colors or wish.places["color"] else None
    rows, cards = drawn_rows(columns, page, base, (before, after), group, colored)
    return Markup(rows), Markup(cards)


def _heads(form: Form, wish: Wish) -> list[dict[str, Any]]:
    now = wish.sort[0] if wish.sort else ""
    found = []
    for key in wish.columns:
        field_type = form.by_key.get(key)
        sortable = field_type is None or field_type.stores in ("column", "computed", "rated")
        state = "ascending" if now == key else "descending" if now == f"-{key}" else None
        found.append(
            {
                "key": key,
                "label": reader().shown(field_type.label) if field_type else key,
                "numeric": field_type is not None
                and field_type.stores in ("column", "computed")
                and field_type.formula_type().kind in ("number", "money"),
                "state": state,
                "href": wish.address(sort=key if state == "descending" else f"-{key}", cursor=None) if sortable else None,
                "rated": field_type is not None and field_type.stores == "rated",
                "width": wish.widths.get(key),
                "editable": field_type is not None and editable(form, field_type),
            }
        )
    return found


def _chips(wish: Wish) -> list[dict[str, Any]]:
    found = []
    for number, each in enumerate(wish.conditions):
        before, value = each.words(reader(), reader().shown)
        if each.field.stores == "rated":
            tiers = [tier_facts(wish.act.catalogue, getattr(each.field, "tier_model"), key) for key in each.value.split(",")]
            value = "、".join(tier["label"] for tier in tiers if tier) or value
        if each.field.stores == "assigned":
            value = (
                "、".join(tag["label"] for tag in tag_facts(wish.act.catalogue, getattr(each.field, "tag_set"), each.value.split(",")))
                or value
            )
        rest = [other.text for place, other in enumerate(wish.conditions) if place != number]
        found.append({"sentence": {"before": before, "value": value}, "remove": wish.address(where=rest, cursor=None)})
    if wish.formula:
        found += segment_conditions.chips(wish.act.catalogue, wish.form, wish.formula, lambda text: wish.address(filter=text, cursor=None))
    return found


def editable(form: Form, field_type: FieldType) -> bool:
    """Whether a cell of a list can be changed in its place by the person, in some record at least."""
    return (
        field_type.writable
        and field_type.stores in ("column", "many")
        and field_type.type not in ("serial", "file", "image", "signature", "rich_text", "location")
        and sees(g.person, form.key, field_type.key) >= EDIT
    )


def _views(act: Act, form: Form, wish: Wish, app: str) -> list[dict[str, Any]]:
    """The tabs: all records, the views published for the person, their own."""
    base, mine = f"/apps/{app}/{form.key}", saved.views_of(act, form.key)
    opens = saved.opening(act, form.key) is not None
    found: list[dict[str, Any]] = [
        {"label": reader().say(_("All")), "href": f"{base}?view={saved.ALL}" if opens else base, "active": wish.named is None}
    ]
    if wish.named is not None and all(each.name != wish.named.name for each in mine):
        mine = [wish.named, *mine]
    for each in mine:
        active = wish.named is not None and wish.named.name == each.name
        found.append({"label": reader().shown(each.view.label), "href": f"{base}?view={each.name}", "active": active, "own": each.own})
    return found


def pickable(catalogue: Catalogue, form: Form) -> list[dict[str, Any]]:
    """Fields with their operators and choices, for the dialog that adds a condition."""
    kept = catalogue.memo.setdefault("conditions", {})
    found = []
    for each in visible(form):
        if each.stores != "rows" and operators(each):
            key = (form.key, each.key, reader().language)
            if key not in kept:
                kept[key] = _picked_by(catalogue, each)
            found.append(kept[key] | _searched(form, each))
    return found


def _searched(form: Form, field_type: FieldType) -> dict[str, Any]:
    """Where people and records are searched for, and the departments there are now."""
    if field_type.type in ("department", "departments"):
        return {"options": [{"key": key, "label": path} for key, path in reader().departments().items()]}
    return {"search": field_type.search_at(form.app or "", form.key)} if field_type.type in NAMING else {}


def _picked_by(catalogue: Catalogue, field_type: FieldType) -> dict[str, Any]:
    return {
        "key": field_type.key,
        "label": reader().shown(field_type.label),
        "options": [{"key": key, "label": reader().shown(label)} for key, label in _options(catalogue, field_type)],
        "kind": field_type.formula_type().kind,
        "operators": [
            {"key": name, "label": reader().say(WORDS[name]), "value": name not in WITHOUT_VALUE} for name in operators(field_type)
        ],
    }


def _options(catalogue: Catalogue, field_type: FieldType) -> list[tuple[str, Any]]:
    """What a condition on a field can be chosen from, with labels."""
    if field_type.stores == "rated" and getattr(field_type, "tier_model") in catalogue.tier_models:
        return [(tier.key, tier.label) for tier in catalogue.tier_models[getattr(field_type, "tier_model")].tiers]
    if field_type.stores == "assigned" and getattr(field_type, "tag_set") in catalogue.tag_sets:
        return [(tag.key, tag.label) for tag in catalogue.tag_sets[getattr(field_type, "tag_set")].tags if not tag.archived]
    if field_type.type == "approval_node" and getattr(field_type, "workflow") in catalogue.workflows:
        return [(node.key, node.label or node.key) for node in catalogue.workflows[getattr(field_type, "workflow")].nodes]
    if field_type.formula_type().kind == "boolean":
        return [("true", _("yes")), ("false", _("no"))]
    return [(option.key, option.label) for option in getattr(field_type, "options", ())]


def _sortable(form: Form) -> list[dict[str, str]]:
    return [
        {"key": each.key, "label": reader().shown(each.label)}
        for each in visible(form)
        if each.stores in ("column", "computed", "rated") and each.type != "long_text"
    ]


def _taggable(act: Act, form: Form) -> dict[str, Any]:
    """The dictionary of a form with the tags that the person may give to picked records, or take from them."""
    found = act.catalogue.tag_set_of(form.key)
    if found is None or not may(g.person, "edit", form.key):
        return {}
    gives, takes = (not who or is_one_of(g.person, who) for who in (found.may_assign, found.may_remove))
    return {
        "set": found.key,
        "give": [{"key": tag.key, "label": reader().shown(tag.label)} for tag in found.tags if gives and not tag.archived],
        "take": [
            {"key": tag.key, "label": reader().shown(tag.label)} for tag in found.tags if takes and (tag.archived or tag.rule is None)
        ],
    }


@blueprint.post("/apps/<app>/<form>/condition")
@signed_in
def add_condition(app: str, form: str) -> Any:
    """Adds one picked condition to the address the list was shown at."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        back = MultiDict([(name, value) for name, value in _query_of(request.form.get("back", "")) if name != "cursor"])
        wish = Wish(act, definition, back)
        value = ",".join(each for each in request.form.getlist("value") if each)
        if request.form.get("field") == segment_conditions.KEY:
            asked = segment_conditions.picked(act.catalogue, definition, request.form.get("operator", ""), value)
            return go_to(f"/apps/{app}/{form}{wish.address(filter=segment_conditions.with_condition(wish.formula, asked))}")
        condition = read_condition(definition, f"{request.form.get('field', '')}|{request.form.get('operator', '')}|{value}")
        condition.formula(ActLookup(act))
        return go_to(f"/apps/{app}/{form}{wish.address(where=[*[each.text for each in wish.conditions], condition.text])}")


def _query_of(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text.lstrip("?"), keep_blank_values=False)


@blueprint.post("/apps/<app>/<form>/delete")
@signed_in
def delete_picked(app: str, form: str) -> Any:
    """Puts the picked records into the trash; those that others belong to stay, and are counted."""
    picked, kept, reason = _picked(), 0, None
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        gone = []
        for record in picked:
            try:
                gateway.delete(act, form, record)
                gone.append(record)
            except Refused as error:
                kept, reason = kept + 1, error.message
    if gone:
        flash(
            {  # type: ignore[arg-type]
                "text": reader().say(_("{count} records are in the trash.", count=len(gone))),
                "undo": f"/apps/{app}/{form}/restore?" + urlencode([("id", each) for each in gone]),
            }
        )
    if kept:
        flash(reader().say(_("{count} records stay: {reason}", count=kept, reason=reason)), "care")
    return go_to(request.form.get("back") and f"/apps/{app}/{form}?{request.form['back'].lstrip('?')}" or f"/apps/{app}/{form}")


@blueprint.post("/apps/<app>/<form>/restore")
@signed_in
def restore_picked(app: str, form: str) -> Any:
    done = 0
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        for record in _picked():
            gateway.restore(act, form, record)
            done += 1
    flash(reader().say(_("{count} records are back.", count=done)), "good")
    return go_to(f"/apps/{app}/{form}")


def _picked() -> list[int]:
    picked = [int(each) for each in request.form.getlist("id") if each.isdecimal()]
    if not picked:
        raise Refused([], _("Pick at least one record first."))
    return picked[:MOST_AT_ONCE]


@blueprint.get("/apps/<app>/<form>/count")
@signed_in
def count(app: str, form: str) -> Any:
    """How many records a list has: asked by the page after it is shown, up to a bound, and exactly on a click (`?exact=1`)."""
    with reading() as act:
        find_app(act, app)
        wish = Wish(act, find_form(act, form), request.args)
        exact = bool(request.args.get("exact"))
        number = query.count(
            act, form, search=wish.search, also=wish.filters(), trusted=wish.trusted(), most=None if exact else query.COUNTED
        )
    if wants_json():
        return jsonify(count=number, exact=exact or number <= query.COUNTED)
    return render_template(
        "list_count.html",
        number=number,
        counted=query.COUNTED,
        more=not exact and number > query.COUNTED,
        address=f"/apps/{app}/{form}/count{wish.address(cursor=None, exact='1')}",
    )


@blueprint.get("/apps/<app>/<form>/groups")
@signed_in
def groups(app: str, form: str) -> Response:
    """How many records each group or lane of a list has: {value: count}, `-` for none. Asked by the page after it is shown."""
    with reading() as act:
        wish, by = _grouped(act, app, form)
        counted = query.tally(act, form, by, wish.search, wish.filters(), wish.trusted())
    return jsonify({lanes.name_of(value): count for value, count in counted})


def _grouped(act: Act, app: str, form: str) -> tuple[Wish, str]:
    """The list that is asked for, and the field whose values are its groups or lanes."""
    find_app(act, app)
    wish = Wish(act, find_form(act, form), request.args)
    by = wish.places["group"]
    if by is None:
        raise NotFound(_("This list has no groups."))
    return wish, by


@blueprint.get("/apps/<app>/<form>/lane")
@signed_in
def lane(app: str, form: str) -> str:
    """More cards of one lane of a board: `lane` names it, `cursor` says after which."""
    with reading() as act:
        wish, by = _grouped(act, app, form)
        wanted = lanes.lane_at(act, wish.form, by, request.args.get("lane", lanes.BLANK))
        found = boards.lane_cards(act, app, wish, wanted, wish.cursor)
        return render_template("views/lane_more.html", lane=found, movable=boards.movable(wish, by))


@blueprint.get("/apps/<app>/<form>/find")
@signed_in
def find(app: str, form: str) -> Response:
    """Records by a part of a searchable value, for references: [{value, title, hint}]."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        try:
            page = query.page(
                act, form, search=request.args.get("q", "")[:100], columns=[definition.title, *_hint_keys(definition)], limit=10
            )
        except TierloomError:
            return jsonify([])
        return jsonify(
            [
                {
                    "value": str(each.id),
                    "title": title_of(definition, each),
                    "hint": " · ".join(
                        definition.by_key[key].display(each.values[key], reader())
                        for key in _hint_keys(definition)
                        if each.values.get(key) is not None
                    ),
                }
                for each in page.records
            ]
        )


def _hint_keys(form: Form) -> list[str]:
    return [each.key for each in form.fields if each.type in ("serial", "phone") and each.key != form.title][:2]
