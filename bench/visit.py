"""The first visit and the return to the runner on a slow network, on none at all, and on a slow processor.

Usable means that the first question of the audit stands on the screen and a tap on it is kept. Enketo's
figures are its published ones (form with 100 questions, same throttling), not taken in this run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from uuid import UUID

from playwright.sync_api import Page, expect

from bench.browser import address, phone, slow_page
from bench.server import Server, data_folder, serving
from bench.table import RUNS, Line, number
from bench.world import World
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.walk import begin_walk, raise_estate

ENKETO_FIRST = "Enketo, published: 793 KB, 16 requests, 8.5 to 9.6 s"
ENKETO_AGAIN = "Enketo, published: 7.4 to 12.4 s"
KILOBYTES, REQUESTS, FIRST_SECONDS, AGAIN_SECONDS = 150, 8, 3.0, 1.5
# milliseconds since the navigation began, in the first frame in which the question can be tapped
_WATCH = """
const look = () => {
  const input = document.querySelector('[data-question] input[type=radio]');
  if (input?.checkVisibility?.()) globalThis.usableAt = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_QUIET_MS = 500
RUNS_OF_HUNDRED = 3  # each takes ten seconds
LONGEST, LONGEST_SECONDS = 300, 2.0  # questions; seconds until one can be answered without a network
_KEPT = """async () => {
  const found = await navigator.serviceWorker.getRegistration("/app/");
  return found?.active?.state === "activated";
}"""


@dataclass
class Visit:
    """Seconds until usable; bytes and requests until then, and until the network fell quiet."""

    seconds: float
    kilobytes: float
    requests: int
    kilobytes_all: float
    requests_all: int


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            cookie = world.session_cookie(world.cast.owner)
            usual = world.plan()
            long = world.plan(world.with_questions(100))
            longest = world.plan(world.with_questions(LONGEST))
            flat, officer = _walk(world)
        with serving(data) as server:
            usuals = [_visits(server, cookie, usual) for _ in range(RUNS)]
            hundred = [_visits(server, cookie, long) for _ in range(RUNS_OF_HUNDRED)]
            most = [_visits(server, cookie, longest)[-1] for _ in range(RUNS_OF_HUNDRED)]
            walks = [_visits(server, officer, flat, "bed1")[-1] for _ in range(RUNS)]
    return [
        *_lines("59 questions", usuals),
        *_lines("100 questions", hundred),
        _offline(f"{LONGEST} questions", most, LONGEST_SECONDS),
        _offline("a room of a flat", walks, AGAIN_SECONDS),
    ]


def _walk(world: World) -> tuple[UUID, tuple[str, str]]:
    """A walk of a flat nobody has begun to look at, and who walks it."""
    place = raise_estate(world.app, world.cast)
    device = Phone(PageClient(world.app, place.officer)).register()
    record = begin_walk(device, place, place.officer)
    assert device.push()[0]["result"] == "applied"
    return UUID(record), world.session_cookie(place.officer)


def _offline(what: str, visits: list[Visit], limit: float) -> Line:
    seconds = _middle(visits).seconds
    return Line(
        f"Opened without a network, {what}: usable after",
        f"{number(seconds)} s",
        "",
        "",
        f"≤ {number(limit)} s",
        seconds <= limit,
    )


def _lines(what: str, visits: list[list[Visit]]) -> list[Line]:
    first, again = (_middle([each[at] for each in visits]) for at in (0, 1))
    light = first.kilobytes <= KILOBYTES and first.requests <= REQUESTS
    quick = first.seconds <= FIRST_SECONDS
    return [
        Line(
            f"First visit, {what}: over the wire until usable",
            f"{number(first.kilobytes)} KB, {first.requests} requests "
            f"(in all {number(first.kilobytes_all)} KB, {first.requests_all})",
            ENKETO_FIRST,
            f"{100 * first.kilobytes / 793:.0f} %",
            f"≤ {KILOBYTES} KB, ≤ {REQUESTS} requests",
            light,
        ),
        Line(
            f"First visit, {what}: usable after",
            f"{number(first.seconds)} s",
            ENKETO_FIRST,
            "",
            f"≤ {number(FIRST_SECONDS)} s",
            quick,
        ),
        Line(
            f"Opened again, {what}: usable after",
            f"{number(again.seconds)} s ({number(again.kilobytes)} KB, {again.requests} requests)",
            ENKETO_AGAIN,
            "",
            f"≤ {number(AGAIN_SECONDS)} s",
            again.seconds <= AGAIN_SECONDS,
        ),
        _offline(what, [each[2] for each in visits], AGAIN_SECONDS),
    ]


def _middle(visits: list[Visit]) -> Visit:
    return sorted(visits, key=lambda visit: visit.seconds)[len(visits) // 2]


def _visits(server: Server, cookie: tuple[str, str], inspection: UUID, section: str = "man") -> list[Visit]:
    """The first on a slow network, the second too, the third without any."""
    with phone(server, cookie) as context:
        where = address(server, f"/app/en/#/i/{inspection}/s/{section}")
        context.add_init_script(_WATCH)
        found = []
        for has_network in (True, True, False):
            context.set_offline(not has_network)
            page, traffic = slow_page(context, network=has_network)
            page.goto(where, wait_until="commit")
            page.locator("[data-question] label").first.wait_for()
            usable = traffic.kilobytes, traffic.requests
            if "PLUMBLINE_BENCH_TRACE" in os.environ:
                print(page.evaluate("globalThis.usableAt"), *traffic.timeline(), sep="\n  ")
            _is_kept(page)
            if has_network:
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(_QUIET_MS)
                _wait_for_worker(page)
            seconds = page.evaluate("globalThis.usableAt") / 1000
            found.append(Visit(seconds, *usable, traffic.kilobytes, traffic.requests))
            page.close()
        return found


def _wait_for_worker(page: Page) -> None:
    """The app's own files are kept: from here on it opens without a network."""
    while not page.evaluate(_KEPT):
        page.wait_for_timeout(100)


def _is_kept(page: Page) -> None:
    """Usable is usable only if a tap is kept."""
    question = page.locator("[data-question]").first
    question.locator("label:has(input:not(:checked, [value=defect]))").first.click()
    expect(question.locator("[data-saved]")).to_be_visible()
