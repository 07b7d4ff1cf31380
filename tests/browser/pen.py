"""A hand that signs on the glass: with a mouse, or with a finger through the browser's own touch events."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from playwright.sync_api import Locator, Page, expect

from tests.browser.phone import Phone

Point = tuple[float, float]


def name(left: float, top: float, width: float, height: float) -> Iterator[list[Point]]:
    """Two lines that could be a name, within a pad."""
    waves = [
        (left + width * (0.1 + 0.6 * i / 60), top + height * (0.45 + 0.25 * math.sin(i / 5)))
        for i in range(61)
    ]
    yield waves
    yield [(left + width * (0.2 + 0.5 * i / 10), top + height * 0.7) for i in range(11)]


def box(pad: Locator) -> tuple[float, float, float, float]:
    # in the middle: bars lie over the edges of a sheet
    pad.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    found = pad.bounding_box()
    assert found
    return found["x"], found["y"], found["width"], found["height"]


def with_mouse(page: Page, pad: Locator) -> None:
    for (x, y), *rest in name(*box(pad)):
        page.mouse.move(x, y)
        page.mouse.down()
        for point in rest:
            page.mouse.move(*point)
        page.mouse.up()


def with_finger(page: Page, pad: Locator) -> None:
    lines = list(name(*box(pad)))
    wire = page.context.new_cdp_session(page)

    def touch(kind: str, *points: Point) -> None:
        wire.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    for first, *rest in lines:
        touch("touchStart", first)
        for point in rest:
            touch("touchMove", point)
        page.wait_for_timeout(150)  # at rest, then lifted: a flick would swallow the next tap
        touch("touchMove", rest[-1])
        touch("touchEnd")
    wire.detach()
    page.wait_for_timeout(500)


def slot(page: Page, name: str) -> Locator:
    return page.locator(f"article[data-slot={name}]")


def sign(
    phone: Phone,
    name: str,
    draw: Callable[[Page, Locator], None],
    who: str = "",
    typed: Mapping[str, str] | None = None,
) -> None:
    """From the sign page: the sheet, the person (suggested or typed), the meaning, the drawing."""
    page = phone.page
    page.locator(f"[data-give={name}]").first.tap()
    sheet = page.locator("dialog.signing")
    expect(sheet).to_be_visible()
    if who:
        sheet.locator(".chip", has_text=who).tap()
    for field, words in (typed or {}).items():
        sheet.locator(f"#sheet-{field}").fill(words)
    if not sheet.locator("[name=meaning]:checked").count():
        sheet.locator("[data-meanings] label").first.tap()
    draw(page, sheet.locator("[data-pad]"))
    sheet.locator("[type=submit]").tap()
    expect(sheet).to_have_count(0)
    expect(slot(page, name).last).to_have_attribute("data-state", "signed")
