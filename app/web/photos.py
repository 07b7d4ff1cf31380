"""Photos as they are answered: copies of them, never the evidence itself."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

from flask import Response

PIECE = 64 * 1024  # bytes


def copy_of(file: BinaryIO) -> Response:
    """A JPEG copy without metadata, sent in pieces; the file is closed when that is done."""
    response = Response(iter(partial(file.read, PIECE), b""), mimetype="image/jpeg")
    # the content of a hash never changes, but who may see it does: kept by this browser only
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.vary.add("Cookie")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    response.call_on_close(file.close)
    return response
