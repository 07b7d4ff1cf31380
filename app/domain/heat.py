"""A building as a small drawing: a shape for each unit, one path for each state.

Shapes, not colours alone, tell the states apart; a unit takes some sixteen characters, so that an estate of
thousands is one page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

STEP = 8  # from one unit to the next
# state → where the pen starts within the unit's square, and what it draws from there
SHAPES: dict[str, tuple[int, int, str]] = {
    "idle": (3, 3, "h2v2h-2z"),  # a dot
    "planned": (1, 1, "h6v6h-6zm1 1v4h4v-4z"),  # a frame
    "walking": (1, 1, "h3v6h-3z"),  # half a square
    "defects": (4, 1, "l3 6h-6z"),  # a triangle
    "repaired": (4, 1, "l3 3-3 3-3-3z"),  # a diamond
    "ready": (1, 3, "h6v2h-6z"),  # a bar
    "handed_over": (1, 1, "h6v6h-6z"),  # a square
}


def paths(floors: Iterable[Sequence[str | None]]) -> dict[str, str]:
    """State → the path that draws all units in it. `floors`: from the top, the state of each unit or None."""
    drawn: dict[str, list[str]] = {}
    for row, states in enumerate(floors):
        for column, state in enumerate(states):
            if state in SHAPES:
                x, y, shape = SHAPES[state]
                drawn.setdefault(state, []).append(f"M{STEP * column + x} {STEP * row + y}{shape}")
    return {state: "".join(drawn[state]) for state in SHAPES if state in drawn}


# How many defects, or how much they weigh (domain/unit_figures.py), is hot: where each level begins.
LEVELS = {"weight": (1, 3, 10, 30), "count": (1, 3, 6, 11)}
UNKNOWN = -1  # nobody was there


def level(value: int, by: str) -> int:
    """0 for nothing, up to 4; the same in every building, so that two can be compared."""
    return sum(value >= start for start in LEVELS[by])


def spans(by: str) -> list[tuple[int, int | None]]:
    """What each level from 1 on stands for: from, to (None: and more)."""
    starts = LEVELS[by]
    return [*((first, after - 1) for first, after in pairwise(starts)), (starts[-1], None)]


def dots(floors: Iterable[Sequence[int | None]]) -> dict[int, str]:
    """Level → the path of all its units, each a line of no length: a pen with square ends draws it, the wider
    the hotter; UNKNOWN is a dash. A unit takes some eight characters. None: no unit is there.
    """
    drawn: dict[int, list[str]] = {}
    for row, levels in enumerate(floors):
        for column, hot in enumerate(levels):
            if hot is not None:
                x, length = (2, 4) if hot == UNKNOWN else (4, 0)
                drawn.setdefault(hot, []).append(f"M{STEP * column + x} {STEP * row + 4}h{length}")
    return {hot: "".join(drawn[hot]) for hot in sorted(drawn)}
