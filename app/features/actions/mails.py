"""The letters of cases, written by whoever carries out the outbox, each in its reader's language.

A contact's letter brings a link whose secret is made here, at the moment it is written, so that it is stored
nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from app.db import reading, transaction
from app.domain.action_clock import age, due_day
from app.domain.actions import ENDED, Phase
from app.domain.dates import local_day
from app.features.accounts.models import Person
from app.features.actions import queries, words
from app.features.actions.commands.beside import link_for
from app.features.actions.models import Action
from app.features.companies.models import Contact
from app.features.links import commands as links
from app.web.letters import Letter, write

PEOPLE = frozenset(
    {
        *("raised", "sent", "returned", "verify", "verified", "not_effective", "recurred", "closed"),
        *("before", "after", "escalation", "date_asked", "stray", "reminder"),
    }
)
CONTACTS = frozenset(
    {
        *("raised", "accepted", "returned", "not_effective", "recurred", "closed", "standardised"),
        *(
            "before",
            "after",
            "escalation",
            "date_changed",
            "date_refused",
            "cancelled",
            "form_raised",
            "reminder",
        ),
    }
)
NEEDS_OPEN = frozenset({"before", "after", "escalation", "verify", "returned", "raised", "reminder", "sent"})
DIGEST_AT_MOST = 50


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `actions.mail` stands for; None when it has lost its point."""
    kind = payload["letter"]
    if kind == "digest":
        return _digest(UUID(payload["person"]), now)
    session = reading()
    action = session.get(Action, UUID(payload["action"]))
    if action is None:
        return None
    ended = action.phase in ENDED
    if kind in NEEDS_OPEN and (ended or payload.get("revision") != action.revision):
        return None
    if payload.get("step") and kind in ("before", "after", "escalation") and payload["step"] != action.step:
        return None
    if "person" in payload:
        person = session.get(Person, UUID(payload["person"]))
        if person is None or person.disabled_at is not None or kind not in PEOPLE:
            return None
        path = f"/actions/{action.id}"
        return _written(kind, action, payload, person.email, person.name, person.language, path, "", now)
    return _to_contact(kind, action, UUID(payload["contact"]), payload, now)


def _to_contact(
    kind: str, action: Action, contact_id: UUID, payload: dict[str, Any], now: datetime
) -> Letter | None:
    fallback = current_app.config["PLUMBLINE"].language
    with transaction() as session:
        contact = session.get(Contact, contact_id)
        if contact is None or contact.retired_at is not None or not contact.email or kind not in CONTACTS:
            return None
        link = link_for(session, action, contact, fallback, None, now)
        secret = links.fresh_secret(session, link.id, now)
        if secret is None:
            return None
        to, name, language = contact.email, contact.name, contact.language or fallback
        until = local_day(link.expires_at, action.time_zone)
    return _written(kind, action, payload, to, name, language, f"/l/{secret}", "link", now, until=until)


def _written(
    kind: str,
    action: Action,
    payload: dict[str, Any],
    to: str,
    name: str,
    language: str,
    path: str,
    side: str,
    now: datetime,
    **more: Any,
) -> Letter:
    config = current_app.config["PLUMBLINE"]
    session = reading()
    row = queries.one(session, action.id)
    events = queries.events_of(session, action.id)
    reason = next((event.facts.get("reason", "") for event in reversed(events) if event.act == kind), "")
    step = payload.get("step") or row.step
    return write(
        "actions_letter.txt",
        to,
        language,
        letter=kind,
        side=side,
        name=name,
        action=row,
        step=words.STEPS.get(step or ""),
        severity=words.SEVERITIES[row.severity],
        due=due_day(row.due_at, row.time_zone) if row.due_at else None,
        late=age(row.due_at, now) if row.due_at else 0,
        reason=reason,
        address=config.public_url + path,
        **more,
    )


def _digest(person_id: UUID, now: datetime) -> Letter | None:
    session = reading()
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        return None
    rows = list(
        session.scalars(
            select(Action)
            .where(
                Action.owner_id == person_id,
                Action.phase.in_((Phase.OPEN.value, Phase.REVIEW.value, Phase.WATCH.value)),
            )
            .order_by(Action.due_at.is_(None), Action.due_at)
        )
    )
    if not rows:
        return None
    late = [row for row in rows if row.phase == Phase.OPEN and row.due_at and age(row.due_at, now)]
    judge = [row for row in rows if row.phase == Phase.REVIEW]
    rest = [row for row in rows if row not in late and row not in judge and row.phase == Phase.OPEN]
    watched = sum(row.phase == Phase.WATCH for row in rows)
    return write(
        "actions_digest.txt",
        person.email,
        person.language,
        name=person.name,
        late=_lines(late, now),
        judge=_lines(judge, now),
        rest=_lines(rest, now),
        watched=watched,
        address=current_app.config["PLUMBLINE"].public_url + "/actions?mine=1",
    )


def _lines(rows: Iterable[Action], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "title": row.title,
            "step": words.STEPS.get(row.step or ""),
            "due": due_day(row.due_at, row.time_zone) if row.due_at else None,
            "late": age(row.due_at, now) if row.due_at else 0,
        }
        for row in list(rows)[:DIGEST_AT_MOST]
    ]
