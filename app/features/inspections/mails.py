"""The letters of this feature, written by whoever carries out the outbox, each in its reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from app.db import reading
from app.domain.permissions import Act, may
from app.domain.reminders import DUE_TOMORROW, OVERDUE, stands
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.inspections.models import Inspection
from app.features.inspections.queries import scope_of, shown, team
from app.features.inspections.queries.conditions import OPEN
from app.features.operations.queries import state_of
from app.web.letters import Letter, write

REMINDERS = (DUE_TOMORROW, OVERDUE)
LETTERS = ("assigned", "walks", "moved", "cancelled", "returned", "reopened", *REMINDERS)


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `inspections.mail` stands for; None when it has lost its point."""
    session = reading()
    kind = payload["letter"]
    person = session.get(Person, UUID(payload["person"]))
    inspection = session.get(Inspection, UUID(payload["inspection"]))
    if kind not in LETTERS or person is None or inspection is None or person.disabled_at is not None:
        return None
    carrying_out = team(inspection)
    on_team = person.id in [assignment.person_id for assignment in carrying_out]
    if kind in REMINDERS:
        if not _still_due(payload, inspection, now):
            return None
        if not on_team and not (kind == OVERDUE and _planned(person, inspection)):
            return None
    elif not on_team or (kind != "cancelled" and inspection.state in ("cancelled", "completed")):
        return None
    state = state_of(session, inspection.id)
    ends = ("cancelled", "returned", "reopened")
    register = ("inspection", kind) if kind in ends else ("plan", "due_reason")
    value = shown(state, *register) or {}
    reason = value.get("reason", value) or {}
    return write(
        f"inspections_{kind}.txt",
        person.email,
        person.language,
        name=person.name,
        inspection=inspection,
        reason=reason.get("text", ""),
        lead=on_team and carrying_out[0].person_id == person.id,
        on_team=on_team,
        walks=len(payload.get("walks", ())),
        again=inspection.repaired is not None,
        team=[assignment.person.name for assignment in carrying_out],
    )


def _still_due(payload: dict[str, Any], inspection: Inspection, now: datetime) -> bool:
    """Whether a reminder is true at this moment: an outbox may have waited for a mail server."""
    due = inspection.due
    if inspection.state not in OPEN or due is None or due.isoformat() != payload["due"]:
        return False
    return stands(due, inspection.site.time_zone, now) == (payload["letter"], payload["week"])


def _planned(person: Person, inspection: Inspection) -> bool:
    """Whether they planned it and may still see it."""
    if inspection.created_by != person.id:
        return False
    actor = actor_of(reading(), person)
    return may(actor, Act.SEE_INSPECTIONS, scope_of(actor, inspection))
