"""A second wall beside the CSRF token: no change for a request that another site started."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request

from app.domain.errors import Invalid

SAFE = {"GET", "HEAD", "OPTIONS"}


def guard(app: Flask) -> None:
    @app.before_request
    def same_site() -> None:
        if request.method in SAFE:
            return
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Invalid("foreign_request")
        origin = request.headers.get("Origin")
        # "null" is what browsers send from our own pages, because they send no referrer; a sandboxed page of
        # another site sends it too, but as cross-site above, and it has no token
        if origin and origin != "null" and _host_of(origin) != request.host:
            raise Invalid("foreign_request")
        if request.path.startswith("/api/") and request.headers.get("X-Plumbline") != "1":
            # A form of another site cannot set a header; unlike a token it cannot expire offline.
            raise Invalid("header_missing")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # "http://[" is no address at all
        return None
