"""Working days, by the holidays of the workspace's country (the setting `holidays`, CN where nothing is said).

Holidays and moved working days (调休) come from the package `holidays`: the same version gives the same days everywhere. For years that a
government has not announced yet only the statutory days are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar

import holidays

from runtime.definitions.types import BOOLEAN, DATE, NUMBER
from runtime.formulas.arithmetic import CannotCompute, too_large
from runtime.formulas.functions.base import Function, Parameter, register
from runtime.texts import _

COUNTRIES = tuple(sorted(holidays.list_supported_countries(include_aliases=False)))
"""The two letters of every country that has a calendar."""
BY_CALENDAR = frozenset({"IS_WORKDAY", "WORKDAY", "NETWORKDAYS"})
MOST_DAYS = 36_600
DAY = Parameter("date", ("date",))


@lru_cache(maxsize=2_000)
def _year(country: str, year: int) -> tuple[frozenset[date], frozenset[date], frozenset[int]]:
    """(days off, working days at a weekend, weekdays of the weekend) of a year."""
    try:
        # a holiday of the next year may move days of this one
        found = holidays.country_holidays(country, years=(year, min(year + 1, date.max.year)), expand=False)
    except NotImplementedError:
        raise CannotCompute(
            _("There is no holiday calendar for {country}; choose another country in the settings.", country=country)
        ) from None
    worked = frozenset(day for day in found.weekend_workdays if day.year == year)
    return frozenset(day for day in found if day.year == year), worked, frozenset(found.weekend)


@lru_cache(maxsize=200)
def holiday_names(country: str, year: int, language: str) -> dict[date, str]:
    """What the days off of a year are for, in the language where the calendar knows it."""
    wanted = {"zh": "zh_CN", "en": "en_US"}.get(language)
    spoken = getattr(holidays.country_holidays(country), "supported_languages", ())
    found = holidays.country_holidays(country, years=year, expand=False, language=wanted if wanted in spoken else None)
    return {day: name for day, name in found.items() if day.year == year}


@lru_cache(maxsize=100)
def _own(calendar: str) -> tuple[str, dict[date, bool]]:
    """The country, and whether people work on the days of the workspace's own: `CN 2027-01-04- 2027-01-09+`."""
    country, *own = calendar.split()
    return country, {date.fromisoformat(each[:-1]): each.endswith("+") for each in own}


def is_workday(day: date, country: str) -> bool:
    """`country`: its two letters; behind them may stand days of the workspace's own, as `Workspace.calendar` writes them."""
    if " " in country:
        country, own = _own(country)
        if day in own:
            return own[day]
    off, worked, weekend = _year(country, day.year)
    return day in worked or (day.weekday() not in weekend and day not in off)


def workdays(start: date, step: int, country: str) -> Iterator[date]:
    """The working days after a day, or before it with step −1."""
    day = start
    for _number in range(MOST_DAYS):
        try:
            day += timedelta(days=step)
        except OverflowError:
            break
        if is_workday(day, country):
            yield day
    raise too_large()


class OfWorkdays(Function):
    family, in_sql, needs_values, beyond_record = "dates", False, True, True
    not_in_sql = "the calendars of public holidays are no tables of the database"
    parameters: ClassVar[tuple[Parameter, ...]] = (DAY,)


@register
class IsWorkday(OfWorkdays):
    """True if people work on a day: no weekend and no public holiday, or a weekend day to which work was moved (调休). The holidays are
    those of the workspace's country.

    >>> IS_WORKDAY(DATE(2024, 5, 1))
    FALSE
    >>> IS_WORKDAY(DATE(2024, 5, 11))
    TRUE
    """

    name, label, result_type = "IS_WORKDAY", {"zh": "是工作日", "en": "Is a working day"}, BOOLEAN

    def run(self, *arguments: Any) -> bool:
        return is_workday(arguments[1], arguments[0].holidays)


@register
class Workday(OfWorkdays):
    """The day that is some working days after a date, or before it with a minus. The date itself does not count.

    >>> WORKDAY(DATE(2024, 4, 30), 1)
    2024-05-06
    >>> WORKDAY(DATE(2024, 5, 6), 0 - 2)
    2024-04-29
    """

    name, label, result_type = "WORKDAY", {"zh": "工作日推算", "en": "Working days later"}, DATE
    parameters = (DAY, Parameter("days", ("number",)))

    def run(self, *arguments: Any) -> date:
        values, day, count = arguments[0], arguments[1], int(arguments[2])
        if abs(count) > MOST_DAYS:
            raise too_large()
        found = workdays(day, 1 if count > 0 else -1, values.holidays)
        for _number in range(abs(count)):
            day = next(found)
        return day


@register
class NetWorkdays(OfWorkdays):
    """The number of working days from one date to another, both included; negative if the second is earlier.

    >>> NETWORKDAYS(DATE(2024, 4, 29), DATE(2024, 5, 6))
    3
    >>> NETWORKDAYS(DATE(2024, 5, 6), DATE(2024, 4, 29))
    -3
    """

    name, label, result_type, limits = "NETWORKDAYS", {"zh": "工作日天数", "en": "Working days between"}, NUMBER(0), (-MOST_DAYS, MOST_DAYS)
    parameters = (Parameter("start", ("date",)), Parameter("end", ("date",)))

    def run(self, *arguments: Any) -> Decimal:
        values, start, end = arguments
        first, last = min(start, end), max(start, end)
        if (last - first).days > MOST_DAYS:
            raise too_large()
        count = sum(is_workday(first + timedelta(days=each), values.holidays) for each in range((last - first).days + 1))
        return Decimal(count if start <= end else -count)
