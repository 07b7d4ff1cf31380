"""A sheet between its preview and its confirmation, and adding what it holds. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import journal
from app.db import new_id
from app.domain.canonical import canonical, digest
from app.domain.errors import NotAllowed, Stale
from app.domain.permissions import Act, Actor, may_somewhere
from app.domain.supplier_sheet import Row
from app.features.companies import commands as companies
from app.features.companies.models import Contact
from app.features.places import commands as sites
from app.features.places import queries as places
from app.features.places.imports.queries import NEW, SKIP, Group, compare, fingerprint
from app.features.places.models import ImportDraft, Site

KEPT = timedelta(hours=24)


@dataclass
class Imported:
    """How much a confirmed sheet added."""

    companies: int = 0
    sites: int = 0
    contacts: int = 0
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
    session: Session, actor: Actor, draft_id: UUID, choices: Mapping[int, str], now: datetime
) -> Imported:
    """Adds what the sheet holds; `choices`: index of a company in the sheet → skip, new, id:… or group:….

    A choice that was not offered counts as not made. Raises NotFound, NotAllowed, or Stale when a company was
    added or changed since the preview.
    """
    draft = places.own_draft(session, actor, draft_id, lock=True)
    if not may_somewhere(actor, Act.IMPORT_COMPANIES):
        raise NotAllowed()
    if draft.seen != fingerprint(session):
        raise Stale()
    rows, kinds = rows_of(draft), list(draft.rows[0])
    done, made = Imported(), dict[int, UUID]()
    for group in compare(session, rows):
        target = _target(group, choices.get(group.index), made)
        if target == SKIP:
            done.skipped += 1
            continue
        if target == NEW:
            target = _new_company(session, actor, group, kinds, now)
            done.companies += 1
        company_id = UUID(str(target))
        made[group.index] = company_id
        _add_rows(session, actor, company_id, group.rows, done, now)
    facts: dict[str, Any] = {
        "rows": len(rows),
        "sha256": digest(canonical(draft.rows[1])),
        "companies": done.companies,
        "sites": done.sites,
        "contacts": done.contacts,
    }
    journal.write(session, "companies.imported", ("import", draft.id), now, actor.id, facts)
    session.delete(draft)
    return done


def discard(session: Session, actor: Actor, draft_id: UUID) -> None:
    """Forgets a sheet that was not confirmed."""
    session.delete(places.own_draft(session, actor, draft_id, lock=True))


def _target(group: Group, chosen: str | None, made: Mapping[int, UUID]) -> str | UUID:
    offered = {SKIP, NEW, *(choice.value for choice in group.choices)}
    value = chosen if chosen in offered and chosen is not None else group.usual
    kind, _, key = value.partition(":")
    if kind == "id":
        return UUID(key)
    if kind == "group":  # the company above it in the sheet; if that one was skipped, so is this
        return made.get(int(key), SKIP)
    return value


def _new_company(session: Session, actor: Actor, group: Group, kinds: list[str], now: datetime) -> UUID:
    fields: dict[str, Any] = {}
    for row in group.rows:  # the first row that says something about a field decides
        for name, value in row.company.items():
            fields[name] = fields.get(name) or value
    return companies.add_company(session, actor, now, kinds=kinds, **fields).id


def _add_rows(
    session: Session, actor: Actor, company_id: UUID, rows: list[Row], done: Imported, now: datetime
) -> None:
    at = select(Site.name).where(Site.company_id == company_id)
    of = select(Contact.name, Contact.email).where(Contact.company_id == company_id)
    site_names = {name.casefold() for name in session.scalars(at)}
    contacts = {(name.casefold(), email.casefold()) for name, email in session.execute(of)}
    for row in rows:
        site, contact = row.site, row.contact
        if site and site["site_name"].casefold() not in site_names:
            site_names.add(site["site_name"].casefold())
            values = {key: value for key, value in site.items() if key != "site_name"}
            sites.add_site(session, actor, company_id, now, name=site["site_name"], **values)
            done.sites += 1
        who = (contact["contact_name"].casefold(), contact["email"].casefold()) if contact else None
        if contact and who not in contacts:
            contacts.add(who)  # type: ignore[arg-type]
            values = {key: value for key, value in contact.items() if key != "contact_name"}
            companies.add_contact(session, actor, company_id, now, name=contact["contact_name"], **values)
            done.contacts += 1
