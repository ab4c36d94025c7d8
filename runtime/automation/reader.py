"""How values look in messages that automations send. Pages have a reader of their own; this one needs no page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, format_decimal

from runtime.records.query import people_names, titles
from runtime.texts import Message, shown

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LOCALES = {"zh": "zh_CN", "en": "en"}


class MessageReader:
    """A language, the workspace's zone, and names looked up in the act of a run."""

    def __init__(self, act: Act, language: str):
        self.act, self.language = act, language
        self.zone: ZoneInfo = act.zone

    def number(self, value: Any, scale: int = 0) -> str:
        return (
            ""
            if value is None
            else format_decimal(Decimal(value), format="#,##0" + ("." + "0" * scale if scale else ""), locale=LOCALES[self.language])
        )

    def money(self, value: Any, currency: str | None, scale: int = 2) -> str:
        if value is None:
            return ""
        shown = format_currency(Decimal(value), currency or self.act.workspace.currency, locale=LOCALES[self.language])
        return shown.replace("CN¥", "¥")  # as pages show it; a company in China has never seen another

    def date(self, value: date | None) -> str:
        return "" if value is None else value.isoformat()

    def datetime(self, value: datetime | None) -> str:
        return "" if value is None else f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def person_name(self, person: int) -> str:
        return people_names(self.act, [person]).get(person, f"#{person}")

    def record_title(self, form: str, record: int) -> str:
        return titles(self.act, {form: {record}}).get((form, record), f"#{record}")

    def tag_label(self, tag_set: str, tag: str) -> str:
        found = self.act.catalogue.tag_sets.get(tag_set)
        return shown(found.by_key[tag].label, self.language) if found is not None and tag in found.by_key else tag

    def tier_label(self, tier_model: str, tier: str) -> str:
        found = self.act.catalogue.tier_models.get(tier_model)
        return shown(found.by_key[tier].label, self.language) if found is not None and tier in found.by_key else tier

    def node_label(self, workflow: str, node: str) -> str:
        found = self.act.catalogue.workflows.get(workflow)
        return shown(found.by_key[node].label, self.language) or node if found is not None and node in found.by_key else node

    def say(self, message: Message) -> str:
        return message.in_language(self.language)
