"""From the plan at the desk to the PDF a stranger verifies: real answers, real photos, the worker's real seal.
One audit ends with two signatures and a dispute and is then revised, one ends with a refusal."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pikepdf
from playwright.sync_api import Page, expect

from tests.browser import bulk, pen
from tests.browser.phone import DESK, LONG, Phone
from tests.browser.photos import picture
from tests.browser.world import World

SIX = {"E06": 2, "E02": 1, "M07": 1, "P09": 1, "D02": 1}
ISSUING = 60_000  # milliseconds for drawing and sealing on a machine that does much else
DISPUTE = "The mould trial was announced; the setting was allowed for that day."


def _planned(mara: Phone, site: str) -> str:
    """A plan made at the desk; the id of the inspection."""
    page = mara.page
    page.goto("/inspections/new")
    page.locator("#checklist").select_option(label="4M1E supplier audit")
    expect(page.locator("[name=left_out][value=management]")).to_be_attached()
    place = page.locator("#site option", has_text=site).first.get_attribute("value")
    with page.expect_response(re.compile("/inspections/new")):
        page.locator("#site").select_option(place)
    page.locator("[name=lead]").select_option(label="Bo Chen")
    due = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=2)
    page.locator("[name=due]").fill(due.isoformat())
    page.locator("[name=objectives]").fill("Release of the housing line for the second shift.")
    page.locator("#plan .btn--main").click()
    page.wait_for_url(re.compile("/inspections/[0-9a-f-]{36}"))
    found = re.search("/inspections/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def _open(bo: Phone, record: str, view: str) -> None:
    bo.page.goto("about:blank")  # or only the # would change, and the server not be asked
    bo.page.goto(f"/app/en/#/i/{record}/{view}")
    expect(bo.page.locator("header h1, [data-tabs]").first).to_be_visible()


def _give_photos(bo: Phone, record: str, folder: Path) -> None:
    for name, count in SIX.items():
        _open(bo, record, f"q/{name}")
        expect(bo.question(name).locator("input:checked")).to_have_count(1)
        files = [picture(folder / f"{name}-{n}.jpg", (1600, 1200)) for n in range(count)]
        bo.give_photo(name, *files)
        expect(bo.question(name).locator("[data-photos] button img")).to_have_count(count)


def _complete(bo: Phone) -> float:
    """From the sign page to completion; when that was."""
    page = bo.page
    page.locator("footer [data-href=review]").tap()
    expect(page.locator("[data-clear]")).to_be_visible()
    page.locator("[data-complete]").tap()
    page.locator("#confirm [data-x=yes]").tap()
    at = time.monotonic()
    expect(page.locator("#view [data-x=done]")).to_contain_text("Completed.")
    return at


def _downloaded(page: Page, folder: Path, link: str) -> Path:
    with page.expect_download() as started:
        page.locator(link).first.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_walk(phone: Callable[..., Phone], world: World, tmp_path: Path) -> None:
    mara, bo = phone(size=DESK), phone()
    mara.sign_in("mara")
    record = _planned(mara, "Suzhou plant")
    bo.sign_in("bo")
    expect(bo.page.locator(f"[data-list=due] a[href='#/i/{record}']")).to_be_visible()
    given = bulk.answer_all(bo, record)
    _give_photos(bo, record, tmp_path)
    page = bo.page
    _open(bo, record, "review")
    page.locator("[data-findings] .item", has_text="E06").tap()
    page.locator("[data-position] label", has_text="Disputes").tap()
    page.locator("#finding-position-text").fill(DISPUTE)
    page.locator("#finding-position-text").blur()
    page.locator("header .iconbtn").tap()
    page.locator("footer [data-sign]").tap()
    pen.sign(bo, "auditor", pen.with_finger)
    pen.sign(bo, "auditee", pen.with_finger, "Wang Jianguo")
    bo.all_sent()
    at = _complete(bo)
    expect(page.locator("[data-reports] a[download]")).to_be_visible(timeout=ISSUING)
    print("seconds", time.monotonic() - at)
    file = _downloaded(page, tmp_path, "[data-reports] a[download]")
    mara.page.goto(f"/inspections/{record}")
    mara.page.screenshot(path="/tmp/walker/insp.png", full_page=True)
    import shutil
    shutil.copy(file, "/tmp/walker/r1.pdf")
    print(record, file)
