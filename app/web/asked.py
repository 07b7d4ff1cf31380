"""What an address asks a list for. What cannot be read is left out: an address is no form."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import request

from app.domain.register_values import is_day


def uuid_asked(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def day_asked(name: str) -> date | None:
    """A day of years in which something can have happened: beyond them its hours cannot be reckoned."""
    given = request.args.get(name, "")
    return date.fromisoformat(given) if is_day(given) else None
