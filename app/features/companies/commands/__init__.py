"""Companies and their contacts: added, changed, retired, restored. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import journal, search
from app.db import new_id
from app.domain.errors import Invalid, NotAllowed
from app.domain.parties import checked, checked_kinds
from app.domain.permissions import Act, Actor, Scope, may
from app.features.companies import queries
from app.features.companies.models import Company, Contact

COMPANY_FIELDS = ("name", "other_name", "code", "country", "note")
CONTACT_FIELDS = {
    "name": "contact_name",
    "duty": "duty",
    "email": "email",
    "phone": "phone",
    "language": "language",
}


def add_company(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    name: str,
    kinds: Iterable[str] = ("supplier",),
    other_name: str = "",
    code: str | None = None,
    country: str = "",
    note: str = "",
) -> Company:
    """A new company. Raises NotAllowed, or Invalid with its field."""
    if not may(actor, Act.MANAGE_COMPANIES, Scope()):
        raise NotAllowed()
    given = {"name": name, "other_name": other_name, "code": code, "country": country, "note": note}
    company = made_company(actor, now, kinds, given)
    _refuse_code_in_use(session, company)
    session.add(company)
    _flush(session)
    index(session, company)
    _note(session, "company.created", company, now, actor)
    return company


def edit_company(
    session: Session, actor: Actor, company_id: UUID, version: int | None, now: datetime, **changes: Any
) -> Company:
    """Changes the fields given (those of add_company). Raises Stale when `version` is not the row's."""
    company = managed(session, actor, company_id)
    company.expect(version)
    kinds = changes.pop("kinds", None)
    values: dict[str, Any] = _company_values(changes)
    if kinds is not None:
        values["kinds"] = checked_kinds(tuple(kinds))
    changed = _set(company, values)
    if changed:
        _refuse_code_in_use(session, company)
        _flush(session)
        index(session, company)
        _note(session, "company.changed", company, now, actor, {"fields": changed})
    return company


def retire_company(
    session: Session, actor: Actor, company_id: UUID, version: int | None, now: datetime
) -> Company:
    """Takes a company out of use; what happened there stays. Retiring it twice changes nothing."""
    company = managed(session, actor, company_id)
    company.expect(version)
    if company.retired_at is None:
        company.retired_at = now
        _note(session, "company.retired", company, now, actor)
    return company


def restore_company(
    session: Session, actor: Actor, company_id: UUID, version: int | None, now: datetime
) -> Company:
    """Brings a retired company back into use."""
    company = managed(session, actor, company_id)
    company.expect(version)
    if company.retired_at is not None:
        company.retired_at = None
        _note(session, "company.restored", company, now, actor)
    return company


def add_contact(
    session: Session,
    actor: Actor,
    company_id: UUID,
    now: datetime,
    *,
    name: str,
    duty: str = "",
    email: str = "",
    phone: str = "",
    language: str = "",
) -> Contact:
    """A person at a company. Raises Invalid with its field, or Invalid("company_retired")."""
    company = in_use(managed(session, actor, company_id))
    given = {"name": name, "duty": duty, "email": email, "phone": phone, "language": language}
    contact = made_contact(company_id, now, given)
    company.contacts.append(contact)
    session.flush()
    index(session, company)
    _note(session, "contact.created", company, now, actor, {"contact": str(contact.id)})
    return contact


def edit_contact(
    session: Session,
    actor: Actor,
    company_id: UUID,
    contact_id: UUID,
    version: int | None,
    now: datetime,
    **changes: str,
) -> Contact:
    """Changes the fields given (those of add_contact). Raises Stale when `version` is not the row's."""
    company = managed(session, actor, company_id)
    contact = queries.get_contact_visible_to(session, actor, company_id, contact_id)
    contact.expect(version)
    changed = _set(contact, _contact_values(changes))
    if changed:
        session.flush()
        index(session, company)
        facts = {"contact": str(contact.id), "fields": changed}
        _note(session, "contact.changed", company, now, actor, facts)
    return contact


def retire_contact(
    session: Session, actor: Actor, company_id: UUID, contact_id: UUID, version: int | None, now: datetime
) -> Contact:
    """Somebody who is no longer the contact: kept, because old reports name them."""
    company = managed(session, actor, company_id)
    contact = queries.get_contact_visible_to(session, actor, company_id, contact_id)
    contact.expect(version)
    if contact.retired_at is None:
        contact.retired_at = now
        session.flush()
        index(session, company)
        _note(session, "contact.retired", company, now, actor, {"contact": str(contact.id)})
    return contact


def made_company(actor: Actor, now: datetime, kinds: Iterable[str], given: dict[str, Any]) -> Company:
    """A company as it would be stored, not yet stored. Raises Invalid with its field."""
    return Company(
        id=new_id(),
        created_at=now,
        created_by=actor.id,
        contacts=[],
        kinds=checked_kinds(tuple(kinds)),
        **_company_values(given),
    )


def made_contact(company_id: UUID, now: datetime, given: dict[str, str]) -> Contact:
    """A contact as it would be stored, not yet stored. Raises Invalid with its field."""
    return Contact(id=new_id(), company_id=company_id, created_at=now, **_contact_values(given))


def managed(session: Session, actor: Actor, company_id: UUID, act: Act = Act.MANAGE_COMPANIES) -> Company:
    """The company, locked, for somebody who may do `act` to it. Raises NotFound or NotAllowed."""
    company = queries.get_visible_to(session, actor, company_id, lock=True)
    if not may(actor, act, Scope(company=company_id)):
        raise NotAllowed()
    return company


def in_use(company: Company) -> Company:
    """The company, unless it is retired. Raises Invalid("company_retired")."""
    if company.retired_at is not None:
        raise Invalid("company_retired")
    return company


def _company_values(given: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        field: checked(field, given[field]) for field in COMPANY_FIELDS if field in given
    }
    if "code" in values:
        values["code"] = values["code"] or None  # unique, and several companies may have none
    return values


def _contact_values(given: dict[str, str]) -> dict[str, str]:
    return {
        field: checked(rule, given[field], field) for field, rule in CONTACT_FIELDS.items() if field in given
    }


def _set(row: Company | Contact, values: dict[str, Any]) -> list[str]:
    changed = sorted(field for field, value in values.items() if getattr(row, field) != value)
    for field in changed:
        setattr(row, field, values[field])
    return changed


def _refuse_code_in_use(session: Session, company: Company) -> None:
    if company.code is None:
        return
    with session.no_autoflush:
        taken = select(Company.id).where(Company.code == company.code, Company.id != company.id)
        if session.scalar(taken) is not None:
            raise Invalid("already_exists", field="code")


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:  # somebody else took the code between the look and the write
        raise Invalid("already_exists", field="code") from error


def index(session: Session, company: Company) -> None:
    """Tells the search what the company is found by."""
    search.put(session, "company", company.id, *found_by(company))


def found_by(company: Company) -> list[str | None]:
    """The texts a company is found by."""
    people = [contact.name for contact in company.contacts if contact.retired_at is None]
    return [company.name, company.other_name, company.code, *people]


def _note(
    session: Session,
    act: str,
    company: Company,
    now: datetime,
    actor: Actor,
    facts: dict[str, Any] | None = None,
) -> None:
    journal.write(session, act, ("company", company.id), now, actor.id, facts)
