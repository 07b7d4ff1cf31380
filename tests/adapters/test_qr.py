"""A QR code as a path: what is drawn is what the code says."""

from __future__ import annotations

import re

import segno

from app.adapters.qr import code


def test_the_path_fills_the_dark_modules_and_no_others() -> None:
    text = "https://plumbline.example/u/7KQ2M9XC"
    made = code(text)
    dark = {
        (int(x) + step, int(y))
        for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", made.path)
        for step in range(int(wide))
    }
    matrix = segno.make(text, error="m", micro=False).matrix
    assert made.size == len(matrix)
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
