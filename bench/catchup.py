"""A phone that comes home: 200 audits and their 400 photos, beside plain PUTs of the same bytes.

The phone keeps the order of static/src/js/runner/upload.js: text first, then three photos at a time, of
whose parts two are under way. The reference is a server that writes each body durably under its name and
does nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from app.db import new_id
from bench.server import Server, data_folder, serving
from bench.table import Line, number, times
from bench.timing import Asking
from bench.world import ANSWERS, Load, World
from tests.factories.photos import jpeg

AUDITS, PHOTOS_EACH = 200, 2
SIZE, BYTES = (1600, 1200), 300_000  # about what the phone makes of a picture
PART = 256 * 1024  # upload.js
UNDER_WAY, PARTS_UNDER_WAY = 3, 2  # photos, and parts of them
ROUND = 20  # audits whose photos are sent before the next are made: 120 MB need not lie in memory
TARGET = 1.5
LINK = 20e6  # bit/s up, all requests together: a good mobile link
OVER_LINK = 40  # audits


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            loads = world.loads(1, AUDITS) + world.loads(1, OVER_LINK)
        with serving(data) as server:
            return [
                _line(server, loads[0], "on this machine", lambda _: None, None),
                _line(server, loads[1], f"over {number(LINK / 1e6)} Mbit/s", link(), TARGET),
            ]


def link() -> Callable[[int], None]:
    """Takes as long as so many bytes need on a link that all threads share."""
    free = threading.Lock()

    def carry(size: int) -> None:
        with free:
            time.sleep(8 * size / LINK)

    return carry


def _line(server: Server, load: Load, where: str, carry: Callable[[int], None], target: float | None) -> Line:
    seconds, cpu, sent = came_home(server, load, carry)
    beside = plain(load, server.data, carry)
    count, photos = len(load.bodies), len(load.bodies) * PHOTOS_EACH
    return Line(
        f"Catch-up of one phone {where}: {count} audits, {photos} photos, {number(sent / 1e6)} MB",
        f"{number(seconds)} s, CPU {number(cpu)} s",
        f"plain PUTs of the same bytes: {number(beside)} s",
        times(seconds, beside),
        f"≤ {target} x" if target else "",
        seconds <= target * beside if target else None,
    )


def came_home(server: Server, load: Load, carry: Callable[[int], None]) -> tuple[float, float, int]:
    """Seconds and CPU seconds of the server until everything is there; bytes sent. The time it takes to make
    the photos is not counted.
    """
    cpu, seconds, sent = server.cpu(), 0.0, 0
    asking = Asking(server.port, load.headers)
    begun = time.perf_counter()
    for body in load.bodies:
        carry(len(body))
        _, status, content = asking.post("/api/v1/sync/push", body)
        if status != 200 or content.count(b'"applied"') != ANSWERS:
            raise RuntimeError(f"{status}: {content[:300]!r}")
        sent += len(body)
    seconds += time.perf_counter() - begun
    asking.close()
    for photos in _photos(len(load.bodies)):
        sent += sum(map(len, photos))
        seconds += _at_once(lambda photo: _upload(server.port, load.headers, photo, carry), photos)
    return seconds, server.cpu() - cpu, sent


def plain(load: Load, data: Path, carry: Callable[[int], None]) -> float:
    """Seconds for the same bodies, each written durably by a server that does nothing else with it."""
    with _cellar(data) as port:
        seconds = _at_once(lambda body: _put(port, body, carry), load.bodies)
        for photos in _photos(len(load.bodies)):
            seconds += _at_once(lambda photo: _put(port, photo, carry), photos)
    return seconds


def _photos(audits: int) -> Iterator[list[bytes]]:
    """A round of photos at a time, every one different and as heavy as from a phone."""
    filling = os.urandom(BYTES)
    base = jpeg(SIZE)
    for first in range(0, audits, ROUND):
        count = min(ROUND, audits - first) * PHOTOS_EACH
        yield [_heavy(base, filling, first * PHOTOS_EACH + at) for at in range(count)]


def _heavy(base: bytes, filling: bytes, seed: int) -> bytes:
    """The picture with as many bytes of comments behind its first marker as make it 300 KB."""
    left, comments = max(0, BYTES - len(base)), b""
    while left > 0:
        text = seed.to_bytes(4, "big") + filling[: min(left, 60_000)]
        comments += b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text
        left -= len(text) + 4
    return base[:2] + comments + base[2:]


def _at_once(send: Callable[[bytes], None], bodies: list[bytes]) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(UNDER_WAY) as crew:
        for done in [crew.submit(send, body) for body in bodies]:
            done.result()
    return time.perf_counter() - begun


_OWN = threading.local()
_PARTS = threading.Semaphore(PARTS_UNDER_WAY)


def _ask(port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
    """On a kept connection of this thread's own. Raises RuntimeError unless the answer is 200 or 201."""
    if getattr(_OWN, "port", None) != port:
        _OWN.port, _OWN.connection = port, http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    _OWN.connection.request(method, path, body, dict(headers))
    answer = _OWN.connection.getresponse()
    content = answer.read()
    if answer.status not in (200, 201):
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")


def _upload(port: int, headers: Mapping[str, str], photo: bytes, carry: Callable[[int], None]) -> None:
    sha256 = hashlib.sha256(photo).hexdigest()
    count = -(-len(photo) // PART)
    for index in range(count):
        part = photo[index * PART : (index + 1) * PART]
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        more = {"Content-Type": "application/octet-stream", "Content-Digest": f"sha-256=:{digest}:"}
        with _PARTS:
            carry(len(part))
            _ask(port, "PUT", f"/api/v1/media/{sha256}/parts/{index}?ps={PART}", part, {**headers, **more})
    done = {"size": len(photo), "parts": count, "ps": PART, "mime": "image/jpeg"}
    _ask(port, "POST", f"/api/v1/media/{sha256}/completion", json.dumps(done).encode(), headers)


def _put(port: int, body: bytes, carry: Callable[[int], None]) -> None:
    carry(len(body))
    _ask(port, "PUT", f"/{new_id().hex}", body, {"Content-Type": "application/octet-stream"})


@contextmanager
def _cellar(data: Path) -> Iterator[int]:
    """A server that keeps what it is given: file, fsync, name. Gives its port."""
    with tempfile.TemporaryDirectory(prefix="plain-", dir=data) as folder:

        class Keeps(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                path = Path(folder) / self.path[1:]
                with path.open("wb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: it is measured."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Keeps)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            server.server_close()
