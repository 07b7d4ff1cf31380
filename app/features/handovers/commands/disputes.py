"""Disputes of repairs: a contractor says that a defect is not theirs, or none; an officer decides. While one
is open the contractor's clock stands still, and nothing can be sent as repaired.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.actions import ENDED, Step
from app.domain.dates import local_day
from app.domain.errors import Invalid, Stale
from app.domain.permissions import Act, Actor
from app.domain.repairs import DISPUTED, LAPSED, judge_decision, judge_dispute, standing
from app.features.actions.commands import Hand, note, refresh_due, walking
from app.features.actions.models import Action
from app.features.companies.models import Company
from app.features.handovers.commands.repairs import contractors, give_on, managed, write
from app.features.handovers.models import Dispute
from app.features.handovers.queries import disputes as queries
from app.features.handovers.queries.repairs import estate_of


def dispute(
    session: Session, action: Action, reason: str, language: str, hand: Hand, now: datetime
) -> Dispute:
    """Opens a dispute of a locked case; its owner is told. Raises Stale (repair_sent, dispute_open,
    action_closed), Invalid("reason_missing").
    """
    is_open = queries.open_of(session, action.id) is not None
    judge_dispute(standing(action.step, action.phase, is_open), reason)
    row = Dispute(
        id=new_id(),
        action_id=action.id,
        company_id=action.company_id,
        link_id=hand.link_id,
        person_id=hand.person_id,
        text={"text": reason.strip(), "lang": language},
        at=now,
    )
    session.add(row)
    session.flush()
    note(session, action, DISPUTED, hand, now, Step.IMPLEMENT, {"reason": reason.strip()})
    refresh_due(session, action, now)
    if hand.person_id != action.owner_id:
        write(session, "disputed", now, dispute=row.id, person=action.owner_id)
    return row


def withdraw(session: Session, action: Action, hand: Hand, now: datetime) -> None:
    """Whoever disputed repairs it after all: the clock runs on. Raises Stale("dispute_decided")."""
    row = queries.open_of(session, action.id, lock=True)
    judge_decision(row is not None, "withdrawn", "")
    assert row is not None
    _close(session, action, row, "withdrawn", "", "", hand, now)


def decide(
    session: Session,
    actor: Actor,
    action_id: UUID,
    decision: str,
    reason: str,
    language: str,
    now: datetime,
    company_id: UUID | None = None,
    due: date | None = None,
) -> Action:
    """An officer decides: "kept", it stays with the contractor; "upheld", it is no defect and the case ends;
    "given_on" to another contractor, until another day perhaps. Whoever disputed is told.

    Raises Stale("dispute_decided"), Invalid: not_a_choice, reason_missing, contractor_unknown,
    contractor_same, date_in_past.
    """
    action = walking.held(session, actor, action_id, Act.MANAGE_ACTION)
    row = queries.open_of(session, action.id, lock=True)
    if decision == "withdrawn":  # that is for whoever disputed
        raise Invalid("not_a_choice", field="decision")
    company = None
    if decision == "given_on" and row is not None:
        company = _other(session, actor, action, company_id)
    judge_decision(row is not None, decision, reason, company is None or company.id != action.company_id)
    assert row is not None
    if due is not None and due < local_day(now, action.time_zone):
        raise Invalid("date_in_past", field="due")
    hand = Hand(person_id=actor.id)
    _close(session, action, row, decision, reason, language, hand, now)
    if decision == "upheld":
        walking.cancel(session, actor, action.id, reason, now)
    elif company is not None:
        give_on(session, actor, action, company, due, reason, now)
    if row.link_id is not None:
        write(session, "decided", now, link=row.link_id, dispute=row.id)
    return action


def case_settled(session: Session, action: Action, now: datetime) -> None:
    """A case that ends takes its open dispute with it: nothing is asked any more, and nobody has said that
    it was no defect. Whoever disputed is told.
    """
    if action.phase not in ENDED:
        return
    row = queries.open_of(session, action.id, lock=True)
    if row is None:
        return
    _close(session, action, row, LAPSED, "", "", Hand(), now)
    if row.link_id is not None:
        write(session, "decided", now, link=row.link_id, dispute=row.id)


def _close(
    session: Session,
    action: Action,
    row: Dispute,
    decision: str,
    reason: str,
    language: str,
    hand: Hand,
    now: datetime,
) -> None:
    row.decision, row.decided_at, row.decided_by = decision, now, hand.person_id
    row.reason = {"text": reason.strip(), "lang": language} if reason.strip() else None
    session.flush()
    facts = {"reason": reason.strip()} if reason.strip() else {}
    note(session, action, f"dispute_{decision}", hand, now, Step.IMPLEMENT, facts)
    refresh_due(session, action, now)


def _other(session: Session, actor: Actor, action: Action, company_id: UUID | None) -> Company:
    estate_id = session.scalar(estate_of(action.id))
    if estate_id is None:
        raise Stale("dispute_decided")
    if company_id is None:
        raise Invalid("required", field="contractor")
    estate = managed(session, actor, estate_id)
    found = {one.id: one for one in contractors(session, actor, estate)}.get(company_id)
    if found is None:
        raise Invalid("contractor_unknown", field="contractor")
    return found
