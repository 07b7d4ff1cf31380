"""Drawing reports as PDF/A-3u, in a room of their own (DESIGN §5.7).

Whoever calls has made the HTML (Jinja, autoescaped) and put the pictures into files. The room gets paths and
plain data, has no secret and no network: its fetcher knows the pictures of this report and `data:`, and ends
the drawing at anything else. The same input gives the same bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from app.adapters.machine import FONT_FOLDERS
from app.adapters.workroom import CannotStart, Died, Exhausted, Failed, Limits, Refused, TimedOut, Workroom
from app.domain.errors import Invalid, Unavailable

# 300 photos in one report stay below 400 MB; address space is not memory, Pango and fonts map a lot
LIMITS = Limits(memory=2 << 30, cpu=90, wall=120.0, jobs=100, start=30.0)
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
{folders}
  <cachedir>/var/cache/fontconfig</cachedir>
  <cachedir>{cache}</cachedir>
  <match target="pattern"><edit name="lang" mode="append" binding="weak"><string>zh-cn</string></edit></match>
  <alias><family>sans-serif</family><prefer><family>Noto Sans CJK SC</family></prefer></alias>
  <alias><family>serif</family><prefer><family>Noto Serif CJK SC</family></prefer></alias>
  <config><rescan><int>0</int></rescan></config>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file inside the PDF: `relationship` is "Data" or "Supplement"; `made_at` becomes both its dates."""

    name: str
    mime: str
    data: bytes
    relationship: str
    description: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn. `html` is whole and escaped, `css` stands beside it.

    `photos`: hash → JPEG (or PNG) file, for `photo:<hash>` addresses. `anchors`: ids whose boxes are wanted.
    `stamps`: anchor → HTML of a small page that is drawn as large as the anchor's box.
    `identifier`: 32 hexadecimal digits, the PDF's /ID. `made_at` becomes its dates.
    """

    html: str
    css: str
    identifier: str
    made_at: datetime
    photos: Mapping[str, Path] = field(default_factory=dict)
    enclosed: Sequence[Enclosed] = ()
    anchors: Sequence[str] = ()
    stamps: Mapping[str, str] = field(default_factory=dict)
    stamp_css: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """Where an element stands: page from 0; PDF points from the lower left corner."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """`path` and the stamps' files last as long as the block they were given to."""

    path: Path
    pages: int
    boxes: dict[str, Box]
    stamps: dict[str, Path]


class PrintRoom:
    """One warm process in which reports are drawn; it starts with the first one."""

    def __init__(self, fonts: Path, limits: Limits = LIMITS) -> None:
        """`fonts`: a folder of ours for the fonts' configuration and cache, and for fonts one wants to
        add.
        """
        self._room = Workroom("app.adapters.pdf_worker", limits)
        self._fonts = fonts

    @property
    def pid(self) -> int | None:
        """The process that draws, if it has started."""
        return self._room.pid

    def warm(self) -> None:
        """Loads the renderer ahead of the first report. Raises Unavailable (report_renderer_missing)."""
        self._ask({"fonts": str(self._configuration())})

    def close(self) -> None:
        """Ends the process; the next report starts another."""
        self._room.close()

    @contextmanager
    def drawn(self, sheet: Sheet) -> Iterator[Drawn]:
        """The report, as files that last as long as the block.

        Raises Invalid: report_foreign_address (it names an address that is not its own),
        report_picture_broken, report_anchor_missing, report_too_heavy (time or memory); Unavailable:
        report_renderer_missing (a library or font is not there), report_renderer_busy, report_not_drawn.
        """
        with tempfile.TemporaryDirectory(prefix="plumbline-report-") as folder:
            job = self._job(sheet, Path(folder))
            answer = self._ask(job)
            yield Drawn(
                Path(job["out"]),
                answer["pages"],
                {anchor: Box(*box) for anchor, box in answer["boxes"].items()},
                {anchor: Path(stamp["out"]) for anchor, stamp in job["stamps"].items()},
            )

    @contextmanager
    def stamped(self, html: str, css: str, width: float, height: float) -> Iterator[Path]:
        """One stamp alone, width and height in points, for a seal that is added later. Raises as `drawn`."""
        with tempfile.TemporaryDirectory(prefix="plumbline-stamp-") as folder:
            page, out = Path(folder) / "stamp.html", Path(folder) / "stamp.pdf"
            page.write_text(html, "utf-8")
            self._ask(
                {
                    "fonts": str(self._configuration()),
                    "stamp": {
                        "html": str(page),
                        "css": css,
                        "out": str(out),
                        "width": width,
                        "height": height,
                    },
                }
            )
            yield out

    def _job(self, sheet: Sheet, folder: Path) -> dict[str, Any]:
        def put(name: str, data: bytes) -> str:
            path = folder / name
            path.write_bytes(data)
            return str(path)

        return {
            "fonts": str(self._configuration()),
            "html": put("report.html", sheet.html.encode()),
            "css": sheet.css,
            "out": str(folder / "report.pdf"),
            "identifier": sheet.identifier,
            "made_at": sheet.made_at.timestamp(),
            "photos": {sha256: str(path.resolve()) for sha256, path in sheet.photos.items()},
            "enclosed": [
                {
                    "name": each.name,
                    "mime": each.mime,
                    "path": put(f"enclosed-{place}", each.data),
                    "relationship": each.relationship,
                    "description": each.description,
                    "made_at": each.made_at.timestamp(),
                }
                for place, each in enumerate(sheet.enclosed)
            ],
            "anchors": list(sheet.anchors),
            "stamps": {
                anchor: {
                    "html": put(f"stamp-{place}.html", html.encode()),
                    "css": sheet.stamp_css,
                    "out": str(folder / f"stamp-{place}.pdf"),
                }
                for place, (anchor, html) in enumerate(sheet.stamps.items())
            },
        }

    def _configuration(self) -> Path:
        """Our own fonts.conf: the machine's fonts and the folder's, and a cache we may write."""
        path = self._fonts / "fonts.conf"
        folders = [*FONT_FOLDERS, self._fonts]
        text = FONTS_CONF.format(
            folders="\n".join(f"  <dir>{_escaped(folder)}</dir>" for folder in folders),
            cache=_escaped(self._fonts / "cache"),
        )
        if not path.exists() or path.read_text("utf-8") != text:
            (self._fonts / "cache").mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return path

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        try:
            try:
                return self._room.do(job)
            except Died as death:  # perhaps killed for another's sake: one more try
                if death.crashed:
                    raise
                return self._room.do(job)
        except Refused as refusal:
            error = Unavailable if refusal.code == "report_renderer_missing" else Invalid
            raise error(refusal.code, **refusal.params) from refusal
        except Exhausted as exhausted:
            raise Invalid("report_too_heavy") from exhausted
        except TimedOut as late:
            raise Unavailable("report_renderer_busy") from late
        except CannotStart as broken:
            raise Unavailable("report_renderer_missing", what=str(broken)[-200:]) from broken
        except (Died, Failed) as failed:
            raise Unavailable("report_not_drawn", what=str(failed)[:200]) from failed


def _escaped(path: Path) -> str:
    return str(path).replace("&", "&amp;").replace("<", "&lt;")
