"""What a picture's EXIF says about where and when, as data. Anything unreadable is simply not known."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image

WHEN = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
OFFSET = re.compile(r"[+-]\d\d:\d\d")
BAD = (ArithmeticError, AttributeError, IndexError, KeyError, OSError, SyntaxError, TypeError, ValueError)


def facts(image: Image.Image) -> dict[str, Any]:
    """{orientation: 1-8, taken_at: "2026-11-20T14:03:11+08:00"|None, gps: {lat_e7, lon_e7, acc_m}|None}.

    taken_at is the camera's local time; it has an offset only when the camera wrote one.
    """
    try:
        exif = image.getexif()
        detail = exif.get_ifd(ExifTags.IFD.Exif)
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except BAD:
        return {"orientation": 1, "taken_at": None, "gps": None}
    orientation = exif.get(ExifTags.Base.Orientation)
    return {
        "orientation": orientation if orientation in range(1, 9) else 1,
        "taken_at": _taken_at(detail),
        "gps": _gps(place),
    }


def _taken_at(detail: dict[int, Any]) -> str | None:
    try:
        found = WHEN.fullmatch(str(detail[ExifTags.Base.DateTimeOriginal]).strip("\x00 "))
    except BAD:
        return None
    if not found or found[1] == "0000":
        return None
    offset = str(detail.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\x00 ")
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}" + (offset if OFFSET.fullmatch(offset) else "")


def _gps(place: dict[int, Any]) -> dict[str, int | None] | None:
    try:
        latitude = _degrees(place[ExifTags.GPS.GPSLatitude], place[ExifTags.GPS.GPSLatitudeRef], "S", 90)
        longitude = _degrees(place[ExifTags.GPS.GPSLongitude], place[ExifTags.GPS.GPSLongitudeRef], "W", 180)
    except BAD:
        return None
    try:
        accuracy = int(Fraction(str(place[ExifTags.GPS.GPSHPositioningError])) + Fraction(1, 2))
    except BAD:
        accuracy = None
    return {"lat_e7": latitude, "lon_e7": longitude, "acc_m": accuracy}


def _degrees(parts: Any, reference: str, negative: str, most: int) -> int:
    """Degrees times 10^7, half up, from (degrees, minutes, seconds)."""
    degrees, minutes, seconds = (Fraction(part.numerator, part.denominator) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not 0 <= value <= most:
        raise ValueError("not on this planet")
    e7 = int(value * 10**7 + Fraction(1, 2))
    return -e7 if str(reference).strip("\x00 ").upper() == negative else e7
