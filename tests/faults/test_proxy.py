"""The proxy itself: each fault is the one it is called."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.faults.proxy import Link, Proxy


class Echo(BaseHTTPRequestHandler):
    heard: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).heard.append(body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"heard " + body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    Echo.heard = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Proxy(server.server_port) as made:
        yield made
    server.shutdown()
    server.server_close()


def post(proxy: Proxy, body: bytes = b"hello") -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    try:
        connection.request("POST", "/a", body)
        return connection.getresponse().read()
    finally:
        connection.close()


def test_each_fault_is_what_it_is_called(proxy: Proxy) -> None:
    assert post(proxy) == b"heard hello"
    for action, heard in (("drop_before", 0), ("drop_after", 1), ("rst", 1)):
        proxy.rules.clear()
        Echo.heard.clear()
        proxy.do(action, "POST /a", nth=1)
        with pytest.raises((OSError, http.client.HTTPException)):
            post(proxy)
        assert len(Echo.heard) == heard, action
        assert post(proxy) == b"heard hello", "only the first"
    proxy.rules.clear()
    Echo.heard.clear()
    proxy.do("dup", "POST /a")
    assert post(proxy) == b"heard hello" and len(Echo.heard) == 2


def test_replaced_truncated_delayed_held(proxy: Proxy) -> None:
    proxy.do("replace", "POST /a", value=(511, "text/html", b"<p>Pay first</p>"))
    assert post(proxy) == b"<p>Pay first</p>" and not Echo.heard
    proxy.rules.clear()
    proxy.do("truncate", "POST /a", value=3)
    with pytest.raises((OSError, http.client.HTTPException)):
        post(proxy)
    assert Echo.heard == [b"hel"], "it read to the end of what came"
    proxy.rules.clear()
    proxy.do("delay", "POST /a", value=0.3)
    begun = time.monotonic()
    assert post(proxy) == b"heard hello" and time.monotonic() - begun >= 0.3
    proxy.rules.clear()
    proxy.do("hold", "POST /a")
    threading.Timer(0.3, proxy.release).start()
    begun = time.monotonic()
    assert post(proxy) == b"heard hello" and time.monotonic() - begun >= 0.25
    proxy.rules.clear()
    proxy.do("throttle", "POST /a", value=200)
    begun = time.monotonic()
    assert post(proxy, b"x" * 300)[-300:] == b"x" * 300 and time.monotonic() - begun >= 1


def test_cut_limited_slow_garbage(proxy: Proxy) -> None:
    proxy.do("cut", "POST /a", value=3)
    with pytest.raises((OSError, http.client.HTTPException)):
        post(proxy)
    assert proxy.heard[-1].body == b"hel" and not Echo.heard and not proxy.passed
    proxy.rules.clear()
    proxy.do("limit", "POST /a", value=4)
    assert b"Too Large" in post(proxy) and not Echo.heard
    assert post(proxy, b"four") == b"heard four"
    proxy.rules.clear()
    proxy.do("slow", "POST /a", value=1000)
    begun = time.monotonic()
    assert post(proxy, b"x" * 500) == b"heard " + b"x" * 500 and time.monotonic() - begun >= 0.4
    proxy.rules.clear()
    proxy.do("garbage", "POST /a", value=b"\x15\x03\x03\x00\x02\x02\x28")
    with pytest.raises((OSError, http.client.HTTPException)):
        post(proxy)


def test_a_line_is_shared_and_what_is_not_over_it_when_the_client_hangs_up_is_gone(proxy: Proxy) -> None:
    proxy.do("slow", "POST /a", value=Link(2000))
    begun = time.monotonic()
    threads = [threading.Thread(target=post, args=(proxy, b"x" * 500)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun >= 0.45, "together no faster than one after the other"
    Echo.heard.clear()
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)
        until = time.monotonic() + 5
        while time.monotonic() < until and (len(proxy.heard) < 3 or not proxy.heard[-1].body):
            time.sleep(0.02)
    time.sleep(0.6)  # the rest would be over the line
    assert 0 < len(proxy.heard[-1].body) < 1000 and not Echo.heard
