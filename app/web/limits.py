"""Rate limits: in memory for one process, in Valkey for several."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, strategy="moving-window")


def init(app: Flask) -> None:
    config = app.config["PLUMBLINE"]
    app.config["RATELIMIT_STORAGE_URI"] = config.valkey_url or "memory://"
    limiter.init_app(app)
