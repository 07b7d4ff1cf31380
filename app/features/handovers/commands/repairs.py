"""Repairs given to contractors: the list they open by a link, cases given to another, what they send."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import outbox
from app.db import new_id
from app.domain.action_clock import due_day
from app.domain.action_steps import Content
from app.domain.actions import Step
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.parties import tidy
from app.domain.permissions import Act, Actor, may
from app.domain.repairs import judge_assignment, judge_repair, standing
from app.features.actions import queries as actions
from app.features.actions.commands import Hand, note, refresh_due, walking
from app.features.actions.commands.opening import index
from app.features.actions.models import KIND as ACTION
from app.features.actions.models import Action, ActionDate, ActionDefect, ActionEvent
from app.features.companies.models import Company
from app.features.handovers.queries import disputes as disputed
from app.features.handovers.queries import repairs as queries
from app.features.handovers.queries.shares import living_links
from app.features.links import commands as links
from app.features.links.models import Link, LinkRecord
from app.features.places.commands.estates import contractors_offered
from app.features.places.models import Building, Estate, Unit
from app.features.places.queries import estates

MAIL = "repairs.mail"


def managed(session: Session, actor: Actor, estate_id: UUID, lock: bool = False) -> Estate:
    """An estate whose repairs this person directs. Raises NotFound, NotAllowed."""
    estate = estates.get_visible_to(session, actor, estate_id, lock)
    if not may(actor, Act.MANAGE_ACTION, estates.scope_of(estate)):
        raise NotAllowed()
    return estate


def contractors(session: Session, actor: Actor, estate: Estate) -> list[Company]:
    """Who can be given repairs here: who works here already, every contractor this person may see, the
    developer.
    """
    found = {one.id: one for one in estates.contractors_of(session, estate.id).values()}
    found |= {one.id: one for one in contractors_offered(session, actor)}
    found[estate.site.company_id] = estate.site.company
    known = queries.here(estate.id).with_only_columns(Action.company_id).distinct()
    for one in session.scalars(select(Company).where(Company.id.in_(known), Company.retired_at.is_(None))):
        found[one.id] = one
    in_use = (one for one in found.values() if one.retired_at is None)
    return sorted(in_use, key=lambda one: one.name.casefold())


def assign(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    action_ids: Collection[UUID],
    company_id: UUID | None,
    due: date | None,
    reason: str,
    now: datetime,
) -> int:
    """Gives cases to another contractor, or another day, or both: all or none. How many were changed.

    Raises Invalid: none_chosen, repairs_too_many, repair_not_open (its number), reason_missing, date_in_past,
    contractor_unknown, contractor_same when nothing would change; NotFound for a case of another estate.
    """
    estate = managed(session, actor, estate_id)
    company = _company(session, actor, estate, company_id)
    wanted = set(action_ids)
    cases = _held(session, actor, estate_id, wanted) if wanted else []
    open_among = disputed.open_among(session, wanted)
    stands = [(one.number, standing(one.step, one.phase, one.id in open_among)) for one in cases]
    judge_assignment(stands, reason, due, local_day(now, estate.site.time_zone))
    if any(not actions.allowed(actor, Act.MANAGE_ACTION, one) for one in cases):
        raise NotAllowed()
    moved = [one for one in cases if _moves(one, company, due)]
    if not moved:
        raise Invalid("contractor_same", field="contractor")
    if company is not None:
        _let_go(session, [one.id for one in moved if one.company_id != company.id], actor, now)
    for one in moved:
        _give(session, one, company, due, reason, actor, now)
    if company is not None:
        given = [one.id for one in moved]
        announce(session, estate.id, company.id, given, now)
    return len(moved)


def give_on(
    session: Session,
    actor: Actor,
    action: Action,
    company: Company,
    due: date | None,
    reason: str,
    now: datetime,
) -> None:
    """One locked case goes to another contractor: its dispute has just been decided so."""
    _let_go(session, [action.id], actor, now)
    _give(session, action, company, due, reason, actor, now)
    estate_id = session.scalars(queries.estate_of(action.id)).one()
    announce(session, estate_id, company.id, [action.id], now)


def announce(
    session: Session, estate_id: UUID, company_id: UUID, action_ids: Sequence[UUID], now: datetime
) -> None:
    """New repairs: one letter to everybody who holds a link to this contractor's list, however many."""
    for link in living_links(session, estate_id, company_id, now):
        write(session, "new", now, link=link.id, estate=estate_id, actions=[str(one) for one in action_ids])


def announce_walk(session: Session, action_ids: Sequence[UUID], now: datetime) -> None:
    """The cases a frozen walk has just opened, told to each contractor together."""
    rows = session.execute(
        select(Building.estate_id, Action.company_id, Action.id)
        .join(ActionDefect, ActionDefect.action_id == Action.id)
        .join(Unit, Unit.id == ActionDefect.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .where(Action.id.in_(action_ids), Action.company_id.is_not(None))
        .order_by(Action.number)
    )
    shared: dict[tuple[UUID, UUID], list[UUID]] = {}
    for estate_id, company_id, action_id in rows:
        assert company_id is not None  # the query asks for it
        shared.setdefault((estate_id, company_id), []).append(action_id)
    for (estate_id, company_id), ids in shared.items():
        announce(session, estate_id, company_id, ids, now)


def send_repair(session: Session, action: Action, content: Content, hand: Hand, now: datetime) -> None:
    """The contractor says that a defect is repaired, with a photo made since it was last asked for. Raises
    Stale: repair_sent, dispute_open, action_closed; Invalid: gate_done, gate_photo.
    """
    is_open = disputed.open_of(session, action.id) is not None
    judge_repair(standing(action.step, action.phase, is_open))
    since = asked_again(session, action)
    fresh = [
        one
        for one in action.pictures
        if one.step == Step.IMPLEMENT and one.revision == action.revision and one.added_at > since
    ]
    if str(content.get("done") or "").strip() and not fresh:
        raise Invalid("gate_photo", field="photos")
    walking.send(session, action, Step.IMPLEMENT, content, None, hand, now)


def asked_again(session: Session, action: Action) -> datetime:
    """When this repair was asked for last: photos from before show an earlier attempt."""
    acts = (*queries.CAME_BACK, "assigned")
    last = session.scalar(
        select(ActionEvent.at)
        .where(ActionEvent.action_id == action.id, ActionEvent.act.in_(acts))
        .order_by(ActionEvent.at.desc())
        .limit(1)
    )
    return last or action.notice_at


def write(session: Session, letter: str, now: datetime, **facts: Any) -> None:
    """A letter about repairs (mails/repairs.py)."""
    payload = {name: str(value) if isinstance(value, UUID) else value for name, value in facts.items()}
    outbox.send(session, MAIL, {"letter": letter, **payload}, now)


def _company(session: Session, actor: Actor, estate: Estate, company_id: UUID | None) -> Company | None:
    if company_id is None:
        return None
    found = {one.id: one for one in contractors(session, actor, estate)}.get(company_id)
    if found is None:
        raise Invalid("contractor_unknown", field="contractor")
    return found


def _held(session: Session, actor: Actor, estate_id: UUID, wanted: set[UUID]) -> list[Action]:
    """The cases, locked, each whole enough to be moved. Raises NotFound when one is not there to be seen."""
    ids = list(session.scalars(queries.here_visible(actor, estate_id, wanted)))
    if len(ids) != len(wanted):
        raise NotFound()
    return actions.several(session, ids, lock=True)


def _moves(action: Action, company: Company | None, due: date | None) -> bool:
    if company is not None and company.id != action.company_id:
        return True
    return due is not None and (action.due_at is None or due != due_day(action.due_at, action.time_zone))


def _give(
    session: Session,
    action: Action,
    company: Company | None,
    due: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    hand = Hand(person_id=actor.id)
    if company is not None and company.id != action.company_id:
        facts = {"from": str(action.company_id or ""), "to": str(company.id), "reason": reason.strip()}
        action.company, action.contact = company, None
        row = actions.step_row(action, Step.IMPLEMENT)
        if row is not None:  # what the one before wrote stands in the story, and is not the next one's draft
            row.content, row.state, row.reason = {}, "open", ""
        session.flush()
        note(session, action, "assigned", hand, now, Step.IMPLEMENT, facts)
        index(session, action)
    if due is not None:
        _date(session, action, due, reason, hand, now)
    refresh_due(session, action, now)
    session.flush()


def _date(session: Session, action: Action, due: date, reason: str, hand: Hand, now: datetime) -> None:
    events = actions.events_of(session, action.id)
    old = due_day(actions.due_of(action, Step.IMPLEMENT, events, now), action.time_zone)
    if due == old:
        return
    action.dates.append(
        ActionDate(
            id=new_id(),
            action_id=action.id,
            revision=action.revision,
            step=Step.IMPLEMENT.value,
            old=old,
            new=due,
            reason=tidy(reason, lines=True),
            asked_at=now,
            asked_by=str(hand),
            decided_at=now,
            approved=True,
            approver_id=hand.person_id,
        )
    )
    session.flush()
    facts = {"old": old.isoformat(), "new": due.isoformat(), "reason": reason.strip()}
    note(session, action, "date_changed", hand, now, Step.IMPLEMENT, facts)


def _let_go(session: Session, action_ids: Sequence[UUID], actor: Actor, now: datetime) -> None:
    """Whoever had these before no longer opens them by a link of their own."""
    rows = session.scalars(
        select(Link)
        .join(LinkRecord, LinkRecord.link_id == Link.id)
        .where(
            LinkRecord.record_kind == ACTION, LinkRecord.record_id.in_(action_ids), Link.revoked_at.is_(None)
        )
    )
    for link in rows:
        links.revoke(session, link, actor.id, now)
