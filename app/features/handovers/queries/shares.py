"""Who has how much to repair at an estate: counted by contractor and class, with the links to their lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.domain.permissions import Actor
from app.domain.repairs import Tally
from app.features.actions.models import Action
from app.features.actions.queries import visible
from app.features.companies.models import Company, Contact
from app.features.handovers.queries.repairs import GOING, KIND, here, in_state
from app.features.links.models import Link, LinkRecord
from app.features.links.queries import Known, of_record
from app.features.places.models import TradeContractor


@dataclass(frozen=True)
class Share:
    """What one contractor has to repair: a tally for each class, and the links to its list."""

    company: Company | None
    tallies: dict[str, Tally]
    links: list[Known]

    @property
    def total(self) -> Tally:
        found = Tally()
        for one in self.tallies.values():
            found = found + one
        return found


class Elsewhere(NamedTuple):
    """Open repairs of a trade that are not with the estate's contractor of that trade."""

    trade: str
    company: Company | None
    wanted: Company
    number: int


def tallies(
    session: Session, estate_id: UUID, now: datetime, *only: ColumnElement[bool]
) -> dict[UUID | None, dict[str, Tally]]:
    """Contractor → class → how many are open; `only`: conditions beside the estate."""
    rows = session.execute(
        here(estate_id)
        .where(GOING, *only)
        .with_only_columns(
            Action.company_id,
            Action.severity,
            *(
                func.sum(case((in_state(state, now), 1), else_=0))
                for state in ("todo", "overdue", "sent", "disputed")
            ),
        )
        .group_by(Action.company_id, Action.severity)
        .order_by(Action.severity)
    )
    found: dict[UUID | None, dict[str, Tally]] = {}
    for company_id, severity, *numbers in rows:
        found.setdefault(company_id, {})[severity.upper()] = Tally(*(int(one or 0) for one in numbers))
    return found


class Slipping(NamedTuple):
    """What a contractor is late with: how many, and since when the oldest."""

    company: str
    number: int
    oldest: datetime


def slipping(
    session: Session, estate_id: UUID, now: datetime, until: datetime, *only: ColumnElement[bool]
) -> list[Slipping]:
    """Repairs that were due before `until`, by contractor, the most first."""
    rows = session.execute(
        here(estate_id)
        .outerjoin(Company, Company.id == Action.company_id)
        .where(in_state("overdue", now), Action.due_at <= until, *only)
        .with_only_columns(Company.name, func.count(), func.min(Action.due_at))
        .group_by(Company.name)
        .order_by(func.count().desc(), Company.name)
    )
    return [Slipping(name or "", number, oldest) for name, number, oldest in rows]


def shares(session: Session, actor: Actor, estate_id: UUID, now: datetime) -> list[Share]:
    """Each contractor with open repairs, or with a link to its list; those without a name last."""
    counted = tallies(session, estate_id, now, visible(actor))
    links = links_of(session, estate_id, now)
    ids = {key for key in (*counted, *links) if key is not None}
    companies = {
        one.id: one
        for one in session.scalars(
            select(Company).where(Company.id.in_(ids)).options(joinedload(Company.contacts))
        ).unique()
    }
    found = [
        Share(companies.get(key) if key else None, counted.get(key, {}), links.get(key, []) if key else [])
        for key in {*counted, *links}
    ]
    return sorted(found, key=lambda one: (one.company is None, one.company.name if one.company else ""))


def links_of(session: Session, estate_id: UUID, now: datetime) -> dict[UUID, list[Known]]:
    """Company → the links to its list of repairs here, the newest first."""
    known = [one for one in of_record(session, estate_id, now) if one.link.contact_id]
    rows = session.execute(
        select(Contact.id, Contact.company_id).where(
            Contact.id.in_({one.link.contact_id for one in known if one.link.contact_id})
        )
    )
    owners = {row.id: row.company_id for row in rows}
    found: dict[UUID, list[Known]] = {}
    for one in known:
        if one.link.contact_id in owners:
            found.setdefault(owners[one.link.contact_id], []).append(one)
    return found


def living_links(session: Session, estate_id: UUID, company_id: UUID, now: datetime) -> list[Link]:
    """The good links of a company's contacts to its list here."""
    return list(
        session.scalars(
            select(Link)
            .join(LinkRecord, LinkRecord.link_id == Link.id)
            .join(Contact, Contact.id == Link.contact_id)
            .where(
                LinkRecord.record_kind == KIND,
                LinkRecord.record_id == estate_id,
                Contact.company_id == company_id,
                Contact.retired_at.is_(None),
                Link.revoked_at.is_(None),
                Link.expires_at > now,
            )
            .order_by(Link.created_at)
        )
    )


def elsewhere(session: Session, actor: Actor, estate_id: UUID, now: datetime) -> list[Elsewhere]:
    """What stayed with somebody else when a trade got another contractor."""
    rows = session.execute(
        here(estate_id)
        .join(
            TradeContractor,
            and_(TradeContractor.estate_id == estate_id, TradeContractor.trade == Action.trade),
        )
        .where(
            visible(actor),
            in_state("todo", now),
            or_(Action.company_id != TradeContractor.company_id, Action.company_id.is_(None)),
        )
        .with_only_columns(Action.trade, Action.company_id, TradeContractor.company_id, func.count())
        .group_by(Action.trade, Action.company_id, TradeContractor.company_id)
        .order_by(Action.trade)
    ).all()
    ids = {key for _trade, *keys, _number in rows for key in keys if key}
    named = {one.id: one for one in session.scalars(select(Company).where(Company.id.in_(ids)))}
    return [
        Elsewhere(trade, named.get(company_id) if company_id else None, named[wanted], number)
        for trade, company_id, wanted, number in rows
    ]
