"""The runner's shell: one page per language, the same for everybody, filled on the device."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import refresh
from werkzeug.wrappers import Response as Answer

from app.config import LANGUAGES
from app.domain.consents import CONSENTS, MEANINGS
from app.domain.errors import NotFound
from app.web.i18n import OWN_NAMES, language
from app.web.identity import open_to_anyone

bp = Blueprint("sync", __name__)
_SHELLS = "plumbline.shells"


@bp.get("/app/")
@open_to_anyone
def start() -> Answer:
    """To the shell in the reader's language. What is behind the # stays with the browser."""
    return redirect(url_for("sync.shell", wanted=language()))


@bp.get("/app/<wanted>/")
@open_to_anyone
def shell(wanted: str) -> Response:
    """The shell holds no personal data, so that it can be kept on the device and serve everybody on it."""
    if wanted not in LANGUAGES:
        raise NotFound()
    kept: dict[str, str] = current_app.extensions.setdefault(_SHELLS, {})
    if wanted not in kept or current_app.debug:
        g.language = wanted
        refresh()
        signing = {"consents": CONSENTS, "meanings": MEANINGS, "own_names": OWN_NAMES}
        kept[wanted] = render_template("sync/shell.html", **signing)
    response = Response(kept[wanted])
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
