"""Defects that show after the keys were handed over: what one may choose from, what was reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain.permissions import Actor
from app.domain.warranty import Covered
from app.features.actions.models import Action, ActionDefect
from app.features.actions.queries import visible
from app.features.checklists.models import Version
from app.features.handovers.queries import walk_versions
from app.features.inspections.models import Inspection
from app.features.places.models import Unit


class Reported(NamedTuple):
    """A later defect and its case. `clocks`: as they were judged when it was reported."""

    action: Action
    found_on: date
    reported_by: str
    category: str | None
    clocks: list[Covered]


def later_defects(session: Session, actor: Actor, unit_id: UUID) -> list[Reported]:
    """The later defects of a unit whose cases the actor may see, the newest first."""
    rows = session.execute(
        select(ActionDefect.later, Action)
        .join(Action, Action.id == ActionDefect.action_id)
        .where(ActionDefect.unit_id == unit_id, ActionDefect.later.is_not(None), visible(actor))
        .options(joinedload(Action.company))
        .order_by(Action.created_at.desc(), Action.number.desc())
    )
    return [_reported(action, told) for told, action in rows if told]


def judged(session: Session, action_id: UUID) -> tuple[Reported, UUID] | None:
    """What was judged when the defect of a case was reported, and its unit; None for any other case. Whether
    the reader may see the case is for the caller to know.
    """
    row = session.execute(
        select(ActionDefect.later, ActionDefect.unit_id, Action)
        .join(Action, Action.id == ActionDefect.action_id)
        .where(Action.id == action_id, ActionDefect.later.is_not(None))
    ).first()
    return (_reported(row.Action, row.later), row.unit_id) if row is not None and row.later else None


def definition_of(session: Session, actor: Actor, unit: Unit) -> Mapping[str, Any] | None:
    """The checklist the unit was walked with last, which knows trades and common defects; else the first that
    asks room by room; None: there is none.
    """
    version = session.scalars(
        select(Version)
        .join(Inspection, Inspection.version_id == Version.id)
        .where(Inspection.unit_id == unit.id, Inspection.completed_at.is_not(None))
        .order_by(Inspection.completed_at.desc())
        .limit(1)
    ).first()
    if version is None:
        version = next(iter(walk_versions(session, actor)), None)
    return version.definition if version is not None else None


def _reported(action: Action, told: Mapping[str, Any]) -> Reported:
    return Reported(
        action,
        date.fromisoformat(told["found_on"]),
        told["reported_by"],
        told["category"],
        [
            Covered(clock, state, date.fromisoformat(until) if until else None)
            for clock, state, until in told["clocks"]
        ],
    )
