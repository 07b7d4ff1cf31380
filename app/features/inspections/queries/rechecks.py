"""What re-inspections found of repaired defects, each walk as it was frozen last."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.features.inspections.models import Inspection, Recheck


def rechecks_of(session: Session, unit_id: UUID) -> dict[UUID, list[Recheck]]:
    """Row of the defect → what was found of it, the newest last; of one unit."""
    return _by_row(session, Recheck.unit_id == unit_id)


def rechecks_among(session: Session, units: Iterable[UUID]) -> dict[UUID, list[Recheck]]:
    """The same of several units: rows are theirs alone."""
    return _by_row(session, Recheck.unit_id.in_(list(units)))


def rechecks_of_case(session: Session, action_id: UUID) -> list[Recheck]:
    """What was found of the repair of one case, the newest last."""
    return [one for found in _by_row(session, Recheck.action_id == action_id).values() for one in found]


def _by_row(session: Session, wanted: ColumnElement[bool]) -> dict[UUID, list[Recheck]]:
    newest = (
        select(Recheck.inspection_id, func.max(Recheck.revision).label("revision"))
        .where(wanted)
        .group_by(Recheck.inspection_id)
        .subquery()
    )
    rows = session.scalars(
        select(Recheck)
        .join(
            newest,
            and_(newest.c.inspection_id == Recheck.inspection_id, newest.c.revision == Recheck.revision),
        )
        .join(Inspection, Inspection.id == Recheck.inspection_id)
        .where(wanted)
        .order_by(Inspection.created_at, Recheck.id)  # one walk of a unit at a time: they end in this order
    )
    found: dict[UUID, list[Recheck]] = {}
    for row in rows:
        found.setdefault(row.row, []).append(row)
    return found
