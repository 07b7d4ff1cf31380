"""Companies as somebody may see them (DESIGN §3 rule 2), and the list: searched, filtered, sorted, paged.

A manager and an officer see the companies granted to them, an auditor those where work is assigned to them,
an admin all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, Uuid, column, func, or_, select, table, true, type_coerce
from sqlalchemy.orm import Session, selectinload

from app import search
from app.adapters.duplicates import Alike, Names
from app.db import UtcDateTime
from app.domain.errors import NotFound
from app.domain.paging import Span
from app.domain.permissions import Act, Actor, reach
from app.features.companies.models import Company, Contact

PAGE = 50
# Features above this one, named by their tables only (DESIGN §3, arrows).
_inspections = table("inspections", column("id", Uuid), column("company_id", Uuid))
_assignments = table(
    "assignments", column("inspection_id", Uuid), column("person_id", Uuid), column("ended_at", UtcDateTime)
)
_sites = table(
    "sites",
    column("id", Uuid),
    column("company_id", Uuid),
    column("city"),
    column("retired_at", UtcDateTime),
)
_estates = table("estates", column("id", Uuid), column("site_id", Uuid))


@dataclass(frozen=True)
class Filters:
    """What the address asks for. `state`: used, retired or all; `sort`: name or newest."""

    text: str = ""
    kind: str = ""
    state: str = "used"
    sort: str = "name"
    page: int = 1


@dataclass(frozen=True)
class Found:
    """One page of the list: its companies with the cities of their sites, and how many there are."""

    companies: list[Company]
    cities: dict[UUID, list[str]]
    span: Span
    visible: int


def visible_companies(actor: Actor, act: Act = Act.SEE_COMPANIES, by_estate: bool = True) -> Select[Company]:
    """Every company where this person may do `act`, by default those they may see; retired ones too.

    Whoever is granted an estate sees its developer, unless `by_estate` is false; nothing else comes of it.
    """
    within = _within(actor, act)
    if by_estate and act == Act.SEE_COMPANIES and (estates := reach(actor, act).estates):
        developers = (
            select(_sites.c.company_id)
            .join(_estates, _estates.c.site_id == _sites.c.id)
            .where(_estates.c.id.in_(estates))
        )
        within = or_(within, Company.id.in_(developers))
    return select(Company).where(within)


def get_visible_to(session: Session, actor: Actor, company_id: UUID, lock: bool = False) -> Company:
    """One company with its contacts; `lock` holds its row until the commit. Raises NotFound."""
    query = visible_companies(actor).where(Company.id == company_id)
    if lock:
        query = query.with_for_update()
    found = session.scalars(query.options(selectinload(Company.contacts))).one_or_none()
    if found is None:
        raise NotFound()
    return found


def get_contact_visible_to(
    session: Session, actor: Actor, company_id: UUID, contact_id: UUID, lock: bool = False
) -> Contact:
    """One contact of a company this person may see. Raises NotFound."""
    company = get_visible_to(session, actor, company_id, lock)
    for contact in company.contacts:
        if contact.id == contact_id:
            return contact
    raise NotFound()


def find(session: Session, actor: Actor, filters: Filters) -> Found:
    """One page of the companies this person may see. A page beyond the last gives the last."""
    wanted = _filtered(session, visible_companies(actor), filters)
    span = Span.at(filters.page, PAGE, _count(session, wanted))
    order = Company.id.desc() if filters.sort == "newest" else func.lower(Company.name)
    rows = session.scalars(wanted.order_by(order, Company.id).limit(PAGE).offset(span.before))
    companies = list(rows)
    cities = cities_of(session, [company.id for company in companies])
    visible = _count(session, visible_companies(actor))
    return Found(companies, cities, span, visible)


def names_in_use(session: Session, actor: Actor) -> list[tuple[UUID, str, str]]:
    """Id, name and other name of every company this person may see and that is not retired: to find likely
    duplicates, without telling anybody of companies they may not see.
    """
    rows = session.execute(
        visible_companies(actor)
        .where(Company.retired_at.is_(None))
        .with_only_columns(Company.id, Company.name, Company.other_name)
        .order_by(Company.id)
    )
    return [(company_id, name, other) for company_id, name, other in rows]


def similar(session: Session, actor: Actor, name: str, other_name: str = "") -> list[Alike]:
    """Companies in use that this person may see and whose names are like these, the most alike first."""
    known = names_in_use(session, actor)
    return Names((str(key), stored, other) for key, stored, other in known).like(name, other_name)


def cities_of(session: Session, companies: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The cities of the sites in use of each company, each once."""
    rows = session.execute(
        select(_sites.c.company_id, _sites.c.city)
        .where(_sites.c.company_id.in_(companies), _sites.c.retired_at.is_(None), _sites.c.city != "")
        .distinct()
        .order_by(_sites.c.city)
    )
    found: dict[UUID, list[str]] = {}
    for company_id, city in rows:
        found.setdefault(company_id, []).append(city)
    return found


def _within(actor: Actor, act: Act) -> ColumnElement[bool]:
    """As SQL: the company is one where this person may do `act`."""
    wide = reach(actor, act)
    if wide.everything:
        return true()
    granted = Company.id.in_(wide.companies)
    if not wide.assigned:
        return granted
    assigned = (
        select(_inspections.c.company_id)
        .join(_assignments, _assignments.c.inspection_id == _inspections.c.id)
        .where(_assignments.c.person_id == actor.id, _assignments.c.ended_at.is_(None))
    )
    return or_(granted, Company.id.in_(assigned))


def _filtered(session: Session, query: Select[Company], filters: Filters) -> Select[Company]:
    if filters.state == "used":
        query = query.where(Company.retired_at.is_(None))
    elif filters.state == "retired":
        query = query.where(Company.retired_at.is_not(None))
    if filters.kind:
        # kinds are canonical JSON text: the quotes keep one kind from being found within another's name
        query = query.where(type_coerce(Company.kinds, Text).contains(f'"{filters.kind}"', autoescape=True))
    companies, sites = (search.matching(session, kind, filters.text) for kind in ("company", "site"))
    if companies is None or sites is None:
        return query
    at_sites = select(_sites.c.company_id).where(_sites.c.id.in_(sites), _sites.c.retired_at.is_(None))
    return query.where(or_(Company.id.in_(companies), Company.id.in_(at_sites)))


def _count(session: Session, query: Select[Company]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
