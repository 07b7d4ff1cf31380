"""Files a person or an attacker might send as a photo, drawn here."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

RED, BLUE = (220, 20, 20), (20, 20, 220)


def two_halves(size: tuple[int, int] = (400, 200)) -> Image.Image:
    """Left red, right blue: whichever way it is turned can be seen."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return image


def saved(image: Image.Image, path: Path, kind: str = "JPEG", **how: Any) -> Path:
    image.save(path, kind, **how)
    return path


def noise(size: tuple[int, int]) -> Image.Image:
    """A picture that does not compress to nothing, like a photo."""
    return Image.effect_noise((size[0] // 4, size[1] // 4), 60).resize(size).convert("RGB")


def exif(orientation: int) -> Image.Exif:
    """Taken in Suzhou at 14:03:11 in China, the phone held this way."""
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.Make] = "Plumbline test camera"
    data[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "2026:11:20 14:03:11",
        ExifTags.Base.OffsetTimeOriginal: "+08:00",
    }
    data[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "N",
        ExifTags.GPS.GPSLatitude: (31.0, 17.0, 56.4),
        ExifTags.GPS.GPSLongitudeRef: "W",
        ExifTags.GPS.GPSLongitude: (120.0, 35.0, 7.5),
        ExifTags.GPS.GPSHPositioningError: 4.6,
    }
    return data


def png_bomb(side: int) -> bytes:
    """A PNG of one bit a pixel that is all zeros: some kilobytes that decode to side² pixels."""
    row = b"\0" * (1 + (side + 7) // 8)
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP whose header claims a canvas, with hardly anything behind it."""
    canvas = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()
