"""Follows a path as a browser does, to say where it draws."""

from __future__ import annotations

import re

STEP = 8  # a unit's square


def corners(path: str) -> list[tuple[int, int]]:
    """Where each stroke of a path of relative moves starts and ends."""
    found: list[tuple[int, int]] = []
    x = y = start_x = start_y = 0
    for command, numbers in re.findall(r"([mhvlz])([^mhvlz]*)", path):
        given = [int(number) for number in re.findall(r"-?\d+", numbers)]
        if command == "z":
            x, y = start_x, start_y
            continue
        if command in "ml":
            steps = list(zip(given[::2], given[1::2], strict=True))
        else:
            steps = [(each, 0) if command == "h" else (0, each) for each in given]
        assert steps, f"{command} goes nowhere"
        for across, down in steps:
            if command != "m":
                found.append((x, y))
            x, y = x + across, y + down
            if command == "m":
                start_x, start_y = x, y
            else:
                found.append((x, y))
    return found


def squares(path: str) -> set[tuple[int, int]]:
    """Column and row of every unit that is drawn; fails where a stroke touches the edge of its square."""
    points = corners(path)
    assert all(0 < x % STEP < STEP and 0 < y % STEP < STEP for x, y in points), path
    return {(x // STEP, y // STEP) for x, y in points}
