"""Columns of a list: each knows how its values look in the table and on the phone's cards.

A list draws hundreds of values, so they are put together here and not in a page, and a value that repeats is drawn once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from html import escape
from typing import Any, Protocol

from flask import current_app

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.pages.cells import tag_facts, tier_facts
from runtime.pages.reader import Reader
from runtime.pages.web import reader
from runtime.records.query import Page
from runtime.records.rows import Record
from runtime.texts import in_language

BLANK = '<span class="tl-quiet">—</span>'


class Column:
    """One column: `html` of a record's value, `text` of it without any page, and whether figures stand in it."""

    numeric = False
    fact = True
    """Whether the phone's card says it."""

    def __init__(self, key: str, field_type: FieldType | None, reader: Reader):
        self.key, self.field_type, self.reader = key, field_type, reader
        self._texts: dict[Any, str] = {}
        self._pieces: dict[Any, str] = {}

    def html(self, record: Record) -> str:
        if self.key in record.masked:
            return escape(record.masked[self.key])
        value = self.value(record)
        piece = self._pieces.get(value)
        if piece is None:
            piece = self._pieces[value] = BLANK if value is None or value == () else self.piece(value)
        return piece

    def text(self, record: Record) -> str:
        if self.key in record.masked:
            return record.masked[self.key]
        value = self.value(record)
        text = self._texts.get(value)
        if text is None:
            text = self._texts[value] = "" if value is None or value == () else self.written(value)
        return text

    def value(self, record: Record) -> Any:
        return record.values.get(self.key)

    def written(self, value: Any) -> str:
        """A value that is not blank, as text."""
        assert self.field_type is not None
        return self.field_type.display(value, self.reader)

    def piece(self, value: Any) -> str:
        """A value that is not blank, as a piece of page."""
        return escape(self.written(value))


class Figure(Column):
    numeric, fact = True, False


class Money(Figure):
    def written(self, value: Decimal) -> str:
        return self.reader.money(value, getattr(self.field_type, "currency", None), 0 if value == value.to_integral_value() else None)


class Day(Column):
    """How long ago; the date itself on hover."""

    def written(self, value: Any) -> str:
        return self.reader.ago(value)

    def piece(self, value: Any) -> str:
        return f'<span title="{value.isoformat()}">{escape(self.written(value))}</span>'


class Instant(Column):
    """When a record was made or changed."""

    def value(self, record: Record) -> Any:
        return getattr(record, self.key)

    def written(self, value: Any) -> str:
        return self.reader.ago(value)

    def piece(self, value: Any) -> str:
        return f'<span title="{escape(self.reader.full_datetime(value))}">{escape(self.written(value))}</span>'


class Number(Figure):
    """The number of a record, or of its version."""

    def value(self, record: Record) -> Any:
        return getattr(record, "id" if self.key == "record" else self.key)

    def written(self, value: Any) -> str:
        return str(value)


class LongText(Column):
    def piece(self, value: Any) -> str:
        return f'<span class="tl-cut">{escape(self.written(value))}</span>'


class Choice(Column):
    """An option in its colour."""

    def piece(self, value: Any) -> str:
        option = next((each for each in getattr(self.field_type, "options", ()) if each.key == value), None)
        color, text = getattr(option, "color", None), escape(self.written(value))
        return f'<span class="tl-option tier-{color}">{text}</span>' if color else text


class Address(Column):
    """A link out of the house."""

    def piece(self, value: Any) -> str:
        text, words = escape(value), escape(getattr(self.field_type, "words")(value, self.reader))
        return f'<a href="{text}" rel="noopener noreferrer" target="_blank">{words}</a>'


class Person(Column):
    def __init__(self, key: str, field_type: FieldType | None, reader: Reader, names: Mapping[int, str]):
        super().__init__(key, field_type, reader)
        self.names = names

    def value(self, record: Record) -> Any:
        return record.values.get(self.key) if self.field_type is not None else getattr(record, self.key)

    def written(self, value: Any) -> str:
        return self.names.get(value) or self.reader.person_name(value)


class Reference(Column):
    """A link to the record pointed at."""

    def __init__(self, key: str, field_type: FieldType, reader: Reader, app: str, titles: Mapping[tuple[str, int], str]):
        super().__init__(key, field_type, reader)
        self.app, self.form, self.titles = app, getattr(field_type, "form"), titles

    def written(self, value: Any) -> str:
        return self.titles.get((self.form, value), f"#{value}")

    def piece(self, value: Any) -> str:
        return f'<a href="/apps/{self.app}/{self.form}/{value}">{escape(self.written(value))}</a>'


class Links(Column):
    """Links to the records that are named."""

    def __init__(self, key: str, field_type: FieldType, reader: Reader, app: str, titles: Mapping[tuple[str, int], str]):
        super().__init__(key, field_type, reader)
        self.app, self.titles = app, titles

    def _named(self, value: Any) -> list[tuple[str, str]]:
        assert self.field_type is not None
        return [(self.titles.get(each, f"#{each[1]}"), f"/apps/{self.app}/{each[0]}/{each[1]}") for each in self.field_type.records(value)]

    def written(self, value: Any) -> str:
        return str(in_language([title for title, _href in self._named(value)], self.reader.language))

    def piece(self, value: Any) -> str:
        return " · ".join(f'<a href="{escape(href)}">{escape(title)}</a>' for title, href in self._named(value))


class People(Person):
    def written(self, value: Any) -> str:
        return str(in_language([super(People, self).written(each) for each in value], self.reader.language))


class Tags(Column):
    fact = False

    def __init__(self, key: str, field_type: FieldType, reader: Reader, catalogue: Catalogue):
        super().__init__(key, field_type, reader)
        self.catalogue = catalogue

    def written(self, value: Any) -> str:
        return ", ".join(each["label"] for each in tag_facts(self.catalogue, getattr(self.field_type, "tag_set"), value))

    def piece(self, value: Any) -> str:
        return _shown({"kind": "tags", "tags": tag_facts(self.catalogue, getattr(self.field_type, "tag_set"), value)})


class Tier(Column):
    """The badge, with what is provisional and how many days of grace are left; the score stands in a column beside it."""

    fact = False

    def __init__(self, key: str, field_type: FieldType, reader: Reader, catalogue: Catalogue):
        super().__init__(key, field_type, reader)
        self.catalogue = catalogue
        self._scores: dict[Any, str] = {}

    def value(self, record: Record) -> Any:
        tier = record.values.get(self.key)
        return None if tier is None else (tier, record.provisional, record.grace_until)

    def written(self, value: Any) -> str:
        facts = self._facts(value[0])
        return facts["label"] if facts else ""

    def piece(self, value: Any) -> str:
        tier, provisional, until = value
        grace = None if until is None else max(0, (until - self.reader.today).days)
        return _shown({"kind": "tier", "tier": self._facts(tier), "provisional": provisional, "grace": grace})

    def score(self, record: Record) -> str:
        """The score with its little bar."""
        if record.score is None:
            return ""
        key = (record.score, record.values.get(self.key))
        if key not in self._scores:
            facts, score = self._facts(key[1]), record.score / 10_000
            bar = _macro("macros/tiers.html", "score_bar")(score, facts["color"] if facts else "gray")
            self._scores[key] = f'<span class="tl-score"><span class="tl-num">{score:.2f}</span>{bar}</span>'
        return self._scores[key]

    def _facts(self, tier: str | None) -> dict[str, Any] | None:
        return tier_facts(self.catalogue, getattr(self.field_type, "tier_model"), tier)


def _shown(facts: dict[str, Any]) -> str:
    return str(_macro("macros/cells.html", "show")(facts))


def _macro(page: str, name: str) -> Callable[..., Any]:
    return getattr(current_app.jinja_env.get_template(page).module, name)


SYSTEM: dict[str, type[Column]] = {"created_at": Instant, "updated_at": Instant, "created_by": Person, "updated_by": Person}
BY_TYPE: dict[str, type[Column]] = {"url": Address, "choice": Choice, "long_text": LongText}
BY_KIND: dict[str, type[Column]] = {"date": Day, "money": Money, "number": Figure}


def columns_of(catalogue: Catalogue, form: Form, page: Page, app: str, keys: Iterable[str] | None = None) -> list[Column]:
    """What draws the columns of a page of records, or those with these keys, for the present reader."""
    return [_column(catalogue, form, page, app, key, reader()) for key in (page.columns if keys is None else keys)]


def _column(catalogue: Catalogue, form: Form, page: Page, app: str, key: str, who: Reader) -> Column:
    field_type = form.by_key.get(key)
    if field_type is None:
        made = SYSTEM.get(key, Number)
        return Person(key, None, who, page.people) if made is Person else made(key, None, who)
    if field_type.stores == "rated":
        return Tier(key, field_type, who, catalogue)
    if field_type.stores == "assigned":
        return Tags(key, field_type, who, catalogue)
    if field_type.type == "reference":
        return Reference(key, field_type, who, app, page.titles)
    if field_type.type == "multi_reference":
        return Links(key, field_type, who, app, page.titles)
    if field_type.type == "members":
        return People(key, field_type, who, page.people)
    if field_type.type == "member":
        return Person(key, field_type, who, page.people)
    made = BY_TYPE.get(field_type.type) or (BY_KIND.get(field_type.formula_type().kind, Column) if field_type.stores != "rows" else Column)
    return made(key, field_type, who)


# -- rows and cards ---------------------------------------------------------------------------------------------------------------
class Groups(Protocol):
    """The heads of groups: the pieces of page before a record with which a group begins, for the table and for the cards."""

    def before(self, record: Record, width: int) -> tuple[str, str]: ...


def drawn_rows(
    columns: list[Column],
    page: Page,
    address: str,
    pick: tuple[str, str],
    groups: Groups | None = None,
    colored: Callable[[Record], str] | None = None,
) -> tuple[str, str]:
    """The rows of the table and the cards of the phone. `address` is that of the list, `pick` what stands around a record's title in “Pick it”.
    `colored` gives the colour of a record, an empty text for none."""
    titled = next((each for each in columns if each.key == page.form.title), None)
    before, after = escape(pick[0]), escape(pick[1])
    first, others = columns[0], columns[1:]
    tier = next((each for each in columns if isinstance(each, Tier)), None)
    facts = [each for each in others[:5] if each.fact and each is not titled]
    starts = ['<td class="tl-num">' if each.numeric else "<td>" for each in others]
    rows, cards = [], []
    for record in page.records:
        href, name = f"{address}/{record.id}", escape(titled.text(record) if titled else "") or f"#{record.id}"
        cells = [f"{start}{each.html(record)}</td>" for start, each in zip(starts, others, strict=True)]
        if tier is not None:
            cells.insert(columns.index(tier), f"<td>{tier.score(record)}</td>")
        if groups is not None:
            above = groups.before(record, len(cells) + 2)
            rows.append(above[0])
            cards.append(above[1])
        mark = f' class="tl-tint tier-{color}"' if colored is not None and (color := colored(record)) else ""
        head = name if first is titled else escape(first.text(record)) or f"#{record.id}"
        rows.append(
            f'<tr{mark} data-row-key="{record.id}" data-href="{href}" data-edit-href="{href}/edit" tabindex="-1"><td class="tl-check">'
            f'<input class="form-check-input" type="checkbox" name="id" value="{record.id}" form="picked" data-pick '
            f'aria-label="{before}{name}{after}"></td><td class="tl-stick"><a class="tl-row-title" href="{href}"><b>{head}</b></a></td>'
            f"{''.join(cells)}</tr>\n"
        )
        said = escape(" · ".join(text for each in facts if (text := each.text(record))))
        cards.append(
            f'<li{mark}><a href="{href}"><div class="tl-row"><b class="tl-cut">{name}</b><span class="tl-push">{tier.html(record) if tier else ""}'
            f'</span></div><div class="tl-meta tl-quiet tl-cut">{said}</div></a></li>\n'
        )
    return "".join(rows), "".join(cards)
