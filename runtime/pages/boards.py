"""A list's records laid out otherwise: in lanes, on a calendar, as cards with pictures, as bars along time; and the heads of groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from flask import g, request
from markupsafe import Markup

from runtime.pages.cells import tier_facts
from runtime.pages.columns import Column, columns_of
from runtime.pages.files import shown as shown_file
from runtime.pages.web import reader
from runtime.people.may import may, sees
from runtime.people.rights import EDIT
from runtime.records import query
from runtime.texts import _
from runtime.views import days, lanes

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.pages.lists import Wish
    from runtime.records.rows import Record
    from runtime.system.workspace import Act

LANE = 20
"""Cards of a lane at first, and more at each asking."""
A_DAY = 4
"""Records of a day on a calendar; the rest is one click away."""
BARS = 60
FACTS = 4
"""Fields on a card, beside its title."""
YEARS = range(1900, 2200)


# -- what all have in common --------------------------------------------------------------------------------------------------------
def coloring(catalogue: Catalogue, wish: Wish) -> Callable[[Record], str]:
    """What tells the colour of a record: the first condition of the view that holds, else its option or tier."""
    by = wish.form.by_key[wish.places["color"]] if wish.places["color"] else None
    options = {each.key: each.color for each in getattr(by, "options", ()) if each.color}

    def color(record: Record) -> str:
        if record.mark is not None:
            return wish.colors[record.mark].color
        value = record.values.get(by.key) if by is not None else None
        if by is not None and by.stores == "rated":
            facts = tier_facts(catalogue, getattr(by, "tier_model"), value)
            return facts["color"] if facts else ""
        return options.get(value, "") if value is not None else ""

    return color


@dataclass
class Drawing:
    """Draws the records of one answer: their names, the fields beside it, their colour."""

    wish: Wish
    base: str
    columns: list[Column]
    title: Column
    color: Callable[[Record], str]

    def name(self, record: Record) -> str:
        return self.title.text(record) or f"#{record.id}"

    def facts(self, record: Record) -> list[dict[str, Any]]:
        """The fields on a card that are not blank."""
        kept = [each for each in self.columns if each.key in record.masked or each.value(record) not in (None, ())]
        return [
            {"label": reader().shown(each.field_type.label) if each.field_type else each.key, "html": Markup(each.html(record))}
            for each in kept
        ]

    def card(self, record: Record) -> dict[str, Any]:
        return {
            "id": record.id,
            "version": record.version,
            "href": f"{self.base}/{record.id}",
            "name": self.name(record),
            "facts": self.facts(record),
            "color": self.color(record),
        }


def drawing(act: Act, app: str, wish: Wish, page: query.Page, most: int = FACTS) -> Drawing:
    form = wish.form
    apart = {form.title, wish.places["group"] if wish.layout == "kanban" else None, wish.places["image"]}
    columns = columns_of(act.catalogue, form, page, app, [key for key in wish.columns if key not in apart][:most])
    title = columns_of(act.catalogue, form, page, app, [form.title])[0]
    return Drawing(wish, f"/apps/{app}/{form.key}", columns, title, coloring(act.catalogue, wish))


def fields_of(wish: Wish) -> list[str]:
    """What has to be read for cards: their name too."""
    return list(dict.fromkeys([wish.form.title, *wish.reads()]))


def drawn(act: Act, app: str, wish: Wish) -> dict[str, Any]:
    """What the page of a board, a calendar or a timeline shows."""
    return {"kanban": board, "calendar": calendar, "timeline": timeline}[wish.layout](act, app, wish)


def label_of(catalogue: Catalogue, wish: Wish, key: str, lane: lanes.Lane) -> str:
    """What a lane or a group is called."""
    by = wish.form.by_key[key]
    if lane.value is None:
        return reader().say(_("No {field}", field=by.label))
    if lane.label is not None:
        return reader().shown(lane.label)
    return by.display(lane.value, reader()) or str(lane.value)


# -- groups of a list ---------------------------------------------------------------------------------------------------------------
@dataclass
class Heads:
    """The heads of the groups of one page; how many records each has is asked by the page afterwards."""

    by: str
    label: Callable[[Any], str]
    last: Any = field(default_factory=object)

    def before(self, record: Record, width: int) -> tuple[str, str]:
        value = record.values.get(self.by)
        if value == self.last:
            return "", ""
        self.last = value
        name, count = escape(self.label(value)), f'<span class="tl-second tl-num" data-count-of="{escape(lanes.name_of(value))}"></span>'
        head = (
            f'<tr class="tl-group"><th colspan="{width + 1}" scope="colgroup"><span class="tl-group-name">{name} {count}</span></th></tr>\n'
        )
        return head, f'<li class="tl-group"><span class="tl-group-name">{name} {count}</span></li>\n'


def group_heads(act: Act, app: str, wish: Wish, page: query.Page) -> Heads:
    by = str(wish.places["group"])
    if wish.form.by_key[by].type == "member":
        reader().know_people({each.values[by] for each in page.records if each.values.get(by)})
    return Heads(by, lambda value: label_of(act.catalogue, wish, by, lanes.lane_at(act, wish.form, by, lanes.name_of(value))))


# -- board --------------------------------------------------------------------------------------------------------------------------
def board(act: Act, app: str, wish: Wish) -> dict[str, Any]:
    """A lane for each value, each with its first cards: a statement a lane, never one a card."""
    by = str(wish.places["group"])
    found, more = lanes.lanes_of(act, wish.form, by, wish.search, wish.filters(), wish.trusted())
    if wish.form.by_key[by].type == "member":
        reader().know_people({each.value for each in found if each.value is not None})
    drawn_lanes = [lane_cards(act, app, wish, each) for each in found]
    return {
        "lanes": drawn_lanes,
        "first": next((each["key"] for each in drawn_lanes if each["cards"]), found[0].key),
        "more_lanes": more,
        "movable": movable(wish, by),
        "computed": not wish.form.by_key[by].writable,
        "field": by,
        "counts": f"{wish.form.key}/groups{wish.address(cursor=None)}",
    }


def movable(wish: Wish, by: str) -> bool:
    """Whether the person may move cards of some records at all."""
    return wish.form.by_key[by].writable and sees(g.person, wish.form.key, by) >= EDIT and may(g.person, "edit", wish.form.key)


def lane_cards(act: Act, app: str, wish: Wish, lane: lanes.Lane, cursor: str | None = None) -> dict[str, Any]:
    """The next cards of a lane, and the address of those after them."""
    by, marks = str(wish.places["group"]), tuple(each.when for each in wish.colors)
    page = query.page(
        act,
        wish.form.key,
        search=wish.search,
        sort=wish.sort,
        columns=fields_of(wish),
        limit=LANE,
        cursor=cursor,
        also=wish.filters(),
        trusted=wish.trusted(),
        narrow=query.Narrow(lane=(by, lane.value), marks=marks),
    )
    how = drawing(act, app, wish, page)
    rest = f"{how.base}/lane{wish.address(lane=lane.key, cursor=page.next, group=by, **{'as': 'kanban'})}" if page.next else None
    name = label_of(act.catalogue, wish, by, lane)
    new = f"{how.base}/new" + (f"?{by}={lane.key}" if lane.value is not None and wish.form.by_key[by].writable else "")
    return {
        "key": lane.key,
        "label": name,
        "color": lane.color,
        "cards": [how.card(each) for each in page.records],
        "more": rest,
        "new": new,
    }


# -- cards --------------------------------------------------------------------------------------------------------------------------
def picture_cards(act: Act, app: str, wish: Wish, page: query.Page) -> str:
    """Cards with a picture, a name and few fields."""
    how, found = drawing(act, app, wish, page), []
    for record in page.records:
        facts = "".join(
            f'<div class="tl-card-fact"><dt>{escape(each["label"])}</dt><dd>{each["html"]}</dd></div>' for each in how.facts(record)
        )
        color = how.color(record)
        found.append(
            f'<li class="tl-picture-card{f" tl-tint tier-{color}" if color else ""}">{_picture(wish, record)}<div class="tl-picture-words">'
            f'<a class="tl-row-title" href="{how.base}/{record.id}"><b>{escape(how.name(record))}</b></a><dl>{facts}</dl></div></li>\n'
        )
    return "".join(found)


def _picture(wish: Wish, record: Record) -> str:
    key = wish.places["image"]
    if key is None:
        return ""
    tokens = record.values.get(key) or ()
    first = next((shown_file(each) for each in (tokens if isinstance(tokens, (list, tuple)) else [tokens])), None)
    if first is None or not first["picture"]:
        return '<div class="tl-picture tl-picture-none" aria-hidden="true"></div>'
    return f'<img class="tl-picture" src="{escape(first["url"])}" alt="{escape(first["name"])}" loading="lazy">'


# -- calendar -----------------------------------------------------------------------------------------------------------------------
def asked_day(act: Act) -> date:
    """The day in the address, today without one."""
    try:
        found = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return act.today
    return found if found.year in YEARS else act.today


def calendar(act: Act, app: str, wish: Wish) -> dict[str, Any]:
    """A month or a week, each day with its first records and how many there are; on a phone the same as an agenda."""
    on, until, day = str(wish.places["date"]), wish.places["until"], asked_day(act)
    month = request.args.get("span") != "week"
    span = days.month_of(day) if month else days.week_of(day)
    also, most = [*wish.filters(), _touching(wish, span, on, until)], A_DAY if month else 3 * A_DAY
    counts: dict[date, int] = {}
    if until is None:
        first = query.first_by_day(act, wish.form.key, on, most, wish.search, also, wish.trusted())
        near = {(each.month, each.day): each for each in span.days}
        counts = {near[month_, day_]: count for month_, day_, _record, count in first if (month_, day_) in near}
        only: tuple[int, ...] | None = tuple(record for _month, _day, record, _count in first)
    else:
        only = None
    page = query.page(
        act,
        wish.form.key,
        search=wish.search,
        sort=[on],
        columns=list(dict.fromkeys([*fields_of(wish), on])),
        limit=query.MOST,
        also=also if only is None else (),
        trusted=wish.trusted() if only is None else (),
        narrow=query.Narrow(only=only, marks=tuple(each.when for each in wish.colors)),
    )
    how = drawing(act, app, wish, page, 2)
    by_day: dict[date, list[dict[str, Any]]] = {each: [] for each in span.days}
    for record in page.records:
        begin = days.day_of(record.values.get(on), act.zone)
        if begin is None:
            continue
        card = {**how.card(record), "time": _time(record.values.get(on)), "begin": begin.isoformat()}
        for each in days.days_of(begin, days.day_of(record.values.get(until), act.zone) if until else None, span):
            by_day[each].append({**card, "goes_on": each != begin})
    whole = [
        {
            "day": each,
            "iso": each.isoformat(),
            "number": each.day,
            "today": each == act.today,
            "outside": month and each.month != day.month,
            "cards": by_day[each][:most],
            "count": counts.get(each, len(by_day[each])),
            "more": counts.get(each, len(by_day[each])) - len(by_day[each][:most]),
            "href": how.base
            + wish.address(
                **{"as": "list"}, date=None, until=None, where=[*[c.text for c in wish.conditions]], filter=_on_day(wish, on, until, each)
            ),
            "words": _day_words(each),
            "new": f"{how.base}/new?{on}={each.isoformat()}" if wish.form.by_key[on].writable else None,
        }
        for each in span.days
    ]
    return {
        "carrying": carrying(wish, how.base),
        "weeks": [whole[start : start + 7] for start in range(0, len(whole), 7)],
        "month": month,
        "title": _month_words(day) if month else f"{_day_words(span.first)} – {_day_words(span.end - timedelta(days=1))}",
        "names": [_weekday(each) for each in span.days[:7]],
        "before": wish.address(
            day=(day.replace(day=1) - timedelta(days=1) if month else span.before()).isoformat(), span=None if month else "week"
        ),
        "after": wish.address(
            day=((day.replace(day=28) + timedelta(days=7)).replace(day=1) if month else span.end).isoformat(),
            span=None if month else "week",
        ),
        "now": wish.address(span=None if month else "week"),
        "by_month": wish.address(day=day.isoformat()),
        "by_week": wish.address(day=day.isoformat(), span="week"),
        "cut": page.next is not None,
        "empty": not page.records,
    }


def carrying(wish: Wish, base: str) -> dict[str, str] | None:
    """What the page needs to move records to other days; None where the person may change those days in no record."""
    fields = [key for key in (wish.places["date"], wish.places["until"]) if key]
    if not all(movable(wish, each) for each in fields):
        return None
    return {"base": base, "on": fields[0], "until": fields[1] if len(fields) > 1 else ""}


def _touching(wish: Wish, span: days.Span, on: str, until: str | None) -> str:
    """The formula of a span for fields of days or of instants."""

    def as_day(key: str) -> str:
        return f"DATE({key})" if wish.form.by_key[key].formula_type().kind == "datetime" else key

    return span.formula(as_day(on), as_day(until) if until else None)


def _on_day(wish: Wish, on: str, until: str | None, day: date) -> str:
    formula = _touching(wish, days.Span("day", day, day + timedelta(days=1)), on, until)
    return f"({wish.formula}) and {formula}" if wish.formula else formula


def _time(value: Any) -> str:
    return f"{value.astimezone(reader().zone):%H:%M}" if hasattr(value, "astimezone") else ""


def _month_words(day: date) -> str:
    return reader().say(_("{month}/{year}", year=day.year, month=day.month))


def _day_words(day: date) -> str:
    return f"{reader().date(day)} {_weekday(day)}"


WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def _weekday(day: date) -> str:
    return reader().say(WEEKDAYS[day.weekday()])


# -- timeline -----------------------------------------------------------------------------------------------------------------------
def timeline(act: Act, app: str, wish: Wish) -> dict[str, Any]:
    """Bars along three months or one: what begins, ends or goes on in them."""
    on, until, day = str(wish.places["date"]), wish.places["until"], asked_day(act)
    month = request.args.get("span") == "month"
    span = days.only_month_of(day) if month else days.quarter_of(day)
    page = query.page(
        act,
        wish.form.key,
        search=wish.search,
        sort=[on],
        columns=list(dict.fromkeys([*fields_of(wish), on, *([until] if until else [])])),
        limit=BARS,
        cursor=wish.cursor,
        also=[*wish.filters(), _touching(wish, span, on, until)],
        trusted=wish.trusted(),
        narrow=wish.marking(),
    )
    how, whole = drawing(act, app, wish, page, 2), (span.end - span.first).days
    bars = []
    for record in page.records:
        begin = days.day_of(record.values.get(on), act.zone)
        end = days.day_of(record.values.get(until), act.zone) if until else None
        if begin is None:
            continue
        last = max(begin, end or begin)
        left, right = max(0, (begin - span.first).days), min(whole, (last - span.first).days + 1)
        words = _day_words(begin) if last == begin else f"{_day_words(begin)} – {_day_words(last)}"
        bars.append(
            {
                **how.card(record),
                "begin": begin.isoformat(),
                "last": last.isoformat(),
                "left": f"{100 * left / whole:.2f}",
                "width": f"{100 * (right - left) / whole:.2f}",
                "words": words,
            }
        )
    step = {"span": "month"} if month else {}
    return {
        "carrying": carrying(wish, how.base),
        "days": whole,
        "bars": bars,
        "marks": [
            {"at": f"{100 * (each - span.first).days / whole:.2f}", "words": reader().date(each)}
            for each in span.days
            if (each.day == 1 if not month else each.weekday() == 0)
        ],
        "today": f"{100 * ((act.today - span.first).days + 0.5) / whole:.2f}" if span.first <= act.today < span.end else None,
        "title": f"{_month_words(span.first)} – {_month_words(span.end - timedelta(days=1))}" if not month else _month_words(span.first),
        "month": month,
        "before": wish.address(day=(span.before() if month else span.first - timedelta(days=80)).isoformat(), **step),
        "after": wish.address(day=span.end.isoformat(), **step),
        "now": wish.address(**step),
        "by_month": wish.address(day=day.isoformat(), span="month"),
        "by_quarter": wish.address(day=day.isoformat()),
        "next": wish.address(cursor=page.next, day=day.isoformat(), **step) if page.next else None,
        "first": wish.address(day=day.isoformat(), **step) if wish.cursor else None,
    }
