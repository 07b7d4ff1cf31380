"""What came of a unit's walk: how its checks were answered. A flat is not scored: one class A defect keeps
the keys, whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NOT_APPLICABLE, OPEN = "na", "open"


def tally(scale: Mapping[str, Any], given: Iterable[str | None]) -> dict[str, int]:
    """Answer → how often it was given, in the order of the scale; then how many do not apply, and how many
    nobody answered.
    """
    counted = {str(option["value"]): 0 for option in scale["options"]} | {NOT_APPLICABLE: 0, OPEN: 0}
    for answer in given:
        counted[answer if answer in counted and answer is not None else OPEN] += 1
    return counted


def added(tallies: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Several rooms together."""
    total: dict[str, int] = {}
    for one in tallies:
        for answer, count in one.items():
            total[answer] = total.get(answer, 0) + count
    return total
