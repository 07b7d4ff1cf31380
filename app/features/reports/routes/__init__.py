"""Reports at the desk (the list, those of one record, taking them away) and checking one, open to anyone."""

from __future__ import annotations

from flask import Blueprint, current_app
from werkzeug.wrappers import Response

from app.adapters.blobs import BlobStore

bp = Blueprint("reports", __name__)
door = Blueprint("verify", __name__)  # open to anyone
BLOBS = "plumbline.reports.blobs"
ROOM = "plumbline.reports.checks"
Answer = str | Response | tuple[str, int]


def blobs() -> BlobStore:
    found: BlobStore = current_app.extensions[BLOBS]
    return found


from app.features.reports.routes import asking, reading, taking, verifying  # noqa: E402, F401 (they fill both)
