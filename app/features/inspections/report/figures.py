"""Where the lines of the drawings lie: cover scale, radar, bars, drawn signatures. Numbers in, SVG text out.

The templates only set these strings into attributes, so that no markup is made in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from typing import Any

ZERO, HUNDRED = 80, 2  # millimetres down the scale of the cover
ABOVE = 140  # millimetres of string above the scale: more than any page has there
RADAR = 98  # radius of 100 %
CENTRE = (168, 138)
AXES = range(3, 13)  # fewer is no area, more cannot be read


def depth(tenths: int) -> float:
    """Millimetres below the scale's top: y = 2 + (100 - score) * 0.78; a score in tenths of a percent."""
    return HUNDRED + (1000 - tenths) * 0.078


def instrument(
    tenths: int | None, limits: Mapping[str, int] | None, grade: str | None
) -> dict[str, Any] | None:
    """The string, its bob, the ticks and the bands of the cover; None when there is nothing to read."""
    if tenths is None or limits is None:
        return None
    y = depth(tenths)
    ticks = [
        {
            "y": _at(depth(10 * value)),
            "x": _at(16.2 if value % 100 == 0 else 14.6 if value % 10 == 0 else 13.3),
        }
        for value in range(0, 101, 2)
    ]
    marks = [{"y": _at(depth(10 * v)), "text": str(v)} for v in (100, limits["a"], limits["b"], 0)]
    low, high = limits["b"], limits["a"]
    names = (("A", (high + 100) / 2), ("B", (low + high) / 2), ("C", low - (high - low) / 2))
    return {
        "ticks": ticks,
        "marks": marks,
        "bands": [
            {"y": _at(depth(round(10 * middle)) + 1), "text": name, "ours": name == grade}
            for name, middle in names
        ],
        "edges": [_at(depth(10 * limits["a"])), _at(depth(10 * limits["b"]))],
        "tip": _at(y),
        "end": _at(y - 6.5),
        "bob": f"M11.55 {_at(y - 6.9)}h.9v.9h.75l.35.7v2.2l-1.55 3.1-1.55-3.1v-2.2l.35-.7h.75z",
        "value": _at(y + 3.6),
        # where the verdict has room: below the value, or above it when the value hangs low
        "verdict": "low" if tenths < 560 else "mid" if tenths < 660 else "high",
    }


def radar(axes: Sequence[Mapping[str, Any]], limits: Sequence[int], before: bool) -> dict[str, Any] | None:
    """`axes`: [{"title", "lang", "tenths" (0..1000 | None), "before" (tenths | None)}]. None when the number
    of axes makes no readable figure.
    """
    if len(axes) not in AXES or any(axis["tenths"] is None for axis in axes):
        return None
    count = len(axes)
    points = [_point(place, count, axis["tenths"]) for place, axis in enumerate(axes)]
    lowest = min(limits, default=0)
    worst = max(limits, default=0)
    drawn = []
    for place, (axis, point) in enumerate(zip(axes, points, strict=True)):
        x, y = _point(place, count, 1000)
        side = cos(pi / 2 - 2 * pi * place / count)
        lift = -sin(pi / 2 - 2 * pi * place / count)
        anchor = "middle" if abs(side) < 0.2 else "start" if side > 0 else "end"
        label_x = x + (0 if anchor == "middle" else 7 if side > 0 else -7)
        label_y = y - 20 if lift < -0.8 else y + 15 if lift > 0.8 else y - 4 if lift < 0 else y + 6
        drawn.append(
            {
                "title": shortened(axis["title"]),
                "lang": axis["lang"],
                "value": percent(axis["tenths"]),
                "below": bool(limits) and axis["tenths"] < 10 * worst,
                "far": bool(limits) and axis["tenths"] < 10 * lowest,
                "end": (_at(x), _at(y)),
                "point": (_at(point[0]), _at(point[1])),
                "diamond": f"M{_at(point[0])} {_at(point[1] - 5.5)}l5.5 5.5-5.5 5.5-5.5-5.5z",
                "anchor": anchor,
                "label": (_at(label_x), _at(label_y)),
                "number": (_at(label_x), _at(label_y + 12.6)),
            }
        )
    earlier = [axis.get("before") for axis in axes]
    shown = before and all(value is not None for value in earlier)
    return {
        "axes": drawn,
        "centre": (str(CENTRE[0]), str(CENTRE[1])),
        "rings": [_polygon([_point(p, count, value) for p in range(count)]) for value in (1000, 400)],
        "limits": [_polygon([_point(p, count, 10 * limit) for p in range(count)]) for limit in limits],
        "now": _polygon(points),
        "before": _polygon([_point(p, count, v or 0) for p, v in enumerate(earlier)]) if shown else None,
    }


def shortened(title: str, most: int = 20) -> str:
    """A title that fits beside a drawing; Chinese characters are twice as wide."""
    wide = 0
    for place, character in enumerate(title):
        wide += 2 if character > "\u2e80" else 1
        if wide > most:
            return title[:place].rstrip() + "…"
    return title


def _point(place: int, count: int, tenths: int) -> tuple[float, float]:
    angle = pi / 2 - 2 * pi * place / count
    far = RADAR * tenths / 1000
    return CENTRE[0] + far * cos(angle), CENTRE[1] - far * sin(angle)


def _polygon(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_at(x)},{_at(y)}" for x, y in points)


def bar(tenths: int | None, limit: int | None) -> dict[str, Any]:
    """A bar of 0 to 100 % that is 600 wide; hollow below the limit, not only coloured."""
    width = 0 if tenths is None else tenths * 6 // 10
    return {"width": str(width), "below": tenths is not None and limit is not None and tenths < 10 * limit}


def drawn(strokes: Sequence[Sequence[int]]) -> list[str]:
    """Strokes as SVG paths in a box of 1000 by 400. A stroke of one point becomes a dot."""
    paths = []
    for stroke in strokes:
        pairs = list(zip(stroke[::2], stroke[1::2], strict=False))
        if len(pairs) == 1:
            pairs.append((pairs[0][0] + 1, pairs[0][1]))
        if pairs:
            paths.append("M" + "L".join(f"{int(x)} {int(y)}" for x, y in pairs))
    return paths


def percent(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def tenths_of(text: str | None) -> int | None:
    """ "83.3" → 833."""
    return None if text is None else int(text.replace(".", ""))


def _at(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
