"""The letters of handovers, written by whoever carries out the outbox, each in its reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.db import reading
from app.domain.blocking import ready_count, tasks
from app.domain.dates import local_day
from app.domain.errors import NotFound
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.handovers.queries import gates
from app.features.handovers.words import figures as telling
from app.features.places.queries import estates
from app.web.letters import Letter, write

LINES_AT_MOST = 12


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `handovers.mail` stands for; None when it has lost its point: the day
    has come, nothing is kept back any more, or the reader has no part in the estate.
    """
    session, day = reading(), date.fromisoformat(payload["day"])
    person = session.get(Person, UUID(payload["person"]))
    if person is None or person.disabled_at is not None:
        return None
    try:
        estate = estates.get_visible_to(session, actor_of(session, person), UUID(payload["estate"]))
    except NotFound:
        return None
    if local_day(now, estate.site.time_zone) >= day:
        return None
    found = gates.blocking(session, estate, day, day)
    due = [unit.due for unit in found.units]
    counted = ready_count(due)
    if counted["ready"] == counted["all"]:
        return None
    return write(
        "handovers_blocks.txt",
        person.email,
        person.language,
        name=person.name,
        estate=estate,
        day=day,
        waiting=counted["all"] - counted["ready"],
        units=counted["all"],
        tasks=tasks(due)[:LINES_AT_MOST],
        names=found.names,
        telling=telling,
    )
