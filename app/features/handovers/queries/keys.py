"""Keys that changed hands: the records of a unit's walks, what they counted, the handovers there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.dates import local_day
from app.domain.errors import NotFound
from app.features.handovers.models import Handover
from app.features.inspections.models import Inspection, Revision


class Walked(NamedTuple):
    """A completed walk as its newest revision froze it. `again`: it looked at repaired defects only."""

    id: UUID
    number: str
    revision: int
    digest: str
    again: bool
    completed: datetime
    body: dict[str, Any]


def walked(session: Session, unit_id: UUID) -> list[Walked]:
    """The completed walks of a unit, in the order they were completed."""
    newest = (
        select(Revision.inspection_id, func.max(Revision.revision).label("revision"))
        .join(Inspection, Inspection.id == Revision.inspection_id)
        .where(Inspection.unit_id == unit_id)
        .group_by(Revision.inspection_id)
        .subquery()
    )
    rows = session.execute(
        select(Inspection.id, Inspection.number, Inspection.repaired, Inspection.completed_at, Revision)
        .join(Revision, Revision.inspection_id == Inspection.id)
        .join(
            newest,
            and_(newest.c.inspection_id == Revision.inspection_id, newest.c.revision == Revision.revision),
        )
    )
    found = [
        Walked(
            row.id,
            row.number,
            row.Revision.revision,
            row.Revision.digest,
            bool(row.repaired),
            row.completed_at or row.Revision.at,
            json.loads(row.Revision.body),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.completed, one.number))


def keys_counted(walks: Iterable[Walked]) -> dict[str, dict[str, Any]]:
    """Each kind of key as it was counted last, whichever walk that was: {kind: {"count", "note"}}. A
    re-inspection usually counts none.
    """
    return {
        one["kind"]: {"count": one["count"], "note": one["note"]}
        for walk in walks
        for one in walk.body["walk"]["keys"]
        if one["count"] is not None
    }


def latest_handover(session: Session, unit_id: UUID) -> Handover | None:
    """The newest revision of the unit's handover; None: its keys have not changed hands."""
    return session.scalars(
        _of(unit_id).order_by(Handover.revision.desc()).options(joinedload(Handover.person)).limit(1)
    ).first()


def handover_at(session: Session, unit_id: UUID, revision: int) -> Handover:
    """One revision. Raises NotFound."""
    found = session.scalars(_of(unit_id).where(Handover.revision == revision)).first()
    if found is None:
        raise NotFound()
    return found


def handed_over(session: Session, unit_id: UUID) -> bool:
    """Whether the keys have changed hands."""
    return session.scalar(_of(unit_id).with_only_columns(Handover.id).limit(1)) is not None


class Given(NamedTuple):
    """The handover as the unit's page shows it. `given`: (kind of key, count)."""

    row: Handover
    to: str
    authority: str
    given: list[tuple[str, int]]


def given(session: Session, unit_id: UUID) -> Given | None:
    """The handover that stands; None: the keys have not changed hands."""
    row = latest_handover(session, unit_id)
    if row is None:
        return None
    body = json.loads(row.body)
    counts = [(one["kind"], one["handed"]) for one in body["keys"]]
    return Given(row, body["handed"]["to"], body["handed"]["authority"], counts)


def walked_on(walks: Sequence[Walked], first: bool = False) -> date | None:
    """The day, at the estate, on which the newest walk was completed; or the `first` one, which is as
    early as a handover that is corrected can have been.
    """
    found = walks[0 if first else -1] if walks else None
    return local_day(found.completed, _zone(found)) if found is not None else None


def _zone(walk: Walked) -> str:
    return str(walk.body["subject"]["site"]["time_zone"])


def _of(unit_id: UUID) -> Select[Handover]:
    return select(Handover).where(Handover.unit_id == unit_id)
