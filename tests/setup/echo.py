"""What the web process believes of a request, and a slow answer; served by gunicorn in test_tls_front."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.web.listeners import Listeners


def believed(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/stream":
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
        return _slowly()
    size = 0
    while part := environ["wsgi.input"].read(65536):
        size += len(part)
    keys = (
        "REMOTE_ADDR",
        "REMOTE_PORT",
        "wsgi.url_scheme",
        "SCRIPT_NAME",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_HOST",
    )
    answer = {key: environ.get(key) for key in keys} | {"size": size}
    body = json.dumps(answer).encode()
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _slowly() -> Iterator[bytes]:
    yield b"one"
    time.sleep(1.0)
    yield b"two"


app = Listeners(believed, 0, 8443, lambda: b"none")
