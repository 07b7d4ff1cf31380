"""Rate limits: in memory for one process, in Valkey for several."""

from __future__ import annotations

import math

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse_many

from app.adapters import clock
from app.domain.errors import TooMany

limiter = Limiter(get_remote_address, strategy="moving-window")


def init(app: Flask) -> None:
    config = app.config["PLUMBLINE"]
    app.config["RATELIMIT_STORAGE_URI"] = config.valkey_url or "memory://"
    limiter.init_app(app)


def count(name: str, *keys: str, rates: str, cost: int = 1) -> None:
    """Counts an attempt at `name` under `keys`, `cost` times; `rates` as in "5 per minute; 20 per hour".

    Raises TooMany with the seconds to wait as `retry_after` when one of the rates is used up.
    """
    for rate in parse_many(rates):
        if not limiter.limiter.hit(rate, name, *keys, cost=cost):
            reset = limiter.limiter.get_window_stats(rate, name, *keys).reset_time
            raise TooMany(retry_after=max(1, math.ceil(reset - clock.now().timestamp())))


def forget(name: str, *keys: str, rates: str) -> None:
    """Forgets what `count` counted, after an attempt that was good."""
    for rate in parse_many(rates):
        limiter.limiter.clear(rate, name, *keys)
