"""A whole day on a phone with faults thrown at it all the time: what its screen showed as saved is what the
sealed PDF says, each answer and each photo once (offline.md §5: 2, 3, 13-15, 27, 28, 40; I1-I3, I7, I10).

The oracle is independent: what the screen showed, and a log of what was called saved, against the server's
database, the hashes of the photos, and the text of the PDF.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
from playwright.sync_api import Request, expect

from tests.browser import pen
from tests.browser.net import API, COMPLETION, NOISE, PART, PUSH, Net, nudge, nudge_until_sent
from tests.browser.phone import CAMERA, LONG, Phone
from tests.browser.photos import THUMBS, shot
from tests.browser.proof import exactly_once
from tests.browser.test_camera import camera, shoot
from tests.browser.test_faults import HOTEL
from tests.browser.test_offline import checklists_stored, kept

SCORES = ("10", "10", "8", "6", "8")  # 4 and 0 want a photo: given where there is one
_SHOWN = """all => Object.fromEntries(all.map((q) => [q.id, {
  score: q.querySelector("input:checked")?.value ?? "",
  note: q.querySelector("[data-field=note]")?.value ?? "",
  photos: q.querySelectorAll("[data-photos] button[aria-label^='Photo '] img").length,
}]))"""


class Day:
    """One inspection of one phone. `log`: question → score, of what was called saved on the screen."""

    def __init__(self, phone: Phone, net: Net) -> None:
        self.phone, self.net = phone, net
        self.log: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.chance = random.Random(20260101)
        self.record = ""

    def go(self, section: str) -> list[str]:
        self.phone.page.goto(f"/app/en/#/i/{self.record}/s/{section}")
        questions = self.phone.page.locator("section:visible [data-question]")
        expect(questions.first).to_be_visible()
        names: list[str] = questions.evaluate_all("all => all.map(q => q.id)")
        return names

    def sections(self) -> list[str]:
        found = self.phone.page.locator("[data-tabs] a[href*='/s/']").evaluate_all(
            "all => all.map(a => a.getAttribute('href').split('/s/')[1])"
        )
        return [str(each) for each in found]

    def answer(self, name: str, score: str = "") -> None:
        """As somebody does who sees what they see; a note where one is owed."""
        given = score or SCORES[self.chance.randrange(len(SCORES))]
        self.phone.answer(name, given)
        owes = self.phone.question(name).locator("[data-remarks]").inner_text()
        if "photo" in owes and not score:  # thought better of it: the same register again
            given = "10"
            self.phone.answer(name, given)
        self.log[name] = given
        if given in ("4", "6") or self.phone.question(name).locator("[data-do=hinted]").count():
            self.note(name, f"Seen at station {name}, shift {self.chance.randrange(1000, 9999)}.")

    def note(self, name: str, text: str) -> None:
        place = self.phone.question(name).locator("[data-field=note]")
        if not place.is_visible():
            self.phone.question(name).locator("[data-do=note]").tap()
        place.fill(text)
        place.blur()
        expect(self.phone.saved(name)).to_have_attribute("data-state", re.compile("phone|server"))
        self.notes[name] = text

    def photo(self, name: str, file: Path) -> None:
        thumbs = self.phone.question(name).locator(THUMBS)
        before = thumbs.count()
        self.phone.give_photo(name, file)
        expect(thumbs).to_have_count(before + 1)

    def same_as_logged(self) -> None:
        """What stood there before the phone died stands there now."""
        for name, shown in self.shown().items():
            assert shown["score"] == self.log.get(name, ""), name
            assert shown["note"] == self.notes.get(name, ""), name

    def shown(self) -> dict[str, dict[str, Any]]:
        """The section that is open: question → score, note, number of photos."""
        questions = self.phone.page.locator("section:visible [data-question]")
        expect(questions.first).to_be_visible()
        found: dict[str, dict[str, Any]] = questions.evaluate_all(_SHOWN)
        return found


def test_a_day_of_faults_ends_with_the_screen_in_the_pdf(
    phone: Callable[..., Phone], net: Net, tmp_path: Path
) -> None:
    bo = phone(at=net, flags=CAMERA)
    bo.tolerate(*NOISE, "ERR_INTERNET_DISCONNECTED")
    day = Day(bo, net)
    bo.sign_in("bo", keep=True)
    kept(bo)
    checklists_stored(bo)
    bo.switch_off()

    # no signal: begun, answered, photographed, killed with the camera open
    bo.switch_on()
    bo.context.set_offline(True)
    bo.page.goto("/app/")
    day.record = bo.start_unplanned("Mingfeng Fasteners")
    in_a_basement(day)
    # a hotel's network, then a link that is cut in the middle of photos
    in_a_hotel(day, tmp_path)
    # the server dies with the answers on their way, and answers are lost
    while_the_server_dies(day)
    # the rest, each push met by another fault
    under_fire(day, tmp_path)
    net.calm()
    nudge_until_sent(bo)

    screen = {}
    for section in day.sections():
        day.go(section)
        expect(bo.page.locator("section:visible [data-question].is-done").first).to_be_visible()
        day.same_as_logged()
        screen |= day.shown()
    assert {name: shown["score"] for name, shown in screen.items()} == day.log
    # the last acts without signal, and the answer of the completion is lost
    bo.cut()
    sign_and_complete(day)
    net.do("drop_after", PUSH, 1)
    bo.context.set_offline(False)
    nudge_until_sent(bo)
    exactly_once(bo, day.record)
    the_pdf_says(day, screen, tmp_path / "report.pdf")


def in_a_basement(day: Day) -> None:
    bo = day.phone
    first, *rest = day.go(day.sections()[0])
    for name in rest:
        day.answer(name)
    bo.question(rest[0]).locator("[data-do=camera]").tap()
    expect(camera(bo).locator("[data-shutter]")).to_be_enabled()
    shoot(bo, 1)
    # the next stays raw bytes: the tab dies before it is made smaller
    bo.page.evaluate("() => { globalThis.createImageBitmap = () => new Promise(() => {}) }")
    shoot(bo, 2)
    bo.kill()
    bo.start()
    bo.context.set_offline(True)
    bo.page.goto("/app/")
    expect(bo.question(rest[0]).locator(THUMBS)).to_have_count(2)
    day.same_as_logged()
    assert not day.net.operations(day.record), "nothing has left the phone"
    day.answer(first)


def in_a_hotel(day: Day, folder: Path) -> None:
    bo, net = day.phone, day.net
    net.do("replace", API, value=(200, "text/html", HOTEL))
    bo.context.set_offline(False)
    nudge(bo)
    expect(bo.chip).to_have_text("Network login", timeout=LONG)
    names = day.go(day.sections()[1])
    for name in names[:3]:
        day.answer(name, "4" if name == names[0] else "")
    day.photo(names[0], shot(folder / "one.jpg", 1, (2000, 1500)))
    day.photo(names[1], shot(folder / "two.jpg", 2, (2000, 1500)))
    assert not net.operations(day.record), "a login page holds nothing"
    net.calm()
    cuts = [net.do("cut", PART, nth, 50_000) for nth in (2, 4)]
    dropped = net.do("drop_after", COMPLETION, 1)
    nudge_until_sent(bo)
    assert all(rule.seen >= (rule.nth or 0) for rule in (*cuts, dropped)), "the photos met their faults"
    net.calm()


def while_the_server_dies(day: Day) -> None:
    bo, net = day.phone, day.net
    died: list[str] = []

    def die(request: Request) -> None:
        if request.url.endswith("/sync/push") and not died:
            died.append(request.url)
            net.kill()

    bo.page.on("request", die)
    names = day.go(day.sections()[1])
    for name in names[3:7]:
        day.answer(name)
    expect(bo.chip).to_have_text("No signal", timeout=LONG)
    assert died
    bo.page.remove_listener("request", die)
    for name in names[7:]:
        day.answer(name)
    net.restart()
    for nth in (1, 2, 3):
        net.do("drop_after", PUSH, nth)
    nudge_until_sent(bo)
    net.calm()


def under_fire(day: Day, folder: Path) -> None:
    """Every other push is met by the next fault of the list; in between the tab is killed once more."""
    bo, net = day.phone, day.net
    faults: list[tuple[str, Any]] = [
        ("dup", None),
        ("truncate", 300),
        ("rst", None),
        ("replace", (503, "text/html", b"<h1>Busy</h1>")),
        ("drop_before", None),
        ("replace", (413, "text/html", b"<h1>Too large</h1>")),
        ("delay", 1.0),
        ("replace", (302, "text/html", b"", "Location: http://login.hotel.example/")),
        ("replace", (507, "text/html", b"<h1>Full</h1>")),
    ]
    for nth, (action, value) in enumerate(faults):
        net.do(action, PUSH, 2 * nth + 1, value)
    for n, section in enumerate(day.sections()[2:]):
        names = day.go(section)
        for name in names:
            day.answer(name)
        nudge(bo)
        if n == 0:
            day.photo(names[0], shot(folder / "three.jpg", 3))
        if n == 1:
            bo.kill()
            bo.start()
            bo.page.goto(f"/app/en/#/i/{day.record}/s/{section}")
            expect(bo.question(names[-1])).to_be_visible()
            day.same_as_logged()


def sign_and_complete(day: Day) -> None:
    bo = day.phone
    bo.page.locator("footer a.live").tap()
    blocks = bo.page.locator("[data-blocks] .item")
    expect(blocks.first).to_be_visible()
    assert blocks.count() == 2, f"nothing is missing but two signatures: {blocks.all_inner_texts()}"
    bo.page.locator("footer [data-sign]").tap()
    pen.sign(bo, "auditor", pen.with_finger)
    bo.page.locator("[data-refuse=auditee]").tap()
    sheet = bo.page.locator("dialog.signing")
    for field, words in (
        ("name", "Wang Jianguo"),
        ("role", "Quality manager"),
        ("reason", "Headquarters must be asked first."),
        ("witness_name", "Li Qiang"),
        ("witness_role", "Warehouse"),
    ):
        sheet.locator(f"#sheet-{field}").fill(words)
    sheet.locator("[type=submit]").tap()
    expect(sheet).to_have_count(0)
    bo.page.locator("footer [data-href=review]").tap()
    expect(bo.page.locator("[data-clear]")).to_be_visible()
    bo.page.locator("[data-complete]").tap()
    bo.page.locator("#confirm [data-x=yes]").tap()
    expect(bo.page.locator("#view [data-x=done]")).to_contain_text("Completed.")


def the_pdf_says(day: Day, screen: dict[str, dict[str, Any]], path: Path) -> None:
    bo = day.phone
    until = time.monotonic() + 90
    while True:
        answer = bo.context.request.get(f"{day.net.url}/api/v1/reports/of/inspection/{day.record}")
        reports = answer.json()["reports"] if answer.ok else []
        if reports and reports[0]["download"]:
            break
        failed = [report["error"] for report in reports if report["error"]]
        assert not failed and time.monotonic() < until, (failed or reports, day.net.house.said[-2000:])
        bo.page.wait_for_timeout(500)
    path.write_bytes(bo.context.request.get(day.net.url + reports[0]["download"]).body())
    drawn = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
    text = re.sub(r"\s+", "", drawn)
    for name, shown in screen.items():
        assert shown["score"] == day.log[name]
        assert re.search(rf"^ *{name}\b.*?\b{shown['score']}\b", drawn, re.M), f"{name} {shown}"
        if shown["note"]:
            assert text.count(re.sub(r"\s+", "", shown["note"])) >= 1, f"{name} {shown['note']}"
    with pikepdf.open(path) as pdf:
        held = json.loads(pdf.attachments["inspection.json"].get_file().read_bytes())
        images = sum(_photos_on(sheet) for sheet in pdf.pages)
    asked = {question["id"]: question for section in held["sections"] for question in section["questions"]}
    photos = {media["sha256"] for media in bo.store()["media"]}
    assert len(photos) == images == sum(shown["photos"] for shown in screen.values()) == 5
    there = day.net.rows("SELECT sha256 FROM media_uses WHERE record_id = ?", day.record)
    assert sorted(sha for (sha,) in there) == sorted(photos)
    for (sha,) in there:
        file = next(day.net.data.rglob(sha))
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sha, "the bytes that were photographed"
    for name, shown in screen.items():
        given = asked[name]["answer"]["score"]
        assert str(given) == shown["score"], (name, given)


def _photos_on(sheet: pikepdf.Page) -> int:
    """How many JPEGs are drawn on a page; its resources name those of all pages."""
    images = sheet.Resources.get("/XObject") or {}
    drawn = [
        str(operands[0])
        for operands, operator in pikepdf.parse_content_stream(sheet)
        if str(operator) == "Do"
    ]
    return sum(str(images[name].get("/Filter")) == "/DCTDecode" for name in drawn)
