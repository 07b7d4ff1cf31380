"""The same for programs: a file of unsent work as bytes, its passphrase in a header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, current_app, jsonify, request

from app.adapters import clock, rescue_file
from app.domain.permissions import Act, may_somewhere
from app.features.operations.record import KINDS
from app.features.rescue import commands
from app.features.sync.api import BLOBS, ROOM
from app.web import limits
from app.web.errors import API
from app.web.identity import actor, current_actor, needs
from app.web.sentences import sentence

bp = Blueprint("rescue_api", __name__, url_prefix="/api/v1")
HEADER = "Plumbline-Passphrase"  # percent-encoded UTF-8
TRIES = "60 per hour"


@bp.url_value_preprocessor
def larger_files(endpoint: str | None, values: Mapping[str, Any] | None) -> None:
    person = current_actor()
    if person is not None and may_somewhere(person, Act.IMPORT_WORK):
        request.max_content_length = rescue_file.FILE_AT_MOST


@bp.post("/import")
@needs(Act.IMPORT_WORK)
def bring() -> Response:
    """What became of the operations and photos of an exported file; twice is the same as once."""
    limits.count("rescue", str(actor().id), rates=TRIES)
    passphrase = unquote(request.headers.get(HEADER, ""))
    rescued = rescue_file.read(request.get_data(cache=False), passphrase)
    blobs, room = current_app.extensions[BLOBS], current_app.extensions[ROOM]
    outcome = commands.bring_in(KINDS, blobs, room, actor(), rescued, clock.now())
    return jsonify(
        api=API,
        results={name: n for name, n in outcome.results.items() if n},
        photos=dict(outcome.photos),
        refused=[
            {"about": what, "code": code, "title": sentence(code)} for what, code in outcome.refused[:200]
        ],
    )
