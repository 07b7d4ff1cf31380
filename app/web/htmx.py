"""The one place that knows flask-htmx (it speaks htmx 2 headers only)."""

from __future__ import annotations

from flask import Flask, request
from flask_htmx import HTMX
from flask_htmx import make_response as htmx_response

htmx = HTMX()


def init(app: Flask) -> None:
    htmx.init_app(app)


def wants_fragment() -> bool:
    """Whether htmx asks for a piece of the page (and not for a page restored from history)."""
    return bool(htmx) and request.headers.get("HX-History-Restore-Request") != "true" and not htmx.boosted


__all__ = ["htmx", "htmx_response", "init", "wants_fragment"]
