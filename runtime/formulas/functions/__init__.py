"""The shelf of functions: one file a family, one class a function."""

from __future__ import annotations

import importlib
import pkgutil

from runtime.formulas.functions.base import SHELF, Function
from runtime.formulas.scope import folded

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

FUNCTIONS: tuple[Function, ...] = tuple(dict.fromkeys(SHELF.values()))
"""Every function once."""
LABELS: dict[str, Function] = {folded(label): each for each in FUNCTIONS for label in each.label.values()}
"""Every function under its labels: 四舍五入(amount) is ROUND(amount)."""

__all__ = ["FUNCTIONS", "LABELS", "SHELF", "Function"]
