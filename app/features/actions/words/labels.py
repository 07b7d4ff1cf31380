"""Names of the list's filters."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.features.actions.words import PHASES


def filter_states() -> dict[str, LazyString]:
    return {
        "open": _l("Not closed"),
        "overdue": _l("Overdue"),
        "review": PHASES["review"][2],
        "watch": PHASES["watch"][2],
        "closed": PHASES["closed"][2],
        "cancelled": PHASES["cancelled"][2],
        "all": _l("All"),
    }
