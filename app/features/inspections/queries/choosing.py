"""What a planner may choose from: sites by company, people who may carry it out, checklists."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.permissions import MAY, Act, Actor, ScopeKind
from app.domain.words import pick
from app.features.accounts.models import GivenGrant, Person
from app.features.checklists.models import Version
from app.features.checklists.queries import newest_versions
from app.features.places.models import Site
from app.features.places.queries import sites_for


class Offer(NamedTuple):
    """`sites`: every one the person may plan at, in order of company."""

    versions: list[Version]
    sites: list[Site]


def offer(session: Session, actor: Actor) -> Offer:
    """Checklists and sites for a new inspection."""
    return Offer(newest_versions(session, actor), sites_for(session, actor, Act.PLAN_INSPECTION))


def checklist_choices(offered: Offer, language: str) -> list[tuple[str, str]]:
    return [(str(version.id), pick(version.checklist.title, language)) for version in offered.versions]


def company_choices(offered: Offer) -> list[tuple[str, str]]:
    """The companies with a site to plan at, each once."""
    return list({str(site.company_id): site.company.name for site in offered.sites}.items())


def site_choices(offered: Offer, company: str) -> dict[str, list[tuple[str, str]]]:
    """Company name → its sites; only one company's when it is chosen."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for site in offered.sites:
        if company in ("", str(site.company_id)):
            named = site.name if site.city in ("", site.name) else f"{site.name}, {site.city}"
            groups.setdefault(site.company.name, []).append((str(site.id), named))
    return groups


def auditors_for(
    session: Session, company_id: UUID | None, estate_id: UUID | None = None
) -> list[tuple[UUID, str]]:
    """Who may carry out inspections at this company (at any, for None) or at this estate of it, by name."""
    roles = [role.value for role in MAY[Act.START_INSPECTION]]
    everywhere = GivenGrant.scope_kind == ScopeKind.EVERYTHING.value
    there = GivenGrant.scope_kind == ScopeKind.COMPANY.value
    if company_id is not None:
        there = there & (GivenGrant.scope_id == company_id)
    if estate_id is not None:
        of_estate = GivenGrant.scope_kind == ScopeKind.ESTATE.value
        there = there | (of_estate & (GivenGrant.scope_id == estate_id))
    held = select(GivenGrant.person_id).where(
        GivenGrant.role.in_(roles), GivenGrant.ended_at.is_(None), or_(everywhere, there)
    )
    rows = session.execute(
        select(Person.id, Person.name)
        .where(Person.id.in_(held), Person.disabled_at.is_(None))
        .order_by(Person.name, Person.id)
    )
    return [(row.id, row.name) for row in rows]
