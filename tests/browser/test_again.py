"""A re-inspection from its start to the owner's signature without signal: the old photo in the camera, one
repair passes, one fails, one is accepted as it is for a price; then the cases have followed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser import pen
from tests.browser.flats import raise_flat, repair_flat
from tests.browser.phone import CAMERA, LONG, PHONE, Phone
from tests.browser.proof import exactly_once
from tests.browser.test_pages import judged
from tests.browser.world import World

SMALL = {"width": PHONE[0], "height": PHONE[1]}
REPORT_ELSEWHERE = "404 GET .*/api/v1/reports/of/|404 .*reports/of/"
HERE = "/app/zh-Hant/#/i/"
FOUND = [
    ("bath1", "A", "淋浴間牆角滲水"),
    ("bath1", "B", "地磚空鼓"),
    ("bed1", "C", "牆面有細裂紋"),
]
ALL_THERE = """async ([name, wanted]) => {
  const db = await new Promise((ok) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => ok(asked.result);
  });
  const here = await new Promise((ok) => {
    const asked = db.transaction("pictures").objectStore("pictures").getAllKeys();
    asked.onsuccess = () => ok(new Set(asked.result));
  });
  db.close();
  return wanted.every((key) => here.has(key));
}"""


def row_of(page: Page, row: str) -> Locator:
    return page.locator(f"[data-question='R-{row.replace('-', '')}']")


def shoot(page: Page, question: Locator, old: bool) -> None:
    """A photo from where the old one was taken, which lies over the picture as strong as somebody wants."""
    question.locator("[data-do=camera]").first.tap()
    camera = page.locator("#camera-view")
    expect(camera.locator("[data-shutter]")).to_be_enabled()
    ghost = camera.locator("[data-ghost] image")
    if old:
        expect(camera.locator("[data-ghost]")).to_be_visible()
        assert (ghost.get_attribute("href") or "").startswith("blob:")  # of this phone: there is no signal
        assert ghost.get_attribute("opacity") == "0.4"
        camera.locator("[data-strength]").focus()
        page.keyboard.press("ArrowRight")
        assert ghost.get_attribute("opacity") == "0.5"
        page.keyboard.press("Home")
        assert ghost.get_attribute("opacity") == "0"
    camera.locator("[data-shutter]").tap()
    expect(camera.locator("[data-shots] li")).to_have_count(1)
    camera.locator("form button").tap()
    expect(question.locator("[data-photos] .thumb img")).not_to_have_count(0)


def _pictures_here(zhao: Phone, record: str) -> None:
    """All it compares with lies on the phone: small, and from before the repair also large."""
    pairs = zhao.fetch(f"/api/v1/inspections/{record}")["inspection"]["unit"]["pairs"]
    wanted = [*pairs["before"], *pairs["after"], *(f"{sha}-1280" for sha in pairs["before"])]
    assert len(wanted) == 3 * len(FOUND)
    person = zhao.page.evaluate("JSON.parse(localStorage.getItem('plumbline:person')).id")
    until = time.monotonic() + LONG / 1000
    while not zhao.page.evaluate(ALL_THERE, [f"plumbline:{person}", wanted]):
        assert time.monotonic() < until, "pictures are still missing"
        zhao.page.wait_for_timeout(100)


def test_what_was_repaired_is_looked_at_again_without_signal(
    phone: Callable[..., Phone], world: World
) -> None:
    address = raise_flat(world, "zhao", "AGA7")
    rows = repair_flat(world, "zhao", address, FOUND)
    wet, tile, crack = rows
    zhao = phone(flags=CAMERA)
    page = zhao.page
    zhao.tolerate(REPORT_ELSEWHERE)
    zhao.sign_in("zhao")
    page.goto(address)
    page.locator("form[action$='/reinspections'] button").tap()
    page.wait_for_url(re.compile("#/i/"))
    expect(page.locator("[data-page=unit] [data-x=again] li")).to_have_count(3)
    expect(page.locator(".pinplan:not(.pinplan--none) .pinplan__map.is-drawn")).to_be_visible()
    record = zhao.record
    zhao.all_sent()
    _pictures_here(zhao, record)
    zhao.cut()
    page.goto(f"{HERE}{record}/unit")
    page.reload()  # the tab died before anything was done
    page.locator("[data-tabs] a[href$='/s/bath1']").tap()

    first = row_of(page, wet)
    expect(first.locator(".pair img")).to_have_count(2)
    assert page.evaluate(
        "async (image) => { await image.decode(); return image.naturalWidth }",
        first.locator(".pair img").first.element_handle(),
    )
    first.locator("label:has(input[value=pass])").tap()
    shoot(page, first, old=True)
    assert judged(page, "again") == []
    page.set_viewport_size(SMALL)

    second = row_of(page, tile)
    second.locator("label:has(input[value=fail])").tap()
    expect(second.locator("[data-remarks] .note")).to_be_visible()
    second.locator("[data-field=note]").fill("仍有空鼓聲")
    shoot(page, second, old=False)
    expect(second.locator("[data-remarks] .note")).to_have_count(0)

    page.locator("[data-tabs] a[href$='/s/bed1']").tap()
    third = row_of(page, crack)
    third.locator("label:has(input[value=as_is])").tap()
    third.locator("[data-field=note]").fill("業主接受")
    third.locator("[data-amount]").fill("twelve")
    third.locator("[data-field=note]").tap()
    expect(third.locator("[data-wrong]")).to_be_visible()
    third.locator("[data-amount]").fill("1,200.5")
    third.locator("[data-field=note]").tap()
    expect(third.locator("[data-wrong]")).to_be_hidden()
    expect(third.locator("[data-amount]")).to_have_value("1200.50")

    page.goto(f"{HERE}{record}/review")
    expect(page.locator("[data-x=passed]")).to_have_text("1/3")
    expect(page.locator("[data-blocks] li")).to_have_count(2)  # both signatures
    assert judged(page, "review") == []
    page.set_viewport_size(SMALL)
    page.locator("footer [data-sign]").tap()
    expect(page.locator("[data-x=rechecks] li")).to_have_count(3)
    pen.sign(zhao, "auditor", pen.with_mouse)
    pen.sign(zhao, "auditee", pen.with_finger)
    page.locator("footer a[href$='/review']").tap()
    page.locator("footer [data-complete]").tap()
    page.locator("#confirm button[value=yes]").tap()
    expect(page.locator("[data-complete]")).to_be_hidden()

    zhao.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    zhao.all_sent()
    exactly_once(zhao, record)
    assert world.rows("SELECT state FROM inspections WHERE id = ?", record) == [("completed",)]
    found = world.rows(
        "SELECT r.row, r.result, r.price, r.currency, a.phase, a.outcome FROM rechecks r "
        "JOIN actions a ON a.id = r.action_id WHERE r.inspection_id = ?",
        record,
    )
    assert {str(one[0]).replace("-", ""): one[1:] for one in found} == {
        wet.replace("-", ""): ("pass", None, None, "closed", "effective"),
        tile.replace("-", ""): ("fail", None, None, "open", ""),
        crack.replace("-", ""): ("as_is", 120_050, "CNY", "closed", "as_is"),
    }
