"""gunicorn's threaded worker, except that a thread is given only to a request that has arrived.

gunicorn hands a connection to a thread as soon as its first byte is there and reads on without a limit of
time: a dozen clients that send one letter a second would hold all threads, and nobody else was served. Here
the main loop looks into the socket (without taking anything out) until the whole head, and a small body with
it, stands in the kernel's buffer. A large body must keep coming, or its thread is taken away.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

ARRIVES_WITHIN = 30.0  # seconds for a head and a small body
LOOK = 64 * 1024  # bytes looked at; a longer head is refused
WAITING = 300  # connections without a whole request; beyond, the oldest is closed
LOOK_AGAIN = 0.05  # seconds
STALLED = 15.0  # seconds without a byte of a large body
LEAST_RATE, AFTER = 1024, 30.0  # bytes a second that a large body must reach after so many seconds

HEAD_END = b"\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
NOT_ALL_AT_ONCE = re.compile(rb"\r\n(?:expect|transfer-encoding):", re.IGNORECASE)


class Keeping(socket.socket):
    """A socket whose far end must keep sending while a thread reads from it."""

    begun = 0.0
    taken = 0

    def begin(self) -> None:
        """A request is handed to a thread."""
        self.begun, self.taken = time.monotonic(), 0

    def setblocking(self, flag: bool) -> None:
        self.settimeout(STALLED if flag else 0.0)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(size, flags)
        if self.begun and not flags:
            self.taken += len(data)
            spent = time.monotonic() - self.begun
            if data and spent > AFTER and self.taken < LEAST_RATE * spent:
                raise TimeoutError("too slow")
        return data


def is_whole(data: bytes) -> bool:
    """Whether what stands in the buffer is enough to begin: the head, and a body that fits behind it."""
    end = data.find(HEAD_END)
    if end < 0:
        return False
    head = data[: end + len(HEAD_END)]
    length = LENGTH.search(head)
    if length is None or NOT_ALL_AT_ONCE.search(head):
        return True
    wanted = len(head) + int(length[1])
    return wanted > LOOK // 2 or len(data) >= wanted


class PatientWorker(ThreadWorker):
    """Everything here runs in the main loop; only whole requests go to the threads."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._until: dict[TConn, float] = {}  # oldest first
        self._partial: set[TConn] = set()

    def enqueue_req(self, conn: TConn) -> None:
        if not isinstance(conn.sock, Keeping):
            conn.sock = Keeping(fileno=conn.sock.detach())
            conn.sock.setblocking(False)
        seen = self._look(conn)
        if seen is None or is_whole(seen):
            self._until.pop(conn, None)
            self._partial.discard(conn)
            conn.data_ready = True
            conn.sock.begin()
            super().enqueue_req(conn)
            return
        self._until.setdefault(conn, time.monotonic() + ARRIVES_WITHIN)
        if len(seen) >= LOOK:
            self._refuse(conn)
        elif seen:  # the poller would call at once again, so it is looked at from time to time
            self._partial.add(conn)
        else:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._first_byte, conn))
        if len(self._until) > WAITING:
            self._drop(next(iter(self._until)))

    def _look(self, conn: TConn) -> bytes | None:
        """What stands in the buffer; None when there is nothing to wait for."""
        if conn.parser is not None and conn.parser.unreader.buf.getvalue():
            return None  # the next request was read along with the one before
        try:
            return conn.sock.recv(LOOK, socket.MSG_PEEK | socket.MSG_DONTWAIT) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None  # gone: gunicorn finds that out and clears up

    def _first_byte(self, conn: TConn, client: socket.socket) -> None:
        self.poller.unregister(client)
        self.enqueue_req(conn)

    def _refuse(self, conn: TConn) -> None:
        with contextlib.suppress(OSError):
            conn.sock.send(TOO_LONG)
        self._partial.add(conn)
        self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        del self._until[conn]
        if conn in self._partial:
            self._partial.discard(conn)
        else:
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(min(timeout, LOOK_AGAIN) if self._partial else timeout)
        for conn in list(self._partial):
            self._partial.discard(conn)
            self.enqueue_req(conn)

    def murder_pending(self) -> None:
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn, until in self._until.items() if until <= now]:
            self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn, until in self._until.items():
            self._until[conn] = min(until, deadline)
