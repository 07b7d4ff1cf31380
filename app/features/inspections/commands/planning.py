"""Planning at the desk, and changing a plan: each change is an operation, as on a phone (DESIGN §3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.answers import out_of_scope
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed, Stale
from app.domain.permissions import Act, Actor, may
from app.features.checklists.queries import newest_versions
from app.features.inspections import queries
from app.features.inspections.commands.writing import Change, tell, typed, write
from app.features.inspections.models import Inspection
from app.features.inspections.record import KIND, InspectionKind
from app.features.operations.commands import write_at_desk
from app.features.operations.models import Operation
from app.features.operations.queries import state_of
from app.features.operations.record import Author
from app.features.places.models import Site
from app.features.places.queries import sites_for

TEXTS = ("objectives", "scope", "criteria", "client")


@dataclass(frozen=True, slots=True)
class Participant:
    name: str
    organisation: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a planner decides. `auditors`: the lead first; `texts`: by field of TEXTS; `left_out`: section id
    → reason. Typed text is in the planner's language.
    """

    version_id: UUID
    site_id: UUID
    auditors: tuple[UUID, ...]
    due: date
    texts: Mapping[str, str] = field(default_factory=dict)
    participants: Sequence[Participant] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def plan(session: Session, actor: Actor, wanted: Plan, now: datetime) -> UUID:
    """Plans an inspection and writes to its team. Raises Invalid with the field it is said beside."""
    site = _site(session, actor, wanted.site_id)
    version = next((v for v in newest_versions(session, actor) if v.id == wanted.version_id), None)
    if version is None:
        raise Invalid("not_a_choice", field="checklist")
    _judge_due(wanted.due, site, now)
    sections = queries.form_of(session, version.id).sections
    if not sections.keys() - wanted.left_out.keys():
        raise Invalid("all_out_of_scope", field="left_out")
    created = {
        "checklist_version": str(version.id),
        "site": str(site.id),
        "auditors": [str(person) for person in wanted.auditors],
        "due": wanted.due.isoformat(),
        "open_points": [str(point.id) for point in queries.open_points(session, site.id)],
    }
    texts = {name: wanted.texts[name] for name in TEXTS if wanted.texts.get(name)}
    left_out = wanted.left_out.items()
    changes: list[Change] = [
        ("create", "inspection", "created", created),
        *(("set", "plan", name, typed(text, actor)) for name, text in texts.items()),
        *(("set", f"s/{section}", "covered", _left_out(reason, actor)) for section, reason in left_out),
    ]
    for participant in wanted.participants:
        changes += _participant(participant, actor)
    inspection_id = new_id()
    write_at_desk(session, InspectionKind(), Author(actor, None), inspection_id, changes, now)
    tell(session, "assigned", inspection_id, wanted.auditors, actor, now)
    return inspection_id


def reassign(
    session: Session, actor: Actor, inspection_id: UUID, seq: int, auditors: Sequence[UUID], now: datetime
) -> None:
    """Makes these people the team, the lead first; who is new gets a mail."""
    row = _open(session, actor, inspection_id, seq)
    before = {a.person_id for a in queries.team(row)}
    value = [str(person) for person in auditors]
    write(session, actor, row, [("set", "plan", "auditors", value)], now)
    tell(session, "assigned", row.id, [person for person in auditors if person not in before], actor, now)


def postpone(
    session: Session, actor: Actor, inspection_id: UUID, seq: int, due: date, reason: str, now: datetime
) -> None:
    """Moves the due day, with a reason. The team gets a mail."""
    row = _open(session, actor, inspection_id, seq)
    if due == row.due:
        raise Invalid("due_unchanged", field="due")
    _judge_due(due, row.site, now)
    changes: list[Change] = [
        ("set", "plan", "due", due.isoformat()),
        ("set", "plan", "due_reason", typed(reason, actor)),
    ]
    write(session, actor, row, changes, now)
    tell(session, "moved", row.id, [a.person_id for a in queries.team(row)], actor, now)


def cancel(session: Session, actor: Actor, inspection_id: UUID, seq: int, reason: str, now: datetime) -> None:
    """Ends it for good, with a reason. What phones still hold comes in as late work. The team gets a mail."""
    row = _open(session, actor, inspection_id, seq)
    value = {"reason": typed(reason, actor)}
    write(session, actor, row, [("cancel", "inspection", "cancelled", value)], now)
    tell(session, "cancelled", row.id, [a.person_id for a in queries.team(row)], actor, now)


def set_coverage(
    session: Session,
    actor: Actor,
    inspection_id: UUID,
    seq: int,
    section: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Takes a section out of scope for a `reason`, or back in (None); only before the work begins."""
    row = _open(session, actor, inspection_id, seq)
    sections = queries.asked_in(session, row).sections
    if section not in sections:
        raise Invalid("section_unknown", field="section")
    out = out_of_scope(state_of(session, row.id))
    if reason is not None and not sections.keys() - out - {section}:
        raise Invalid("all_out_of_scope", field="section")
    value = {"in": True} if reason is None else _left_out(reason, actor)
    write(session, actor, row, [("set", f"s/{section}", "covered", value)], now)


def rewrite(
    session: Session,
    actor: Actor,
    inspection_id: UUID,
    seq: int,
    texts: Mapping[str, str],
    now: datetime,
) -> None:
    """Changes objectives, scope, criteria, client: only the ones that say something else now."""
    row = _open(session, actor, inspection_id, seq)
    state = state_of(session, row.id)
    changes: list[Change] = []
    for name in TEXTS:
        shown = queries.shown(state, "plan", name)
        if name in texts and texts[name] != (shown or {}).get("text", ""):
            changes.append(("set", "plan", name, typed(texts[name], actor)))
    if changes:
        write(session, actor, row, changes, now)
    elif not may(actor, Act.CHANGE_PLAN, queries.scope_of(actor, row)):
        raise NotAllowed()


def _open(session: Session, actor: Actor, inspection_id: UUID, seq: int) -> Inspection:
    """The inspection, locked, if its plan may still be changed and nobody changed it since `seq`."""
    InspectionKind().lock(session, [inspection_id])
    row = queries.get_visible_to(session, actor, inspection_id)
    if row.state in ("cancelled", "completed", "in_review"):
        raise Invalid(f"plan_closed_{row.state}")
    # answers come in all day and touch no plan: only what a plan says counts as a change of it
    newer = select(Operation.id).where(
        Operation.record_id == row.id,
        Operation.seq > seq,
        or_(Operation.path.in_(("plan", KIND)), Operation.path.startswith("s/")),
    )
    if session.scalar(newer.limit(1)) is not None:
        raise Stale()
    return row


def _site(session: Session, actor: Actor, site_id: UUID) -> Site:
    for site in sites_for(session, actor, Act.PLAN_INSPECTION):
        if site.id == site_id:
            return site
    raise Invalid("not_a_choice", field="site")


def _judge_due(due: date, site: Site, now: datetime) -> None:
    if due < local_day(now, site.time_zone):
        raise Invalid("date_in_past", field="due")


def _left_out(reason: str, actor: Actor) -> dict[str, Any]:
    return {"in": False, "reason": typed(reason, actor)}


def _participant(participant: Participant, actor: Actor) -> list[Change]:
    path = f"participants/{new_id()}"
    changes: list[Change] = [("row.add", path, "row", {"on": True})]
    for name in ("name", "organisation", "role"):
        text = getattr(participant, name)
        if text:
            changes.append(("set", path, name, typed(text, actor)))
    return changes
