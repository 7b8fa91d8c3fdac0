"""A run that the real CodeCarbon measures: ``python track.py ADDRESS``.

It runs in an interpreter of its own, where CodeCarbon is installed; nothing of ours is imported. It
tells what was measured up to then, waits for a line, and tells what was measured in all.
"""

# ruff: noqa: T201 - whoever started it waits for its words
# mypy: ignore-errors

from __future__ import annotations

import sys

from codecarbon import EmissionsTracker

tracker = EmissionsTracker(
    project_name="llama-ft",
    emissions_endpoint=sys.argv[1],
    save_to_file=False,
    allow_multiple_runs=True,
    log_level="error",
)
tracker.start()
sum(range(10**6))
tracker.flush()
print("flushed", flush=True)
sys.stdin.readline()
sum(range(10**6))
tracker.stop()
print(tracker.final_emissions_data.energy_consumed, flush=True)
