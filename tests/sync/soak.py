"""`python -m tests.sync.soak [runs] [seed]`: the model for long, in batches; says seed and count at the end.

A batch that fails says its own seed: `python -m tests.sync.soak 250 <that seed>` does the same again.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.sync.oracle import Violation
from tests.sync.store import Store
from tests.sync.test_model import run
from tests.sync.world import sqlite_world

RUNS, STEPS, BATCH = 20_000, 50, 250


def main(runs: int, first: int) -> int:
    begun, done, at = time.monotonic(), 0, first
    memory = Path("/dev/shm")  # noqa: S108 (crashes here are the model's, not the disk's)
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        sqlite_world(Path(folder) / "data") as world,
    ):
        while done < runs:
            try:
                done += run(world, Store, BATCH, at, STEPS)
            except Violation as broken:
                print(f"After {done} runs, in the batch of seed {at}: {broken}", flush=True)
                return 1
            at += 1
            took = time.monotonic() - begun
            print(f"{done} runs, seeds {first} to {at - 1}, {took:.0f} s, no violation", flush=True)
    return 0


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(given[0] if given else RUNS, given[1] if len(given) > 1 else secrets.randbelow(10**6)))
