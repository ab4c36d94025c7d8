"""Fills all shelves and says in plain sight what publishing checks and sets in motion. Called once per process."""
from __future__ import annotations

import importlib
import pkgutil
from functools import cache

SHELVES = ("runtime.fields", "runtime.automation.triggers", "runtime.automation.steps", "runtime.reports.charts", "runtime.workflow.nodes")


@cache
def load() -> None:
    for shelf in SHELVES:
        package = importlib.import_module(shelf)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{shelf}.{module.name}")

    from runtime.automation import due, letters, run_rows
    from runtime.cadence import working as cadence
    from runtime.collaboration import letters as notices
    from runtime.collaboration import work as collaboration
    from runtime.coverage import reasons as coverage
    from runtime.definitions import loading, reasons, versions
    from runtime.formulas.definitions import formula_problems
    from runtime.people import accounts
    from runtime.potential import checking as potential_checks
    from runtime.potential import using as potential
    from runtime.ownership import work as ownership
    from runtime.records import authoring, derived, graph, guard, limits, looking_up
    from runtime.records import publishing as long_publishing
    from runtime.records.schema_changes import apply_schema
    from runtime.reviews import work as reviews
    from runtime.segments import keeping, members
    from runtime.system import workspace
    from runtime.tags import bulk, cleaning, publishing, rules, usefulness
    from runtime.tiers import nightly, rating, recomputing, rule_tests, simulation_job
    from runtime.transfer import starting, work
    from runtime.views import bulk as bulk_edits
    from runtime.views import renaming
    from runtime.workflow import bulk_starting, mail_links, on_record, outside, running
    from runtime.workflow import migrating

    loading.CHECKS.extend((formula_problems, graph.circle_problems, looking_up.lookup_problems, rule_tests.problems, potential_checks.problems, limits.problems))
    limits.START.append(running.begin)
    running.OUTSIDE.append(outside.set_off)
    running.ENDED_NOW.append(outside.look_after_end)
    running.TICKED.append(outside.look_after)
    notices.OFFERS.append(mail_links.offer)
    run_rows.ENDED_FOR_WORKFLOW.append(outside.look_after_end)
    starting.MAY.append(running.may_start)
    starting.START.append(bulk_starting.start_many)
    derived.STEPS.update({graph.TAG: rules.step, graph.TIER: rating.step, graph.SEGMENT: members.step})
    workspace.BIND.append(guard.bind)
    accounts.RENAMED.append(derived.names_changed)
    versions.MAY_SAVE.append(authoring.require_saving)
    versions.MAY_PUBLISH.append(authoring.require_publishing)
    reasons.ASK.append(coverage.needs)
    versions.FOLLOWERS.append(renaming.followers)
    versions.APPLY.extend((apply_schema, on_record.after_publish))
    versions.APPLY.extend((renaming.carry_over, publishing.keep_names, rules.after_publish, recomputing.after_publish, keeping.after_publish, cadence.after_publish))
    nightly.register()
    simulation_job.register()
    long_publishing.register()
    due.register()
    bulk.register()
    cleaning.register()
    usefulness.register()
    potential.register()
    keeping.register()
    letters.register()
    work.register()
    collaboration.register()
    ownership.register()
    reviews.register()
    cadence.register()
    bulk_edits.register()
    migrating.register()
