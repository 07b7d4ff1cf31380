"""Actions at the desk, for guests, and as a feed of due dates."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("actions", __name__, url_prefix="/actions")
guest_bp = Blueprint("guest_actions", __name__, url_prefix="/l/actions")
feed_bp = Blueprint("action_feed", __name__, url_prefix="/l/calendar")

from app.features.actions.routes import (  # noqa: E402
    changing,  # noqa: F401
    feed,  # noqa: F401
    findings,  # noqa: F401
    opening,  # noqa: F401
    reading,  # noqa: F401
    registering,  # noqa: F401
    visiting,  # noqa: F401
)
