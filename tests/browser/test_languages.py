"""The same app in 简体中文 and 繁體中文, and a section answered with nothing but a keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.phone import DESK, Phone
from tests.browser.proof import exactly_once
from tests.browser.world import World

HAN = re.compile("[\u4e00-\u9fff]")
STEPS = 60  # Tab at most so often before the next control must have come


def test_an_audit_in_simplified_chinese(phone: Callable[..., Phone], world: World) -> None:
    lin = phone(locale="zh-CN")
    own, _ = world.plan("Lin Yue")
    page = lin.page
    lin.sign_in("lin")
    page.wait_for_url(re.compile("/app/zh-Hans/"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert HAN.search(page.locator("h1").inner_text())
    lin.inspection("Hengda Precision", "progress")
    page.goto(f"/app/zh-Hans/#/i/{lin.record}/s/material")
    expect(page.locator("#P01 .q__text")).to_contain_text("每批原材料")
    expect(page.locator("footer [data-next]")).to_contain_text(HAN)
    # what was typed keeps its own language, for voices and for line breaks
    note = page.locator("#P03 [data-field=note]")
    expect(note).to_have_value(re.compile("2 of 14 shelf labels"))
    expect(note).to_have_attribute("lang", "en")
    page.goto(f"/app/zh-Hans/#/i/{own}/s/material")
    expect(page.locator("#P03 [data-field=note]")).to_have_value("")
    lin.answer("P11", "8")
    lin.question("P11").locator("[data-do=hinted]").tap()
    expect(page.locator("#P11 [data-field=note]")).to_have_value(HAN)
    made = [op["value"] for op in lin.mine() if op["field"] == "note"]
    assert made[-1]["lang"] == "zh-Hans"
    lin.all_sent()
    page.goto("/inspections")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert HAN.search(page.locator("h1").inner_text())


def test_a_handover_with_the_keyboard_alone_in_traditional_chinese(
    phone: Callable[..., Phone], world: World
) -> None:
    zhao = phone(size=DESK, locale="zh-TW")
    page, keys = zhao.page, zhao.page.keyboard
    zhao.sign_in("zhao")
    page.wait_for_url(re.compile("/app/zh-Hant/"))

    def tab_to(selector: str) -> None:
        for _ in range(STEPS):
            keys.press("Tab")
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"{selector} is not reached with Tab")

    tab_to("[data-list=progress] .item")
    keys.press("Enter")
    expect(page.locator("[data-tabs]")).to_be_visible()
    record = zhao.record
    keys.press("Tab")  # the heading of the section has the focus; its tab stands before it
    page.evaluate("document.activeElement.blur()")
    tab_to("[data-tabs] a[href*='s/balcony']")
    keys.press("Enter")
    expect(page.locator("#H22")).to_be_visible()
    for name in ("H22", "H23", "H24", "H25"):
        tab_to(f"input[name={name}]")
        keys.press("Space")
        expect(page.locator(f"#{name} input[value=pass]")).to_be_checked()
        expect(zhao.saved(name)).to_have_attribute("data-state", re.compile("phone|server"))
    keys.press("ArrowRight")
    expect(page.locator("#H25 input[value=defect]")).to_be_checked()
    expect(page.locator("#H25 .scale :focus")).to_have_count(1)
    tab_to("#H25 [data-do=note]")
    keys.press("Enter")
    keys.type("陽台外牆有一道裂縫。")
    tab_to("footer [data-next]")
    expect(page.locator("[data-tabs] [aria-current]")).to_contain_text("4/4")
    zhao.all_sent()
    exactly_once(zhao, record)
    note = next(op["value"] for op in zhao.mine(record) if op["path"] == "q/H25" and op["field"] == "note")
    assert note == {"text": "陽台外牆有一道裂縫。", "lang": "zh-Hant"}
    assert world.rows("SELECT answered FROM inspections WHERE id = ?", record) == [(25,)]
