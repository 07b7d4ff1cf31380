"""From a tap to durably saved, beside a raw strict put of the same bytes in the same page, by turns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from playwright.sync_api import Page

from bench.browser import SLOWER_CPU, address, phone, slow_page
from bench.server import Server, data_folder, serving
from bench.table import RUNS, Line, cut, ms, times
from bench.world import World

TARGET_RATIO, TARGET_P95 = 2, 0.100
# When the runner's own transaction is complete, heard without touching it.
_LISTEN = """
globalThis.completed = [];
const transaction = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...given) {
  const made = transaction.apply(this, given);
  if (given[1] === 'readwrite' && [given[0]].flat().includes('ops'))
    made.addEventListener('complete', () => globalThis.completed.push(performance.now()));
  return made;
};
"""
_MEASURE = """async () => {
  const opened = (name) => new Promise((ok, no) => {
    const asked = indexedDB.open(name);
    asked.onupgradeneeded = () => asked.result.createObjectStore('ops', { keyPath: 'id' });
    asked.onsuccess = () => ok(asked.result);
    asked.onerror = () => no(asked.error);
  });
  const names = (await indexedDB.databases()).map((each) => each.name);
  const name = names.find((each) => each.startsWith('plumbline'));
  const [runner, raw] = [await opened(name), await opened('raw')];
  const newest = () => new Promise((ok) => {
    const asked = runner.transaction('ops').objectStore('ops').getAll();
    asked.onsuccess = () => ok(asked.result.sort((a, b) => a.lamport - b.lamport).at(-1));
  });
  const put = (row) => new Promise((ok) => {
    const begun = performance.now();
    const tx = raw.transaction('ops', 'readwrite', { durability: 'strict' });
    tx.objectStore('ops').put(row);
    tx.oncomplete = () => ok(performance.now() - begun);
  });
  const tap = (li) => new Promise((ok) => {
    const mark = li.querySelector('[data-saved]');
    const label = li.querySelector('label:has(input[value="8"])');
    globalThis.completed.length = 0;
    const begun = performance.now();
    new MutationObserver((_, watcher) => {
      if (!['phone', 'server'].includes(mark.dataset.state)) return;
      watcher.disconnect();
      ok({ shown: performance.now() - begun, complete: globalThis.completed[0] - begun });
    }).observe(mark, { attributes: true });
    label.click();
  });
  const pause = (time) => new Promise((ok) => setTimeout(ok, time));
  const found = [];
  for (const li of document.querySelectorAll('[data-question]')) {
    const taken = await tap(li);
    await pause(40);
    found.push({ ...taken, raw: await put(await newest()) });
    await pause(40);
  }
  return found;
}"""


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            cookie = world.session_cookie(world.cast.owner)
            planned = [world.plan() for _ in range(RUNS)]
        with serving(data) as server:
            taps = [tap for inspection in planned for tap in _taps(server, cookie, inspection)]
    shown, complete, raw = (
        [tap[name] / 1000 for tap in taps if tap[name] is not None] for name in ("shown", "complete", "raw")
    )
    ours, least = cut(shown, 95), cut(raw, 95)
    beside = f"raw strict IndexedDB put: p50 {ms(cut(raw, 50))}, p95 {ms(least)}"
    return [
        Line(
            f"Tap to “Saved on phone” shown, {SLOWER_CPU}x slower processor, {len(shown)} taps",
            f"p50 {ms(cut(shown, 50))}, p95 {ms(ours)}",
            beside,
            times(ours, least) + " at p95",
            f"≤ {TARGET_RATIO} x raw and ≤ {ms(TARGET_P95)} at p95",
            ours <= TARGET_RATIO * least and ours <= TARGET_P95,
        ),
        Line(
            "Tap to the transaction complete",
            f"p50 {ms(cut(complete, 50))}, p95 {ms(cut(complete, 95))}",
            beside,
            times(cut(complete, 95), least) + " at p95",
        ),
    ]


def _taps(server: Server, cookie: tuple[str, str], inspection: UUID) -> list[dict[str, Any]]:
    with phone(server, cookie) as context:
        context.add_init_script(_LISTEN)
        page: Page
        page, _ = slow_page(context, network=False)
        page.goto(address(server, f"/app/en/#/i/{inspection}/s/man"))
        page.locator("[data-question] label").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        taken: list[dict[str, Any]] = page.evaluate(_MEASURE)
        return taken[1:]  # the first one warms up
