"""HTTPS for phones without a proxy: ends TLS and passes the bytes on to the one web process.

It never reads the HTTP inside: it connects to the web process over a Unix socket in a private folder and
gives its own end of that connection a name that carries the phone's address (read by `app/web/listeners.py`).
So nothing a client sends can pretend to be somebody else, and requests are framed by one parser only.
docs/decisions/0002-https-for-phones.md says why.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import ssl
import time
from contextlib import suppress

from app.web.listeners import name_of

HANDSHAKE = 10.0  # seconds
FIRST_BYTE = 20.0
IDLE = 75.0  # seconds without a byte in either direction: gunicorn's own time for a request is 60
CLOSING = 5.0
CHUNK = 64 * 1024
MOST = 400  # connections at once; a phone opens six

_numbers = itertools.count(1)


class TlsFront:
    """Serves `listening` with `context`, forwarding to the Unix socket `target`."""

    def __init__(self, listening: socket.socket, context: ssl.SSLContext, target: str) -> None:
        self._listening = listening
        self._context = context
        self._target = target
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._accept,
            sock=self._listening,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE,
            ssl_shutdown_timeout=CLOSING,
            limit=CHUNK,
        )

    def stop_accepting(self) -> None:
        """No new connection; those that are open finish with the web process."""
        if self._server is not None:
            self._server.close()

    async def finish(self, seconds: float) -> None:
        """Waits for open connections, then cuts what is left."""
        if self._open:
            await asyncio.wait(self._open, timeout=seconds)
        for task in self._open:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._open) >= MOST:
            writer.close()
            return
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the phone or the network went away: nobody is left to be told
        finally:
            self._open.discard(task)
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a client that only connects must not hold a thread of the web process
        first = await asyncio.wait_for(reader.read(CHUNK), FIRST_BYTE)
        if not first:
            return
        inner_reader, inner_writer = await self._connect(writer.get_extra_info("peername"))
        try:
            inner_writer.write(first)
            await inner_writer.drain()
            moved = [time.monotonic()]
            async with asyncio.TaskGroup() as both:
                up = both.create_task(_pass_on(reader, inner_writer, moved))
                down = both.create_task(_pass_on(inner_reader, writer, moved))
                # when the web process has said its last word there is nobody to send more to
                down.add_done_callback(lambda _: up.cancel())
        except* (OSError, TimeoutError):
            pass
        finally:
            await _close(inner_writer)

    async def _connect(self, peer: tuple[str, int]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        inner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        inner.setblocking(False)
        try:
            inner.bind(name_of(peer[0], peer[1], f"{os.getpid()}.{next(_numbers)}"))
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(inner, self._target), CLOSING)
            return await asyncio.open_unix_connection(sock=inner, limit=CHUNK)
        except BaseException:
            inner.close()
            raise


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moved: list[float]) -> None:
    """Copies until one side ends. `moved` holds when a byte last went either way: a long download keeps its
    silent upload side alive. Raises TimeoutError when nothing moves at all.
    """
    while True:
        try:
            data = await asyncio.wait_for(reader.read(CHUNK), IDLE)
        except TimeoutError:
            if time.monotonic() - moved[0] < IDLE:
                continue
            raise
        if not data:
            if writer.can_write_eof():
                with suppress(OSError):
                    writer.write_eof()
            return
        moved[0] = time.monotonic()
        writer.write(data)
        await asyncio.wait_for(writer.drain(), IDLE)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError, ssl.SSLError):
        await asyncio.wait_for(writer.wait_closed(), CLOSING)
