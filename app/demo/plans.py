"""Floor plans drawn from data: walls, doors, windows, names and sizes. No picture of them is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SCALE = 150  # pixels a metre
MARGIN = 90
WALL = 18
INK, GREY, GLASS, TILE = "#14202A", "#7A858B", "#6E93A3", "#E7EAE5"
WET = ("Bathroom", "Ensuite")
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Flat:
    """Metres, from the upper left corner. `rooms`: name, left, top, width, depth; they fill the flat.

    `openings`: kind (door, gap, window), left, top, width, and whether the wall is an upright one.
    """

    width: float
    depth: float
    rooms: tuple[tuple[str, float, float, float, float], ...]
    openings: tuple[tuple[str, float, float, float, bool], ...]


def draw(flat: Flat, path: Path) -> None:
    """The plan as a PNG: one and a half pixels a centimetre."""
    image = Image.new("RGB", (_at(flat.width) + MARGIN, _at(flat.depth) + MARGIN), "white")
    pen = ImageDraw.Draw(image)
    boxes = [
        (name, (_at(left), _at(top), _at(left + width), _at(top + depth)), f"{width:.2f} x {depth:.2f}")
        for name, left, top, width, depth in flat.rooms
    ]
    for name, box, _ in boxes:
        if name in WET:
            _tiles(pen, box)
    half = WALL // 2
    for _, (x1, y1, x2, y2), _ in boxes:
        pen.rectangle((x1 - half, y1 - half, x2 + half, y2 + half), outline=INK, width=WALL)
    for kind, left, top, width, upright in flat.openings:
        _opening(pen, kind, _at(left), _at(top), round(SCALE * width), upright)
    for name, box, size in boxes:
        _words(pen, box, name, size)
    image.save(path, "PNG", compress_level=1)


def _at(metres: float) -> int:
    return MARGIN + round(SCALE * metres)


def _tiles(pen: ImageDraw.ImageDraw, box: Box) -> None:
    for x in range(box[0], box[2], 45):
        pen.line((x, box[1], x, box[3]), fill=TILE, width=2)
    for y in range(box[1], box[3], 45):
        pen.line((box[0], y, box[2], y), fill=TILE, width=2)


def _opening(pen: ImageDraw.ImageDraw, kind: str, x: int, y: int, reach: int, upright: bool) -> None:
    half = WALL // 2
    across = (x - half, y, x + half, y + reach) if upright else (x, y - half, x + reach, y + half)
    if kind == "window":
        pen.rectangle(across, fill="white", outline=GLASS, width=4)
        return
    pen.rectangle(across, fill="white")
    if kind == "door" and upright:  # hinged at its upper end, opens to the left
        pen.line((x, y, x - reach, y), fill=GREY, width=6)
        pen.arc((x - reach, y - reach, x + reach, y + reach), 90, 180, fill=GREY, width=4)
    elif kind == "door":  # hinged at its left end, opens upwards
        pen.line((x, y, x, y - reach), fill=GREY, width=6)
        pen.arc((x - reach, y - reach, x + reach, y + reach), 270, 360, fill=GREY, width=4)


def _words(pen: ImageDraw.ImageDraw, box: Box, name: str, size: str) -> None:
    middle = ((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)
    for text, points, shift, colour in ((name, 40, -20, INK), (size, 30, 24, GREY)):
        font = ImageFont.load_default(points)
        pen.text((middle[0], middle[1] + shift), text, fill=colour, font=font, anchor="mm")
