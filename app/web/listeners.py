"""How a request came in: plainly, or over our own TLS front. The outermost layer of the app.

The web process listens on a TCP port and, when phones are served, on a Unix socket that only
`scripts/tls_front.py` can reach. Every connection there is TLS, and the name of its far end carries the
phone's address as long as it lasts. What a client writes into forwarding headers counts for nothing unless
the operator said that a proxy stands in front (PLUMBLINE_PROXIES).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

MARK = "\0plumbline/"  # an abstract Unix address: no file, gone with its connection
FORWARDING = ("HTTP_X_FORWARDED_", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
HOST = re.compile(r"^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?$")
AUTHORITY = "/ca.crt"
PLAIN_PATHS = (AUTHORITY, "/health")

Environ = dict[str, Any]
Start = Callable[..., Any]
Authority = Callable[[], bytes]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]


def name_of(address: str, port: int, unique: str) -> str:
    """What the TLS front calls its end of a connection from `address`:`port`."""
    return f"{MARK}{unique}/{address}/{port}"


def is_loopback(address: str) -> bool:
    """Whether an address is this machine itself (also ::ffff:127.0.0.1)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


class Listeners:
    """Wraps the app. `https_port` is the TLS front's (None: there is none), `authority` gives its CA."""

    def __init__(self, app: Wsgi, proxies: int, https_port: int | None, authority: Authority) -> None:
        self._app = app
        self._proxies = proxies
        self._https_port = https_port
        self._authority = authority

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        peer = str(environ.get("REMOTE_ADDR", ""))
        environ["plumbline.forwarded"] = any(key.startswith(FORWARDING) for key in environ)
        over_front = peer.startswith(MARK)
        if over_front:
            _, peer, port = peer[len(MARK) :].split("/")
            environ.update({"REMOTE_ADDR": peer, "REMOTE_PORT": port, "wsgi.url_scheme": "https"})
        if over_front or not self._proxies:
            for key in [key for key in environ if key.startswith(FORWARDING)]:
                del environ[key]
        if self._https_port is None:
            return self._app(environ, start)
        path = environ.get("PATH_INFO", "/")
        if path == AUTHORITY:
            return self._certificate(start)
        if over_front or is_loopback(peer) or path in PLAIN_PATHS:
            return self._app(environ, start)
        return self._to_https(environ, start)

    def _certificate(self, start: Start) -> Iterable[bytes]:
        body = self._authority()
        headers = [
            ("Content-Type", "application/x-x509-ca-cert"),
            ("Content-Disposition", 'attachment; filename="plumbline-ca.crt"'),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        start("200 OK", headers)
        return [body]

    def _to_https(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Passwords do not cross a wireless network in the clear when there is a better way."""
        host = HOST.match(environ.get("HTTP_HOST", ""))
        if host is None:
            return _says(start, "400 Bad Request", [], "No such host.")
        query = environ.get("QUERY_STRING", "")
        raw = environ.get("RAW_URI", "/").partition("?")[0]
        path = raw if raw.startswith("/") and not raw.startswith("//") else "/"
        target = f"https://{host[1]}:{self._https_port}{path}{'?' + query if query else ''}"
        return _says(start, "307 Temporary Redirect", [("Location", target)], f"Go to {target}")


def _says(start: Start, status: str, headers: list[tuple[str, str]], text: str) -> Iterable[bytes]:
    body = f"{text}\n".encode()
    start(
        status,
        [
            *headers,
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ],
    )
    return [body]
