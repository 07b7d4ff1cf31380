"""The letters of this feature: written by whoever carries out the outbox, each in its reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app, render_template
from flask_babel import force_locale

from app.config import Config
from app.db import reading
from app.domain.errors import NotFound
from app.domain.words import babel_locale, pick
from app.features.accounts.mails import Letter
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.inspections import queries
from app.features.operations.queries import state_of

LETTERS = ("assigned", "moved", "cancelled")


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `inspections.mail` stands for; None when it has nothing to say (any
    more): the person left the team, was disabled, or the inspection went on.
    """
    session, kind = reading(), payload["letter"]
    person = session.get(Person, UUID(payload["person"]))
    if person is None or person.disabled_at or kind not in LETTERS:
        return None
    try:
        row = queries.get_visible_to(session, actor_of(session, person), UUID(payload["inspection"]))
    except NotFound:
        return None
    if (kind == "cancelled") != (row.state == "cancelled") or row.state == "completed":
        return None
    state = state_of(session, row.id)
    cancelled = queries.shown(state, "inspection", "cancelled") or {}
    reason = queries.shown(state, "plan", "due_reason") if kind == "moved" else cancelled.get("reason")
    config: Config = current_app.config["PLUMBLINE"]
    with force_locale(babel_locale(person.language)):
        written = render_template(
            f"emails/inspections_{kind}.txt",
            name=person.name,
            row=row,
            checklist=pick(row.version.checklist.title, person.language),
            due=row.due.isoformat() if row.due else "",
            reason=(reason or {}).get("text", ""),
            address=f"{config.public_url}/inspections/{row.id}",
        )
    subject, _, text = written.partition("\n")
    return Letter(person.email, subject.strip(), text.strip() + "\n")
