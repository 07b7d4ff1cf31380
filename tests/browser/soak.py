"""`python -m tests.browser.soak [storms] [seed]`: random faults between browsers and server for long.

A storm that fails says its own seed: `python -m tests.browser.soak 1 <that seed>` does the same again.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.net import Net
from tests.browser.phone import Phone
from tests.browser.storm import Storm
from tests.browser.world import World

STORMS, STEPS = 40, 120  # about an hour


def storm(folder: Path, seed: int) -> None:
    """One house, two phones, one seed."""
    world = World(folder)
    try:
        net = Net(world)
        with sync_playwright() as playwright:
            phones = [Phone(playwright, net, folder / f"phone-{n}") for n in range(2)]
            Storm(phones, net, seed, folder).run(STEPS)
            for phone in phones:
                phone.close()
        net.close()
    finally:
        world.close()


def main(storms: int, first: int) -> int:
    begun = time.monotonic()
    for seed in range(first, first + storms):
        with tempfile.TemporaryDirectory() as folder:
            try:
                storm(Path(folder), seed)
            except Exception:
                print(f"Seed {seed} broke a promise:", flush=True)
                raise
        took = time.monotonic() - begun
        print(
            f"{seed - first + 1} storms of {STEPS} steps, seeds {first} to {seed}, {took:.0f} s", flush=True
        )
    return 0


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(given[0] if given else STORMS, given[1] if len(given) > 1 else secrets.randbelow(10**6)))
