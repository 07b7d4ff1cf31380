"""Inside the plan room: one page of a PDF, or an image, becomes a picture of bounded size, or tiles of one.

A PDF is drawn by Poppler's pdftoppm, a program of its own that inherits this process's limits; what it draws
is then decoded and written anew here, so that nothing of the stranger's file reaches a browser.
"""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from typing import Any

from PIL import Image

from app.adapters.pictures_worker import check_and_derive
from app.adapters.plan_tiles import packed
from app.adapters.workroom_inside import Refused, serve

LARGEST_PNG = 1 << 20  # lines stay sharp as PNG; what is rather a photograph becomes a JPEG
COLOURS = 256
QUALITY = 85
TILE_QUALITY = 80
LARGER = 1.5  # how much larger than it came an image may be drawn; more would be empty pixels
PAGES = re.compile(r"^Pages:\s+(\d+)", re.MULTILINE)


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Draws a plan's picture, or cuts the same page, drawn larger, into tiles."""
    return cut(job) if "tile" in job else draw(job)


def draw(job: dict[str, Any]) -> dict[str, Any]:
    """{path, out, page, side, pages, pixels, seconds, programs} → {kind, page, pages, width, height}.

    Refuses: plan_unreadable, plan_locked, plan_too_large, plan_page, plan_too_heavy, plan_renderer_missing,
    and what check_and_derive refuses.
    """
    out = Path(job["out"])
    drawn, kind, page, pages = _drawn(job)
    try:
        with Image.open(drawn, formats=("PPM", "JPEG")) as picture:
            picture.load()
            width, height = picture.size
            _write(picture.convert("RGB"), out, drawn if kind == "image" else None)
    except (OSError, ValueError) as error:  # Poppler said it was done and left half a picture
        raise Refused("plan_unreadable") from error
    return {"kind": kind, "page": page, "pages": pages, "width": width, "height": height}


def cut(job: dict[str, Any]) -> dict[str, Any]:
    """{width, height (of the picture there is), tile, side, …} → {levels: [[width, height], …]}, smallest
    first, each twice the one before; the tiles of all of them lie in one file at `out` (plan_tiles.py).

    A page of a PDF is as sharp as one likes; an image only as sharp as it came.
    """
    drawn, kind, _page, _pages_there = _drawn(job)
    try:
        with Image.open(drawn, formats=("PPM", "JPEG")) as source:
            source.load()
            longest = max(source.size)
            sizes = []
            width, height = job["width"] * 2, job["height"] * 2
            while max(width, height) <= job["side"] and max(width, height) <= longest * LARGER:
                sizes.append((width, height))
                width, height = width * 2, height * 2
            picture = source.convert("RGB")
        levels: list[list[list[bytes]]] = []
        for size in reversed(sizes):
            picture = picture.resize(size, Image.Resampling.LANCZOS) if picture.size != size else picture
            levels.insert(0, _tiles(picture, job["tile"]))
        Path(job["out"]).write_bytes(packed(levels))
    except (OSError, ValueError) as error:
        raise Refused("plan_unreadable") from error
    return {"kind": kind, "levels": [list(size) for size in sizes]}


def _tiles(picture: Image.Image, edge: int) -> list[list[bytes]]:
    """Row by row; what is white alone is nothing."""
    rows = []
    for top in range(0, picture.height, edge):
        row = []
        for left in range(0, picture.width, edge):
            box = (left, top, min(left + edge, picture.width), min(top + edge, picture.height))
            tile = picture.crop(box)
            if tile.getextrema() == ((255, 255), (255, 255), (255, 255)):
                row.append(b"")
                continue
            written = io.BytesIO()
            tile.save(written, "WEBP", quality=TILE_QUALITY, method=2)
            row.append(written.getvalue())
        rows.append(row)
    return rows


def _drawn(job: dict[str, Any]) -> tuple[Path, str, int, int]:
    """(file, kind, page, pages): the page drawn at most `side` pixels long, as Poppler or Pillow wrote it."""
    path, out = Path(job["path"]), Path(job["out"])
    with path.open("rb") as file:
        head = file.read(1024)
    if b"%PDF-" in head:
        pages = _pages(job)
        if pages > job["pages"]:
            raise Refused("plan_too_large")
        if not 1 <= job["page"] <= pages:
            raise Refused("plan_page", pages=pages)
        options = ["-f", job["page"], "-l", job["page"], "-scale-to", job["side"], "-singlefile"]
        _poppler(job, "pdftoppm", [*options, path, out])
        return out.with_suffix(".ppm"), "pdf", job["page"], pages
    drawn = out.with_suffix(".jpg")
    copies = {str(job["side"]): str(drawn)}
    check_and_derive({"path": str(path), "pixels": job["pixels"], "copies": copies})
    return drawn, "image", 1, 1


def _write(picture: Image.Image, out: Path, jpeg: Path | None) -> None:
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    if out.stat().st_size <= LARGEST_PNG:
        return
    if jpeg is not None:  # it is one already
        jpeg.replace(out)
    else:
        picture.save(out, "JPEG", quality=QUALITY)


def _pages(job: dict[str, Any]) -> int:
    said = _poppler(job, "pdfinfo", [job["path"]])
    found = PAGES.search(said)
    if found is None:
        raise Refused("plan_unreadable")
    return int(found[1])


def _poppler(job: dict[str, Any], program: str, arguments: list[Any]) -> str:
    if not job[program]:
        raise Refused("plan_renderer_missing")
    command = [job[program], *(str(argument) for argument in arguments)]
    try:
        ran = subprocess.run(  # noqa: S603 (found by us; the file's name is ours too)
            command, capture_output=True, timeout=job["seconds"], check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("plan_too_heavy") from error
    if ran.returncode < 0:  # a limit of this process, which it inherited
        raise Refused("plan_too_heavy")
    if ran.returncode:
        noise = ran.stderr.decode("utf-8", "replace")
        raise Refused("plan_locked" if "Incorrect password" in noise else "plan_unreadable")
    return ran.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    serve(work)
