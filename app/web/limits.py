"""Rate limits: in memory for one process, in Valkey for several.

Counted where something is attempted, by `count`; there is no look at limits in front of every request, which
would cost as much as reading a push.
"""

from __future__ import annotations

import math

from flask import Flask, current_app
from limits import parse_many
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from app.adapters import clock
from app.domain.errors import TooMany

KEY = "plumbline.limits"


def init(app: Flask) -> None:
    config = app.config["PLUMBLINE"]
    app.extensions[KEY] = MovingWindowRateLimiter(storage_from_string(config.valkey_url or "memory://"))


def _counter() -> MovingWindowRateLimiter:
    found: MovingWindowRateLimiter = current_app.extensions[KEY]
    return found


def count(name: str, *keys: str, rates: str, cost: int = 1) -> None:
    """Counts an attempt at `name` under `keys`, `cost` times; `rates` as in "5 per minute; 20 per hour".

    Raises TooMany with the seconds to wait as `retry_after` when one of the rates is used up.
    """
    for rate in parse_many(rates):
        if not _counter().hit(rate, name, *keys, cost=cost):
            reset = _counter().get_window_stats(rate, name, *keys).reset_time
            raise TooMany(retry_after=max(1, math.ceil(reset - clock.now().timestamp())))


def forget(name: str, *keys: str, rates: str) -> None:
    """Forgets what `count` counted, after an attempt that was good."""
    for rate in parse_many(rates):
        _counter().clear(rate, name, *keys)
