"""Where a pin of one revision of a plan lies on another.

A pin is x, y in parts of EDGE of the picture's width and of its height, so one step is not equally long in
both directions. Somebody points at the same two places on both pictures; what leads the one pair onto the
other is moved, turned and made larger, never stretched or mirrored: a drawing keeps its shape. Such a move is
six numbers (a, b, c, d, e, f) over the parts: x' = a x + b y + c, y' = d x + e y + f; moves are put one after
the other and turned round as they are, and only the pin at the end is rounded.

Twin of `moved`, the only one a phone needs: ``static/src/js/domain/plan_points.js``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from app.domain.errors import Invalid
from app.domain.register_walk import EDGE

Point = tuple[int, int]
Move = tuple[float, float, float, float, float, float]
Size = tuple[int, int]  # of a picture, in pixels

STAYS: Move = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
LEAST_APART = 0.05  # of a picture's longer side: closer, a slip of the finger turns the whole plan
SAME_SHAPE = 0.01  # how far the proportions of two pictures of one sheet may differ
MOST_LARGER = 20.0  # a drawing that is this much larger is another place, not another scale
OUTLINE = ((0, 0), (EDGE, EDGE))


def same_shape(old: Size, new: Size) -> bool:
    """Whether two pictures have the same proportions, as two drawings on the same sheet have."""
    return abs(old[0] * new[1] - old[1] * new[0]) <= SAME_SHAPE * old[0] * new[1]


def unmoved(origin: str) -> dict[str, Any]:
    """The registration of a revision on which nothing moved."""
    outline = [list(point) for point in OUTLINE]
    return {"from": origin, "old": outline, "new": [list(point) for point in OUTLINE]}


def judge_points(old: Any, new: Any, old_size: Size, new_size: Size) -> None:
    """Raises Invalid where these two pairs of points lead nowhere: plan_points (they are none on the
    picture), plan_points_close (field old or new), plan_points_scale, plan_points_shape (the outline of
    another sheet).
    """
    for name, points, (width, height) in (("old", old, old_size), ("new", new, new_size)):
        if not _are_points(points):
            raise Invalid("plan_points", field=name)
        (ax, ay), (bx, by) = points
        apart = math.hypot((bx - ax) / EDGE * width, (by - ay) / EDGE * height)
        if apart < LEAST_APART * max(width, height):
            raise Invalid("plan_points_close", field=name)
    if _is_outline(old) and _is_outline(new):
        if not same_shape(old_size, new_size):
            raise Invalid("plan_points_shape", field="new")
        return
    a, b, *_rest = _similar(old, new, old_size, new_size)
    larger = math.hypot(a, b) * max(old_size) / max(new_size)
    if not 1 / MOST_LARGER <= larger <= MOST_LARGER:
        raise Invalid("plan_points_scale", field="new")


def move_of(registration: Mapping[str, Any], old_size: Size, new_size: Size) -> Move:
    """The move that a registration judged before stands for."""
    old, new = registration["old"], registration["new"]
    if _is_outline(old) and _is_outline(new):
        return STAYS
    a, b, tx, ty = _similar(old, new, old_size, new_size)
    (ow, oh), (nw, nh) = old_size, new_size
    return (
        a * ow / nw,
        -b * oh / nw,
        tx * EDGE / nw,
        b * ow / nh,
        a * oh / nh,
        ty * EDGE / nh,
    )


def then(first: Move, second: Move) -> Move:
    """One move after the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (g * a + h * d, g * b + h * e, g * c + h * f + i, j * a + k * d, j * b + k * e, j * c + k * f + m)


def back(move: Move) -> Move:
    """The move that undoes this one."""
    a, b, c, d, e, f = move
    area = a * e - b * d
    return (e / area, -b / area, (b * f - c * e) / area, -d / area, a / area, (c * d - a * f) / area)


def moved(move: Move, x: int, y: int) -> Point:
    """Where a pin lies after the move, perhaps beside the picture."""
    a, b, c, d, e, f = move
    return math.floor(a * x + b * y + c + 0.5), math.floor(d * x + e * y + f + 0.5)


def is_on(point: Point) -> bool:
    """Whether a place is on the picture."""
    return all(0 <= part <= EDGE for part in point)


def moves_to(target: str, plans: Mapping[str, tuple[Size, Mapping[str, Any] | None]]) -> dict[str, Move]:
    """Plan id → the move of its pins onto `target`, of every revision that some chain of registrations ties
    to it, `target` itself among them. `plans`: id → (size, registration).
    """
    ties: dict[str, list[tuple[str, Move]]] = {}
    for plan_id, (size, registration) in plans.items():
        if registration is None or registration["from"] not in plans:
            continue
        origin = str(registration["from"])
        there = move_of(registration, plans[origin][0], size)
        ties.setdefault(plan_id, []).append((origin, there))
        ties.setdefault(origin, []).append((plan_id, back(there)))
    found = {target: STAYS}
    ahead = [target]
    while ahead:
        here = ahead.pop()
        for other, to_here in ties.get(here, ()):
            if other not in found:
                found[other] = then(to_here, found[here])
                ahead.append(other)
    return found


def _similar(old: Any, new: Any, old_size: Size, new_size: Size) -> tuple[float, float, float, float]:
    """(a, b, tx, ty) in pixels: x' = a x - b y + tx, y' = b x + a y + ty."""
    (ax, ay), (bx, by) = _pixels(old, old_size)
    (cx, cy), (dx, dy) = _pixels(new, new_size)
    ox, oy, nx, ny = bx - ax, by - ay, dx - cx, dy - cy
    length = ox * ox + oy * oy
    a, b = (nx * ox + ny * oy) / length, (ny * ox - nx * oy) / length
    return a, b, cx - (a * ax - b * ay), cy - (b * ax + a * ay)


def _pixels(points: Any, size: Size) -> list[tuple[float, float]]:
    return [(x / EDGE * size[0], y / EDGE * size[1]) for x, y in points]


def _are_points(points: Any) -> bool:
    return (
        type(points) in (list, tuple)
        and len(points) == 2
        and all(
            type(point) in (list, tuple)
            and len(point) == 2
            and all(type(part) is int and 0 <= part <= EDGE for part in point)
            for point in points
        )
    )


def _is_outline(points: Any) -> bool:
    return tuple(tuple(point) for point in points) == OUTLINE
