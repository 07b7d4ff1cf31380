"""The TLS front before the real gunicorn: what a phone sends arrives, and nothing it pretends is believed."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from scripts import tls_front
from scripts.addresses import listen
from scripts.tls_front import TlsFront
from tests.setup.certificate import contexts


@dataclass
class House:
    port: int
    trusting: ssl.SSLContext

    def connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.trusting, timeout=15)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """gunicorn on a Unix socket, with the settings of `make run`, and a front before it in a thread."""
    folder = tmp_path_factory.mktemp("front")
    inner = folder / "web"
    server, trusting = contexts(folder)
    gunicorn = subprocess.Popen(
        [
            *[sys.executable, "-m", "gunicorn", "--config", str(ROOT / "scripts/gunicorn_conf.py")],
            *["--bind", f"unix:{inner}", "--threads", "4", "tests.setup.echo:app"],
        ],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PLUMBLINE_DATA": str(folder), "PLUMBLINE_DEMO": "0"},
    )
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    front = TlsFront(listening, server, str(inner))
    try:
        until = time.monotonic() + 20
        while not inner.exists() and time.monotonic() < until:
            time.sleep(0.05)
        asyncio.run_coroutine_threadsafe(front.start(), loop).result(10)
        yield House(port, trusting)
        front_ends = asyncio.run_coroutine_threadsafe(_end(front), loop)
        front_ends.result(10)
    finally:
        gunicorn.terminate()
        gunicorn.wait(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _end(front: TlsFront) -> None:
    front.stop_accepting()
    await front.finish(1.0)


def asked(connection: http.client.HTTPSConnection, **headers: str) -> dict[str, Any]:
    connection.request("GET", "/", headers=headers)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


def test_the_certificate_is_checked_against_the_authority(house: House) -> None:
    assert asked(house.connect())["wsgi.url_scheme"] == "https"
    stranger = http.client.HTTPSConnection("127.0.0.1", house.port, timeout=5)
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.connect()


def test_every_request_of_a_connection_carries_the_phones_own_address(house: House) -> None:
    connection = house.connect()
    connection.connect()
    own = connection.sock.getsockname()
    for _ in range(3):  # a proxy line would be gone after the first
        seen = asked(connection)
        assert (seen["REMOTE_ADDR"], int(seen["REMOTE_PORT"])) == own
        assert connection.sock.getsockname() == own, "one connection for all"


def test_what_a_client_pretends_is_not_believed(house: House) -> None:
    forged = {
        "X-Forwarded-For": "10.9.9.9",
        "X-Forwarded-Proto": "http",
        "SCRIPT_NAME": "/forged",
        "X-Forwarded-Ssl": "off",
    }
    seen = asked(house.connect(), **forged)
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["wsgi.url_scheme"] == "https"
    assert seen["HTTP_X_FORWARDED_FOR"] is None
    assert seen["SCRIPT_NAME"] == ""


def test_a_large_upload_arrives_whole(house: House) -> None:
    connection = house.connect()
    connection.request("PUT", "/", body=b"\xff" * 5_000_000)
    assert json.loads(connection.getresponse().read())["size"] == 5_000_000


def test_an_answer_is_passed_on_as_it_comes(house: House) -> None:
    connection = house.connect()
    started = time.monotonic()
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(3) == b"one"
    assert time.monotonic() - started < 0.9, "the first part must not wait for the last"
    assert response.read() == b"two"


def test_many_phones_at_once(house: House) -> None:
    answers: list[str] = []

    def one() -> None:
        answers.append(asked(house.connect())["wsgi.url_scheme"])

    threads = [threading.Thread(target=one) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == ["https"] * 24


def test_plain_http_on_the_https_port_is_closed_and_harms_nobody(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.port), timeout=15) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" not in plain.recv(100)
    assert asked(house.connect())["wsgi.url_scheme"] == "https"


def test_who_connects_and_says_nothing_is_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_front, "FIRST_BYTE", 0.3)
    connection = house.connect()
    connection.connect()
    connection.sock.settimeout(5)
    assert connection.sock.recv(1) == b""


def test_old_tls_is_refused(house: House) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", house.port), timeout=5) as plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain).close()


def test_a_listening_socket_says_why_it_cannot(tmp_path: Path) -> None:
    from scripts.addresses import CannotListen

    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"PORT={port} is in use .* make run PORT={port + 1}"):
            listen("127.0.0.1", port)
    with pytest.raises(CannotListen, match=r"HOST=192\.0\.2\.1 is no address of this machine"):
        listen("192.0.2.1", 18999)
    with pytest.raises(CannotListen, match=r"HOST=no\.such\.invalid is no name"):
        listen("no.such.invalid", 18999)
