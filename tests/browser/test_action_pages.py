"""The pages about actions and registers, the guest and the door: nothing for axe, none scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.phone import DESK, Phone
from tests.browser.test_pages import judged, one
from tests.browser.world import World

OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


def test_pages_about_actions(phone: Callable[..., Phone], world: World) -> None:
    desk = phone(size=DESK)
    page = desk.page
    found = []
    desk.sign_in("mara")
    company = one(world, "SELECT id FROM companies WHERE name = 'Hengda Precision'")
    part = one(world, "SELECT id FROM parts WHERE number = '4410-A'")

    def case(words: str) -> str:
        return "/actions/" + one(world, f"SELECT id FROM actions WHERE title LIKE '%{words}%'")

    for address in (
        "/actions",
        "/actions?q=nothing+like+this",
        "/actions/board",
        "/actions/overview",
        "/actions/new",
        "/actions/feed",
        case("Red-area"),
        case("Red-area") + "/history",
        case("Bearing seat"),
        case("M5 screws"),
        case("Door handle"),
        case("balcony"),
        "/defect-codes",
        f"/suppliers/{company}/parts",
        f"/suppliers/{company}/parts/{part}",
    ):
        page.goto(address)
        page.evaluate(OPEN)
        found += judged(page, address)
    assert not found, "\n".join(found)


def test_pages_of_a_guest(phone: Callable[..., Phone], world: World) -> None:
    desk, guest = phone(size=DESK), phone()
    found = []
    desk.sign_in("mara")
    for title in ("pump housing", "Spring force", "Red-area"):
        desk.page.goto("/actions/" + one(world, f"SELECT id FROM actions WHERE title LIKE '%{title}%'"))
        desk.page.get_by_role("button", name="Show a link").click()
        link = desk.page.locator("#shown-link").input_value()
        page = guest.page
        page.goto(world.url + link[link.index("/l/") :])
        found += judged(page, f"{title}: door")
        page.locator("main .btn--main").tap()
        page.locator("ol.steps-guest").wait_for()
        page.evaluate(OPEN)
        found += judged(page, title)
    assert not found, "\n".join(found)
