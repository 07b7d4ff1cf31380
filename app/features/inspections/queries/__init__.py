"""Reading inspections: who sees which, what a version asks, what was answered last time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from app.domain.answers import answers
from app.domain.errors import NotFound
from app.domain.merge import Key, Register
from app.domain.permissions import Act, Actor, Scope, reach
from app.domain.registers import Form
from app.domain.rooms import Room
from app.features.checklists.models import Version
from app.features.companies.models import Company, Contact
from app.features.inspections.models import Assignment, Inspection, OpenPoint
from app.features.operations.models import RecordHead
from app.features.operations.queries import state_of
from app.features.places.models import Estate, Site

SITES_AT_MOST = 2000
WORK_AT_MOST = 200
OPEN = ("planned", "in_progress")
_ENDED = ("in_review", "completed", "cancelled")
_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
_FORMS: dict[tuple[UUID, str], Form] = {}
_FORMS_AT_MOST = 64


def form_of(
    session: Session,
    version_id: UUID,
    rooms: Sequence[Room] | None = None,
    repaired: Sequence[Mapping[str, Any]] | None = None,
    known_as: str = "",
) -> Form:
    """What a published version asks, in a unit's `rooms` if it is walked, of what was `repaired` if it is a
    re-inspection. Versions never change, so a process keeps the ones in use; units of one type share theirs.
    A re-inspection has its own, kept as long as it is `known_as` something.
    """
    rooms_key = json.dumps(rooms, sort_keys=True) if rooms and repaired is None else known_as
    key = (version_id, rooms_key)
    found = _FORMS.get(key) if repaired is None or known_as else None
    if found is None:
        version = session.get(Version, version_id)
        if version is None:
            raise NotFound("version_not_published")
        if len(_FORMS) >= _FORMS_AT_MOST:
            _FORMS.clear()
        found = Form.of(str(version_id), version.definition, rooms, repaired)
        if repaired is None or known_as:
            _FORMS[key] = found
    return found


def asked_in(session: Session, inspection: Inspection) -> Form:
    """What is asked in an inspection: of a unit's walk, room by room; again, what was repaired."""
    known_as = f"{inspection.id} {inspection.created_at}" if inspection.repaired is not None else ""
    return form_of(session, inspection.version_id, inspection.rooms, inspection.repaired, known_as)


def assigned_to(person_id: UUID) -> ColumnElement[bool]:
    # not correlated: SQLite would ask a busy person's assignments again for every inspection there is
    held = select(Assignment.inspection_id)
    return Inspection.id.in_(held.where(Assignment.person_id == person_id, Assignment.ended_at.is_(None)))


def visible(actor: Actor, act: Act = Act.SEE_INSPECTIONS) -> ColumnElement[bool]:
    """The condition for inspections the actor may do `act` to (the same table as `may`, as SQL)."""
    far = reach(actor, act)
    if far.everything:
        return true()
    ways: list[ColumnElement[bool]] = []
    if far.companies:
        ways.append(Inspection.company_id.in_(far.companies))
    if far.estates:
        ways.append(Inspection.estate_id.in_(far.estates))
    if far.assigned:
        ways.append(assigned_to(actor.id))
    return or_(*ways) if ways else false()


def get_visible_to(session: Session, actor: Actor, inspection_id: UUID) -> Inspection:
    """The inspection with what its pages show. Raises NotFound when it is not there or not theirs to see."""
    found = session.scalars(
        select(Inspection)
        .where(Inspection.id == inspection_id, visible(actor))
        .options(
            joinedload(Inspection.version).joinedload(Version.checklist),
            joinedload(Inspection.site),
            joinedload(Inspection.company),
            selectinload(Inspection.assignments).joinedload(Assignment.person),
        )
    ).first()
    if found is None:
        raise NotFound()
    return found


def scope_of(actor: Actor, inspection: Inspection) -> Scope:
    """Where the inspection lies, for `may`. `assignments` must be loaded."""
    mine = any(a.person_id == actor.id and a.ended_at is None for a in inspection.assignments)
    return Scope(company=inspection.company_id, estate=inspection.estate_id, assigned=mine)


def lead_scope_of(actor: Actor, inspection: Inspection) -> Scope:
    """The same for what only the lead of a team may do."""
    lead = next((a.person_id for a in inspection.assignments if a.ended_at is None and a.position == 0), None)
    return Scope(company=inspection.company_id, estate=inspection.estate_id, assigned=lead == actor.id)


def team(inspection: Inspection) -> list[Assignment]:
    """Who carries it out now, the lead first."""
    return [a for a in inspection.assignments if a.ended_at is None]


def work_of(session: Session, actor: Actor, limit: int = WORK_AT_MOST) -> list[Inspection]:
    """What is assigned to a person: open ones, then those ended, newest first."""
    open_first = Inspection.state.in_(("planned", "in_progress", "in_review")).desc()
    return list(
        session.scalars(
            select(Inspection)
            .where(assigned_to(actor.id))
            .order_by(open_first, Inspection.due, Inspection.created_at.desc())
            .limit(limit)
            .options(
                # a list shows neither: 80 KB of checklist and a whole result for each of 200 lines
                defer(Inspection.result),
                joinedload(Inspection.version).options(
                    defer(Version.definition), joinedload(Version.checklist)
                ),
                joinedload(Inspection.site),
                joinedload(Inspection.company),
            )
        )
    )


def open_work_ids(session: Session, actor: Actor) -> list[UUID]:
    """The open inspections assigned to a person, in a fixed order."""
    is_open = Inspection.state.in_(OPEN)
    wanted = select(Inspection.id).where(assigned_to(actor.id), is_open)
    return list(session.scalars(wanted.order_by(Inspection.id).limit(WORK_AT_MOST)))


def startable_sites(session: Session, actor: Actor) -> list[Site]:
    """Where the actor may start an inspection nobody planned."""
    far = reach(actor, Act.START_INSPECTION)
    if far.nothing:
        return []
    wanted = select(Site).join(Site.company).where(Site.retired_at.is_(None), Company.retired_at.is_(None))
    if not far.everything:
        there = select(Estate.site_id).where(Estate.id.in_(far.estates))
        wanted = wanted.where(or_(Site.company_id.in_(far.companies), Site.id.in_(there)))
    return list(
        session.scalars(
            wanted.options(joinedload(Site.company)).order_by(Company.name, Site.name).limit(SITES_AT_MOST)
        )
    )


def contacts_of(session: Session, company_id: UUID) -> list[Contact]:
    """The people of an inspected company, by name: owners of findings, signers."""
    return list(
        session.scalars(
            select(Contact)
            .where(Contact.company_id == company_id, Contact.retired_at.is_(None))
            .order_by(Contact.name, Contact.id)
        )
    )


def heads_among(session: Session, ids: list[UUID]) -> dict[UUID, int]:
    """The last sequence number of each of these inspections."""
    rows = session.execute(select(RecordHead.record_id, RecordHead.seq).where(RecordHead.record_id.in_(ids)))
    return {row.record_id: row.seq for row in rows}


def last_before(session: Session, inspection: Inspection) -> Inspection | None:
    """The last completed inspection with the same checklist at the same site, or of the same unit, whichever
    version it had. A re-inspection asks something else each time: there is none, and it is none.
    """
    if inspection.repaired is not None:
        return None
    same = select(Version.id).where(Version.checklist_id == inspection.version.checklist_id)
    return session.scalars(
        select(Inspection)
        .where(
            Inspection.site_id == inspection.site_id,
            Inspection.unit_id.is_(None)
            if inspection.unit_id is None
            else Inspection.unit_id == inspection.unit_id,
            Inspection.version_id.in_(same),
            Inspection.id != inspection.id,
            Inspection.repaired.is_(None),
            Inspection.completed_at.is_not(None),
            Inspection.completed_at < (inspection.completed_at or _FOREVER),
        )
        .order_by(Inspection.completed_at.desc())
        .limit(1)
    ).first()


def answers_of(session: Session, inspection_id: UUID) -> dict[str, dict[str, Any]]:
    """Question id → score, note, reason, photos, as they stand."""
    return answers(state_of(session, inspection_id))


def open_points(session: Session, subject_id: UUID) -> list[OpenPoint]:
    """What earlier visits left open at this subject."""
    return open_points_among(session, [subject_id]).get(subject_id, [])


def open_points_among(session: Session, subjects: Iterable[UUID]) -> dict[UUID, list[OpenPoint]]:
    """What earlier visits left open, by subject; the oldest first."""
    found: dict[UUID, list[OpenPoint]] = {}
    wanted = select(OpenPoint).where(OpenPoint.subject_id.in_(list(subjects)), OpenPoint.closed_at.is_(None))
    for point in session.scalars(_told(wanted)):
        found.setdefault(point.subject_id, []).append(point)
    return found


def points_now(session: Session, inspection: Inspection, state: Mapping[Key, Register]) -> list[OpenPoint]:
    """The open points of an inspection: those open at its subject until its own end, and every one that was
    looked at in it, whatever became of it since.
    """
    seen = {path.partition("/")[2] for path, _ in state if path.startswith("point/")}
    end = inspection.completed_at or inspection.cancelled_at if inspection.state in _ENDED else None
    there: ColumnElement[bool] = OpenPoint.closed_at.is_(None)
    if end is not None:
        there = and_(OpenPoint.opened_at < end, or_(there, OpenPoint.closed_at > end))
    looked_at = OpenPoint.id.in_([UUID(point) for point in seen])
    here = OpenPoint.subject_id == inspection.site_id
    return list(session.scalars(_told(select(OpenPoint).where(here, or_(there, looked_at)))))


def _told(points: Select[OpenPoint]) -> Select[OpenPoint]:
    return points.order_by(OpenPoint.opened_at, OpenPoint.id).options(joinedload(OpenPoint.person))


def shown(state: Mapping[Key, Register], path: str, field: str) -> Any:
    """What a register shows, or None."""
    held = state.get((path, field))
    return held.value if held else None
