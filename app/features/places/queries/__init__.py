"""Sites as somebody may see them: with the company they belong to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import NotFound
from app.domain.permissions import Act, Actor
from app.features.companies import queries as companies
from app.features.companies.models import Company
from app.features.places.models import ImportDraft, Site


def get_visible_to(session: Session, actor: Actor, site_id: UUID, lock: bool = False) -> Site:
    """One site of a company this person may see, with that company. Raises NotFound."""
    query = select(Site).where(Site.id == site_id).options(joinedload(Site.company, innerjoin=True))
    site = session.scalars(query.with_for_update(of=Site) if lock else query).one_or_none()
    if site is None:
        raise NotFound()
    companies.get_visible_to(session, actor, site.company_id)
    return site


def of_company(session: Session, actor: Actor, company_id: UUID) -> tuple[Company, list[Site]]:
    """A company this person may see and its sites, those in use first. Raises NotFound."""
    company = companies.get_visible_to(session, actor, company_id)
    sites = session.scalars(
        select(Site).where(Site.company_id == company_id).order_by(Site.retired_at.is_not(None), Site.name)
    )
    return company, list(sites)


def sites_for(session: Session, actor: Actor, act: Act) -> list[Site]:
    """Every site in use, of companies in use, where this person may do `act`; by company, then site."""
    there = companies.visible_companies(actor, act).where(Company.retired_at.is_(None)).subquery()
    return list(
        session.scalars(
            select(Site)
            .join(Site.company)
            .where(Site.company_id.in_(select(there.c.id)), Site.retired_at.is_(None))
            .options(joinedload(Site.company, innerjoin=True))
            .order_by(Company.name, Site.name)
        )
    )


def own_draft(session: Session, actor: Actor, draft_id: UUID, lock: bool = False) -> ImportDraft:
    """The sheet this person uploaded and has not confirmed yet. Raises NotFound for anybody else's."""
    draft = session.get(ImportDraft, draft_id, with_for_update=True if lock else None)
    if draft is None or draft.person_id != actor.id:
        raise NotFound()
    return draft
