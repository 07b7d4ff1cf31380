"""Drawing one page of a floor plan as a picture, in a room of its own (DESIGN §5.7).

The original is kept byte for byte; what people see, and put pins on, is the picture made here.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters.blobs import BlobStore
from app.adapters.plan_tiles import EDGE, tiles_name
from app.adapters.workroom import CannotStart, Died, Exhausted, Failed, Limits, Refused, TimedOut, Workroom
from app.domain.errors import Invalid, Unavailable

LARGEST_FILE = 64 << 20  # forty A1 sheets from a drawing office
LONGEST_SIDE = 2048  # pixels of the picture
MOST_PAGES = 200
MOST_PIXELS = 64_000_000  # of an image; a PDF is drawn at its size
# One page of hatchings may take its time; a process for each plan, because few come.
LIMITS = Limits(memory=1536 << 20, cpu=30, wall=45.0, jobs=1)
LARGEST_SIDE = 8192  # pixels of the largest level of tiles: a door of an A0 sheet is a hand wide
# Nobody waits for tiles: they are made by the worker, after the plan is in use.
TILE_LIMITS = Limits(memory=2048 << 20, cpu=120, wall=240.0, jobs=1)


@dataclass(frozen=True)
class Drawing:
    """The picture of one page: `path` lasts as long as the block. `kind`: pdf or image; sizes in pixels."""

    path: Path
    kind: str
    page: int
    pages: int
    width: int
    height: int


class PlanRoom:
    """Where plans are drawn. Made once; a process lives as long as one plan."""

    def __init__(self, limits: Limits = LIMITS, most_pages: int = MOST_PAGES) -> None:
        self._room = Workroom("app.adapters.plans_worker", limits)
        self._most_pages = most_pages

    def close(self) -> None:
        """Ends the process; the next plan starts another."""
        self._room.close()

    @contextmanager
    def drawn(self, path: Path, page: int = 1) -> Iterator[Drawing]:
        """One page of a PDF, or an image (JPEG, PNG, WebP), at most LONGEST_SIDE pixels long.

        Raises Invalid (field file, or page): plan_too_large (bytes, pages), plan_unreadable, plan_locked (a
        password), plan_page (params pages), plan_too_heavy (time or memory), and for images what
        PictureRoom.checked refuses; Unavailable: plan_check_unavailable, plan_renderer_missing.
        """
        if path.stat().st_size > LARGEST_FILE:
            raise Invalid("plan_too_large", field="file")
        with tempfile.TemporaryDirectory(prefix="plumbline-plan-") as folder:
            out = Path(folder) / "plan"
            yield Drawing(path=out, **self._ask(self._job(path, out, page, LONGEST_SIDE)))

    @contextmanager
    def tiled(self, path: Path, page: int, width: int, height: int) -> Iterator[tuple[Path, list[list[int]]]]:
        """The page once more, up to LARGEST_SIDE long, cut into tiles: (their file, [[width, height], …] of
        the levels, the smallest first). `width`, `height`: of the picture there is, the level below.

        Raises what `drawn` raises.
        """
        with tempfile.TemporaryDirectory(prefix="plumbline-tiles-") as folder:
            out = Path(folder) / "plan"
            job = {
                **self._job(path, out, page, LARGEST_SIDE),
                "tile": EDGE,
                "width": width,
                "height": height,
            }
            yield out, self._ask(job)["levels"]

    def _job(self, path: Path, out: Path, page: int, side: int) -> dict[str, Any]:
        return {
            "path": str(path.resolve()),
            "out": str(out),
            "page": page,
            "side": side,
            "pages": self._most_pages,
            "pixels": MOST_PIXELS,
            "seconds": self._room.limits.wall - 5,
            "pdftoppm": shutil.which("pdftoppm"),
            "pdfinfo": shutil.which("pdfinfo"),
        }

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._room.do(job)
        except Refused as refusal:
            if refusal.code == "plan_renderer_missing":
                raise Unavailable(refusal.code) from refusal
            field = "page" if refusal.code == "plan_page" else "file"
            raise Invalid(refusal.code, field=field, **refusal.params) from refusal
        except Exhausted as error:
            raise Invalid("plan_too_heavy", field="file") from error
        except Died as error:
            if error.crashed:
                raise Invalid("plan_unreadable", field="file") from error
            raise Unavailable("plan_check_unavailable") from error
        except (TimedOut, CannotStart, Failed) as error:
            raise Unavailable("plan_check_unavailable") from error


def original_name(sha256: str) -> str:
    """The blob name of a plan as it came."""
    return f"plans/originals/{sha256}"


def picture_name(sha256: str) -> str:
    """The blob name of a plan's picture."""
    return f"plans/pictures/{sha256}"


@dataclass(frozen=True)
class KeptPlan:
    """What is kept of a plan: the two contents by their SHA-256, and what is known of them."""

    sha256: str
    picture_sha256: str
    kind: str
    page: int
    pages: int
    width: int
    height: int


def keep_plan(blobs: BlobStore, room: PlanRoom, path: Path, page: int = 1) -> KeptPlan:
    """Draws a page and keeps original and picture. Raises what PlanRoom.drawn and the blob store raise."""
    with room.drawn(path, page) as drawing:
        original, picture = path.read_bytes(), drawing.path.read_bytes()
        kept = KeptPlan(
            hashlib.sha256(original).hexdigest(),
            hashlib.sha256(picture).hexdigest(),
            *(drawing.kind, drawing.page, drawing.pages, drawing.width, drawing.height),
        )
        if not blobs.has_named(original_name(kept.sha256)):
            blobs.put_named(original_name(kept.sha256), original)
        blobs.put_named(picture_name(kept.picture_sha256), picture)
    return kept


def keep_tiles(blobs: BlobStore, room: PlanRoom, plan: KeptPlan) -> list[list[int]]:
    """Cuts the plan's page into tiles and keeps them: [[width, height], …] of the levels, none where the
    picture is as sharp as its original. Raises what PlanRoom.tiled and the blob store raise.
    """
    with tempfile.TemporaryDirectory(prefix="plumbline-original-") as folder:
        path = Path(folder) / "plan"
        with blobs.open_named(original_name(plan.sha256)) as original, path.open("wb") as file:
            shutil.copyfileobj(original, file)
        with room.tiled(path, plan.page, plan.width, plan.height) as (tiles, levels):
            if levels:
                blobs.put_named(tiles_name(plan.picture_sha256), tiles.read_bytes())
    return levels
