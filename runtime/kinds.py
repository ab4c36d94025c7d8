"""Fills all shelves and says in plain sight what publishing checks and sets in motion. Called once per process."""
from __future__ import annotations

import importlib
import pkgutil
from functools import cache

SHELVES = ("runtime.fields", "runtime.automation.triggers", "runtime.automation.steps", "runtime.reports.charts")


@cache
def load() -> None:
    for shelf in SHELVES:
        package = importlib.import_module(shelf)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{shelf}.{module.name}")

    from runtime.automation import due
    from runtime.definitions import loading, versions
    from runtime.formulas.definitions import formula_problems
    from runtime.records import derived
    from runtime.records.schema_changes import apply_schema
    from runtime.tags import rules
    from runtime.tiers import rating, recomputing
    from runtime.transfer import work

    loading.CHECKS.append(formula_problems)
    derived.DERIVERS.extend((derived.derive_fields, rules.derive, rating.derive))
    versions.APPLY.extend((apply_schema, recomputing.after_publish))
    recomputing.register()
    due.register()
    work.register()
