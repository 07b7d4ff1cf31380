"""What a first visit to the runner costs before the first answer can be given: bytes over the wire, requests
(trust.md §3.3). A size, not a time: the machine may be busy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.phone import Phone
from tests.browser.world import World

KILOBYTES, REQUESTS = 150, 8
QUESTION = "P07"
_NOTE_USABLE = f"""new MutationObserver(() => {{
  window.usableAt ||= document.querySelector("#{QUESTION} input")?.checkVisibility() && performance.now();
}}).observe(document, {{ childList: true, subtree: true, attributes: true }})"""
_BY_THEN = """() => performance.getEntries()
  .filter((each) => each.responseEnd && each.responseEnd <= window.usableAt)
  .map((each) => each.name.split("#")[0])"""


def test_a_first_visit_is_light(phone: Callable[..., Phone], world: World) -> None:
    bo = phone()
    page = bo.page
    bo.sign_in("bo")
    address = f"/app/en/#/i/{bo.inspection('Hengda Precision', 'progress')}/q/{QUESTION}"
    # as if this phone had never been here: signed in, nothing kept
    page.goto("about:blank")
    wire = bo.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.clearBrowserCache")
    wire.send("Storage.clearDataForOrigin", {"origin": world.url, "storageTypes": "indexeddb,local_storage"})
    asked: dict[str, str] = {}
    came: list[tuple[str, float]] = []
    wire.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: _address(event)}))
    wire.on(
        "Network.loadingFinished",
        lambda event: came.append((asked.get(event["requestId"], ""), event["encodedDataLength"])),
    )
    page.add_init_script(_NOTE_USABLE)
    page.goto(address)
    expect(page.locator(f"#{QUESTION} input[value='10']")).to_be_visible()
    page.wait_for_function("() => window.usableAt")
    needed = [*page.evaluate(_BY_THEN), *(name for name, _ in came if "favicon" in name)]
    # photos are somebody's evidence, as heavy as they are; the runner is usable without them
    costs = [(name, size) for name, size in came if name in needed and "/api/v1/media/" not in name]
    told = "\n".join(f"{size / 1000:7.1f} kB {name}" for name, size in costs)
    assert any("/checklists/" in name or "form=" in name for name, _ in costs), f"no first visit:\n{told}"
    assert sum(size for _, size in costs) <= KILOBYTES * 1000, told
    assert len(costs) <= REQUESTS, told


def _address(event: dict[str, Any]) -> str:
    return str(event["request"]["url"])
