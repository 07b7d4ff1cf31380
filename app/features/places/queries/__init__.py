"""Sites and estates as somebody may see them: with the company they belong to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import NotFound
from app.domain.permissions import Act, Actor, reach
from app.features.companies import queries as companies
from app.features.companies.models import Company
from app.features.places.models import Estate, ImportDraft, Site


def get_visible_to(session: Session, actor: Actor, site_id: UUID, lock: bool = False) -> Site:
    """One site of a company this person may see, with that company. Raises NotFound."""
    query = select(Site).where(Site.id == site_id).options(joinedload(Site.company, innerjoin=True))
    site = session.scalars(query.with_for_update(of=Site) if lock else query).one_or_none()
    if site is None:
        raise NotFound()
    companies.get_visible_to(session, actor, site.company_id)
    if not _all_sites(session, actor, site.company_id) and not session.scalar(
        visible_estates(actor).where(Estate.site_id == site_id).with_only_columns(Estate.id)
    ):
        raise NotFound()
    return site


def of_company(session: Session, actor: Actor, company_id: UUID) -> tuple[Company, list[Site]]:
    """A company this person may see and its sites, those in use first. Raises NotFound."""
    company = companies.get_visible_to(session, actor, company_id)
    query = select(Site).where(Site.company_id == company_id)
    if not _all_sites(session, actor, company_id):
        query = query.where(Site.id.in_(visible_estates(actor).with_only_columns(Estate.site_id)))
    return company, list(session.scalars(query.order_by(Site.retired_at.is_not(None), Site.name)))


def _all_sites(session: Session, actor: Actor, company_id: UUID) -> bool:
    """Whether somebody sees a company for its own sake; whoever is granted an estate sees its site only."""
    whole = companies.visible_companies(actor, by_estate=False).where(Company.id == company_id)
    return session.scalar(whole.with_only_columns(Company.id)) is not None


def visible_estates(actor: Actor, act: Act = Act.SEE_PLACES) -> Select[Estate]:
    """Every estate where this person may do `act`, by default those they may see; retired ones too."""
    wide = reach(actor, act)
    query = select(Estate).join(Site, Site.id == Estate.site_id)
    if wide.everything:
        return query
    return query.where(or_(Estate.id.in_(wide.estates), Site.company_id.in_(wide.companies)))


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


def own_draft(
    session: Session, actor: Actor, draft_id: UUID, lock: bool = False, kind: str = "suppliers"
) -> ImportDraft:
    """The sheet this person uploaded and has not confirmed yet. Raises NotFound for anybody else's."""
    draft = session.get(ImportDraft, draft_id, with_for_update=True if lock else None)
    if draft is None or draft.person_id != actor.id or draft.kind != kind:
        raise NotFound()
    return draft
