"""The app without a server: opened from the home screen in airplane mode, updated only when somebody says so,
whole or not at all (offline.md §5: 13, 14, 16, 17, 18, 19)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser import pen
from tests.browser.door import Door, Said
from tests.browser.phone import LONG, Phone
from tests.browser.photos import picture
from tests.browser.proof import counted, exactly_once

SILENCE = ("net::ERR_", "service-worker", "service worker", "/api/v1/", "Failed to fetch")
_KEPT = """async () => {
  const found = await navigator.serviceWorker.getRegistration("/app/");
  return Boolean(found?.active && !found.installing);
}"""


def kept(phone: Phone) -> None:
    """The app's own files are on the phone."""
    until = time.monotonic() + LONG / 1000
    while not phone.page.evaluate(_KEPT):
        assert time.monotonic() < until, "no service worker"
        phone.page.wait_for_timeout(100)


def checklists_stored(phone: Phone) -> None:
    """What somebody may start is on the phone, not only what is planned."""
    until = time.monotonic() + LONG / 1000
    while not phone.page.evaluate(_STARTABLE):
        assert time.monotonic() < until, "not every checklist is stored"
        phone.page.wait_for_timeout(100)


_STARTABLE = """async () => {
  const person = JSON.parse(localStorage.getItem("plumbline:person")).id;
  const db = await new Promise((ok) => {
    const asked = indexedDB.open(`plumbline:${person}`);
    asked.onsuccess = () => ok(asked.result);
  });
  const read = (asked) => new Promise((ok) => { asked.onsuccess = () => ok(asked.result); });
  const tx = db.transaction(["meta", "checklists"]);
  const [work, have] = await Promise.all([
    read(tx.objectStore("meta").get("work")), read(tx.objectStore("checklists").getAllKeys())]);
  db.close();
  const stored = new Set(have.map(([version]) => version));
  const wanted = work?.v.checklists ?? [];
  return wanted.length > 1 && wanted.every((each) => stored.has(each.version_id));
}"""


def airplane(phone: Phone, door: Door) -> None:
    door.shut()
    phone.cut()
    phone.tolerate(*SILENCE)


def test_a_day_in_airplane_mode(phone: Callable[..., Phone], door: Door, tmp_path: Path) -> None:
    """A new inspection from a stored checklist, answered, photographed and completed without any signal, the
    phone killed in between; then everything arrives once (13, 14)."""
    bo = phone(at=door)
    bo.sign_in("bo", keep=True)
    kept(bo)
    checklists_stored(bo)
    bo.switch_off()  # in the evening
    airplane_from_start(bo, door)
    bo.page.goto("/app/")  # the icon on the home screen
    expect(bo.page.locator("[data-list=due] .item").first).to_be_visible()
    expect(bo.chip).to_have_text("No signal")
    bo.page.locator(".nav__go").tap()
    record = start(bo, "Goldleaf Packaging")
    bo.tab("Man")
    answered: dict[str, str] = {}
    bo.answer("M05", "4")
    bo.question("M05").locator("[data-do=note]").tap()
    bo.question("M05").locator("[data-field=note]").fill("Two of three could not say it.")
    bo.question("M05").locator("[data-field=note]").blur()
    bo.give_photo("M05", picture(tmp_path / "rack.jpg"))
    expect(bo.question("M05").locator("[data-photos] button[aria-label^='Photo '] img")).to_have_count(1)
    names = bo.page.locator("[data-question]").evaluate_all("all => all.map(q => q.id)")
    for n, name in enumerate(names):
        if name == "M05":
            continue
        bo.page.goto(f"/app/en/#/i/{record}/q/{name}")
        answer(bo, name)
        answered[name] = "10"
        if n in (7, 31, 52):  # killed right after "Saved on phone" was said
            bo.kill()
            bo.start()
            bo.context.set_offline(True)
            bo.page.goto("/app/")
            expect(bo.question(name)).to_be_in_viewport()
            expect(bo.question(name).locator("input[value='10']")).to_be_checked()
            assert len(scores(bo, record)) == len(answered) + 1
    bo.page.goto(f"/app/en/#/i/{record}/sign")
    pen.sign(bo, "auditor", pen.with_finger)
    # born here and never sent: the supplier's people are not known yet, so they are typed
    pen.sign(bo, "auditee", pen.with_finger, typed={"name": "Qin Yue", "role": "Quality manager"})
    bo.page.goto(f"/app/en/#/i/{record}/review")
    bo.page.locator("[data-complete]").tap()
    bo.page.locator("#confirm [data-x=yes]").tap()
    expect(bo.page.locator("#view [data-x=done]")).to_contain_text("Completed.")
    expect(bo.page.locator("#view [data-x=done]")).to_contain_text("wait to be sent")
    assert not door.operations(record), "nothing has left the phone"
    bo.kill()
    bo.start()
    door.open()
    bo.page.goto(f"/app/en/#/i/{record}/review")
    bo.all_sent()
    exactly_once(bo, record)
    held, total = counted(bo)
    assert held == total
    assert door.rows("SELECT state, answered FROM inspections WHERE id = ?", record) == [
        ("completed", len(names))
    ]
    assert door.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record) == [(1,)]


def test_getting_ready_fetches_everything_and_says_what_is_missing(
    phone: Callable[..., Phone], door: Door
) -> None:
    bo = phone(at=door)
    bo.sign_in("bo")
    page = bo.page
    page.locator("[data-ready] a").tap()
    expect(page.locator("[data-x=progress]")).to_have_text("Everything is fetched.", timeout=LONG)
    facts = page.locator("[data-facts] li")
    ((sites,),) = door.rows("SELECT count(*) FROM sites WHERE retired_at IS NULL")
    for words in (
        "open inspections stored, with their checklists",
        f"checklists and {sites} sites stored for starting an inspection",
        "photos of the last audits stored",
        "The app opens without signal",
        "free for photos",
        "Clock right",
    ):
        line = facts.filter(has_text=words)
        expect(line).to_have_count(1)
        expect(line.locator(".good")).to_have_count(1)
    # what is not good says what to do: the session of somebody who did not stay signed in ends tonight
    expect(facts.filter(has_text="Sign-in ends")).to_contain_text("Sign in once more while you have signal.")
    expect(facts.filter(has_text="Not on the home screen")).to_contain_text("Add to Home Screen")
    airplane(bo, door)
    page.reload()
    expect(page.locator("[data-facts] li").first).to_be_visible()
    page.locator("footer [data-try]").tap()
    expect(page.locator("footer [data-x=link]")).to_have_text("No signal")
    page.locator("[data-get-ready]").tap()
    expect(page.locator("[data-x=progress]")).to_contain_text("There is no signal")
    # the last audit's photo beside its question, and the supplier's people, without any signal
    page.goto("/app/en/#/work")
    record = bo.inspection("Hengda Precision", "progress")
    page.goto(f"/app/en/#/i/{record}/opening")
    expect(page.locator("[data-plan] a[href^='mailto:']").first).to_be_visible()
    page.goto(f"/app/en/#/i/{record}/s/machine")
    last = page.locator("details.last", has=page.locator("img")).first
    last.locator("summary").tap()
    image = last.locator("img").first
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())
    # pages of the desk are not opened into the browser's own error
    page.goto("/app/en/#/work")
    page.locator(".nav a", has_text="Inspections").tap()
    expect(page.locator("#alarms")).to_contain_text("This page needs signal.")
    assert "/app/" in page.url


def airplane_from_start(phone: Phone, door: Door) -> None:
    phone.start()
    airplane(phone, door)


def start(phone: Phone, site: str) -> str:
    page = phone.page
    option = page.locator("#start-site option", has_text=site)
    page.locator("#start-site").select_option(option.get_attribute("value"))
    audit = page.locator("#start-checklist option", has_text="4M1E")
    page.locator("#start-checklist").select_option(audit.get_attribute("value"))
    page.locator("footer button[type=submit]").tap()
    expect(page.locator("[data-tabs]")).to_be_visible()
    return phone.record


def answer(phone: Phone, name: str) -> None:
    phone.answer(name, "10")
    hinted = phone.question(name).locator("[data-do=hinted]")
    if hinted.count():
        hinted.tap()
        expect(phone.question(name).locator("[data-part=note]")).to_be_visible()


def scores(phone: Phone, record: str) -> set[str]:
    return {op["path"] for op in phone.mine(record) if op["field"] == "score"}


def test_an_update_waits_for_the_person(phone: Callable[..., Phone], door: Door) -> None:
    """A new build appears during an edit: ignored it changes nothing, tapped it loses nothing (16)."""
    bo = phone(at=door)
    bo.sign_in("bo")
    kept(bo)
    record = bo.start_unplanned("Jiangnan Springs")
    bo.tab("Man")
    bo.answer("M01", "8")
    second = bo.context.new_page()
    second.goto(f"/app/en/#/i/{record}/s/man")
    expect(second.locator("#M01 input[value='8']")).to_be_checked()
    assert build(bo) == "first"
    door.new_build("second")
    bo.page.evaluate("navigator.serviceWorker.getRegistration('/app/').then((found) => found.update())")
    ready = bo.page.locator("#alarms", has_text="A new version is ready")
    expect(ready).to_be_visible()
    # ignored, later, even loaded again: the same build, whole
    bo.answer("M02", "8")
    bo.page.reload()
    expect(bo.question("M02").locator("input[value='8']")).to_be_checked()
    assert build(bo) == "first"
    expect(ready).to_be_visible()
    # tapped in the middle of typing: the words are there afterwards, in both tabs
    bo.question("M02").locator("[data-do=note]").tap()
    bo.question("M02").locator("[data-field=note]").fill("Half a senten")
    second.locator("#M03 label:has(input[value='6'])").tap()
    ready.locator("[data-update]").tap()
    expect(bo.page.locator("html[data-of=second]")).to_have_count(1, timeout=LONG)
    expect(second.locator("html[data-of=second]")).to_have_count(1, timeout=LONG)
    expect(bo.question("M02").locator("[data-field=note]")).to_have_value("Half a senten")
    expect(bo.question("M03").locator("input[value='6']")).to_be_checked()
    expect(bo.page.locator("#alarms")).not_to_contain_text("A new version is ready")
    bo.all_sent()
    exactly_once(bo, record)
    # the files of the build before go once no page runs it any more
    bo.page.reload()
    until = time.monotonic() + 15
    while len(bo.page.evaluate("caches.keys().then((all) => all.filter((n) => n.includes('app-')))")) > 1:
        assert time.monotonic() < until
        bo.page.wait_for_timeout(100)
    # and it is a build that opens without a network
    bo.switch_off()
    airplane_from_start(bo, door)
    bo.page.goto("/app/")
    expect(bo.question("M02").locator("[data-field=note]")).to_have_value("Half a senten")
    assert build(bo) == "second"


def build(phone: Phone) -> str:
    found: str = phone.page.evaluate("document.documentElement.dataset.of ?? 'first'")
    return found


def test_a_build_that_did_not_come_whole_is_never_used(phone: Callable[..., Phone], door: Door) -> None:
    """One file fails, is cut, or is a hotel's page: the build that is here keeps serving (17)."""
    bo = phone(at=door)
    bo.tolerate(*SILENCE, "500", "service worker", "ServiceWorker")
    bo.sign_in("bo")
    kept(bo)
    bo.open_work()
    shell = "/app/zh-Hans/"

    def broken(path: str, said: Said) -> Said | None:
        return said._replace(status=500) if path == shell else None

    def cut(path: str, said: Said) -> Said | None:
        return said._replace(body=said.body[:5000], length=len(said.body)) if path == shell else None

    def cut_politely(path: str, said: Said) -> Said | None:
        return said._replace(body=said.body[:5000]) if path == shell else None

    def hotel(path: str, said: Said) -> Said | None:
        return said._replace(body=b"<html>Welcome, guest</html>") if path == shell else None

    for n, fault in enumerate([broken, cut, cut_politely, hotel]):
        door.rules.clear()
        door.new_build(f"torn{n}")
        door.rules.append(fault)
        bo.page.evaluate(
            "navigator.serviceWorker.getRegistration('/app/').then((found) => found.update()).catch(() => {})"
        )
        until = time.monotonic() + 15
        while not bo.page.evaluate(_SETTLED):
            assert time.monotonic() < until
            bo.page.wait_for_timeout(50)
        assert f"GET {shell}" in door.asked, "it was tried"
        door.asked.clear()
        expect(bo.page.locator("#alarms")).not_to_contain_text("A new version is ready")
        names = bo.page.evaluate("caches.keys()")
        assert not [name for name in names if "torn" in name], "nothing half is kept"
    airplane(bo, door)
    bo.page.reload()
    expect(bo.page.locator("[data-list=due] .item").first).to_be_visible()
    assert build(bo) == "first"
    # when it comes whole, it is offered
    bo.context.set_offline(False)
    door.open()
    door.rules.clear()
    door.new_build("whole")
    bo.page.evaluate("navigator.serviceWorker.getRegistration('/app/').then((found) => found.update())")
    expect(bo.page.locator("#alarms")).to_contain_text("A new version is ready")


_SETTLED = """async () => {
  const found = await navigator.serviceWorker.getRegistration("/app/");
  return !found.installing && !found.waiting;
}"""


def test_the_worker_touches_nothing_but_the_shell(phone: Callable[..., Phone], door: Door) -> None:
    """Everything below /api/ and every change goes to the network as it is, never to a cache."""
    bo = phone(at=door)
    bo.sign_in("bo")
    kept(bo)
    bo.open_work()
    names = bo.page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys()) {
            for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
          }
          return found;
        }"""
    )
    assert names and all(re.match(r"/static/|/app/[A-Za-z-]+/?$", name) for name in names), names
    before = len([line for line in door.asked if line == "GET /api/v1/work"])
    bo.page.evaluate("fetch('/api/v1/work')")
    assert len([line for line in door.asked if line == "GET /api/v1/work"]) > before


def test_half_a_checklist_is_no_checklist(phone: Callable[..., Phone], door: Door) -> None:
    """The download of a checklist is cut or damaged: it is absent, not half there, and fetched again (19)."""
    bo = phone(at=door)
    bo.tolerate(*SILENCE)

    def damaged(path: str, said: Said) -> Said | None:
        if "/checklists/" not in path:
            return None
        return said._replace(body=said.body.replace(b"<li", b"<l", 1))

    def cut(path: str, said: Said) -> Said | None:
        if "/checklists/" not in path:
            return None
        return said._replace(body=said.body[: len(said.body) // 2], length=len(said.body))

    for fault in (damaged, cut):
        door.rules[:] = [fault]
        bo.page.goto("/sign-in")
        if "/app/" not in bo.page.url:
            bo.page.locator("[name=email]").fill("bo@nordhaven.example")
            bo.page.locator("[name=password]").fill(door.passwords["bo"])
            bo.page.locator("form button.btn--main").click()
        bo.page.wait_for_url(re.compile("/app/"))
        expect(bo.page.locator("[data-ready]")).to_contain_text("Not ready yet.")
        bo.page.wait_for_timeout(500)
        assert bo.page.evaluate(_NO_CHECKLIST), "nothing half is there"
    door.rules.clear()
    bo.page.reload()
    expect(bo.page.locator("[data-ready] .note--good")).to_be_visible()
    checklists_stored(bo)


_NO_CHECKLIST = """async () => {
  const person = JSON.parse(localStorage.getItem("plumbline:person")).id;
  const db = await new Promise((ok) => {
    const asked = indexedDB.open(`plumbline:${person}`);
    asked.onsuccess = () => ok(asked.result);
  });
  const count = await new Promise((ok) => {
    const asked = db.transaction("checklists").objectStore("checklists").count();
    asked.onsuccess = () => ok(asked.result);
  });
  db.close();
  return count === 0;
}"""
