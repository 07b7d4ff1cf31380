"""Checking pictures and making their smaller copies, in a room of their own (DESIGN §5.7, §8 Photos).

What a phone sends is the evidence and is kept byte for byte, but never served: people see copies made here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.blobs import BlobStore
from app.adapters.workroom import CannotStart, Limits, Workroom
from app.adapters.workroom_verdict import judged
from app.domain.errors import Unavailable

REPORT_WIDTH, SCREEN_WIDTH = 1280, 480  # the longest side, in pixels
WIDTHS = (REPORT_WIDTH, SCREEN_WIDTH)
MOST_PIXELS = 64_000_000  # a 50 megapixel phone passes, a bomb of 13000² does not
# 64 megapixels of WebP need 1.1 GB for a moment: two canvases in the decoder, its output, and Pillow's own.
LIMITS = Limits(memory=1536 << 20, cpu=10, wall=30.0, jobs=100)


@dataclass(frozen=True)
class Picture:
    """What a picture is. width and height in pixels as seen (turned upright).

    taken_at is the camera's local time "2026-11-20T14:03:11", with "+08:00" behind it if the camera said so;
    gps is {lat_e7, lon_e7, acc_m} in 10⁻⁷ degrees and metres. copies: longest side in pixels → JPEG file.
    """

    width: int
    height: int
    mime: str
    taken_at: str | None
    gps: dict[str, int | None] | None
    copies: dict[int, Path]


class PictureRoom:
    """One warm process in which pictures are decoded. One for each web process; starts when first needed."""

    def __init__(self, limits: Limits = LIMITS, most_pixels: int = MOST_PIXELS) -> None:
        self._room = Workroom("app.adapters.pictures_worker", limits)
        self._most_pixels = most_pixels

    @property
    def pid(self) -> int | None:
        """The process that decodes, if it has started."""
        return self._room.pid

    def warm(self) -> None:
        """Starts the process ahead of the first picture. Raises Unavailable (picture_check_unavailable)."""
        try:
            self._room.warm()
        except CannotStart as error:
            raise Unavailable("picture_check_unavailable") from error

    def close(self) -> None:
        """Ends the process; the next picture starts another."""
        self._room.close()

    @contextmanager
    def checked(self, path: Path) -> Iterator[Picture]:
        """The picture in a file, with copies that last as long as the block.

        Raises Invalid: not_a_picture, svg_refused, heic_refused, unsupported_picture, too_many_pixels,
        half_a_picture, picture_check_timed_out (the picture used all the CPU it may);
        Unavailable: picture_check_timed_out (the machine is too busy), picture_check_unavailable.
        """
        with tempfile.TemporaryDirectory(prefix="plumbline-picture-") as folder:
            copies = {width: Path(folder) / f"{width}.jpg" for width in WIDTHS}
            job = {
                "path": str(path.resolve()),
                "pixels": self._most_pixels,
                "copies": {str(width): str(copy) for width, copy in copies.items()},
            }
            facts = judged(self._room, job, "picture", "not_a_picture", "too_many_pixels")
            yield Picture(copies=copies, **facts)


def copy_name(sha256: str, width: int) -> str:
    """The blob name of a copy; width is one of WIDTHS."""
    return f"derived/{width}/{sha256}.jpg"


def keep_picture(blobs: BlobStore, room: PictureRoom, sha256: str, path: Path) -> Picture:
    """Checks a received file, keeps its copies, then the evidence itself: present means checked.

    Raises what PictureRoom.checked and the blob store raise. The returned copies are gone.
    """
    with room.checked(path) as picture:
        for width, copy in picture.copies.items():
            blobs.put_named(copy_name(sha256, width), copy.read_bytes())
        blobs.put(sha256, path)
    return picture
