"""The shelf of functions: one file a family, one class a function."""

from __future__ import annotations

import importlib
import pkgutil

from runtime.formulas.functions.base import SHELF, Function

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

FUNCTIONS: tuple[Function, ...] = tuple(dict.fromkeys(SHELF.values()))
"""Every function once."""

__all__ = ["FUNCTIONS", "SHELF", "Function"]
