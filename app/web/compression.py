"""Answers of the API and the runner's shell leave compressed: on site every kilobyte takes its time.

Pages are left as they are. They hold a CSRF token beside what the visitor typed, and the length of a
compressed page tells one from the other (BREACH). The shell holds nothing private; what the API says repeats
nothing of the question but a nonce of at most 64 characters, in an answer too short to be compressed.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

SHORTEST = 1000  # bytes; below, the packet is the same
LEVEL = 6
ENDPOINTS = ("sync.shell", "sync.worker")


def init(app: Flask) -> None:
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    asked_api = request.path.startswith("/api/") and response.mimetype == "application/json"
    if not asked_api and request.endpoint not in ENDPOINTS:
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.status_code != 200
        or response.content_encoding
        or response.is_streamed
        or response.direct_passthrough
        or not request.accept_encodings["gzip"]
    ):
        return response
    body = response.get_data()
    if len(body) < SHORTEST:
        return response
    response.set_data(gzip.compress(body, LEVEL, mtime=0))
    response.content_encoding = "gzip"
    tag, weak = response.get_etag()
    if tag and not weak:
        response.set_etag(tag, weak=True)  # other bytes, same content
    return response
