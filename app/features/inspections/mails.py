"""The letters of this feature, written by whoever carries out the outbox, each in its reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from app.db import reading
from app.features.accounts.models import Person
from app.features.inspections.models import Inspection
from app.features.inspections.queries import shown, team
from app.features.operations.queries import state_of
from app.web.letters import Letter, write

LETTERS = ("assigned", "moved", "cancelled", "returned", "reopened")


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `inspections.mail` stands for; None when it has lost its point."""
    session = reading()
    kind = payload["letter"]
    person = session.get(Person, UUID(payload["person"]))
    inspection = session.get(Inspection, UUID(payload["inspection"]))
    if kind not in LETTERS or person is None or inspection is None or person.disabled_at is not None:
        return None
    if kind != "cancelled" and inspection.state in ("cancelled", "completed"):
        return None
    carrying_out = [assignment.person_id for assignment in team(inspection)]
    if person.id not in carrying_out:
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
        lead=carrying_out[0] == person.id,
    )
