"""Drawings on photos: what they may be, and where their lines run.
Twin: ``static/src/js/domain/marks.js``.

A drawing is a list of shapes beside the untouched photo: the register ``marks:<media_id>`` at the photo's
path. Coordinates are whole numbers; 10 000 units are the longer edge of the picture, so that a circle stays a
circle.

    {"kind": "arrow", "x", "y", "x2", "y2", "colour"}             from the tail to the point
    {"kind": "circle", "x", "y", "rx", "ry", "colour"}            an ellipse around its middle
    {"kind": "text", "x", "y", "text", "lang", "colour"}          from where its first line begins
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.canonical import canonical_text
from app.domain.errors import Invalid
from app.domain.merge import Key, Register
from app.domain.words import LANGUAGES

FIELD = "marks:"
BOX = 10_000
SHAPES_AT_MOST = 50
TEXT_AT_MOST = 120  # characters
# Part of the picture, not of the page: the same on every screen, in every theme, and in the report.
COLOURS = {"red": "#E0241B", "yellow": "#FFD21F", "blue": "#2F7BFF", "white": "#FFFFFF"}
CASE = "#10171C"  # under every line, so that it is seen on any ground
LETTER = 420  # units, height of text
_HEAD, _COS, _SIN = 480.0, 0.9063, 0.4226  # an arrow's barbs: units, and 25 degrees
_NUMBERS = {"arrow": ("x", "y", "x2", "y2"), "circle": ("x", "y", "rx", "ry"), "text": ("x", "y")}


def judge_marks(value: Any) -> None:
    """Raises Invalid when this is no drawing. None: there is none (any more)."""
    if value is None:
        return
    if type(value) is not list or not 1 <= len(value) <= SHAPES_AT_MOST:
        raise Invalid("op_value")
    for shape in value:
        _judge_shape(shape)


def _judge_shape(shape: Any) -> None:
    kind = shape.get("kind") if type(shape) is dict else None
    if type(kind) is not str or kind not in _NUMBERS:
        raise Invalid("op_value")
    words = {"text", "lang"} if kind == "text" else set()
    if set(shape) != {"kind", "colour", *_NUMBERS[kind], *words}:
        raise Invalid("op_value")
    for name in _NUMBERS[kind]:
        if type(shape[name]) is not int or not (name in ("rx", "ry")) <= shape[name] <= BOX:
            raise Invalid("op_value")
    if type(shape["colour"]) is not str or shape["colour"] not in COLOURS:
        raise Invalid("op_value")
    if kind == "arrow" and (shape["x"], shape["y"]) == (shape["x2"], shape["y2"]):
        raise Invalid("op_value")
    if words:
        if type(shape["text"]) is not str or not shape["text"].strip() or shape["lang"] not in LANGUAGES:
            raise Invalid("op_value")
        if len(shape["text"]) > TEXT_AT_MOST:
            raise Invalid("op_text_too_long", limit=TEXT_AT_MOST)


def marks_of(state: Mapping[Key, Register], path: str, media_id: str) -> list[dict[str, Any]]:
    """The shapes on a photo. Two people who drew at once without knowing of each other are both shown."""
    held = state.get((path, f"{FIELD}{media_id}"))
    found: dict[str, dict[str, Any]] = {}
    for head in held.heads if held else ():
        for shape in head.value or ():
            found.setdefault(canonical_text(shape), shape)
    return list(found.values())


def drawing(shapes: Iterable[Mapping[str, Any]], width: int, height: int) -> dict[str, Any]:
    """The shapes as SVG needs them, for a picture of `width` by `height` pixels: the view box `w`, `h`, and
    per shape its kind, colour and either a path `d`, the ellipse, or the text.
    """
    longer = max(width, height)
    return {
        "w": (2 * width * BOX + longer) // (2 * longer),
        "h": (2 * height * BOX + longer) // (2 * longer),
        "shapes": [
            {"kind": "arrow", "colour": shape["colour"], "d": _arrow(shape)}
            if shape["kind"] == "arrow"
            else dict(shape)
            for shape in shapes
        ],
    }


def _arrow(shape: Mapping[str, Any]) -> str:
    x, y, x2, y2 = (shape[name] for name in _NUMBERS["arrow"])
    dx, dy = x2 - x, y2 - y
    length = math.sqrt(dx * dx + dy * dy)
    barb = min(_HEAD, length / 2) / length
    left = f"{_at(x2 - barb * (dx * _COS - dy * _SIN))} {_at(y2 - barb * (dy * _COS + dx * _SIN))}"
    right = f"{_at(x2 - barb * (dx * _COS + dy * _SIN))} {_at(y2 - barb * (dy * _COS - dx * _SIN))}"
    return f"M{x} {y}L{x2} {y2}M{left}L{x2} {y2}L{right}"


def _at(value: float) -> int:
    return math.floor(value + 0.5)  # as JavaScript's Math.round
