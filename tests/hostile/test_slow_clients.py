"""Clients that send a letter now and then hold no thread: everybody else is still served."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.web_worker import LOOK, is_whole

ROOT = Path(__file__).resolve().parents[2]
APP = """
def app(environ, start):
    body = environ["wsgi.input"].read()
    start("200 OK", [("Content-Length", str(len(str(len(body)))))])
    return [str(len(body)).encode()]
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A server with two threads and the worker of the house."""
    (tmp_path / "echo_app.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "-k", "scripts.web_worker.PatientWorker"]
        command += ["--threads", "2", "--no-control-socket", "--bind", f"fd://{listening.fileno()}"]
        command += ["--pythonpath", f"{ROOT},{tmp_path}", "echo_app:app"]
        server = subprocess.Popen(command, cwd=ROOT, pass_fds=[listening.fileno()])
        try:
            ask(number)
            yield number
        finally:
            server.terminate()
            server.wait(15)


def ask(port: int, method: str = "GET", body: bytes | None = None, times: int = 1) -> tuple[list[str], float]:
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    answers = []
    for _ in range(times):
        connection.request(method, "/", body)
        answers.append(connection.getresponse().read().decode())
    connection.close()
    return answers, time.monotonic() - began


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nonly this",
    ],
)
def test_forty_half_requests_stop_nobody(port: int, begun: bytes) -> None:
    with ExitStack() as held:
        slow = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(40)]
        for each in slow:
            each.sendall(begun)
        time.sleep(0.3)
        assert ask(port)[1] < 3
        for each in slow:
            each.sendall(b"G" if not begun else b"x")
        assert ask(port, "POST", b"y" * 1000, times=3) == (["1000"] * 3, pytest.approx(0, abs=3))


def test_what_comes_in_pieces_is_served_when_it_is_whole(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        for piece in (b"POST / HTTP/1.1\r\nHos", b"t: x\r\nContent-Length: 4\r\n", b"\r\nab", b"cd"):
            client.sendall(piece)
            time.sleep(0.15)
        assert client.recv(4096).endswith(b"\r\n\r\n4")


@pytest.mark.parametrize("size", [0, 1, 30_000, 70_000, 3_000_000])
def test_bodies_of_every_size_arrive(port: int, size: int) -> None:
    assert ask(port, "POST", b"z" * size, times=2)[0] == [str(size)] * 2


def test_a_head_that_never_ends_is_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (LOOK - 19))
        assert client.recv(64).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", False),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", True),
    ],
)
def test_what_counts_as_whole(data: bytes, whole: bool) -> None:
    assert is_whole(data) is whole
