"""Asking for the report of a case, or of several: what it says is frozen now; the machine draws and seals it
afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.config import LANGUAGES
from app.db import new_id
from app.domain.canonical import canonical_text, digest
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed
from app.domain.permissions import Act, Actor
from app.features.actions import queries
from app.features.actions.commands.walking import held
from app.features.actions.models import Action, ActionPaper, ActionRegister, ActionRegisterCase
from app.features.reports import commands as reports
from app.features.reports.models import Report
from app.numbering import next_number

# What a paper says now in one language: {title, context, photos, seals} (report.py, which stands above).
Draft = Callable[[Session, Action, str], dict[str, Any]]


# The same of a register: of these cases, under this number.
RegisterDraft = Callable[[Session, Sequence[Action], str, str, datetime], dict[str, Any]]
CASES_AT_MOST = 30  # in one register


def ask_register(
    session: Session,
    actor: Actor,
    ids: Sequence[UUID],
    kind: str,
    draft: RegisterDraft,
    language: str,
    now: datetime,
) -> Report:
    """These cases as they stand become one paper. Raises Invalid (none_chosen, cases_too_many), NotFound for
    a case that is not the actor's to see, NotAllowed for one that is not theirs to manage.
    """
    if not ids:
        raise Invalid("none_chosen")
    if len(set(ids)) > CASES_AT_MOST:
        raise Invalid("cases_too_many", limit=CASES_AT_MOST)
    found = [queries.get_visible_to(session, actor, action_id) for action_id in set(ids)]
    if not all(queries.allowed(actor, Act.MANAGE_ACTION, action) for action in found):
        raise NotAllowed()
    cases = sorted(found, key=lambda action: action.number)
    year = local_day(now, actor.time_zone).year
    number = f"AR-{next_number(session, 'action_register', year)}"
    said = canonical_text({code: draft(session, cases, number, code, now) for code in LANGUAGES})
    register = ActionRegister(
        id=new_id(), number=number, digest=digest(said.encode()), body=said, at=now, person_id=actor.id
    )
    session.add(register)
    session.flush()
    session.add_all(ActionRegisterCase(register_id=register.id, action_id=case.id) for case in cases)
    session.flush()
    return reports.request(
        session,
        kind=kind,
        record_id=register.id,
        revision=1,
        language=language,
        now=now,
        person_id=actor.id,
    )


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
