"""Files a person may choose as a photo: real JPEGs, and what only looks like one."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw

THUMBS = "[data-photos] button[aria-label^='Photo '] img"  # below a question
UPRIGHT_FROM_RIGHT = 6  # EXIF: turned a quarter to the left by the camera


def picture(path: Path, size: tuple[int, int] = (2600, 1950), orientation: int | None = None) -> Path:
    """A JPEG with a red left edge, as a camera makes it."""
    image = Image.effect_noise(size, 40).convert("RGB")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 10, size[1]), fill=(200, 20, 20))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    image.save(path, "JPEG", quality=80, exif=exif)
    return path


def shot(path: Path, seed: int, size: tuple[int, int] = (1200, 900)) -> Path:
    """A JPEG of its seed. Each test takes seeds of its own: what the server has is not sent again."""
    noise = random.Random(seed).randbytes(size[0] * size[1] // 64)
    small = Image.frombytes("L", (size[0] // 8, size[1] // 8), noise)
    small.resize(size, Image.Resampling.NEAREST).convert("RGB").save(path, "JPEG", quality=90)
    return path


def text_called_jpg(path: Path) -> Path:
    path.write_text("This is a list of serial numbers.\n" * 40)
    return path


def half_a_jpeg(path: Path) -> Path:
    held = io.BytesIO()
    Image.effect_noise((1200, 900), 60).convert("RGB").save(held, "JPEG", quality=85)
    path.write_bytes(held.getvalue()[: held.tell() // 2])
    return path


def heic(path: Path) -> Path:
    """The first box of a HEIC file: what a phone set to High efficiency hands over."""
    path.write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(4000))
    return path
