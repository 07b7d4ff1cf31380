"""The network between a phone and the server: it loses, cuts, doubles and lies as a test asks.

The faults are those of tests/faults/proxy.py.
"""

from __future__ import annotations

import time
from typing import Any

from tests.browser.phone import LONG, Phone
from tests.browser.world import World
from tests.faults.proxy import Proxy

API = r"\w+ /api/"
PUSH = "POST /api/v1/sync/push"
PART = r"PUT /api/v1/media/\w+/parts/"
CHECK = "POST /api/v1/media/check"
COMPLETION = r"POST /api/v1/media/\w+/completion"
INDEX = "GET /api/v1/sync/index"
# what a browser says in its console while a network is as above
NOISE = ("net::ERR_", "Failed to fetch", "Failed to load resource", "/api/v1/", "TypeError: network error")


class Net:
    """`phone(at=net)` goes through it; `net.do(...)` as the proxy's; everything else is the world's."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.proxy = Proxy(world.port).__enter__()
        self.url = f"http://127.0.0.1:{self.proxy.port}"
        self.do = self.proxy.do

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world, name)

    def calm(self) -> None:
        self.proxy.rules.clear()

    def close(self) -> None:
        self.proxy.__exit__(None, None, None)

    def heard(self, match: str) -> int:
        """How many requests of this kind came from phones."""
        return sum(request.what.startswith(match) for request in self.proxy.heard)


def nudge(phone: Phone) -> None:
    """The phone hears of a network: waiting times end."""
    phone.page.evaluate("dispatchEvent(new Event('online'))")


def nudge_until_sent(phone: Phone) -> None:
    """As somebody who looks again and again; nothing waits any more."""
    until = time.monotonic() + LONG / 1000
    while waiting(phone):
        assert time.monotonic() < until, f"still waiting to be sent: {phone.store()}"
        nudge(phone)
        phone.page.wait_for_timeout(300)
    phone.all_sent()


def waiting(phone: Phone) -> bool:
    store = phone.store()
    return (
        any(op["mine"] and op["state"] == "pending" for op in store["ops"])
        or any(media["state"] == "local" for media in store["media"])
        or store["staging"] > 0
    )
