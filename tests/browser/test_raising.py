"""On the phone: a lesser finding asks for a case without signal."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.phone import Phone
from tests.browser.world import World


def test_a_lesser_finding_asks_for_a_case_without_signal(phone: Callable[..., Phone], world: World) -> None:
    bo = phone()
    bo.sign_in("bo")
    bo.open_work()
    bo.start_unplanned("Jiangnan Springs")
    bo.cut()
    bo.tab("Man")
    bo.answer("M03", "6")
    record = bo.record
    bo.page.goto(f"{bo.page.url.split('#')[0]}#/i/{record}/f/M03")
    button = bo.page.locator("[data-do=action]")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")
