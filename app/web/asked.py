"""What an address asks a list for. What cannot be read is left out: an address is no form."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import request


def uuid_asked(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def day_asked(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
