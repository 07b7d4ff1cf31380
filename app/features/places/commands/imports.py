"""A sheet between its preview and its confirmation, and adding what it holds. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from app import journal, search
from app.db import new_id
from app.domain.canonical import canonical, digest
from app.domain.errors import NotAllowed, Stale
from app.domain.permissions import Act, Actor, may_somewhere
from app.domain.supplier_sheet import Row
from app.features.companies.commands import found_by, index, made_company, made_contact
from app.features.companies.models import Company, Contact
from app.features.places import commands as sites
from app.features.places import queries as places
from app.features.places.models import ImportDraft, Site
from app.features.places.queries.imports import NEW, SKIP, Group, fingerprint

KEPT = timedelta(hours=24)


@dataclass
class Imported:
    """What a confirmed sheet adds."""

    companies: list[Company] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    skipped: int = 0


def keep_draft(
    session: Session, actor: Actor, file_name: str, rows: list[Row], kinds: list[str], now: datetime
) -> ImportDraft:
    """Keeps what was read for a day. Raises NotAllowed. Drafts that are over go on this occasion."""
    if not may_somewhere(actor, Act.IMPORT_COMPANIES):
        raise NotAllowed()
    session.execute(delete(ImportDraft).where(ImportDraft.expires_at < now))
    draft = ImportDraft(
        id=new_id(),
        person_id=actor.id,
        file_name=file_name[:200],
        created_at=now,
        expires_at=now + KEPT,
        rows=[kinds, [row.plain() for row in rows]],
        seen=fingerprint(session),
    )
    session.add(draft)
    session.flush()
    return draft


def look_again(session: Session, actor: Actor, draft_id: UUID) -> None:
    """The preview is drawn anew: what it was compared with is what is there now."""
    places.own_draft(session, actor, draft_id, lock=True).seen = fingerprint(session)


def rows_of(draft: ImportDraft) -> list[Row]:
    """The rows kept in a draft."""
    return [Row.of(plain) for plain in draft.rows[1]]


def confirm(
    session: Session,
    actor: Actor,
    draft_id: UUID,
    groups: list[Group],
    choices: Mapping[int, str],
    now: datetime,
) -> Imported:
    """Adds what the sheet holds; `choices`: index of a company in the sheet → skip, new, id:… or group:….

    A choice that was not offered counts as not made. Raises NotFound, NotAllowed, or Stale when a company was
    added or changed since the preview. `groups` is the draft as compare() gives it, before this transaction:
    nothing changed since, or the fingerprint says so. Everything is stored in a few statements. Both keep a
    long sheet from holding up others who write.
    """
    draft = places.own_draft(session, actor, draft_id, lock=True)
    if not may_somewhere(actor, Act.IMPORT_COMPANIES):
        raise NotAllowed()
    if draft.seen != fingerprint(session):
        raise Stale()
    kinds = list(draft.rows[0])
    known = _known(session, groups)
    done = Imported()
    taken: dict[int, Company] = {}
    for group in groups:
        company = _target(group, choices.get(group.index), known, taken)
        if company == NEW:
            company = made_company(actor, now, kinds, group.company())
            done.companies.append(company)
        if not isinstance(company, Company):
            done.skipped += 1
            continue
        taken[group.index] = company
    _gather(session, groups, taken, done, now)
    _store(session, actor, draft_id, done, now)
    facts: dict[str, Any] = {
        "rows": len(draft.rows[1]),
        "sha256": digest(canonical(draft.rows[1])),
        "companies": len(done.companies),
        "sites": len(done.sites),
        "contacts": len(done.contacts),
    }
    journal.write(session, "companies.imported", ("import", draft_id), now, actor.id, facts)
    session.delete(draft)
    return done


def discard(session: Session, actor: Actor, draft_id: UUID) -> None:
    """Forgets a sheet that was not confirmed."""
    session.delete(places.own_draft(session, actor, draft_id, lock=True))


def _known(session: Session, groups: list[Group]) -> dict[str, Company]:
    """The companies that rows may be added to, by the value of the choice."""
    offered = {choice.value for group in groups for choice in group.choices if choice.value.startswith("id:")}
    if not offered:
        return {}
    wanted = {UUID(value[3:]) for value in offered}
    query = select(Company).where(Company.retired_at.is_(None)).options(selectinload(Company.contacts))
    return {f"id:{company.id}": company for company in session.scalars(query) if company.id in wanted}


def _target(
    group: Group, chosen: str | None, known: Mapping[str, Company], taken: Mapping[int, Company]
) -> Company | str:
    value = chosen if chosen in group.offered and chosen is not None else group.usual
    kind, _, key = value.partition(":")
    if kind == "group":  # a company above it in the sheet; if that one is skipped, so is this
        return taken.get(int(key), SKIP)
    return known[value] if kind == "id" else value


def _gather(
    session: Session, groups: list[Group], taken: Mapping[int, Company], done: Imported, now: datetime
) -> None:
    """Makes the sites and contacts that the companies do not have yet."""
    new = {company.id for company in done.companies}
    old = {company.id for company in taken.values()} - new
    sites_there = {
        (company_id, name.casefold())
        for company_id, name in (session.execute(select(Site.company_id, Site.name)) if old else ())
        if company_id in old
    }
    people_there = {
        (company.id, contact.name.casefold(), contact.email.casefold())
        for company in taken.values()
        for contact in company.contacts
    }
    for group in groups:
        company = taken.get(group.index)
        for row in group.rows if company else ():
            assert company is not None
            site, contact = row.site, row.contact
            if site and (company.id, site["site_name"].casefold()) not in sites_there:
                sites_there.add((company.id, site["site_name"].casefold()))
                done.sites.append(sites.made_site(company.id, now, {**site, "name": site["site_name"]}))
            if not contact:
                continue
            who = (company.id, contact["contact_name"].casefold(), contact["email"].casefold())
            if who not in people_there:
                people_there.add(who)
                made = made_contact(company.id, now, {**contact, "name": contact["contact_name"]})
                company.contacts.append(made)
                done.contacts.append(made)


def _store(session: Session, actor: Actor, draft_id: UUID, done: Imported, now: datetime) -> None:
    origin = str(draft_id)
    new = {company.id for company in done.companies}
    people: dict[UUID, list[str]] = {}
    for contact in done.contacts:
        people.setdefault(contact.company_id, []).append(str(contact.id))
    session.add_all(done.companies)
    session.flush()
    session.add_all(done.sites)
    session.flush()
    search.put_new(session, "company", [(company.id, found_by(company)) for company in done.companies])
    search.put_new(session, "site", [(site.id, sites.found_by(site)) for site in done.sites])
    journal.begin(
        session,
        "company",
        now,
        actor.id,
        [
            (company_id, "company.created", {"import": origin, "contacts": people.get(company_id, [])})
            for company_id in (company.id for company in done.companies)
        ],
    )
    journal.begin(
        session,
        "site",
        now,
        actor.id,
        [
            (site.id, "site.created", {"import": origin, "company": str(site.company_id)})
            for site in done.sites
        ],
    )
    for company_id, ids in people.items():
        if company_id not in new:
            company = session.get_one(Company, company_id)
            index(session, company)
            facts = {"import": origin, "contacts": ids}
            journal.write(session, "contacts.created", ("company", company_id), now, actor.id, facts)
