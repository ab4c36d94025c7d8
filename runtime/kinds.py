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

    from runtime.automation import due, letters
    from runtime.collaboration import work as collaboration
    from runtime.definitions import loading, versions
    from runtime.formulas.definitions import formula_problems
    from runtime.records import derived, graph, guard
    from runtime.records.schema_changes import apply_schema
    from runtime.system import workspace
    from runtime.tags import bulk, cleaning, publishing, rules, usefulness
    from runtime.tiers import rating, recomputing
    from runtime.transfer import work

    loading.CHECKS.extend((formula_problems, graph.circle_problems))
    derived.STEPS.update({graph.TAG: rules.step, graph.TIER: rating.step})
    workspace.BIND.append(guard.bind)
    versions.APPLY.extend((apply_schema, publishing.keep_names, rules.after_publish, recomputing.after_publish))
    recomputing.register()
    due.register()
    bulk.register()
    cleaning.register()
    usefulness.register()
    letters.register()
    work.register()
    collaboration.register()
