"""A QR code as a path that a template draws."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import segno


class Code(NamedTuple):
    """`path` fills a square of `size` units; the white border around it is the page's business."""

    size: int
    path: str


def code(text: str) -> Code:
    """The QR code of a text, with enough redundancy for a scratched label (level M)."""
    made = segno.make(text, error="m", micro=False)
    runs = []
    for y, row in enumerate(made.matrix):
        x = 0
        for dark, group in groupby(row):
            wide = len(list(group))
            if dark:
                runs.append(f"M{x} {y}h{wide}v1h-{wide}z")
            x += wide
    return Code(len(made.matrix), "".join(runs))
