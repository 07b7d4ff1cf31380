"""The runner's shell: one page per language, the same for everybody, filled on the device."""

from __future__ import annotations

from hashlib import sha256

from flask import Blueprint, Response, current_app, g, json, redirect, render_template, request, url_for
from flask_babel import force_locale, refresh
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from app.config import LANGUAGES
from app.domain.consents import CONSENTS, MEANINGS
from app.domain.errors import NotFound
from app.domain.words import babel_locale
from app.web.assets import address, built
from app.web.i18n import OWN_NAMES, language
from app.web.identity import open_to_anyone

bp = Blueprint("sync", __name__)
_SHELLS = "plumbline.shells"
PAPER = "#F2F4F1"  # --paper of the light theme


@bp.get("/app/")
@open_to_anyone
def start() -> Answer:
    """To the shell in the reader's language. What is behind the # stays with the browser."""
    return redirect(url_for("sync.shell", wanted=language()))


@bp.get("/app/<wanted>/")
@open_to_anyone
def shell(wanted: str) -> Response:
    """The shell holds no personal data, so that it can be kept on the device and serve everybody on it."""
    return _kept(_shell(wanted), "text/html")


def _shell(wanted: str) -> bytes:
    if wanted not in LANGUAGES:
        raise NotFound()
    kept: dict[str, bytes] = current_app.extensions.setdefault(_SHELLS, {})
    if wanted not in kept or current_app.debug:
        spoken, g.language = language(), wanted
        refresh()
        signing = {"consents": CONSENTS, "meanings": MEANINGS, "own_names": OWN_NAMES}
        kept[wanted] = render_template("sync/shell.html", **signing).encode()
        g.language = spoken
        refresh()
    return kept[wanted]


def _kept(body: bytes, mimetype: str) -> Response:
    """An answer that phones keep, and ask about each time."""
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/app/worker.js")
@open_to_anyone
def worker() -> Response:
    """The service worker, told by hash what each shell must be: a damaged one is never kept.

    It is served from here because a worker's reach is the folder of its address.
    """
    shells = {wanted: sha256(_shell(wanted)).hexdigest() for wanted in LANGUAGES}
    script = built("worker.js")
    version = sha256(script + "".join(shells.values()).encode()).hexdigest()[:12]
    release = json.dumps({"version": version, "shells": shells}).encode()
    return _kept(b"self.release=" + release + b";\n" + script, "text/javascript")


@bp.get("/u/worker.js")
@open_to_anyone
def labels() -> Response:
    """The service worker of labels: its reach is the folder of labels, which are pages of the server."""
    return _kept(built("label.js"), "text/javascript")


@bp.get("/app/<wanted>/app.webmanifest")
@open_to_anyone
def manifest(wanted: str) -> Response:
    """What the home screen must know: name, pictures, where to begin."""
    if wanted not in LANGUAGES:
        raise NotFound()
    with force_locale(babel_locale(wanted)):
        about = _("Inspections and audits that work without signal.")
    sizes = [("icon-192.png", "192x192", "image/png"), ("icon-512.png", "512x512", "image/png")]
    icons = [
        {"src": address(name), "sizes": size, "type": kind, "purpose": purpose}
        for name, size, kind in [*sizes, ("icon.svg", "any", "image/svg+xml")]
        for purpose in ("any", "maskable")
    ]
    home = url_for("sync.start")
    body = {
        "id": home,
        "name": "Plumbline",
        "short_name": "Plumbline",
        "description": about,
        "lang": wanted,
        "start_url": home,
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": icons,
    }
    return _kept(json.dumps(body, ensure_ascii=False).encode(), "application/manifest+json")
