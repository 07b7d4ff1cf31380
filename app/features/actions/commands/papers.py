"""Asking for the report of a case: what it says is frozen now; the machine draws and seals it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.config import LANGUAGES
from app.db import new_id
from app.domain.canonical import canonical_text, digest
from app.domain.permissions import Act, Actor
from app.features.actions import queries
from app.features.actions.commands.walking import held
from app.features.actions.models import Action, ActionPaper
from app.features.reports import commands as reports
from app.features.reports.models import Report

# What a paper says now in one language: {title, context, photos, seals} (report.py, which stands above).
Draft = Callable[[Session, Action, str], dict[str, Any]]


def ask(
    session: Session, actor: Actor, action_id: UUID, kind: str, draft: Draft, language: str, now: datetime
) -> Report:
    """The case as it stands becomes the next paper of its kind, unless the newest says the same already.
    Every language of one number says the same moment. Raises NotFound, NotAllowed, Invalid
    (charge_back_nobody, charge_back_empty).
    """
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    said = canonical_text({code: draft(session, action, code) for code in LANGUAGES})
    fingerprint = digest(said.encode())
    newest = queries.newest_paper(session, action.id, kind)
    if newest is None or newest.digest != fingerprint:
        newest = ActionPaper(
            id=new_id(),
            action_id=action.id,
            kind=kind,
            number=newest.number + 1 if newest else 1,
            digest=fingerprint,
            body=said,
            at=now,
            person_id=actor.id,
        )
        session.add(newest)
        session.flush()
    return reports.request(
        session,
        kind=kind,
        record_id=action.id,
        revision=newest.number,
        language=language,
        now=now,
        person_id=actor.id,
    )
