"""Inside the picture room: is this file a picture, and its two smaller copies without metadata.

Only Pillow is loaded here. The web process never decodes a picture (and never imports WeasyPrint, which makes
Pillow accept truncated ones). Rules: trust.md §1.1 F V5.2.2, V5.2.6, V14.2.8; DESIGN §8 Photos.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

from app.adapters.pictures_facts import facts
from app.adapters.workroom_inside import Refused, serve

ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = None  # our own cap, from the header, before any decoding

FORMATS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SVG = re.compile(rb"<(?:\w+:)?svg[\s>/]", re.IGNORECASE)
HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
KNOWN_BUT_NOT_TAKEN = (b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"8BPS", b"\x00\x00\x01\x00", b"\xff\x0a")
TURNS = {  # EXIF orientation → what makes the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {TURNS[orientation] for orientation in (5, 6, 7, 8)}
QUALITY = 82
FILTER = Image.Resampling.HAMMING  # half the time of LANCZOS; smaller copies look the same
UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, struct.error)


def check_and_derive(job: dict[str, Any]) -> dict[str, Any]:
    """{path, pixels, copies: {"1280": path}} → {width, height, mime, taken_at, gps}, copies written.

    Refuses: not_a_picture, svg_refused, heic_refused, unsupported_picture, too_many_pixels, half_a_picture.
    """
    path = Path(job["path"])
    with path.open("rb") as file:
        head = file.read(4096)
    _refuse_by_its_beginning(head, path.stat().st_size)
    _refuse_too_large(_webp_size(head), job["pixels"])
    try:
        image = Image.open(path, formats=("JPEG", "PNG", "WEBP"))
    except (UnidentifiedImageError, *UNREADABLE) as error:
        raise Refused("not_a_picture") from error
    with image:
        _refuse_too_large(image.size, job["pixels"])
        try:
            image.load()
        except UNREADABLE as error:
            raise Refused("half_a_picture") from error
        known = facts(image)
        turn = TURNS.get(known.pop("orientation"))
        width, height = image.size
        copy = _small_srgb(image, max(int(size) for size in job["copies"]))
    if turn is not None:
        copy = copy.transpose(turn)
    for size in sorted(job["copies"], key=int, reverse=True):
        copy.thumbnail((int(size), int(size)), FILTER)
        copy.save(job["copies"][size], "JPEG", quality=QUALITY)
    if turn in SIDEWAYS:
        width, height = height, width
    return {"width": width, "height": height, "mime": FORMATS[str(image.format)], **known}


def _refuse_by_its_beginning(head: bytes, size: int) -> None:
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        if struct.unpack("<I", head[4:8])[0] + 8 > size:
            raise Refused("half_a_picture")
        return
    if SVG.search(head) or SVG.search(head.replace(b"\x00", b"")):  # the second look is for UTF-16
        raise Refused("svg_refused")
    if head[4:8] == b"ftyp" and head[8:12] in HEIC:
        raise Refused("heic_refused")
    if (
        head.startswith(KNOWN_BUT_NOT_TAKEN) or head[4:8] == b"ftyp"
    ):  # GIF, BMP, TIFF, PSD, ICO, JPEG XL, AVIF
        raise Refused("unsupported_picture")
    raise Refused("not_a_picture")


def _webp_size(head: bytes) -> tuple[int, int]:
    """The canvas in a WebP header, else (0, 0). Pillow makes the canvas before it tells its size."""
    if head[8:16] == b"WEBPVP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[8:16] == b"WEBPVP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if head[8:16] == b"WEBPVP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return 0, 0


def _refuse_too_large(size: tuple[int, int], limit: int) -> None:
    width, height = size
    if width * height > limit:
        raise Refused("too_many_pixels", width=width, height=height, limit=limit)


def _small_srgb(image: Image.Image, longest: int) -> Image.Image:
    """A small opaque copy that carries pixels and nothing else: no EXIF, XMP, comment or colour profile."""
    if image.mode.startswith(("I", "F")):  # 16 bits a sample: keep the high ones
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    elif image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGBA")
    profile = image.info.get("icc_profile")
    small = image.copy() if max(image.size) <= longest else image
    small.thumbnail((longest, longest), FILTER)
    if profile:
        small = _in_srgb(small, profile)
    clean = Image.new("RGB", small.size, "white")  # paper shows through what is transparent
    clean.paste(small.convert("RGB"), mask=small.getchannel("A") if small.mode == "RGBA" else None)
    return clean


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    if image.mode not in ("RGB", "CMYK"):
        return image
    try:
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile is no reason to lose the evidence
        return image
    return converted or image


if __name__ == "__main__":
    serve(check_and_derive)
