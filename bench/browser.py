"""A phone on a slow network: the real Chromium, throttled as its own developer tools do it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from bench.server import Server
from tests.browser.phone import CHROMIUM, FLAGS, PHONE

SLOWER_CPU = 4  # times, the tools' "mid-tier mobile"
# the tools' "Slow 4G": 562.5 ms for every request, 1.44 Mbit/s down, 0.675 Mbit/s up
SLOW_4G = {
    "offline": False,
    "latency": 562.5,
    "downloadThroughput": 1.44e6 / 8,
    "uploadThroughput": 0.675e6 / 8,
}


@contextmanager
def phone(server: Server, cookie: tuple[str, str]) -> Iterator[BrowserContext]:
    """A browser with a profile of its own on disk, in which somebody has signed in, and nothing more."""
    name, value = cookie
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(dir=server.data) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=True,
            args=FLAGS,
            chromium_sandbox=os.geteuid() != 0,
            viewport={"width": PHONE[0], "height": PHONE[1]},
            has_touch=True,
            is_mobile=True,
            locale="en-GB",
            timezone_id="Asia/Shanghai",
        )
        try:
            context.set_default_timeout(60_000)
            context.add_cookies(
                [{"name": name, "value": value, "url": address(server), "httpOnly": True, "sameSite": "Lax"}]
            )
            yield context
        finally:
            context.close()


def address(server: Server, path: str = "") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def slow_page(context: BrowserContext, network: bool = True) -> tuple[Page, Traffic]:
    """A new tab on the slow processor, and on the slow network too unless told otherwise."""
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    if network:
        tools.send("Network.emulateNetworkConditions", SLOW_4G)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
    return page, Traffic(tools)


class Traffic:
    """What a tab asks for and what comes: bytes over the wire by the browser's count, headers included."""

    def __init__(self, tools: CDPSession) -> None:
        self.asked: dict[str, str] = {}
        self.began: dict[str, float] = {}
        self.came: dict[str, tuple[float, float]] = {}  # request → when (seconds, the tools' clock), bytes
        tools.on("Network.requestWillBeSent", self._asked)
        tools.on("Network.requestServedFromCache", self._kept)
        tools.on("Network.responseReceived", self._answered)
        tools.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.began[event["requestId"]] = event["timestamp"]
            self.asked[event["requestId"]] = f"{event['request']['method']} {event['request']['url']}"

    def _kept(self, event: dict[str, Any]) -> None:
        self.asked.pop(event["requestId"], None)

    def _answered(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._kept(event)

    def _came(self, event: dict[str, Any]) -> None:
        self.came[event["requestId"]] = (event["timestamp"], event["encodedDataLength"])

    @property
    def finished(self) -> dict[str, float]:
        """Address → bytes of every request that went over the network and came back."""
        return {f"{at} {self.asked[at]}": size for at, (_, size) in self.came.items() if at in self.asked}

    def timeline(self) -> list[str]:
        """One line a request: begun, ended, bytes, what."""
        begin = min(self.began.values(), default=0.0)
        return [
            f"{self.began[at] - begin:6.2f} {came - begin:6.2f} {size:8.0f} {self.asked[at]}"
            for at, (came, size) in sorted(self.came.items(), key=lambda item: item[1])
            if at in self.asked
        ]

    @property
    def kilobytes(self) -> float:
        return sum(self.finished.values()) / 1000

    @property
    def requests(self) -> int:
        return len(self.finished)
