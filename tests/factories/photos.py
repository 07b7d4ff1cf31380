"""Real picture files, made by Pillow, and things that only pretend to be one."""

from __future__ import annotations

import io
import random

from PIL import Image


def jpeg(size: tuple[int, int] = (640, 480), seed: int = 1) -> bytes:
    """A JPEG whose content depends on `seed`, so that two are never the same bytes."""
    chance = random.Random(seed)
    image = Image.new("RGB", size, (chance.randrange(256), chance.randrange(256), chance.randrange(256)))
    for _ in range(40):
        box = (chance.randrange(size[0] // 2), chance.randrange(size[1] // 2))
        image.paste(tuple(chance.randrange(256) for _ in range(3)), (*box, box[0] + 60, box[1] + 40))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def rotated_jpeg() -> bytes:
    """Held sideways: 400×300 pixels stored, 300×400 as seen (EXIF orientation 6)."""
    image = Image.new("RGB", (400, 300), (200, 30, 30))
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


def half_a_jpeg() -> bytes:
    whole = jpeg()
    return whole[: len(whole) // 2]


def bomb() -> bytes:
    """A PNG of about 20 KB that would unfold to 13000 × 13000 pixels."""
    file = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(file, "PNG", optimize=True)
    return file.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
TEXT = b"this is a text file that somebody called photo.jpg\n" * 40
