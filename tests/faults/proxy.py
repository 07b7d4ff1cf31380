"""A reverse proxy that does to requests what networks do. Standard library only; knows nothing of ours.

`with Proxy(port) as proxy: proxy.do("drop_after", "POST /api/v1/sync/push", nth=2)`; then ask `proxy.port`.
A rule holds for the nth request it matches (from 1; None: every one) and stays until `proxy.rules.clear()`.

drop_before  closes before anybody hears of the request      drop_after  closes when the server has answered
truncate(n)  passes on n bytes of the body, then closes      dup         sends twice, gives the second answer
replace(status, type, body)  answers itself                  delay(s)    waits before passing on
hold         waits until `proxy.release()`                   throttle(bytes per second)  slows the answer
rst          resets the connection after the server has answered
cut(n)       resets when n bytes of the body have come, nobody else hears of it
limit(n)     answers 413 with a page of its own when the body is larger
slow(bytes per second)  takes the body no faster; slow(Link(bytes per second)): all such bodies together.
         A client that hung up sends nothing more, whatever it had handed to its system
garbage(bytes)  answers with bytes that are no HTTP

`proxy.heard` are all requests whose head came, with as much of the body as the link let through;
`proxy.passed` those the server was given.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

HEAD_AT_MOST = 64 * 1024
AT_HAND = 1024 * 1024  # of a body, before the other side has to wait: a hang-up behind it must be seen
PATIENCE = 60.0
ESTABLISHED = 1  # tcp_info's first byte, linux/tcp.h


@dataclass
class Rule:
    action: str
    match: re.Pattern[str]
    nth: int | None = None
    value: Any = None
    seen: int = 0

    def holds(self, what: str) -> bool:
        if not self.match.match(what):
            return False
        self.seen += 1
        return self.nth is None or self.seen == self.nth


@dataclass
class Link:
    """A line that all requests share, `rate` bytes a second. Belongs to one proxy."""

    rate: int
    free: float = 0.0  # when what was sent before is over, in the loop's time

    async def carry(self, count: int) -> None:
        now = asyncio.get_running_loop().time()
        self.free = max(now, self.free) + count / self.rate
        await asyncio.sleep(self.free - now)


@dataclass
class Request:
    head: bytes
    body: bytes

    @property
    def what(self) -> str:
        """ "POST /path"."""
        return " ".join(self.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")[:2])


@dataclass
class Proxy:
    upstream: int
    port: int = 0
    rules: list[Rule] = field(default_factory=list)
    passed: list[Request] = field(default_factory=list)
    heard: list[Request] = field(default_factory=list)

    def do(self, action: str, match: str, nth: int | None = None, value: Any = None) -> Rule:
        rule = Rule(action, re.compile(match), nth, value)
        self.rules.append(rule)
        return rule

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._released.set)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the proxy did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(10)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._done, self._released = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", self.port, limit=AT_HAND)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._done.wait()
        server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                if len(head) <= HEAD_AT_MOST:
                    await self._carry(Request(head, b""), reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client, the server or this proxy went away: so does the other side
        finally:
            writer.close()

    async def _carry(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        rules = {rule.action: rule.value for rule in self.rules if rule.holds(request.what)}
        self.heard.append(request)
        slow = rules.get("slow")
        link = Link(slow) if isinstance(slow, int) else slow
        await _take(reader, writer, request, rules.get("cut"), link)
        if "cut" in rules:
            _reset(writer)
            return
        if "drop_before" in rules:
            return
        if "garbage" in rules:
            await _answer(writer, rules["garbage"])
            return
        if "limit" in rules and len(request.body) > rules["limit"]:
            await _answer(writer, _page(413, "text/html", b"<html><h1>Request Entity Too Large</h1></html>"))
            return
        if "delay" in rules:
            await asyncio.sleep(rules["delay"])
        if "hold" in rules:
            await self._released.wait()
        if "replace" in rules:
            await _answer(writer, _page(*rules["replace"]))
            return
        if "truncate" in rules:
            await self._ask(request, cut=rules["truncate"])
            return
        answer = await self._ask(request)
        if "dup" in rules:
            answer = await self._ask(request)
        if "rst" in rules:
            _reset(writer)
            return
        if "drop_after" not in rules:
            await _answer(writer, answer, rules.get("throttle"))

    async def _ask(self, request: Request, cut: int | None = None) -> bytes:
        """The server's whole answer; with `cut` only so much of the body reaches it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            head = re.sub(rb"(?im)^connection:.*\r\n", b"", request.head)
            writer.write(head[:-2] + b"Connection: close\r\n\r\n" + request.body[:cut])
            await writer.drain()
            self.passed.append(request)
            if cut is None:
                return await reader.read()
            writer.write_eof()
            with suppress(TimeoutError):  # the link is cut: nobody waits for what the server makes of it
                await asyncio.wait_for(reader.read(), 0.05)
            return b""
        finally:
            writer.close()


async def _take(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: Request,
    cut: int | None,
    link: Link | None,
) -> None:
    """The body into the request: all of it, or `cut` bytes, as fast as the link is."""
    length = re.search(rb"(?im)^content-length:\s*(\d+)", request.head)
    left = min(int(length[1]) if length else 0, 2**62 if cut is None else cut)
    while left:
        some = await reader.read(min(left, max(1, link.rate // 10) if link else left))
        if not some or (link and _hung_up(writer)):
            raise EOFError
        request.body += some
        left -= len(some)
        if link:
            await link.carry(len(some))


def _hung_up(writer: asyncio.StreamWriter) -> bool:
    """The client has closed its side, even where bytes it wrote before have not been read yet."""
    found: socket.socket = writer.get_extra_info("socket")
    return found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closing it from now on is a reset."""
    found: socket.socket = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _answer(writer: asyncio.StreamWriter, answer: bytes, rate: int | None = None) -> None:
    step = rate or len(answer) or 1
    for start in range(0, len(answer), step):
        writer.write(answer[start : start + step])
        await writer.drain()
        if rate:
            await asyncio.sleep(1)


def _page(status: int, kind: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Replaced", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
