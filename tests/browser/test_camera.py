"""The camera inside the page: what was shot survives the death of the tab; without a camera there is a way
on; what is drawn on a photo lies beside it (offline.md §5: 15, 33)."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.phone import CAMERA, DESK, Phone
from tests.browser.photos import THUMBS
from tests.browser.proof import exactly_once
from tests.browser.world import World


def camera(phone: Phone) -> Locator:
    return phone.page.locator("#camera-view")


def shoot(phone: Phone, n: int) -> None:
    """Presses the shutter and waits for the promise that it is on the phone."""
    camera(phone).locator("[data-shutter]").tap()
    expect(camera(phone).locator("[data-x=count]")).to_have_text(re.compile(f"^{n} photos? saved on phone$"))


def test_a_tab_killed_with_the_camera_open_comes_back_to_its_question_and_shots(
    phone: Callable[..., Phone], world: World
) -> None:
    bo = phone(flags=CAMERA)
    bo.sign_in("bo", keep=True)
    record = bo.start_unplanned("Jiangnan Springs")
    bo.all_sent()
    bo.switch_off()  # what Chromium had not yet written of cookies and profile
    bo.switch_on()
    bo.page.goto(f"/app/en/#/i/{record}/s/man")
    bo.tab("Man")
    bo.cut()
    bo.answer("M03", "6")
    question = bo.question("M03")
    question.locator("[data-do=note]").tap()
    question.locator("[data-field=note]").type("Guard of press 4 is open")
    question.locator("[data-do=camera]").tap()  # within the quarter second in which typing is not yet written
    expect(camera(bo).locator("[data-shutter]")).to_be_enabled()
    size = camera(bo).locator("[data-shutter]").bounding_box()
    assert size and min(size["width"], size["height"]) >= 48
    shoot(bo, 1)
    shoot(bo, 2)
    expect(question.locator(THUMBS)).to_have_count(2)
    # from here on no picture is ever made smaller: the third is raw bytes and nothing else
    bo.page.evaluate("() => { globalThis.createImageBitmap = () => new Promise(() => {}) }")
    shoot(bo, 3)
    assert bo.store()["staging"] == 1
    bo.kill()

    bo.switch_on()
    bo.page.goto("/app/en/")
    question = bo.question("M03")
    expect(question).to_be_in_viewport()
    expect(question.locator("[data-field=note]")).to_have_value("Guard of press 4 is open")
    expect(question.locator(THUMBS)).to_have_count(3)
    bo.all_sent()
    exactly_once(bo, record)
    assert world.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record) == [(3,)]
    photos = [op["value"] for op in bo.mine(record) if op["field"].startswith("photo:")]
    assert all(photo["taken_at"] for photo in photos), "the camera's frames know when, though no EXIF says so"
    assert len({photo["sha256"] for photo in photos}) == 3


def test_without_a_camera_it_says_what_to_do_and_opens_the_camera_app(phone: Callable[..., Phone]) -> None:
    bo = phone()
    bo.sign_in("bo")
    bo.start_unplanned("Ruixin Plastics")
    bo.tab("Man")
    bo.question("M01").locator("[data-do=camera]").tap()
    why = camera(bo).locator("[data-x=why]")
    expect(why).to_contain_text("camera app")
    with bo.page.expect_file_chooser() as chooser:
        camera(bo).locator("[data-camera-file]").tap()
    assert not chooser.value.is_multiple()
    expect(camera(bo)).to_be_hidden()


def test_closing_the_camera_puts_it_out(phone: Callable[..., Phone]) -> None:
    bo = phone(flags=CAMERA)
    bo.sign_in("bo")
    bo.start_unplanned("Ruixin Plastics")
    bo.tab("Man")
    bo.question("M01").locator("[data-do=camera]").tap()
    expect(camera(bo).locator("[data-shutter]")).to_be_enabled()
    bo.page.evaluate(
        "globalThis.track = document.querySelector('#camera-view video').srcObject.getVideoTracks()[0]"
    )
    assert bo.page.evaluate("track.readyState") == "live"
    camera(bo).locator("form button").tap()
    expect(camera(bo)).to_be_hidden()
    assert bo.page.evaluate("track.readyState") == "ended"


def test_what_is_drawn_lies_beside_the_photo_on_phone_and_desk(
    phone: Callable[..., Phone], world: World
) -> None:
    bo = phone(flags=CAMERA)
    bo.sign_in("bo")
    record = bo.start_unplanned("Tianyu Castings")
    bo.tab("Man")
    bo.answer("M01", "6")
    bo.question("M01").locator("[data-do=camera]").tap()
    expect(camera(bo).locator("[data-shutter]")).to_be_enabled()
    shoot(bo, 1)
    camera(bo).locator("form button").tap()
    thumb = bo.question("M01").locator("[data-photos] button[aria-label^='Photo ']")
    thumb.tap()
    light = bo.page.locator("#lightbox")
    light.locator("[data-draw]").tap()
    board = bo.page.locator("#markup")
    canvas = board.locator("canvas").last
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box

    def drag(x: float, y: float, to_x: float, to_y: float) -> None:
        mouse = bo.page.mouse
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        mouse.down()
        mouse.move(box["x"] + to_x * box["width"], box["y"] + to_y * box["height"], steps=4)
        mouse.up()

    drag(0.1, 0.1, 0.5, 0.5)
    board.locator("label.ink--yellow").tap()
    board.locator("label", has_text="Circle").tap()
    drag(0.4, 0.4, 0.6, 0.6)
    drag(0.7, 0.7, 0.9, 0.9)
    board.locator("[data-undo]").tap()
    board.locator("label", has_text="Text").tap()
    board.locator("input.input").fill("Crack 3 mm")
    drag(0.1, 0.85, 0.1, 0.85)
    board.locator("button[value=done]").tap()
    expect(board).to_be_hidden()
    expect(light.locator("svg.marks text")).to_have_text("Crack 3 mm")
    light.locator("form button").tap()
    expect(thumb.locator("svg.marks--thumb ellipse")).to_have_count(2)  # its line and what it stands on
    expect(thumb).to_have_attribute("aria-label", re.compile("drawn on"))
    bo.page.reload()
    expect(bo.question("M01").locator("svg.marks--thumb path")).to_have_count(2)
    bo.all_sent()
    exactly_once(bo, record)
    (drawn,) = (op["value"] for op in bo.mine(record) if op["field"].startswith("marks:"))
    assert [(shape["kind"], shape["colour"]) for shape in drawn] == [
        ("arrow", "red"),
        ("circle", "yellow"),
        ("text", "yellow"),
    ]
    arrow = drawn[0]
    assert abs(arrow["x"] - 1000) < 150 and abs(arrow["x2"] - 5000) < 150
    assert world.rows("SELECT conflicts FROM inspections WHERE id = ?", record) == [(0,)]

    desk = phone(size=DESK)
    desk.sign_in("mara")
    desk.page.goto(f"/inspections/{record}")
    small = desk.page.locator("#M01 a.thumb")
    expect(small.locator("svg.marks--thumb text")).to_have_text("Crack 3 mm")
    small.click()
    expect(desk.page.locator(".photo svg.marks path")).to_have_count(2)
    desk.page.get_by_text("Without the drawing").click()
    expect(desk.page.locator(".photo svg")).to_have_count(0)
    desk.page.goto(f"/inspections/{record}/history")
    expect(desk.page.locator("main")).to_contain_text("Drawing on a photo of M01")


# As on a phone without room (33): what is large finds none, small text still does. On a small disk
# of its own Chromium evicts the whole origin some seconds later; its quota override does nothing.
_NO_ROOM = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value, ...more) {
    if ((value?.bytes?.byteLength ?? 0) > 4096) throw new DOMException("full", "QuotaExceededError");
    return put.call(this, value, ...more);
  };
}"""


def test_a_phone_without_room_says_so_of_the_photo_and_still_saves_the_words(
    phone: Callable[..., Phone], world: World
) -> None:
    bo = phone(flags=CAMERA)
    bo.sign_in("bo")
    record = bo.start_unplanned("Jiangnan Springs")
    bo.tab("Man")
    bo.question("M01").locator("[data-do=camera]").tap()
    expect(camera(bo).locator("[data-shutter]")).to_be_enabled()
    shoot(bo, 1)
    expect(bo.question("M01").locator(THUMBS)).to_have_count(1)
    bo.all_sent()
    bo.cut()
    shoot(bo, 2)
    expect(bo.question("M01").locator(THUMBS)).to_have_count(2)
    bo.page.evaluate(_NO_ROOM)
    camera(bo).locator("[data-shutter]").tap()
    expect(camera(bo).locator("[data-x=count]")).to_have_text(re.compile("NOT saved"))
    camera(bo).locator("form button").tap()
    expect(bo.question("M01")).to_contain_text("This phone has no room left for photos")
    bo.answer("M01", "6")
    bo.question("M01").locator(".btn[data-do=note]").tap()
    bo.question("M01").locator("[data-field=note]").fill("Written on the very last bytes")
    bo.question("M01").locator("[data-field=note]").blur()
    expect(bo.saved("M01")).to_have_attribute("data-state", "phone")
    expect(bo.question("M01").locator(THUMBS)).to_have_count(2)  # and what waits was not given up for room
    assert [each["state"] for each in bo.store()["media"]].count("local") == 1
    bo.context.set_offline(False)
    bo.page.locator("[data-chip]").tap()
    bo.page.locator("[data-try]").tap()
    bo.all_sent()
    exactly_once(bo, record)
    assert world.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record) == [(2,)]
