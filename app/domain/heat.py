"""A building as a small drawing: a shape for each unit, one path for each state.

Shapes, not colours alone, tell the states apart; a unit takes some dozen characters, so that an estate of
thousands is one page: the pen moves from where it stands, not from the corner of the drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

STEP = 8  # from one unit to the next
# state → where the pen starts within the unit's square, what it draws from there, and where that leaves it.
# What is closed is filled; the others are strokes, each as wide as static/src/css/estates.css says.
SHAPES: dict[str, tuple[int, int, str, tuple[int, int]]] = {
    "idle": (4, 4, "h0", (0, 0)),  # a dot
    "planned": (2, 2, "h4v4h-4z", (0, 0)),  # a frame
    "walking": (3, 2, "v4", (0, 4)),  # half a square
    "defects": (4, 1, "l3 6h-6z", (0, 0)),  # a triangle
    "repaired": (4, 1, "l3 3-3 3-3-3z", (0, 0)),  # a diamond
    "ready": (2, 4, "h4", (4, 0)),  # a bar
    "handed_over": (1, 1, "h6v6h-6z", (0, 0)),  # a square
}


class Pen:
    """Draws one path, each shape from where the last one left it."""

    def __init__(self) -> None:
        self.x = self.y = 0
        self.path: list[str] = []

    def draw(self, x: int, y: int, shape: str, ends: tuple[int, int]) -> None:
        """`shape` at x, y; `ends`: where it leaves the pen, seen from there."""
        across, down = x - self.x, y - self.y
        self.path.append(f"m{across}{'' if down < 0 else ' '}{down}{shape}")
        self.x, self.y = x + ends[0], y + ends[1]


def paths(floors: Iterable[Sequence[str | None]]) -> dict[str, str]:
    """State → the path that draws all units in it. `floors`: from the top, the state of each unit or None."""
    drawn: dict[str, Pen] = {}
    for row, states in enumerate(floors):
        for column, state in enumerate(states):
            if state in SHAPES:
                x, y, shape, ends = SHAPES[state]
                drawn.setdefault(state, Pen()).draw(STEP * column + x, STEP * row + y, shape, ends)
    return {state: "".join(drawn[state].path) for state in SHAPES if state in drawn}


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
    drawn: dict[int, Pen] = {}
    for row, levels in enumerate(floors):
        for column, hot in enumerate(levels):
            if hot is not None:
                x, length = (2, 4) if hot == UNKNOWN else (4, 0)
                at = STEP * column + x, STEP * row + 4
                drawn.setdefault(hot, Pen()).draw(*at, f"h{length}", (length, 0))
    return {hot: "".join(drawn[hot].path) for hot in sorted(drawn)}
