"""`make pictures`: the main views of the demo into docs/pictures: two sizes, light and dark, two languages,
and pages of a sealed report.

Taken in the real Chromium from the server that `make run` starts on an empty folder. Few colours are kept:
the pictures are for looking at, and the repository carries them.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from app.config import ROOT
from tests.browser.phone import CAMERA, DESK, PHONE, Phone
from tests.browser.world import World

FOLDER = ROOT / "docs" / "pictures"
COLOURS = 200  # of 256
MOST_BYTES = 7_000_000
SIZES = {"phone": PHONE, "desk": DESK}
LANGUAGES = ("en", "zh-Hans")
REPORTS = {"en": "Mingfeng Fasteners", "zh-Hans": "Ruixin Plastics"}  # whose report is shown
SIGNED = {"en": "Auditor", "zh-Hans": "审核员"}  # what the page of signatures says first
DOTS = 66  # an inch of the report's pages
MOST_WAIT = 180  # seconds for the worker's reports of the demo


@dataclass(frozen=True)
class View:
    """`address` may name {audit}, {signed}, {done}, {case}, {supplier}, {estate}, {verify} and {app};
    `ready` is seen first.
    """

    name: str
    address: str
    ready: str
    then: Callable[[Page], None] = lambda page: None


def _open_last_time(page: Page) -> None:
    page.locator("#P03").evaluate("q => scrollTo(0, scrollY + q.getBoundingClientRect().top - 116)")


def _open_why(page: Page) -> None:
    page.locator("details.hint > summary").first.click()


def _open_camera(page: Page) -> None:
    page.locator("#P03 [data-do=camera]").first.click()
    expect(page.locator("#camera-view [data-shutter]")).to_be_enabled()


def _to_the_signatures(page: Page) -> None:
    page.locator("[data-slots]").evaluate("list => list.scrollIntoView()")


GATE = [View("sign-in", "/sign-in", "[name=email]"), View("verify-address", "/verify/{verify}", "#known")]
FIELD = [
    View("my-work", "/app/{app}/#/work", "[data-ready] .note--good"),
    View("runner", "/app/{app}/#/i/{audit}/q/P03", "#P03 input", _open_last_time),
    View("opening", "/app/{app}/#/i/{audit}/opening", "#opening-t"),
    View("review", "/app/{app}/#/i/{audit}/review", "[data-sections] td", _open_why),
    View("camera", "/app/{app}/#/i/{audit}/q/P03", "#P03 input", _open_camera),
    View("finding", "/app/{app}/#/i/{audit}/f/P04", ".finding"),
    View("sign", "/app/{app}/#/i/{signed}/sign", "article .ink", _to_the_signatures),
    View("this-phone", "/app/{app}/#/phone", "[data-facts] li"),
    View("start", "/app/{app}/#/start", "#start-site"),
]
OFFICE = [
    View("inspections", "/inspections", "tbody tr"),
    View("inspection", "/inspections/{done}", "main"),
    View("reports", "/reports", "tbody tr"),
    View("actions", "/actions/board", "main"),
    View("action", "/actions/{case}", "main"),
    View("history", "/inspections/{done}/history", "main"),
    View("plan", "/inspections/new", "#plan"),
    View("suppliers", "/suppliers", "main"),
    View("supplier", "/suppliers/{supplier}", "main"),
    View("estate", "/estates/{estate}", ".ugrid"),
    View("people", "/people", "main"),
    View("not-found", "/nothing-here", "h1"),
]


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    written: set[Path] = set()
    with tempfile.TemporaryDirectory(prefix="plumbline-pictures-") as place, sync_playwright() as playwright:
        world = World(Path(place))
        try:
            for language in LANGUAGES:
                report = _report(world, Path(place), language)
                written |= set(_pages(report, language))
                for size in SIZES:
                    written |= set(_series(playwright, world, report, size, language))
        finally:
            world.close()
    for old in set(FOLDER.glob("*.png")) - written:
        old.unlink()
    total = sum(path.stat().st_size for path in written)
    print(f"{len(written)} pictures, {total / 1e6:.1f} MB, in {FOLDER.relative_to(ROOT)}")
    return 0 if total <= MOST_BYTES else 1


def _series(playwright: Playwright, world: World, report: Path, size: str, language: str) -> Iterator[Path]:
    names = _names(world, language)

    def check(page: Page) -> None:
        page.locator("#file").set_input_files(report)
        page.locator("main button.btn--main").click()
        expect(page.locator("[data-verdict=genuine]")).to_be_visible()

    auditor = "bo" if language == "en" else "lin"
    gate = [*GATE, View("verify", "/verify", "#file", check)]
    for who, views in (("", gate), (auditor, FIELD), ("mara", OFFICE)):
        folder, sharp = report.parent / f"{who}-{size}-{language}", size == "phone"
        phone = Phone(playwright, world, folder, SIZES[size], locale=language, sharp=sharp, flags=CAMERA)
        try:
            if who:
                phone.sign_in(who)
            if who == "mara":
                _speak(phone.page, language)
            for view in views:
                yield from _view(phone, view, names, size, language)
        finally:
            phone.close()


def _report(world: World, place: Path, language: str) -> Path:
    """The sealed report of one audit of the demo, once the worker has issued it."""
    issued = (
        "SELECT f.sha256 FROM report_files f JOIN reports r ON r.id = f.report_id "
        "WHERE r.language = ? AND r.company = ?"
    )
    until = time.monotonic() + MOST_WAIT
    while not (found := world.rows(issued, language, REPORTS[language])) and time.monotonic() < until:
        time.sleep(1)
    path = place / f"report-{language}.pdf"
    path.write_bytes(next((world.data / "blobs").rglob(str(found[0][0]))).read_bytes())
    return path


def _pages(report: Path, language: str) -> Iterator[Path]:
    """The cover, the summary, the first page with a photo, and the signatures."""
    shown = _out("pdfimages", "-list", str(report)).splitlines()[2].split()[0]
    texts = _out("pdftotext", str(report), "-").split("\f")
    signed = next(n for n, text in enumerate(texts, 1) if n > 2 and f"\n{SIGNED[language]}\n" in text)
    for name, page in (("cover", 1), ("summary", 2), ("finding", int(shown)), ("signatures", signed)):
        only = ("-f", str(page), "-l", str(page), "-singlefile", "-r", str(DOTS), "-png")
        subprocess.run(["pdftoppm", *only, report, report.with_suffix("")], check=True)
        path = FOLDER / f"report-{name}-{language}.png"
        Image.open(report.with_suffix(".png")).convert("RGB").save(
            path, optimize=True
        )  # photos, and signal colours
        yield path


def _out(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def _names(world: World, language: str) -> dict[str, str]:
    under_way = (
        "SELECT i.id FROM inspections i JOIN companies c ON c.id = i.company_id "
        "WHERE c.name = 'Hengda Precision' AND i.state = 'in_progress'"
    )
    return {
        "app": language,
        "audit": world.ids(under_way)[0],
        "signed": world.ids(
            "SELECT i.id FROM inspections i JOIN companies c ON c.id = i.company_id "
            "WHERE c.name = 'Ruixin Plastics' AND i.state = 'completed'"
        )[0],
        "done": world.ids("SELECT id FROM inspections WHERE vetoed = 1")[0],
        "case": world.ids("SELECT id FROM actions WHERE title LIKE 'Red-area tags missing%'")[0],
        "supplier": world.ids("SELECT id FROM companies WHERE name = 'Hengda Precision'")[0],
        "estate": world.ids("SELECT id FROM estates WHERE code = 'LC'")[0],
        "verify": world.rows(
            "SELECT verify_id FROM reports WHERE state = 'issued' AND company = ?", REPORTS[language]
        )[0][0],
    }


def _speak(page: Page, language: str) -> None:
    page.goto("/me")
    page.locator("[name=language]").select_option(language)
    page.locator("form[data-keep] .btn--main").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def _view(phone: Phone, view: View, names: dict[str, str], size: str, language: str) -> Iterator[Path]:
    page = phone.page
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto("about:blank")  # a change after the # alone would not load anything
    page.goto(view.address.format(**names))
    expect(page.locator(view.ready).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    view.then(page)
    schemes: list[Literal["light", "dark"]] = ["light", "dark"]
    for scheme in schemes[:1] if size == "desk" and language != "en" else schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        yield _taken(page, f"{view.name}-{size}-{scheme}-{language}")
    if view.name == "runner":
        page.evaluate("document.documentElement.dataset.theme = 'sun'")
        yield _taken(page, f"{view.name}-{size}-sun-{language}")


def _taken(page: Page, name: str) -> Path:
    path = FOLDER / f"{name}.png"
    _few_colours(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).save(path, optimize=True)
    return path


def _few_colours(picture: Image.Image) -> Image.Image:
    """The same with its commonest colours exactly as they are: a tint of the paper or the brass of the weight
    would be averaged away by any other choice.
    """
    found: list[Any] = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([band for _, colour in found[:COLOURS] for band in colour])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


if __name__ == "__main__":
    sys.exit(main())
