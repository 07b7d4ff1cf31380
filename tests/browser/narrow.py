"""40: photos over a line that is narrow and loses requests, while the app is opened anew again and again.

In `make test` a few photos; as the list says it, `python -m tests.browser.narrow [seed]`: 60 photos at 100
kbit/s, one request of five lost, the app opened anew every half minute. Which requests are lost, and how,
follows from the seed and the order in which they come.
"""

from __future__ import annotations

import hashlib
import random
import re
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.browser.net import API, NOISE, PART, Net, nudge, waiting
from tests.browser.phone import LONG, Phone
from tests.browser.photos import THUMBS, shot
from tests.browser.proof import exactly_once
from tests.browser.world import World
from tests.faults.proxy import Link, Rule

QUESTIONS = tuple(f"M{n:02}" for n in range(1, 11))
LOSSES = ("drop_before", "cut", "drop_after", "rst")
MOST_REQUESTS = 5000
PART_AT_MOST, IN_FLIGHT = 256 * 1024, 2  # offline.md 4.9


@dataclass(frozen=True)
class Narrow:
    """`rate` in bytes a second up, for all requests together; `lost`: the share of requests that are;
    `every`: seconds between two openings of the app; `size` of a photo in pixels.
    """

    count: int
    rate: int
    lost: float
    every: float
    seed: int
    size: tuple[int, int] = (1200, 900)


WHOLE = Narrow(count=60, rate=12_500, lost=0.2, every=30.0, seed=40, size=(850, 637))


@dataclass(frozen=True)
class Carried:
    """What it took: bytes of the photos, bytes of parts on the line, requests and how many of them were lost,
    openings of the app, seconds.
    """

    needed: int
    sent: int
    requests: int
    lost: int
    loads: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.needed / 1e6:.1f} MB in {self.seconds:.0f} s, "
            f"{self.lost} of {self.requests} requests lost, "
            f"app opened anew {self.loads} times, {(self.sent - self.needed) / 1e6:.2f} MB sent again"
        )


def carry(bo: Phone, net: Net, record: str, folder: Path, narrow: Narrow) -> Carried:
    """Photographs without signal, then all of it over that line; raises when a promise is broken.

    The phone stands in the first section of the inspection, which the server has.
    """
    chance = random.Random(narrow.seed)
    shots = _photograph(bo, folder, narrow, chance)
    first = len(net.proxy.heard)
    losses = _losses(net, narrow, chance)
    net.do("slow", API, value=Link(narrow.rate))
    bo.context.set_offline(False)
    begun = time.monotonic()
    # all bytes again for every loss and every load would still be done by then
    until = begun + 60 + 4 * sum(shots.values()) / narrow.rate
    loads = 0
    while waiting(bo):
        assert time.monotonic() < until, (
            f"I8: it drains; after {loads} loads {_photos(net, record)} (named, there)"
        )
        _said(bo, net, record)
        nudge(bo)
        bo.page.wait_for_timeout(int(narrow.every * 1000))
        bo.page.reload()
        loads += 1
        expect(bo.question(QUESTIONS[0])).to_be_visible(timeout=LONG)
    seconds = time.monotonic() - begun
    heard = net.proxy.heard[first:]
    net.calm()
    nudge(bo)
    bo.all_sent()
    exactly_once(bo, record)
    assert _said(bo, net, record) == 0
    _byte_equal(net, record, shots)
    met = [rule for rule in losses if rule.seen >= (rule.nth or 0)]
    asked = [request for request in heard if re.match(API, request.what)]
    parts = [request for request in asked if re.match(PART, request.what)]
    lost_parts = sum(bool(re.match(PART, asked[(rule.nth or 0) - 1].what)) for rule in met)
    carried = Carried(
        needed=sum(shots.values()),
        sent=sum(len(request.body) for request in parts),
        requests=len(asked),
        lost=len(met),
        loads=loads,
        seconds=seconds,
    )
    assert lost_parts, "something was lost"
    part = min(PART_AT_MOST, max(shots.values()))
    again = carried.sent - carried.needed
    assert again <= (lost_parts + loads * IN_FLIGHT) * part, f"{carried}; {lost_parts} parts lost"
    return carried


def _photograph(bo: Phone, folder: Path, narrow: Narrow, chance: random.Random) -> dict[str, int]:
    """From the gallery, spread over the questions; SHA-256 and size of what the app made of them."""
    bo.cut()
    for n in range(narrow.count):
        name = QUESTIONS[n % len(QUESTIONS)]
        bo.give_photo(name, shot(folder / f"{n}.jpg", chance.randrange(10**9), narrow.size))
        expect(bo.question(name).locator(THUMBS)).to_have_count(n // len(QUESTIONS) + 1)
    until = time.monotonic() + LONG / 1000
    while bo.store()["staging"]:  # shown before it is made smaller
        assert time.monotonic() < until
        bo.page.wait_for_timeout(100)
    made = [op["value"] for op in bo.mine(bo.record) if op["field"].startswith("photo:")]
    shots = {value["sha256"]: value["size"] for value in made}
    assert len(made) == len(shots) == narrow.count
    return shots


def _losses(net: Net, narrow: Narrow, chance: random.Random) -> list[Rule]:
    """The share of all requests, each in one of the ways a request is lost."""
    lost = [n for n in range(1, MOST_REQUESTS) if chance.random() < narrow.lost]
    return [net.do(chance.choice(LOSSES), API, n, chance.randrange(PART_AT_MOST)) for n in lost]


def _photos(net: Net, record: str) -> tuple[int, int]:
    """How many photos of the record the server has heard of, and how many it has."""
    found: list[tuple[int, int]] = net.rows(
        "SELECT count(u.sha256), count(m.sha256) FROM media_uses u LEFT JOIN media m ON m.sha256 = u.sha256 "
        "WHERE u.record_id = ?",
        record,
    )
    return found[0]


def _said(bo: Phone, net: Net, record: str) -> int:
    """How many photos the server says it waits for; it must be those it has not."""
    named, before = _photos(net, record)
    answer = bo.context.request.get(f"{net.world.url}/api/v1/inspections/{record}")
    assert answer.ok, answer.status
    said = sum(phone["photos"] for phone in answer.json()["inspection"]["media_expected"])
    heard_since, after = _photos(net, record)
    assert named - after <= said <= heard_since - before, f"{said} of {named}"
    return said


def _byte_equal(net: Net, record: str, shots: dict[str, int]) -> None:
    stored = net.rows("SELECT sha256 FROM media_uses WHERE record_id = ?", record)
    assert sorted(sha for (sha,) in stored) == sorted(shots)
    for sha, size in shots.items():
        content = next(net.data.rglob(sha)).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha, size)


def begin(bo: Phone, site: str) -> str:
    """Signed in, and in the first section of a new inspection that the server has."""
    bo.tolerate(*NOISE)
    bo.sign_in("bo", keep=True)
    record = bo.start_unplanned(site)
    bo.tab("Man")
    bo.all_sent()
    return record


def main(seed: int) -> int:
    print(f"Seed {seed}: {WHOLE.count} photos at {WHOLE.rate * 8 // 1000} kbit/s", flush=True)
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        folder = Path(kept)
        world = World(folder)
        try:
            net = Net(world)
            bo = Phone(playwright, net, folder / "phone")
            record = begin(bo, "Goldleaf Packaging")
            print(carry(bo, net, record, folder, replace(WHOLE, seed=seed)), flush=True)
            assert not bo.problems(), bo.problems()
            bo.close()
            net.close()
        finally:
            world.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else secrets.randbelow(10**6)))
