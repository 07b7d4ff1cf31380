"""Storage that fails, moves on or is taken away: no word of "saved" that is not true, nothing lost that is
there (offline.md §5: 34, 35, 37, 38)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.phone import LONG, Phone
from tests.browser.proof import exactly_once
from tests.browser.world import World

SILENCE = ("net::ERR_", "/api/v1/", "Failed to fetch")
PUSH = "**/api/v1/sync/push"
FIXTURE = Path(__file__).parent.parent / "js" / "fixtures" / "indexeddb-v1.json"


def test_a_browser_that_erases_everything_is_found_out(phone: Callable[..., Phone], world: World) -> None:
    """The origin is evicted while something waits: it is said how much, and the rest comes back (34)."""
    bo = phone()
    bo.sign_in("bo")
    record = bo.start_unplanned("Ruixin Plastics")
    bo.tab("Man")
    bo.answer("M01", "8")
    bo.all_sent()
    # the line is cut in the middle of a larger push: the server has heard that more was to come
    many = [f"M{n:02}" for n in range(1, 11)]
    bo.page.route(PUSH, _half)
    for name in many[1:]:
        bo.answer(name, "6")
    until = LONG
    device = bo.mine(record)[0]["device"]
    while not world.rows("SELECT 1 FROM devices WHERE id = ? AND pending > 0", device) and until:
        bo.page.wait_for_timeout(100)
        until -= 100
    bo.page.goto("about:blank")
    wire = bo.context.new_cdp_session(bo.page)
    wire.send(
        "Storage.clearDataForOrigin",
        {"origin": world.url, "storageTypes": "indexeddb,local_storage,service_workers,cache_storage"},
    )
    bo.page.unroute(PUSH)
    bo.tolerate(*SILENCE)
    bo.open_work()
    bo.page.goto("/app/en/#/phone")
    card = bo.page.locator("[data-needs-you]")
    expect(card).to_contain_text("The browser erased what was on this phone")
    expect(card).to_contain_text(re.compile(r"\d+ changes? (was|were) not sent yet"))
    card.locator("button", has_text="Understood").tap()
    expect(card).not_to_contain_text("erased")
    bo.page.goto(f"/app/en/#/i/{record}/q/M01")
    expect(bo.question("M01").locator("input[value='8']")).to_be_checked()
    bo.answer("M03", "10")
    bo.all_sent()
    # removed on purpose is no accident
    bo.page.goto("/app/en/#/phone")
    bo.page.locator("[data-remove]").tap()
    bo.page.locator("#confirm [data-x=yes]").tap()
    expect(bo.page.locator("h1", has_text="Sign in to open your work")).to_be_visible()
    bo.page.locator("[data-sign-in-link]").tap()
    expect(bo.page.locator("[data-ready] .note--good")).to_be_visible()
    bo.page.goto("/app/en/#/phone")
    expect(bo.page.locator("[data-inspections]")).to_be_visible()
    expect(bo.page.locator("[data-needs-you]")).not_to_contain_text("erased")


def _half(route) -> None:  # type: ignore[no-untyped-def]
    """Of what is sent only the first operation gets through, and no answer comes back."""
    body = json.loads(route.request.post_data or "{}")
    if len(body["operations"]) > 1:
        body["operations"] = body["operations"][:1]
        route.fetch(post_data=json.dumps(body))
    route.abort("connectionreset")


def test_a_dead_connection_is_replaced_or_said(phone: Callable[..., Phone], world: World) -> None:
    """Closed behind our back: replaced. Failing for good: NOT SAVED, the value stays. Hanging: said (35)."""
    bo = phone()
    bo.sign_in("bo")
    record = bo.start_unplanned("Kaida Electronics")
    bo.tab("Man")
    bo.page.evaluate(
        """() => {
          const real = IDBDatabase.prototype.transaction;
          window.failing = 1;
          window.failWith = "InvalidStateError";
          IDBDatabase.prototype.transaction = function (...args) {
            if (window.failing > 0 && args[1] === "readwrite") {
              window.failing -= 1;
              throw new DOMException("closed", window.failWith);
            }
            return real.apply(this, args);
          };
        }"""
    )
    bo.answer("M01", "8")
    expect(bo.page.locator("#alarms")).not_to_contain_text("NOT SAVED")
    bo.page.evaluate("() => { window.failing = 1e9; window.failWith = 'UnknownError'; }")
    bo.question("M02").locator("label:has(input[value='6'])").tap()
    expect(bo.page.locator("#alarms")).to_contain_text("NOT SAVED")
    expect(bo.saved("M02")).to_have_attribute("data-state", "unsaved")
    expect(bo.question("M02").locator("input[value='6']")).to_be_checked()
    expect(bo.chip).to_have_class(re.compile("sync--bad"))
    assert not [op for op in bo.mine(record) if op["path"] == "q/M02"], "and it is not claimed to be"
    bo.page.evaluate("() => { window.failing = 0; }")
    bo.page.locator("[data-retry]").tap()
    expect(bo.saved("M02")).to_have_attribute("data-state", re.compile("phone|server"))
    expect(bo.page.locator("#alarms")).not_to_contain_text("NOT SAVED")
    bo.all_sent()
    exactly_once(bo, record)
    # an open that never answers, as iOS leaves it behind when it killed the storage process
    bo.context.add_init_script(
        """const real = IDBFactory.prototype.open;
        IDBFactory.prototype.open = function (name) {
          const asked = real.call(this, "elsewhere");
          asked.addEventListener = () => {};
          return asked;
        };"""
    )
    bo.page.reload()
    expect(bo.page.locator("#alarms")).to_contain_text("storage does not answer", timeout=LONG)
    expect(bo.page.locator("[data-saved]")).to_have_count(0)


def test_a_frozen_tab_stops_nobody(phone: Callable[..., Phone], world: World) -> None:
    """The tab that is sending is frozen in the middle of it: the other one sends (37)."""
    bo = phone()
    bo.tolerate(*SILENCE)
    bo.sign_in("bo")
    record = bo.start_unplanned("Goldleaf Packaging")
    bo.tab("Man")
    second = bo.context.new_page()
    second.goto(f"/app/en/#/i/{record}/s/man")
    expect(second.locator("#M01")).to_be_visible()
    second.wait_for_load_state("networkidle")  # or it would send what the first one writes
    held: list[object] = []
    bo.page.route(PUSH, lambda route: held.append(route))  # no answer, for ever
    bo.answer("M01", "8")
    for _ in range(100):
        if held:
            break
        bo.page.wait_for_timeout(100)
    assert held, "the lock is held while it waits for its answer"
    tools = bo.context.new_cdp_session(bo.page)
    tools.send("Page.enable")
    tools.send("Page.setWebLifecycleState", {"state": "frozen"})
    second.locator("#M02 label:has(input[value='8'])").tap()
    expect(second.locator("#M02 [data-saved]")).to_have_attribute("data-state", re.compile("phone|server"))
    bo.page.close()  # what a browser does with a frozen tab when memory is short
    second.evaluate("dispatchEvent(new Event('online'))")
    expect(second.locator("[data-chip]")).to_have_text("All sent", timeout=LONG)
    bo.page = second
    bo.all_sent()
    exactly_once(bo, record)


def test_a_database_of_the_first_version_is_taken_over(phone: Callable[..., Phone], world: World) -> None:
    """With work waiting in it and an old tab still open; the old tab's last word counts too (38)."""
    bo = phone()
    bo.sign_in("bo")
    record = bo.start_unplanned("Jiangnan Springs")
    bo.tab("Man")
    bo.tolerate(*SILENCE, "favicon.ico")
    bo.page.route(PUSH, lambda route: route.abort("connectionreset"))
    for n in (1, 2, 3):
        bo.answer(f"M0{n}", "8")
    # back to what the first version left on phones, with everything that is in it now
    old = bo.context.new_page()
    old.goto("/health")
    bo.page.goto("about:blank")
    person = old.evaluate("JSON.parse(localStorage.getItem('plumbline:person')).id")
    stores = json.loads(FIXTURE.read_text())["stores"]
    old.evaluate(_REBUILT_AS_V1, [f"plumbline:{person}", stores])
    # the old tab holds it open; the new app waits and says so, until that tab is closed
    bo.page.unroute(PUSH)
    bo.page.goto(f"/app/en/#/i/{record}/s/man")
    expect(bo.page.locator("#alarms")).to_contain_text("Another tab still uses the old version")
    old.evaluate("() => window.held.close()")
    expect(bo.question("M02").locator("input[value='8']")).to_be_checked(timeout=LONG)
    bo.answer("M04", "6")
    bo.all_sent()
    exactly_once(bo, record)
    assert len([op for op in bo.mine(record) if op["field"] == "score"]) == 4


_REBUILT_AS_V1 = """async ([name, stores]) => {
  const done = (asked) => new Promise((ok, no) => {
    asked.onsuccess = () => ok(asked.result);
    asked.onerror = () => no(asked.error);
  });
  const now = await done(indexedDB.open(name));
  const rows = {};
  for (const { name: store } of stores)
    rows[store] = await done(now.transaction(store).objectStore(store).getAll());
  now.close();
  await done(indexedDB.deleteDatabase(name));
  const asked = indexedDB.open(name, 1);
  asked.onupgradeneeded = () => {
    for (const { name: store, keyPath, indexes } of stores) {
      const made = asked.result.createObjectStore(store, { keyPath });
      for (const index of indexes) made.createIndex(index.name, index.keyPath);
      for (const row of rows[store]) made.put(row);
    }
  };
  window.held = await done(asked);
}"""
