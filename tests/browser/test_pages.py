"""Every page and every view can be read by everybody: axe finds nothing on a phone or a desk, in light or in
dark (WCAG 2.2 AA)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.phone import DESK, PHONE, Phone
from tests.browser.world import World
from tests.depth import share

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# the dark theme has the same elements: what can differ is the contrast
# half of them for each page in `make test`: everything at one size, the colours of the dark at the other
LOOKS = [
    (PHONE, "light", {"type": "tag", "values": TAGS}),
    (DESK, "light", {"type": "tag", "values": TAGS}),
    (DESK, "dark", {"type": "rule", "values": ["color-contrast"]}),
    (PHONE, "dark", {"type": "rule", "values": ["color-contrast"]}),
]


AXE = Axe().axe_script
RUN = """(options) => axe.run(document, options).then(({ violations }) => violations.flatMap(
  ({ id, nodes }) => nodes.slice(0, 3).map(({ html, failureSummary }) =>
    `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 300)}`)))"""


def violations(page: Page, name: str) -> list[str]:
    """What axe finds on the page that is open, in every look."""
    found = []
    page.evaluate(AXE)
    for (width, height), scheme, rules in share(LOOKS, name, 2):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        # as high as the page: what lies under a bar only before one scrolls is no fault
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": whole + 200})
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found += [f"{name} {width} {scheme}: {each}" for each in page.evaluate(RUN, options)]
    return found


def overflows(page: Page, name: str) -> list[str]:
    """No page scrolls sideways, not even on the narrowest phone (look: works at 320)."""
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"{name}: {wide} px wide on a phone of 320"] if wide > 320 else []


def judged(page: Page, name: str) -> list[str]:
    return violations(page, name) + overflows(page, name)


def one(world: World, statement: str) -> str:
    """The one id a statement gives."""
    found = world.ids(statement)
    assert len(found) >= 1, statement
    return found[0]


def test_pages_about_inspections_and_people(phone: Callable[..., Phone], world: World) -> None:
    desk = phone(size=DESK)
    page = desk.page
    found = []
    for address in ("/sign-in", "/password-reset"):
        page.goto(address)
        found += judged(page, address)
    desk.sign_in("mara")
    checklist = one(world, "SELECT id FROM checklists WHERE code = '4m1e-supplier-audit'")
    person = one(world, "SELECT id FROM people WHERE name = 'Lin Yue'")
    vetoed = one(world, "SELECT id FROM inspections WHERE vetoed = 1")
    planned = one(world, "SELECT id FROM inspections WHERE state = 'planned'")
    desk.tolerate("404")
    for address in (
        "/inspections",
        "/inspections?q=nothing+like+this",
        "/inspections/new",
        f"/inspections/{vetoed}",
        f"/inspections/{vetoed}/history",
        f"/inspections/{planned}",
        "/checklists",
        f"/checklists/{checklist}",
        "/people",
        "/invitations/new",
        f"/people/{person}",
        "/me",
        "/nothing-here",
    ):
        page.goto(address)
        found += judged(page, address)
    assert not found, "\n".join(found)


def test_pages_about_suppliers(phone: Callable[..., Phone], world: World, tmp_path: Path) -> None:
    desk = phone(size=DESK)
    page = desk.page
    found = []
    desk.sign_in("mara")
    company = one(world, "SELECT id FROM companies WHERE name = 'Hengda Precision'")
    contact = one(world, "SELECT id FROM contacts WHERE name = 'Wang Jianguo'")
    site = one(world, "SELECT id FROM sites WHERE name = 'Suzhou plant'")
    for address in (
        "/suppliers",
        "/suppliers/new",
        f"/suppliers/{company}",
        f"/suppliers/{company}/edit",
        f"/suppliers/{company}/contacts/new",
        f"/suppliers/{company}/contacts/{contact}/edit",
        f"/suppliers/{company}/sites",
        f"/suppliers/{company}/sites/new",
        f"/suppliers/{company}/sites/{site}/edit",
        "/suppliers/imports/new",
    ):
        page.goto(address)
        found += judged(page, address)
    sheet = tmp_path / "suppliers.csv"
    sheet.write_text(
        "Company name,City,E-mail\nHengda Precision,Suzhou,\nNew Works,Wuxi,no address\n", "utf-8"
    )
    page.locator("#sheet").set_input_files(sheet)
    page.locator("main form button.btn--main").click()
    expect(page.locator("main")).to_contain_text("New Works")
    found += judged(page, "import preview")
    assert not found, "\n".join(found)


def test_pages_about_estates(phone: Callable[..., Phone], world: World, tmp_path: Path) -> None:
    desk = phone(size=DESK)
    page = desk.page
    found = []
    desk.sign_in("zhao")
    estate = one(world, "SELECT id FROM estates WHERE code = 'LC'")
    building = one(world, "SELECT id FROM buildings WHERE name = 'Tower 2'")
    layout = one(world, "SELECT id FROM unit_types WHERE code = 'C1'")
    page.goto(f"/estates/{estate}/buildings/{building}")
    unit = page.locator(".ugrid a").first.get_attribute("href")
    for address in (
        "/estates",
        f"/estates/{estate}?q=1502&state=defects",
        f"/estates/{estate}/buildings/{building}",
        f"/estates/{estate}/buildings/{building}/labels",
        f"/estates/{estate}/contractors",
        f"/estates/{estate}/types/{layout}",
        f"{unit}/edit",
        unit,
    ):
        page.goto(address)
        found += judged(page, address)
    drawn = """async (plan) => {
      const picture = new Image();
      picture.src = plan.href.baseVal;
      await picture.decode();
      return picture.naturalWidth > 1000;
    }"""
    plan = page.locator("svg.floorplan image")  # with its pins, in the place of the bare picture
    assert plan.evaluate(drawn), "the plan is seen, by whatever server sends it"
    page.goto(f"/estates/imports/new?estate={estate}")
    sheet = tmp_path / "units.csv"
    sheet.write_text(
        "Building,Floor,Unit,Type\nTower 2,15,1502,B1\nTower 3,1,101,Z9\nTower 3,,102,Z9\n", "utf-8"
    )
    page.locator("#sheet").set_input_files(sheet)
    page.locator("main form button.btn--main").click()
    expect(page.locator("main")).to_contain_text("Tower 3")
    found += judged(page, "import preview")
    assert not found, "\n".join(found)


def test_pages_about_handing_over(phone: Callable[..., Phone], world: World) -> None:
    """Flats of the demo in every state: walked, repaired, disputed, looked at again, handed over."""
    desk = phone(size=DESK)
    page = desk.page
    found = []
    desk.sign_in("zhao")
    estate = one(world, "SELECT id FROM estates WHERE code = 'LC'")
    building = one(world, "SELECT id FROM buildings WHERE name = 'Tower 1'")
    handed = one(world, "SELECT unit_id FROM handovers")
    ready = one(world, "SELECT id FROM units WHERE state = 'ready'")
    disputed = one(world, "SELECT action_id FROM disputes")
    again = one(world, "SELECT id FROM inspections WHERE repaired IS NOT NULL")
    for address in (
        f"/estates/{estate}/repairs",
        f"/estates/{estate}/quality",
        f"/estates/{estate}/heat",
        f"/estates/{estate}/heat/{building}",
        f"/estates/{estate}/blocks",
        f"/estates/{estate}/warranties",
        f"/estates/{estate}/walks/new?again=1",
        f"/units/{handed}",
        f"/units/{handed}/defects/new",
        f"/units/{ready}/keys/new",
        f"/actions/{disputed}",
        f"/inspections/{again}",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")  # panels that come afterwards
        found += judged(page, address)
    assert not found, "\n".join(found)


def test_views_of_the_phone(phone: Callable[..., Phone], world: World) -> None:
    bo = phone()
    page = bo.page
    own, _ = world.plan("Bo Chen")
    bo.sign_in("bo")
    found = []
    # a look of its own, chosen on the phone
    record = bo.inspection("Hengda Precision", "progress")
    for view in ("s/material", "opening", "closing", "review"):
        page.goto(f"/app/en/#/i/{record}/{view}")
        expect(page.locator("main h1:visible, header h1:visible").first).to_be_attached()
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        found += judged(page, view)
    page.goto(f"/app/en/#/i/{record}/s/material")
    page.evaluate("document.documentElement.dataset.theme = 'sun'")
    found += [each for each in violations(page, "sunlight") if " light: " in each]
    page.evaluate("delete document.documentElement.dataset.theme")
    page.goto(f"/app/en/#/i/{own}/s/material")
    bo.answer("P04", "4")
    page.goto(f"/app/en/#/i/{own}/review")
    page.locator("[data-findings] .item").first.tap()
    expect(page.locator(".finding")).to_be_visible()
    for choice in ("[data-severity] .seg label", "[data-position] .seg label"):  # with what they ask for
        for label in page.locator(choice).all():
            label.tap()
    found += judged(page, "finding")
    page.goto(f"/app/en/#/i/{own}/sign")
    expect(page.locator("[data-slots] article")).to_have_count(2)
    found += judged(page, "sign")
    for view in ("work", "phone", "start"):
        page.goto(f"/app/en/#/{view}")
        expect(page.locator("header h1")).to_be_visible()
        found += judged(page, view)
    bo.tolerate("404")
    page.goto("/app/en/#/i/01900000-0000-7000-8000-000000000000")
    expect(page.locator("header + main h1")).to_be_visible()
    found += judged(page, "not here")
    assert not found, "\n".join(found)
