"""The letters about repairs, written by whoever carries out the outbox, each in its reader's language: many
defects in one letter. A contractor's letter brings a link whose secret is made here and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from app.db import reading, transaction
from app.domain.dates import local_day
from app.domain.repairs import ESCALATE, SOON, Standing, Tally
from app.features.accounts.models import Person
from app.features.actions.models import Action
from app.features.companies.models import Contact
from app.features.handovers.models import Dispute
from app.features.handovers.queries import repairs as queries
from app.features.handovers.queries.repairs import Repair
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
        chosen = _chosen(session, estate_id, contact.company_id, payload, now)
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
        every = queries.repairs_of(session, _going(estate_id, contact.company_id, now), now)
        action = session.get_one(Action, dispute.action_id) if dispute is not None else None
        return write(
            "handovers_repairs.txt",
            contact.email,
            contact.language or fallback,
            letter=kind,
            name=contact.name,
            estate=estate,
            repairs=chosen[:LINES_AT_MOST],
            more=max(len(chosen) - LINES_AT_MOST, 0),
            number=len(chosen),
            tallies=tallied(every),
            late=sum(one.left is not None and one.left < 0 for one in every),
            soon=SOON,
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
) -> list[Repair]:
    """What the letter lists: all of it, what is new, or what is due."""
    kind = payload["letter"]
    wanted = queries.here(estate_id).where(Action.company_id == company_id, queries.in_state("todo", now))
    if kind == "new":
        wanted = wanted.where(Action.id.in_([UUID(one) for one in payload["actions"]]))
    elif kind == "due":
        wanted = wanted.where(Action.due_at <= now + timedelta(days=SOON + 1))
    elif kind == "decided":
        return []
    found = queries.repairs_of(session, wanted, now)
    if kind == "due":
        back = [one for one in _came_back(session, estate_id, company_id, now) if one not in found]
        found = [one for one in found if one.left is not None and one.left <= SOON] + back
    return found


def _came_back(session: Session, estate_id: UUID, company_id: UUID, now: datetime) -> list[Repair]:
    """What a re-inspection sent back, not due yet."""
    wanted = queries.here(estate_id).where(Action.company_id == company_id, queries.in_state("todo", now))
    later = wanted.where(Action.due_at > now + timedelta(days=SOON + 1))
    return [one for one in queries.repairs_of(session, later, now) if one.failed]


def _going(estate_id: UUID, company_id: UUID | None, now: datetime) -> Any:
    wanted = queries.here(estate_id).where(queries.in_state("open", now))
    return wanted.where(Action.company_id == company_id) if company_id is not None else wanted


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
        every = queries.repairs_of(session, _going(estate_id, None, now), now)
        mine = [one for one in every if kind == "late" or one.action.owner_id == person.id]
        least = ESCALATE[0] if kind == "late" else 1
        facts["late"] = _by_company(one for one in mine if one.left is not None and -one.left >= least)
        facts["sent"] = sum(one.standing is Standing.SENT for one in mine)
        facts["disputes"] = sum(one.standing is Standing.DISPUTED for one in mine)
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


def tallied(repairs: Iterable[Repair]) -> dict[str, Tally]:
    """Class → how many, by where they stand."""
    found: dict[str, Tally] = {}
    for one in repairs:
        late = one.left is not None and one.left < 0
        step = Tally(
            todo=int(one.standing is Standing.TODO),
            late=int(late),
            sent=int(one.standing is Standing.SENT),
            disputed=int(one.standing is Standing.DISPUTED),
        )
        found[one.grade] = found.get(one.grade, Tally()) + step
    return dict(sorted(found.items()))


def _by_company(repairs: Iterable[Repair]) -> list[tuple[str, int, int]]:
    """(contractor, how many, the oldest's days overdue), the worst first."""
    found: dict[str, list[int]] = {}
    for one in repairs:
        name = one.action.company.name if one.action.company else ""
        found.setdefault(name, []).append(-(one.left or 0))
    rows = [(name, len(days), max(days)) for name, days in found.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))
