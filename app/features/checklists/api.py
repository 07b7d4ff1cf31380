"""The form and definition of a version for devices: immutable, so a phone fetches each once."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, json, render_template, request
from flask_babel import force_locale

from app.adapters import clock
from app.config import LANGUAGES
from app.db import reading, transaction
from app.domain.errors import NotFound
from app.domain.words import babel_locale
from app.features.checklists import commands, queries
from app.features.checklists.models import Fragment, Version
from app.web.errors import API
from app.web.identity import actor, signed_in

bp = Blueprint("checklists_api", __name__, url_prefix="/api/v1/checklists")
FOR_EVER = "private, max-age=31536000, immutable"


@bp.get("/<uuid:version_id>/<language>")
@signed_in
def version(version_id: UUID, language: str) -> Response:
    """{api, id, language, format, sha256, html, definition}; `sha256` is of `html`."""
    if language not in LANGUAGES:
        raise NotFound()
    found = queries.get_version_visible_to(reading(), actor(), version_id)
    return _answer(found, _fragment(found, language))


def bundle(version: Version, language: str) -> dict[str, Any]:
    """The same as part of another answer, for a version its reader may see."""
    return _bundle(version, _fragment(version, language))


def _fragment(version: Version, language: str) -> Fragment:
    kept = queries.kept_fragment(reading(), version.id, language, commands.FORM_FORMAT)
    if kept is not None:
        return kept
    with transaction() as session:
        return commands.keep_fragment(
            session, version, language, lambda: draw_form(version, language), clock.now()
        )


def draw_form(version: Version, language: str) -> str:
    """The fragment that phones keep; the reader's own language does not matter."""
    with force_locale(babel_locale(language)):
        return render_template("checklists/_form.html", definition=version.definition, language=language)


def _answer(version: Version, fragment: Fragment) -> Response:
    body = _body(version, fragment)
    response = Response(body, content_type="application/json")
    response.headers["Cache-Control"] = FOR_EVER
    response.vary.update(("Accept-Encoding", "Cookie"))
    response.set_etag(f"{version.sha256[:16]}-{fragment.sha256[:16]}")
    response.make_conditional(request)
    if response.status_code == 200 and request.accept_encodings["gzip"]:
        response.set_data(_gzipped(body))
        response.content_encoding = "gzip"
    return response


def _body(version: Version, fragment: Fragment) -> bytes:
    return json.dumps({"api": API, **_bundle(version, fragment)}, ensure_ascii=False).encode()


def _bundle(version: Version, fragment: Fragment) -> dict[str, Any]:
    return {
        "id": str(version.id),
        "language": fragment.language,
        "format": fragment.format,
        "sha256": fragment.sha256,
        "html": fragment.html,
        "definition": version.definition,
    }


@lru_cache(maxsize=24)
def _gzipped(body: bytes) -> bytes:
    # the same few bodies for every phone: squeezed once, as small as it gets
    return gzip.compress(body, 9, mtime=0)
