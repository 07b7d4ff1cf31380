"""A door in front of the server: what a phone asks for goes through it, and it may be shut, or lie.

It stands for hotel networks, proxies and new builds; it knows nothing of the app but addresses.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.browser.world import World

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
CONDITIONS = {"if-none-match", "if-modified-since"}


class Said(NamedTuple):
    """An answer on its way. `length` is what the header promises, if that is not the truth."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    length: int | None = None


class Door:
    """`door.shut()` is a server that is not there; `door.rules` change answers; the rest is the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_shut = False
        self.asked: list[str] = []
        self.rules: list[Callable[[str, Said], Said | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world, name)

    def shut(self) -> None:
        self.is_shut = True

    def open(self) -> None:
        self.is_shut = False

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def new_build(self, name: str) -> None:
        """From now on the server has another build: its shells say so, and its worker knows their hashes."""
        told = f'<html data-of="{name}" '

        def shell(path: str, said: Said) -> Said | None:
            if not re.fullmatch(r"/app/[A-Za-z-]+/", path):
                return None
            return said._replace(body=_of_build(said.body, told))

        def worker(path: str, said: Said) -> Said | None:
            if path != "/app/worker.js":
                return None
            first, _, rest = said.body.partition(b"\n")
            release = json.loads(first.removeprefix(b"self.release=").removesuffix(b";"))
            release["version"] = name
            for language in release["shells"]:
                body = _of_build(self.ask("GET", f"/app/{language}/", {}, b"").body, told)
                release["shells"][language] = sha256(body).hexdigest()
            return said._replace(body=b"self.release=" + json.dumps(release).encode() + b";\n" + rest)

        self.rules += [shell, worker]

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
        to = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=60)
        # whole and plain: rules read and change bodies
        dropped = HOP | CONDITIONS if self.rules else HOP
        sent = {name: value for name, value in headers.items() if name.lower() not in dropped}
        sent["Accept-Encoding"] = "identity"
        if body:
            sent["Content-Length"] = str(len(body))
        try:
            to.request(method, path, body or None, sent)
            came = to.getresponse()
            kept = [(name, value) for name, value in came.getheaders() if name.lower() not in HOP]
            return Said(came.status, kept, came.read())
        finally:
            to.close()


def _of_build(body: bytes, told: str) -> bytes:
    return body.replace(b"<html ", told.encode(), 1)


def _handler(door: Door) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            door.asked.append(f"{self.command} {path}")
            if door.is_shut:
                self.close_connection = True
                return  # not a word, and the line is cut
            try:
                said = door.ask(self.command, self.path, dict(self.headers.items()), body)
            except OSError:
                self.close_connection = True
                return
            changed = False
            for rule in door.rules:
                new = rule(path, said)
                changed = changed or new is not None
                said = new or said
            self.send_response_only(said.status)
            for name, value in said.headers:
                if not (changed and name.lower() in ("etag", "content-encoding")):
                    self.send_header(name, value)
            length = len(said.body) if said.length is None else said.length
            if said.status not in (204, 304):
                self.send_header("Content-Length", str(length))
            try:
                self.end_headers()
                self.wfile.write(said.body)
            except OSError:  # whoever asked has left
                self.close_connection = True
            if length != len(said.body):
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass  # noqa: N815 (names the library asks for)

        def log_message(self, *said: object) -> None:
            pass

    return Handler
