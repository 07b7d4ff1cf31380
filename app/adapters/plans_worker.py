"""Inside the plan room: one page of a PDF, or an image, becomes a picture of bounded size.

A PDF is drawn by Poppler's pdftoppm, a program of its own that inherits this process's limits; what it draws
is then decoded and written anew here, so that nothing of the stranger's file reaches a browser.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from PIL import Image

from app.adapters.pictures_worker import check_and_derive
from app.adapters.workroom_inside import Refused, serve

LARGEST_PNG = 1 << 20  # lines stay sharp as PNG; what is rather a photograph becomes a JPEG
COLOURS = 256
QUALITY = 85
PAGES = re.compile(r"^Pages:\s+(\d+)", re.MULTILINE)


def draw(job: dict[str, Any]) -> dict[str, Any]:
    """{path, out, page, side, pages, pixels, seconds, programs} → {kind, page, pages, width, height}.

    Refuses: plan_unreadable, plan_locked, plan_too_large, plan_page, plan_too_heavy, plan_renderer_missing,
    and what check_and_derive refuses.
    """
    path, out = Path(job["path"]), Path(job["out"])
    with path.open("rb") as file:
        head = file.read(1024)
    if b"%PDF-" in head:
        pages = _pages(job)
        if pages > job["pages"]:
            raise Refused("plan_too_large")
        if not 1 <= job["page"] <= pages:
            raise Refused("plan_page", pages=pages)
        drawn = out.with_suffix(".ppm")
        options = ["-f", job["page"], "-l", job["page"], "-scale-to", job["side"], "-singlefile"]
        _poppler(job, "pdftoppm", [*options, path, out])
        kind, page = "pdf", job["page"]
    else:
        drawn = out.with_suffix(".jpg")
        copies = {str(job["side"]): str(drawn)}
        check_and_derive({"path": str(path), "pixels": job["pixels"], "copies": copies})
        kind, page, pages = "image", 1, 1
    try:
        with Image.open(drawn, formats=("PPM", "JPEG")) as picture:
            picture.load()
            width, height = picture.size
            _write(picture.convert("RGB"), out, drawn if kind == "image" else None)
    except (OSError, ValueError) as error:  # Poppler said it was done and left half a picture
        raise Refused("plan_unreadable") from error
    return {"kind": kind, "page": page, "pages": pages, "width": width, "height": height}


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
    serve(draw)
