"""`python -m bench [measure…]`: without a name everything, and docs/performance.md is written anew."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module

from bench import page
from bench.machine import load_average
from bench.table import HEADS, Line

MEASURES = {
    "push": "audits of 100 answers from 1 and 8 phones",
    "catchup": "one phone with 200 audits and 400 photos",
    "visit": "first visit and reopening of the runner on slow 4G",
    "tap": "from a tap to durably saved",
    "footprint": "cold start, memory",
    "lists": "the list of 20,000 inspections",
    "estates": "the pages of an estate of 5,000 units",
    "report": "reports of 59 answers with 0, 20 and 150 photos: drawn, sealed, verified",
    "issue": "from complete to the sealed PDF, server and worker together",
    "plan": "a large plan with 300 pins: drawn, cut, moved",
    "backup": "a backup while a phone sends",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = "; ".join(f"{name}: {what}" for name, what in MEASURES.items())
    parser.add_argument("measure", nargs="*", help=f"{names}. All of them when none is named.")
    chosen = parser.parse_args().measure or list(MEASURES)
    unknown = [name for name in chosen if name not in MEASURES]
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}. There are {', '.join(MEASURES)}.")
    before = load_average()
    print(f"Load average: {before}. Figures are worth most on a machine that does nothing else.", flush=True)
    found: dict[str, list[Line]] = {}
    for name in chosen:
        begun = time.monotonic()
        print(f"\n{name}: {MEASURES[name]} …", flush=True)
        try:
            measure: Callable[[], list[Line]] = import_module(f"bench.{name}").lines
            found[name] = measure()
        except Exception:
            traceback.print_exc()
            print(f"{name} could not be measured.", file=sys.stderr)
            continue
        for line in found[name]:
            _print(line)
        print(f"({time.monotonic() - begun:.0f} s)", flush=True)
    if set(found) != set(chosen):
        return 1
    if set(found) == set(MEASURES):
        print(f"\nWritten: {page.write(found, before)}")
    return 0


def _print(line: Line) -> None:
    print(f"\n  {line.what}")
    for head, cell in zip(HEADS[1:], line.cells[1:], strict=True):
        if cell:
            print(f"    {head:<10} {cell.strip('*')}")


if __name__ == "__main__":
    sys.exit(main())
