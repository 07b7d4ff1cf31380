"""The letters about repairs, written by whoever carries out the outbox, each in its reader's language: many
defects in one letter. A contractor's letter brings a link whose secret is made here and stored nowhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import or_
from sqlalchemy.orm import Session

from app.db import reading, transaction
from app.domain.action_clock import age
from app.domain.dates import end_of_day, local_day
from app.domain.repairs import ESCALATE, SOON
from app.features.accounts.models import Person
from app.features.actions.models import Action
from app.features.companies.models import Contact
from app.features.handovers.models import Dispute
from app.features.handovers.queries import repairs as queries
from app.features.handovers.queries import shares
from app.features.links import commands as links
from app.features.links.models import Link
from app.features.links.queries import good
from app.features.places.models import Estate
from app.web.letters import Letter, write

LINES_AT_MOST = 40


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `repairs.mail` stands for; None when it has lost its point."""
    if "link" in payload:
        return _to_contact(payload, now)
    person = reading().get(Person, UUID(payload["person"]))
    if person is None or person.disabled_at is not None:
        return None
    return _to_person(payload, person, now)


def _to_contact(payload: dict[str, Any], now: datetime) -> Letter | None:
    """A letter in which a link lives on from now. None once it was taken back, or nothing is left to say."""
    kind, fallback = payload["letter"], current_app.config["PLUMBLINE"].language
    with transaction() as session:
        link = session.get(Link, UUID(payload["link"]))
        contact = session.get(Contact, link.contact_id) if link is not None else None
        if link is None or contact is None or contact.retired_at is not None or not contact.email:
            return None
        if not good(link, now):
            return None
        dispute = session.get(Dispute, UUID(payload["dispute"])) if "dispute" in payload else None
        estate_id = _estate_of(session, payload, link, dispute)
        if estate_id is None:
            return None
        wanted = _chosen(session, estate_id, contact.company_id, payload, now)
        chosen, number = (
            queries.repairs_of(session, wanted, now, LINES_AT_MOST) if wanted is not None else ([], 0)
        )
        if kind != "decided" and not chosen:
            return None
        if link.records and (link.records[0].record_kind, link.records[0].record_id) == (
            queries.KIND,
            estate_id,
        ):
            to = links.Recipient(contact.id, contact.name, contact.email, contact.language or fallback)
            link = links.give(session, to, (queries.KIND, estate_id), None, now)
        secret = links.fresh_secret(session, link.id, now)
        estate = session.get_one(Estate, estate_id)
        mine = shares.tallies(session, estate_id, now, Action.company_id == contact.company_id)
        action = session.get_one(Action, dispute.action_id) if dispute is not None else None
        return write(
            "handovers_repairs.txt",
            contact.email,
            contact.language or fallback,
            letter=kind,
            name=contact.name,
            estate=estate,
            repairs=chosen,
            more=number - len(chosen),
            number=number,
            tallies=mine.get(contact.company_id, {}),
            dispute=dispute,
            action=action,
            address=f"{current_app.config['PLUMBLINE'].public_url}/l/{secret}",
            until=local_day(link.expires_at, estate.site.time_zone),
        )


def _estate_of(session: Session, payload: dict[str, Any], link: Link, dispute: Dispute | None) -> UUID | None:
    if dispute is not None:
        return session.scalar(queries.estate_of(dispute.action_id))
    return UUID(payload["estate"])


def _chosen(
    session: Session, estate_id: UUID, company_id: UUID, payload: dict[str, Any], now: datetime
) -> Any:
    """What the letter lists, as a query: all of it, what is new, what is due or came back; None: nothing."""
    kind = payload["letter"]
    if kind == "decided":
        return None
    wanted = queries.here(estate_id).where(Action.company_id == company_id, queries.in_state("todo", now))
    if kind == "new":
        return wanted.where(Action.id.in_([UUID(one) for one in payload["actions"]]))
    if kind == "due":
        zone = session.get_one(Estate, estate_id).site.time_zone
        soon = end_of_day(local_day(now, zone) + timedelta(days=SOON), zone)
        return wanted.where(or_(Action.due_at <= soon, queries.came_back()))
    return wanted


def _to_person(payload: dict[str, Any], person: Person, now: datetime) -> Letter | None:
    session, kind = reading(), payload["letter"]
    facts: dict[str, Any] = {}
    if kind == "disputed":
        dispute = session.get(Dispute, UUID(payload["dispute"]))
        if dispute is None or dispute.decided_at is not None:
            return None
        action = session.get_one(Action, dispute.action_id)
        estate_id = session.scalar(queries.estate_of(action.id))
        facts = {"dispute": dispute, "action": action}
        path = f"/actions/{action.id}"
    else:
        estate_id = UUID(payload["estate"])
        path = f"/estates/{estate_id}/repairs"
    if estate_id is None:
        return None
    if kind in ("officer", "late"):
        only = () if kind == "late" else (Action.owner_id == person.id,)
        since = now - timedelta(days=ESCALATE[0] - 1 if kind == "late" else 0)
        slipping = shares.slipping(session, estate_id, now, since, *only)
        facts["late"] = [(one.company, one.number, age(one.oldest, now)) for one in slipping]
        every = [
            one for mine in shares.tallies(session, estate_id, now, *only).values() for one in mine.values()
        ]
        facts["sent"] = sum(one.sent for one in every)
        facts["disputes"] = sum(one.disputed for one in every)
        if not facts["late"] and (kind == "late" or not facts["sent"]):
            return None
        path += "?state=overdue" if facts["late"] else "?state=sent"
    elif kind == "stray":
        facts = {"who": payload["name"], "sent_to": payload["sent_to"]}
    return write(
        "handovers_repairs_desk.txt",
        person.email,
        person.language,
        letter=kind,
        name=person.name,
        estate=session.get_one(Estate, estate_id),
        address=current_app.config["PLUMBLINE"].public_url + path,
        **facts,
    )
