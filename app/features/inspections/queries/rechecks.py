"""What re-inspections found of repaired defects, each walk as it was frozen last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.features.inspections.models import Recheck, Revision


def rechecks_of(session: Session, unit_id: UUID) -> dict[UUID, list[Recheck]]:
    """Row of the defect → what was found of it, the newest last; of one unit."""
    return _by_row(session, Recheck.unit_id == unit_id)


def rechecks_among(session: Session, units: Iterable[UUID]) -> dict[UUID, list[Recheck]]:
    """The same of several units: rows are theirs alone."""
    return _by_row(session, Recheck.unit_id.in_(list(units)))


def rechecks_of_case(session: Session, action_id: UUID) -> list[Recheck]:
    """What was found of the repair of one case, the newest last."""
    return [one for found in _by_row(session, Recheck.action_id == action_id).values() for one in found]


def last_revision(inspection_id: Any) -> ScalarSelect[int]:
    """As SQL, of a row frozen with an inspection: the newest revision there is of it, whether or not that one
    has such rows still.
    """
    return _of_revisions(func.max(Revision.revision), inspection_id)


def _of_revisions(what: Any, inspection_id: Any) -> ScalarSelect[Any]:
    return select(what).where(Revision.inspection_id == inspection_id).scalar_subquery()


def _by_row(session: Session, wanted: ColumnElement[bool]) -> dict[UUID, list[Recheck]]:
    rows = session.scalars(
        select(Recheck)
        .where(wanted, Recheck.revision == last_revision(Recheck.inspection_id))
        # in the order in which they ended first: two who began without signal may end the other way round
        .order_by(_of_revisions(func.min(Revision.at), Recheck.inspection_id), Recheck.id)
    )
    found: dict[UUID, list[Recheck]] = {}
    for row in rows:
        found.setdefault(row.row, []).append(row)
    return found
