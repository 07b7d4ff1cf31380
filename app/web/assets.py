"""Front-end files under their content-hashed names, served by WhiteNoise, cached for ever."""

from __future__ import annotations

import json
import re
from functools import cache

from flask import Flask
from markupsafe import Markup
from whitenoise import WhiteNoise

from app.config import ROOT
from app.domain.marks import CASE, COLOURS

DIST = ROOT / "static" / "dist"
HASHED = re.compile(r"-[A-Za-z0-9]{8,}\.(?:js|css|svg|png|ico|webmanifest)$")


class NotBuilt(Exception):
    """static/dist is missing; the text says which command makes it."""


@cache
def _manifest() -> dict[str, str]:
    path = DIST / "manifest.json"
    if not path.exists():
        raise NotBuilt("The front end is not built yet. Run `make build`, then start again.")
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return found


def built(name: str) -> bytes:
    """The content of a file of the present build, for what is not served under its hashed name."""
    return (DIST / _manifest()[name]).read_bytes()


def address(name: str) -> str:
    """Where browsers find a file of the present build."""
    return f"/static/{_manifest()[name]}"


def init(app: Flask) -> None:
    manifest = _manifest()
    sprite = Markup((ROOT / "static" / "src" / "icons.svg").read_text("utf-8"))  # noqa: S704 (our own file)

    def asset(name: str) -> str:
        return f"/static/{manifest[name]}"

    def icon(name: str, extra: str = "") -> Markup:
        return Markup('<svg class="i{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(
            f" {extra}" if extra else "", name
        )

    app.jinja_env.globals.update(asset=asset, icon=icon, sprite=lambda: sprite)
    app.jinja_env.globals.update(mark_colours=COLOURS, mark_case=CASE)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(DIST),
        prefix="static/",
        immutable_file_test=lambda path, url: bool(HASHED.search(url)),
        max_age=600,
        add_headers_function=_nosniff,
    )


def _nosniff(headers: object, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"  # type: ignore[index]
