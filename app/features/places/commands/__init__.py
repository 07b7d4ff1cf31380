"""Sites: added, changed, retired, restored. Nothing here commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import journal, search
from app.db import new_id
from app.domain.parties import checked
from app.domain.permissions import Act, Actor
from app.features.companies.commands import in_use, managed
from app.features.places import queries
from app.features.places.models import Site

FIELDS = {
    "name": "site_name",
    "address": "address",
    "city": "city",
    "country": "country",
    "time_zone": "time_zone",
}


def add_site(
    session: Session,
    actor: Actor,
    company_id: UUID,
    now: datetime,
    *,
    name: str,
    address: str = "",
    city: str = "",
    country: str = "",
    time_zone: str,
) -> Site:
    """A new site of a company in use. Raises NotFound, NotAllowed, Invalid with its field."""
    in_use(managed(session, actor, company_id, Act.MANAGE_PLACES))
    given = {"name": name, "address": address, "city": city, "country": country, "time_zone": time_zone}
    site = made_site(company_id, now, given)
    session.add(site)
    session.flush()
    _index(session, site)
    _note(session, "site.created", site, now, actor)
    return site


def made_site(company_id: UUID, now: datetime, given: dict[str, str]) -> Site:
    """A site as it would be stored, not yet stored. Raises Invalid with its field."""
    return Site(id=new_id(), company_id=company_id, created_at=now, **_values(given))


def edit_site(
    session: Session, actor: Actor, site_id: UUID, version: int | None, now: datetime, **changes: str
) -> Site:
    """Changes the fields given (those of add_site). Raises Stale when `version` is not the row's."""
    site = _managed(session, actor, site_id)
    site.expect(version)
    values = _values(changes)
    changed = sorted(field for field, value in values.items() if getattr(site, field) != value)
    for field in changed:
        setattr(site, field, values[field])
    if changed:
        session.flush()
        _index(session, site)
        _note(session, "site.changed", site, now, actor, {"fields": changed})
    return site


def retire_site(session: Session, actor: Actor, site_id: UUID, version: int | None, now: datetime) -> Site:
    """Takes a site out of use; what happened there stays."""
    site = _managed(session, actor, site_id)
    site.expect(version)
    if site.retired_at is None:
        site.retired_at = now
        _note(session, "site.retired", site, now, actor)
    return site


def restore_site(session: Session, actor: Actor, site_id: UUID, version: int | None, now: datetime) -> Site:
    """Brings a retired site back into use."""
    site = _managed(session, actor, site_id)
    site.expect(version)
    if site.retired_at is not None:
        site.retired_at = None
        _note(session, "site.restored", site, now, actor)
    return site


def _managed(session: Session, actor: Actor, site_id: UUID) -> Site:
    site = queries.get_visible_to(session, actor, site_id, lock=True)
    managed(session, actor, site.company_id, Act.MANAGE_PLACES)
    return site


def _values(given: dict[str, str]) -> dict[str, str]:
    return {field: checked(rule, given[field], field) for field, rule in FIELDS.items() if field in given}


def _index(session: Session, site: Site) -> None:
    search.put(session, "site", site.id, *found_by(site))


def found_by(site: Site) -> list[str | None]:
    """The texts a site is found by."""
    return [site.name, site.city, site.address]


def _note(
    session: Session,
    act: str,
    site: Site,
    now: datetime,
    actor: Actor,
    facts: dict[str, Any] | None = None,
) -> None:
    journal.write(
        session, act, ("site", site.id), now, actor.id, {"company": str(site.company_id), **(facts or {})}
    )
