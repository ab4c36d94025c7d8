"""`python -m tests.bench --only NAME --rows N --database sqlite|postgresql`: one line of JSON for each promise; exit 1 if one is broken."""
from __future__ import annotations

import argparse
import importlib
import sys

BENCHMARKS = ("browser_rules", "one_record", "imports", "recompute", "list_page", "form_submit", "formulas", "formulas_write", "tiers", "gate", "sessions", "form_designer", "entry_render", "entry_live", "publishing", "automation_runs", "automation_matching", "automation_flow", "workflow_acts", "workflow_tasks", "workflow_bulk")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="one of " + ", ".join(BENCHMARKS))
    parser.add_argument("--rows", type=int, help="size of the data, where a benchmark can be run at another size")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    wish = parser.parse_args()
    broken = 0
    for name in BENCHMARKS:
        if wish.only and wish.only not in name:
            continue
        for result in importlib.import_module(f"tests.bench.{name}").run(wish.rows, wish.database):
            print(result.line(), flush=True)
            broken += not result.kept
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
