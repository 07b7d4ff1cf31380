"""A flat walked from arrival to the owner's signature without signal: room by room, a defect on the plan with
its photo, a meter, keys; then everything is on the server, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import pen
from tests.browser.flats import CONTRACTOR, OWNER, raise_flat
from tests.browser.phone import PHONE, Phone
from tests.browser.photos import shot
from tests.browser.proof import exactly_once
from tests.browser.test_pages import judged
from tests.browser.world import World

SMALL = {"width": PHONE[0], "height": PHONE[1]}
REPORT_ELSEWHERE = "404 GET .*/api/v1/reports/of/|404 .*reports/of/"
HERE = "/app/zh-Hant/#/i/"


def _is_fit(page: Page, name: str) -> None:
    assert judged(page, name) == []
    page.set_viewport_size(SMALL)


def _begin(zhao: Phone, address: str) -> str:
    """From the unit's page: the walk opens on the phone, whole before the signal goes."""
    page = zhao.page
    page.goto(address)
    page.locator("form[action$='/walks'] button").tap()
    page.wait_for_url(re.compile("#/i/"))
    expect(page.locator("[data-page=unit] [data-x=rooms] li")).to_have_count(3)
    expect(page.locator(".pinplan:not(.pinplan--none) .pinplan__map.is-drawn")).to_be_visible()
    return zhao.record


def _write(zhao: Phone, check: str, folder: Path) -> None:
    """One tap on Defect, one on the plan, one on what is wrong, a photo: done."""
    page = zhao.page
    zhao.question(check).locator("label:has(input[value=defect])").tap()
    drawn = page.locator(".defect .pinplan__map.is-drawn")
    expect(drawn).to_be_visible()
    box = drawn.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.3)
    page.locator("[data-ready] .chip").first.tap()
    expect(page.locator("#defect-text")).not_to_have_value("")
    expect(page.locator("[data-x=contractor]")).to_have_text(CONTRACTOR)
    page.locator(".defect__more summary").tap()
    with page.expect_file_chooser() as chooser:
        page.locator("[data-do=gallery]").tap()
    chooser.value.set_files([str(shot(folder / "damp.jpg", 9101))])
    expect(page.locator(".defect [data-photos] .thumb")).not_to_have_count(0)
    _is_fit(page, "defect")
    page.locator("footer [data-do=done]").tap()
    expect(zhao.question(check).locator(".defect-item")).to_have_count(1)


def _rest_is_fine(page: Page) -> None:
    """All that is open in each room, with one tap; taken back and given again in the first."""
    for room in ("bed1", "bath1", "unit"):
        page.locator(f"[data-tabs] a[href$='/s/{room}']").tap()
        shown = page.locator(f"[data-section={room}]")
        expect(shown).to_be_visible()
        page.locator("footer [data-fine]").tap()
        expect(shown.locator(".q:not(.is-done)")).to_have_count(0)
        if room == "bed1":
            page.locator("footer [data-undo]").tap()
            expect(shown.locator(".q.is-done")).to_have_count(0)
            page.locator("footer [data-fine]").tap()
            expect(shown.locator(".q:not(.is-done)")).to_have_count(0)


def _meter_and_keys(page: Page) -> None:
    page.locator("[data-tabs] a[href$='/meters']").tap()
    water = page.locator("[data-path='meter/water']")
    water.locator("[data-plain=reading]").fill("0 12,5 m3")
    water.locator("[data-plain=number]").tap()
    expect(water.locator("[data-not-number]")).to_be_visible()
    water.locator("[data-plain=reading]").fill("999999")
    expect(water.locator("[data-problem]")).to_be_visible()  # a digit too many is asked about, not refused
    water.locator("[data-plain=reading]").fill("012,5")
    water.locator("[data-plain=number]").fill("W-17")
    expect(water.locator("[data-plain=reading]")).to_have_value("12.5")
    expect(water.locator("[data-problem]")).to_be_hidden()
    page.locator("[data-tabs] a[href$='/keys']").tap()
    for _ in range(3):
        page.locator("[data-path='keys/entrance'] [data-step='1']").tap()
    expect(page.locator("[data-path='keys/entrance'] [data-count]")).to_have_value("3")
    _is_fit(page, "keys")


def _value(ops: list[dict[str, Any]], path: str, field: str) -> Any:
    found = [op["value"] for op in ops if (op["path"], op["field"]) == (path, field)]
    return found[-1] if found else None


def test_a_flat_from_arrival_to_the_signature_without_signal(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    zhao = phone()
    page = zhao.page
    zhao.tolerate(REPORT_ELSEWHERE)
    address = raise_flat(world, "zhao", "WK7A")
    zhao.sign_in("zhao")
    record = _begin(zhao, address)
    zhao.all_sent()
    zhao.cut()

    page.locator("[data-tabs] a[href$='/s/bath1']").tap()
    _write(zhao, "H07-bath1", tmp_path)
    # not there: one tap, and the reason stands
    zhao.question("H10-bath1").locator("label:has(input[value=na])").tap()
    expect(page.locator("#H10-bath1-reason")).not_to_have_value("")
    _rest_is_fine(page)
    _meter_and_keys(page)

    # the tab dies: the same page again, nothing lost; the pin is on the plan and opens with the keyboard
    page.goto(f"{HERE}{record}/unit")
    drawn = page.locator("[data-page=unit]:not([hidden]) .pinplan__map.is-drawn")
    expect(drawn).to_be_visible()
    zhao.remembers(f"{record}/unit")
    page.reload()
    expect(drawn).to_be_visible()
    page.locator(".pinplan__map").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#spoken")).to_contain_text("1")
    page.keyboard.press("Enter")
    expect(page.locator(".defect #defect-text")).not_to_have_value("")

    # the owner looks, disputes, signs; the officer too
    page.goto(f"{HERE}{record}/review")
    expect(page.locator("[data-blocks] li")).to_have_count(2)
    _is_fit(page, "review")
    page.locator("footer [data-sign]").tap()
    page.locator(".stand label:has(input[value=dispute])").tap()
    expect(page.locator(".stand [data-owes]")).to_be_visible()
    page.locator(".stand textarea").fill("業主認為另有滲水點")
    expect(page.locator(".stand [data-owes]")).to_be_hidden()
    page.locator("h1").tap()
    pen.sign(zhao, "auditor", pen.with_mouse)
    pen.sign(zhao, "auditee", pen.with_finger)
    _is_fit(page, "signed")
    page.locator("footer a[href$='/review']").tap()
    page.locator("footer [data-complete]").tap()
    page.locator("#confirm button[value=yes]").tap()
    expect(page.locator("[data-complete]")).to_be_hidden()

    zhao.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    zhao.all_sent()
    ops = zhao.mine(record)
    exactly_once(zhao, record)
    (row,) = {op["path"] for op in ops if op["path"].startswith("d/")}
    assert _value(ops, row, "pin")["x"] in range(4500, 5500)
    signed = [op["value"] for op in ops if op["field"] == "signed"]
    assert sorted(value["slot"] for value in signed) == ["auditee", "auditor"]
    assert next(value["name"] for value in signed if value["slot"] == "auditee") == OWNER
    assert next(value["meaning"] for value in signed if value["slot"] == "auditor") == "inspected"
    assert world.rows("SELECT state FROM inspections WHERE id = ?", record) == [("completed",)]
    ((grade, room, stand),) = world.rows(
        "SELECT grade, room, stand FROM defects WHERE inspection_id = ?", record
    )
    assert (grade, room, stand) == ("A", "bath1", "dispute")
