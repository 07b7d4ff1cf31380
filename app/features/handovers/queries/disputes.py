"""Disputes of repairs: the open ones, and everything that was said of one case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.accounts.models import Person
from app.features.companies.models import Company
from app.features.handovers.models import Dispute
from app.features.links.models import Link


@dataclass(frozen=True)
class Said:
    """A dispute with everyone in it: whose it is, through whom it came, who decided."""

    dispute: Dispute
    company: Company | None
    link: Link | None
    person: Person | None
    decider: Person | None


def open_of(session: Session, action_id: UUID, lock: bool = False) -> Dispute | None:
    """The open dispute of a case."""
    wanted = select(Dispute).where(Dispute.action_id == action_id, Dispute.decided_at.is_(None))
    return session.scalars(wanted.with_for_update() if lock else wanted).first()


def open_among(session: Session, actions: Collection[UUID]) -> set[UUID]:
    """Which of these cases are disputed."""
    wanted = select(Dispute.action_id).where(Dispute.action_id.in_(actions), Dispute.decided_at.is_(None))
    return set(session.scalars(wanted)) if actions else set()


def of_case(session: Session, action_id: UUID, company_id: UUID | None = None) -> list[Said]:
    """Every dispute of a case, the newest first; `company_id`: of this contractor only."""
    wanted = select(Dispute).where(Dispute.action_id == action_id).order_by(Dispute.at.desc())
    if company_id is not None:
        wanted = wanted.where(Dispute.company_id == company_id)
    return [_said(session, row) for row in session.scalars(wanted)]


def _said(session: Session, row: Dispute) -> Said:
    return Said(
        row,
        session.get(Company, row.company_id) if row.company_id else None,
        session.get(Link, row.link_id) if row.link_id else None,
        session.get(Person, row.person_id) if row.person_id else None,
        session.get(Person, row.decided_by) if row.decided_by else None,
    )
