"""The open points of earlier visits: what was seen of each, in a section of its own, outside every score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.features.inspections.report.findings import figures, rows_of
from app.features.inspections.report.reader import Reader, typed

Record = Mapping[str, Any]
SHAPES = {"closed": ("●", "ok"), "open": ("◆", "minor"), None: ("○", "obs")}


def cards(record: Record, reader: Reader) -> list[dict[str, Any]]:
    """One card a point, the oldest first; none in records of before there were points."""
    return [_card(place, point, reader) for place, point in enumerate(record.get("points", ()), 1)]


def _card(place: int, point: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    shape, look = SHAPES[point["seen"]]
    return {
        "number": f"P{place}",
        "anchor": f"p{place}",
        "shape": shape,
        "class": look,
        "text": typed(point["text"]),
        "since": reader.day(point["since"]),
        "seen": said_of(point["seen"]),
        "by": reader.name(point["by"]["name"]) if point["by"] else None,
        "note": typed(point["note"]),
        "photos": rows_of(figures(f"P{place}", point["photos"], reader)),
    }


def said_of(seen: str | None) -> str:
    return {"closed": _("Seen closed"), "open": _("Still open")}.get(seen or "", _("Not looked at"))
