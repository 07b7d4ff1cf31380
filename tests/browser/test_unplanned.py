"""A walk nobody planned, begun from a label where there is no signal; meanwhile its plan is drawn anew."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.flats import raise_flat, revise_plan
from tests.browser.phone import PHONE, Phone
from tests.browser.proof import exactly_once
from tests.browser.test_pages import judged
from tests.browser.world import World

CODE = "UNP9"
SMALL = {"width": PHONE[0], "height": PHONE[1]}
KEPT = """name => new Promise((resolve) => {
  indexedDB.open(name).onsuccess = ({ target }) => {
    const asked = target.result.transaction(["meta"]).objectStore("meta").getAllKeys();
    asked.onsuccess = () => {
      target.result.close();
      resolve(asked.result.filter((k) => k.startsWith("estate:")).length);
    };
  };
})"""

PLAN = """([name, record]) => new Promise((resolve) => {
  indexedDB.open(name).onsuccess = ({ target }) => {
    const asked = target.result.transaction(["inspections"]).objectStore("inspections").get(record);
    asked.onsuccess = () => {
      target.result.close();
      resolve(asked.result?.unit?.plan?.id);
    };
  };
})"""


def _kept(page: Page, estates: int) -> None:
    """The units of so many estates are on the phone, and labels have their worker."""
    name = page.evaluate("'plumbline:' + JSON.parse(localStorage.getItem('plumbline:person')).id")
    for _ in range(300):
        if page.evaluate(KEPT, name) >= estates:
            break
        page.wait_for_timeout(100)
    assert page.evaluate(KEPT, name) >= estates
    page.evaluate("navigator.serviceWorker.getRegistration('/u/').then((r) => r.active ?? r)")


def _middle(page: Page, canvas: str, across: float) -> None:
    """A tap on the plan, this far across it, in the middle of its height."""
    drawn = page.locator(f"{canvas} .pinplan__map.is-drawn")
    expect(drawn).to_be_visible()
    box = drawn.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.4)


def test_a_scanned_label_begins_a_walk_without_signal(phone: Callable[..., Phone], world: World) -> None:
    zhao = phone()
    page = zhao.page
    zhao.tolerate("404 GET .*/api/v1/reports/of/|404 .*reports/of/")
    label = raise_flat(world, "zhao", CODE)
    zhao.sign_in("zhao")
    page.goto("/app/zh-Hant/#/work")
    _kept(page, len(zhao.fetch("/api/v1/work")["estates"]))
    zhao.cut()

    page.goto(label)
    page.wait_for_url(re.compile(rf"/app/.*#{label}"))
    expect(page.locator("[data-chosen] [data-x=unit]")).to_contain_text("1502")
    assert judged(page, "start-unit") == []
    page.set_viewport_size(SMALL)
    page.locator("footer [data-do=start]").tap()
    page.wait_for_url(re.compile("#/i/"))
    record = zhao.record
    _middle(page, "[data-page=unit]", 0.5)
    expect(page.locator(".defect")).to_be_visible()
    page.locator("#defect-text").fill("牆面裂縫")
    page.locator("footer [data-do=done]").tap()
    expect(page.locator("[data-page=unit] [data-x=defects] li")).to_have_count(1)

    # the label once more: the walk that is here is offered, not a second one
    page.goto(label)
    expect(page.locator("footer [data-do=start]")).to_be_visible()
    page.locator("footer [data-do=start]").tap()
    page.wait_for_url(re.compile(record))

    newer = revise_plan(world, CODE)
    zhao.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    zhao.all_sent()
    exactly_once(zhao, record)
    (unit,) = [one["unit"] for one in zhao.fetch("/api/v1/work")["inspections"] if one["id"] == record]
    assert unit["plan"]["id"] == newer and unit["name"] == "1502"
    (pin,) = [op["value"] for op in zhao.mine(record) if op["field"] == "pin"]
    assert pin["plan"] != newer, "the pin stays as it was set"

    # the phone hears of the new plan, and shows the pin a tenth further to the right: a tap there opens it
    name = page.evaluate("'plumbline:' + JSON.parse(localStorage.getItem('plumbline:person')).id")
    for _ in range(300):
        if page.evaluate(PLAN, [name, record]) == newer:
            break
        page.wait_for_timeout(100)
    assert page.evaluate(PLAN, [name, record]) == newer
    page.goto(f"/app/zh-Hant/#/i/{record}/unit")
    page.reload()
    shown = page.locator("[data-page=unit] .pinplan__map.is-drawn")
    expect(shown).to_have_attribute("aria-label", re.compile("1"))
    box = shown.bounding_box()
    assert box
    scale = min(box["width"] / 1024, (box["height"] - 56) / 768)
    x = box["x"] + (box["width"] - 1024 * scale) / 2 + (pin["x"] + 1000) / 10000 * 1024 * scale
    y = box["y"] + (box["height"] - 56 - 768 * scale) / 2 + pin["y"] / 10000 * 768 * scale
    page.touchscreen.tap(x, y - 17)
    page.wait_for_url(re.compile("/d/"))
    expect(page.locator("#defect-text")).to_have_value("牆面裂縫")
