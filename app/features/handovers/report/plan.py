"""A floor plan with numbered pins: the picture in a box, the pins drawn over it in the same box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.domain.register_walk import EDGE
from app.features.inspections.report.reader import Reader

Record = Mapping[str, Any]
BOX = (104, 66)  # millimetres on the page: what report.css gives picture and pins
RADIUS = 2.5  # of a pin, in millimetres
LEGEND_AT_MOST = (9, 6)  # in one language, in two; more are found by number in the list of defects


def figures(record: Record, reader: Reader) -> list[dict[str, Any]]:
    """The plans of a record: {"picture", "w", "h", "revision", "title", "r" (of a pin, in pixels), "pins":
    [{"x", "y", "number", "class"}], "legend": the pins with their rooms, when they are not too many}.
    """
    return [_figure(record, plan, reader) for plan in record["plans"]]


def _figure(record: Record, plan: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    pinned = [one for one in record["defects"] if one["pin"] and one["pin"]["plan"] == plan["id"]]
    width, height = plan["width"], plan["height"]
    pixels = max(width / BOX[0], height / BOX[1])  # to a millimetre
    pins = [
        {
            "x": _inside(one["pin"]["x"], width, pixels),
            "y": _inside(one["pin"]["y"], height, pixels),
            "number": str(one["number"]),
            "class": one["class"],
        }
        for one in pinned
    ]
    unit = record["unit"]
    few = len(pinned) <= LEGEND_AT_MOST[len(record["languages"]) - 1]
    return {
        "picture": plan["picture"],
        "w": width,
        "h": height,
        "r": _tenths(RADIUS * pixels),
        "revision": plan["revision"],
        "title": ngettext(
            "Floor plan of %(unit)s with %(num)s numbered pin",
            "Floor plan of %(unit)s with %(num)s numbered pins",
            len(pins),
            unit=f"{unit['building']}, {unit['name']}",
        ),
        "pins": pins,
        "legend": [
            {
                "number": str(one["number"]),
                "class": one["class"],
                "room": reader.name(one["room"]["text"])
                if one["room"] and "text" in one["room"]
                else reader.words(one["room"]),
            }
            for one in pinned
        ]
        if few
        else [],
        "classes": {"A": _("class A"), "B": _("class B"), "C": _("class C")},
        "more": _("Numbers are those of the list of defects.") if not few else "",
    }


def _inside(part: int, side: int, pixels: float) -> str:
    """Where a pin is drawn: at its place, but never over the edge of the plan, where it would be cut."""
    room = min(RADIUS * 1.4 * pixels, side / 2)
    return _tenths(min(max(part * side / EDGE, room), side - room))


def _tenths(value: float) -> str:
    return f"{value:.1f}"
