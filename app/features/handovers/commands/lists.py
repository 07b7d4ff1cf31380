"""Links to a contractor's list of repairs: given, sent, shown, taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.errors import Invalid
from app.domain.permissions import Actor
from app.features.actions.models import Action
from app.features.companies.models import Contact
from app.features.handovers.commands.repairs import contractors, managed, write
from app.features.handovers.queries import repairs as queries
from app.features.links import commands as links
from app.features.links.models import Link


def give_list(
    session: Session, actor: Actor, estate_id: UUID, contact_id: UUID, language: str, now: datetime
) -> Link:
    """The link by which a contact opens their company's repairs here; the good one there is lives on.
    `language`: of a contact who has none. Raises Invalid("contact_unknown").
    """
    estate = managed(session, actor, estate_id)
    contact = session.get(Contact, contact_id)
    known = {one.id for one in contractors(session, actor, estate)}
    if contact is None or contact.retired_at is not None or contact.company_id not in known:
        raise Invalid("contact_unknown", field="contact")
    to = links.Recipient(contact.id, contact.name, contact.email, contact.language or language)
    return links.give(session, to, (queries.KIND, estate_id), actor.id, now)


def send_list(
    session: Session, actor: Actor, estate_id: UUID, contact_id: UUID, language: str, now: datetime
) -> None:
    """Writes to a contact with the link to their list. Raises Invalid: contact_unknown, contact_without_mail,
    list_without_repairs.
    """
    link = give_list(session, actor, estate_id, contact_id, language, now)
    if not link.sent_to:
        raise Invalid("contact_without_mail", field="contact")
    contact = session.get_one(Contact, contact_id)
    going = queries.here(estate_id).where(
        Action.company_id == contact.company_id, queries.in_state("open", now)
    )
    if session.scalar(going.with_only_columns(Action.id).limit(1)) is None:
        raise Invalid("list_without_repairs", field="contact")
    write(session, "list", now, link=link.id, estate=estate_id)


def show_list(
    session: Session, actor: Actor, estate_id: UUID, contact_id: UUID, language: str, now: datetime
) -> str:
    """The secret of such a link, to be shown once and sent by chat."""
    link = give_list(session, actor, estate_id, contact_id, language, now)
    secret = links.fresh_secret(session, link.id, now)
    assert secret is not None
    return secret


def revoke_list(session: Session, actor: Actor, estate_id: UUID, link_id: UUID, now: datetime) -> None:
    """Ends a link to a list of this estate at once. Raises Invalid("link_not_yours") for another."""
    managed(session, actor, estate_id)
    link = session.get(Link, link_id)
    if link is None or (queries.KIND, estate_id) not in {
        (one.record_kind, one.record_id) for one in link.records
    }:
        raise Invalid("link_not_yours")
    links.revoke(session, link, actor.id, now)


def stray(session: Session, link: Link, now: datetime) -> None:
    """Somebody says a link to a list was not meant for them: whoever gave it is told."""
    for record in link.records:
        if record.record_kind == queries.KIND and link.created_by is not None:
            told = {"person": str(link.created_by), "name": link.name, "sent_to": link.sent_to}
            write(session, "stray", now, estate=record.record_id, **told)
