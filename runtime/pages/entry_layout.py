"""How the sections of a form stand on its page: on tabs, each with its cards; a divider goes on in the card before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

Section = dict[str, Any]


def arranged(sections: Sequence[Section], faulty: Collection[str] = ()) -> list[dict[str, Any]]:
    """Tabs, each with `label`, `cards` (lists of sections) and `active`; without any tab all cards stand on one that has no label.

    Sections without fields are left out, but a tab that one of them begins stays. Open is the first tab with a faulty field, else the first.
    """
    tabs: list[dict[str, Any]] = []
    label: Any = None
    fresh = True
    for each in sections:
        if each["tab"] is not None:
            label, fresh = each["tab"], True
        if not each["fields"]:
            continue
        if fresh:
            tabs.append({"label": label, "cards": [], "active": False})
            fresh = False
        cards = tabs[-1]["cards"]
        if each["divider"] and cards:
            cards[-1].append(each)
        else:
            cards.append([each])
    _open_one(tabs, faulty)
    return tabs


def _open_one(tabs: list[dict[str, Any]], faulty: Collection[str]) -> None:
    wanted = (tab for tab in tabs if any(key in faulty for card in tab["cards"] for section in card for key in section["fields"]))
    first = next(wanted, tabs[0] if tabs else None)
    if first is not None:
        first["active"] = True
