"""Who reads, and how figures, dates and names look to them."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.numbers import get_currency_precision, get_currency_symbol
from flask import g

from runtime.people.organisation import organisation_of
from runtime.people.person import Person
from runtime.records import query
from runtime.system.tables import person as person_table
from runtime.system.workspace import Act
from runtime.texts import Message, _, in_language, shown

OWN_SYMBOLS = {"CNY": "¥"}
"""Otherwise an English page says CN¥ in a company that has never seen another ¥."""
WIDE = Context(prec=100)
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Reader:
    """One person reading: the language, the zone, and names already looked up. Lives as long as one page or one mail.

    `zone` is the workspace's, by which days begin (`today`); instants are shown in the person's own zone, if one is chosen.
    `opened` gives the act in which names are looked up.
    """

    def __init__(self, language: str, zone: ZoneInfo, opened: Callable[[], AbstractContextManager[Act]] | None = None,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC), person: Person | None = None):
        self.language, self.person, self.house_zone = language, person, zone
        self.zone = ZoneInfo(person.zone) if person is not None and person.zone else zone
        self._opened, self._now = opened, now
        self._people: dict[int, str] = {}
        self._titles: dict[tuple[str, int], str] = {}
        self._departments: dict[str, str] | None = None

    @property
    def today(self) -> date:
        return self._now().astimezone(self.house_zone).date()

    # -- texts ------------------------------------------------------------------------------------------------------------
    def say(self, message: Message | str) -> str:
        return str(in_language(message, self.language))

    def shown(self, text: Any) -> str:
        """A text of a definition in this reader's language."""
        return shown(text, self.language)

    # -- figures ----------------------------------------------------------------------------------------------------------
    def number(self, value: Decimal | int | None, scale: int | None = None) -> str:
        """12,486 or 0.50. Without `scale` as many decimals as the value has."""
        if value is None:
            return ""
        return f"{_rounded(value, scale):,f}"

    def money(self, value: Decimal | int | None, currency: str | None = None, scale: int | None = None) -> str:
        """¥1,860.00. Without `scale` the currency's decimals, and more where the value has more."""
        if value is None:
            return ""
        currency = currency or "CNY"
        places = scale if scale is not None else max(get_currency_precision(currency), _places(value))
        amount = _rounded(value, places)
        symbol = OWN_SYMBOLS.get(currency) or get_currency_symbol(currency, locale=self.language)
        space = " " if symbol[-1:].isalpha() else ""
        return f"{'-' if amount < 0 else ''}{symbol}{space}{amount.copy_abs():,f}"

    def share(self, part: float | Decimal, whole: float | Decimal = 1) -> str:
        """A share in percent; a decimal only below ten."""
        if not whole:
            return "–"
        percent = Decimal(str(part)) * 100 / Decimal(str(whole))
        return f"{_rounded(percent, 1 if 0 < abs(percent) < 10 else 0):f}%"

    # -- days and instants --------------------------------------------------------------------------------------------------
    def date(self, day: date | None) -> str:
        """11-21, with the year if it is another one."""
        if day is None:
            return ""
        return f"{day:%m-%d}" if day.year == self.today.year else day.isoformat()

    def datetime(self, instant: datetime | None) -> str:
        """11-21 14:32 in the reader's zone."""
        if instant is None:
            return ""
        here = instant.astimezone(self.zone)
        return f"{self.date(here.date())} {here:%H:%M}"

    def full_datetime(self, instant: datetime | None) -> str:
        """For a title on hover: with year, seconds and offset."""
        return "" if instant is None else instant.astimezone(self.zone).isoformat(" ", "seconds")

    def ago(self, when: datetime | date | None) -> str:
        """24 days ago; an instant of today in minutes and hours. What lies ahead is shown as a date."""
        if when is None:
            return ""
        if not isinstance(when, datetime):
            return self._days_ago(when)
        seconds = int((self._now() - when).total_seconds())
        if seconds < 0 or seconds >= DAY:
            return self._days_ago(when.astimezone(self.zone).date())
        if seconds < MINUTE:
            return self.say(_("just now"))
        if seconds < HOUR:
            minutes = seconds // MINUTE
            return self.say(_("1 minute ago") if minutes == 1 else _("{n} minutes ago", n=minutes))
        hours = seconds // HOUR
        return self.say(_("1 hour ago") if hours == 1 else _("{n} hours ago", n=hours))

    def _days_ago(self, day: date) -> str:
        days = (self.today - day).days
        if days < 0:
            return self.date(day)
        if days < 2:
            return self.say(_("yesterday") if days else _("today"))
        return self.say(_("{n} days ago", n=days))

    # -- names ------------------------------------------------------------------------------------------------------------
    def know_people(self, ids: Iterable[int]) -> None:
        """Looks up many names at once, before a list is drawn."""
        wanted = {each for each in ids if each is not None} - self._people.keys()
        if not wanted or self._opened is None:
            return
        with self._opened() as act:
            batch = sorted(wanted)
            for start in range(0, len(batch), 500):
                some = person_table.c.id.in_(batch[start:start + 500])
                rows = act.connection.execute(sa.select(person_table.c.id, person_table.c.name).where(some))
                self._people.update({row.id: row.name for row in rows})

    def know_records(self, form: str, ids: Iterable[int]) -> None:
        """Looks up the titles of many records of one form at once."""
        wanted = {each for each in ids if each is not None and (form, each) not in self._titles}
        if not wanted or self._opened is None:
            return
        with self._opened() as act:
            titles = query.titles(act, {form: set(wanted)})
        self._titles.update({(form, each): titles.get((form, each)) or f"#{each}" for each in wanted})

    def person_name(self, person_id: int | None) -> str:
        """The name of a person; what the clock or a worker wrote is by Tierloom."""
        if person_id is None:
            return ""
        if person_id == 0:
            return "Tierloom"
        if person_id < 0:
            return self.say(_("public link"))
        self.know_people([person_id])
        return self._people.get(person_id) or self.say(_("unknown person"))

    def departments(self) -> dict[str, str]:
        """All departments in the order of the tree: key → path, such as Sales / North."""
        if self._departments is None:
            self._departments = {}
            if self._opened is not None:
                with self._opened() as act:
                    tree = organisation_of(act.connection)
                    self._departments = {each.key: tree.path(each.id) for each, _depth in tree.walk()}
        return self._departments

    def tag_label(self, tag_set: str, tag: str) -> str:
        """A tag's label; the key of one that is defined no more."""
        return self._label("tag_sets", tag_set, tag)

    def tier_label(self, tier_model: str, tier: str) -> str:
        """A tier's label; the key of one that is defined no more."""
        return self._label("tier_models", tier_model, tier)

    def node_label(self, workflow: str, node: str) -> str:
        """A node's label; the key of one that is defined no more."""
        return self._label("workflows", workflow, node)

    def _label(self, kind: str, definition: str, key: str) -> str:
        if self._opened is None:
            return key
        with self._opened() as act:
            found = getattr(act.catalogue, kind).get(definition)
        return self.shown(found.by_key[key].label) or key if found and key in found.by_key else key

    def record_title(self, form: str, record: int | None) -> str:
        if record is None:
            return ""
        self.know_records(form, [record])
        return self._titles.get((form, record), f"#{record}")


def say(message: Message | str) -> str:
    """A message in the language of whoever is reading the present page."""
    return str(in_language(message, g.language))


def _places(value: Decimal | int) -> int:
    exponent = Decimal(value).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _rounded(value: Decimal | int, places: int | None) -> Decimal:
    exact = Decimal(value)
    if not exact.is_finite():
        return exact
    wanted = max(0, -int(exact.as_tuple().exponent)) if places is None else places
    rounded = exact.quantize(Decimal(1).scaleb(-wanted), ROUND_HALF_UP, WIDE)
    return rounded.copy_abs() if rounded.is_zero() else rounded  # no minus before a zero
