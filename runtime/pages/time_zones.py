"""The time zones to choose from, by region."""
from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

REGIONS = ("Asia", "Africa", "America", "Antarctica", "Arctic", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zones_by_region() -> dict[str, list[str]]:
    """Names such as Asia/Shanghai under their region, then UTC; the many old aliases are left out."""
    found: dict[str, list[str]] = {region: [] for region in REGIONS}
    for name in sorted(available_timezones()):
        region = name.partition("/")[0]
        if region in found:
            found[region].append(name)
    return {**found, "UTC": ["UTC"]}
