"""Inside the print room: HTML and pictures in, PDF/A-3u out. The only place that imports WeasyPrint.

Loaded with the first job, not before: a library that is missing is then an answer, not a dead process. What
was measured about WeasyPrint 70 is in the design's pdf.md; decision 0006 says what follows from it here.
"""

from __future__ import annotations

import gc
import io
import os
import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.adapters.pdf_fonts import cut, is_drawn
from app.adapters.workroom_inside import Refused, serve

ALWAYS = "html { image-rendering: crisp-edges }"  # without it /Interpolate true breaks PDF/A
# Drawn by every font that is expected at all; only what lies outside is looked up, character by character.
USUAL = re.compile(
    "[\t\n\r\x20-\x7e\xa0-\xac\xae-\xff\u2010-\u2027\u2030-\u203b\u3000-\u303f\u4e00-\u9fa5\uff01-\uff5e]"
)
INVISIBLE = re.compile("[\u200c-\u200f\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # joiners, marks, variants
ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
POINTS = 0.75  # of a CSS pixel


def work(job: dict[str, Any]) -> dict[str, Any]:
    """A report, a stamp alone, or (fonts only) nothing but loading. Refuses: report_renderer_missing,
    report_foreign_address, report_picture_broken, report_anchor_missing.
    """
    os.environ["FONTCONFIG_FILE"] = job["fonts"]
    weasyprint = _weasyprint()
    from weasyprint.urls import FatalURLFetchingError

    try:
        if "stamp" in job:
            stamp = {**job["stamp"], "html": Path(job["stamp"]["html"]).read_text("utf-8")}
            _draw_stamp(weasyprint, stamp, _Fonts(weasyprint, stamp["html"], stamp["css"]))
            return {}
        if "html" in job:
            return _draw(weasyprint, job)
        return {"version": weasyprint.__version__}
    except FatalURLFetchingError as error:
        code, _, what = str(error).partition("|")
        raise Refused(code, what=what) from error


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:  # it looks for Pango while it is imported
        raise Refused("report_renderer_missing", what=str(error)[:200]) from error
    if not _is_drawn("检"):
        raise Refused("report_renderer_missing", what="no font draws Chinese")
    if not gc.get_freeze_count():
        gc.freeze()  # what was imported stays for good: not to be walked through after every report
    return weasyprint


def _draw(weasyprint: Any, job: dict[str, Any]) -> dict[str, Any]:
    fetcher = _fetcher(job["photos"])
    html = Path(job["html"]).read_text("utf-8")
    stamps = {
        anchor: {**stamp, "html": Path(stamp["html"]).read_text("utf-8")}
        for anchor, stamp in job["stamps"].items()
    }
    fonts = _Fonts(
        weasyprint,
        html,
        job["css"],
        *(each for stamp in stamps.values() for each in (stamp["html"], stamp["css"])),
    )
    document = _render(weasyprint, html, job["css"], fetcher, fonts)
    boxes = _boxes(document, {*job["anchors"], *job["stamps"]})
    made = datetime.fromtimestamp(job["made_at"], UTC)
    document.metadata.created = document.metadata.modified = made.strftime("%Y-%m-%dT%H:%M:%SZ")
    document.metadata.attachments = [_attachment(weasyprint, each) for each in job["enclosed"]]
    with Path(job["out"]).open("wb") as out:
        document.write_pdf(out, pdf_variant="pdf/a-3u", pdf_identifier=bytes.fromhex(job["identifier"]))
    for address in fetcher.refused:  # inside an SVG the renderer goes on without it
        raise Refused("report_foreign_address", what=address)
    pages = len(document.pages)
    del document  # before the stamps are drawn on top of it
    for anchor, stamp in stamps.items():
        _, left, bottom, right, top = boxes[anchor]
        _draw_stamp(weasyprint, {**stamp, "width": right - left, "height": top - bottom}, fonts)
    return {"pages": pages, "boxes": boxes}


def _draw_stamp(weasyprint: Any, stamp: dict[str, Any], fonts: _Fonts) -> None:
    size = f"@page {{ size: {stamp['width']:.3f}pt {stamp['height']:.3f}pt; margin: 0 }}"
    document = _render(weasyprint, stamp["html"], stamp["css"] + size, _fetcher({}), fonts)
    document.copy(document.pages[:1]).write_pdf(
        stamp["out"], pdf_variant="pdf/a-3u", pdf_identifier=b"\x00" * 16
    )


class _Fonts:
    """The fonts of one job, cut down to its characters; loaded once for the report and its stamps."""

    def __init__(self, weasyprint: Any, *texts: str) -> None:
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        rules, fonts = cut(texts)

        class OnlyFaces(URLFetcher):
            def fetch(self, url: str, headers: Any = None) -> Any:
                return URLFetcherResponse(url, fonts[url], {"Content-Type": "font/otf"})

        self.configuration = FontConfiguration()
        weasyprint.CSS(string=rules, url_fetcher=OnlyFaces(), font_config=self.configuration)


def _render(weasyprint: Any, html: str, css: str, fetcher: Any, fonts: _Fonts) -> Any:
    sheets = [weasyprint.CSS(string=text, url_fetcher=fetcher) for text in (css, ALWAYS)]
    return weasyprint.HTML(string=_drawable(html), url_fetcher=fetcher, base_url=None).render(
        stylesheets=sheets, presentational_hints=False, font_config=fonts.configuration
    )


def _fetcher(photos: dict[str, str]) -> Any:
    """Knows the pictures of this report and `data:`; anything else ends the drawing."""
    from PIL import Image
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OnlyOurs(URLFetcher):
        refused: list[str] = []  # noqa: RUF012 (a class for each report)

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url[:5].lower() == "data:":
                return super().fetch(url, headers)
            sha256 = url.removeprefix("photo:")
            if url == sha256 or sha256 not in photos:
                self.refused.append(url[:120])
                raise FatalURLFetchingError(f"report_foreign_address|{url[:120]}")
            data = Path(photos[sha256]).read_bytes()
            kind = "PNG" if data.startswith(b"\x89PNG") else "JPEG"  # a floor plan may be the first
            try:  # a picture that cannot be read would be left out without a word
                Image.open(io.BytesIO(data), formats=(kind,)).close()
                whole = data.endswith(ENDS[kind])  # decoded when it came in; only its end can be missing
            except (OSError, SyntaxError, ValueError):
                whole = False
            if not whole:
                raise FatalURLFetchingError(f"report_picture_broken|{sha256}")
            return URLFetcherResponse(url, data, {"Content-Type": f"image/{kind.lower()}"})

    return OnlyOurs(allowed_protocols=("data", "photo"))


def _boxes(document: Any, wanted: set[str]) -> dict[str, tuple[int, float, float, float, float]]:
    found: dict[str, tuple[int, float, float, float, float]] = {}
    for place, page in enumerate(document.pages):
        for anchor, (x1, y1, x2, y2) in page.anchors.items():
            if anchor in wanted and anchor not in found:
                height = page.height
                found[anchor] = (
                    place,
                    *(round(value * POINTS, 3) for value in (x1, height - y2, x2, height - y1)),
                )
    for anchor in sorted(wanted):
        if anchor not in found:
            raise Refused("report_anchor_missing", what=anchor)
        _, left, bottom, right, top = found[anchor]
        if right - left < 1 or top - bottom < 1:
            raise Refused("report_anchor_missing", what=f"{anchor} has no size")
    return found


def _attachment(weasyprint: Any, each: dict[str, Any]) -> Any:
    moment = datetime.fromtimestamp(each["made_at"], UTC)
    return weasyprint.Attachment(
        string=Path(each["path"]).read_bytes(),
        name=each["name"],
        description=each["description"],
        relationship=each["relationship"],
        created=moment,
        modified=moment,
    )


def _drawable(html: str) -> str:
    """Characters no font here has would be empty boxes and no PDF/A: their number is printed instead."""
    strange = {character for character in set(html) if not USUAL.match(character)}
    strange -= set(INVISIBLE.findall("".join(strange)))
    missing = {ord(c): f"[U+{ord(c):04X}]" for c in strange if not _is_drawn(c)}
    return html.translate(missing) if missing else html


@lru_cache(maxsize=4096)
def _is_drawn(character: str) -> bool:
    return is_drawn(character)


if __name__ == "__main__":
    gc.disable()  # a twelfth of the time (pdf.md §5.2); collected when the answer is on its way
    serve(work, tidy=gc.collect)
