"""create_app(): settings, database, the shell, the features, the wiring. Nothing else."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import db, wiring
from app.config import ROOT, Config, read_config
from app.web import (
    assets,
    compression,
    cookies,
    errors,
    headers,
    health,
    htmx,
    i18n,
    limits,
    navigation,
    origin,
    shown,
)

csrf = CSRFProtect()


def create_app(config: Config | None = None) -> Flask:
    """The application. Raises BadSetting or NotBuilt with a sentence that says what to do."""
    config = config or read_config()
    app = Flask(
        "plumbline", root_path=str(ROOT / "app"), template_folder=str(ROOT / "templates"), static_folder=None
    )
    app.config.update(
        PLUMBLINE=config,
        SECRET_KEY=config.secret_key,
        HTTPS_ONLY=config.https,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session: a form left open loses nothing
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which our pages never send; origin.py is that wall
        MAX_CONTENT_LENGTH=24 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
    )
    app.session_interface = cookies.HostCookie()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies
        )
    facts = {"organisation": config.organisation}
    db.attach(app, db.Database(config.database_url, config.threads, facts))
    csrf.init_app(app)
    origin.guard(app)
    headers.protect(app, config.https)
    compression.init(app)
    limits.init(app)
    htmx.init(app)
    i18n.init(app)
    shown.init(app)
    errors.init(app)
    navigation.init(app)
    health.init(app)
    wiring.connect(app, csrf)
    assets.init(app)
    return app
