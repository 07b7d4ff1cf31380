"""The letters of this feature, written by whoever carries out the outbox, each in its reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.db import reading
from app.domain.permissions import Act, may
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.handovers import words
from app.features.handovers.queries.endings import told_on
from app.features.places.models import Estate
from app.features.places.queries import estates
from app.web.letters import Letter, write

UNITS_AT_MOST = 40  # of one ending; the page names them all


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `handovers.mail` stands for; None when it has lost its point."""
    session = reading()
    person = session.get(Person, UUID(payload["person"]))
    estate = session.get(Estate, UUID(payload["estate"]))
    if payload["letter"] != "warranty" or person is None or estate is None or person.disabled_at is not None:
        return None
    if not may(actor_of(session, person), Act.SEE_PLACES, estates.scope_of(estate)):
        return None
    groups = told_on(session, estate, date.fromisoformat(payload["day"]))
    if not groups:
        return None
    return write(
        "handovers_warranty.txt",
        person.email,
        person.language,
        name=person.name,
        estate=estate,
        groups=groups,
        most=UNITS_AT_MOST,
        words=words,
    )
