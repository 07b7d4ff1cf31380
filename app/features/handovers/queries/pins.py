"""Where on the plan the defects of a unit, of a type and of a case were pinned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.actions import ENDED
from app.features.actions.models import Action, ActionDefect
from app.features.inspections.models import Defect, Inspection
from app.features.inspections.queries.rechecks import last_revision
from app.features.places.models import Plan, Unit

PINS_AT_MOST = 500  # of a type: more, and nobody sees the plan for its pins


class Pinned(NamedTuple):
    """A defect as its walk froze it last, the case that repairs it, and its unit."""

    defect: Defect
    case: Action | None
    unit: Unit

    @property
    def done(self) -> bool:
        return self.case is not None and self.case.phase in {phase.value for phase in ENDED}


def of_unit(session: Session, unit_id: UUID) -> list[Pinned]:
    """Every pinned defect of a unit that was authorised already."""
    return _pinned(session, Unit.id == unit_id)


def of_type(session: Session, type_id: UUID) -> list[Pinned]:
    """Every pinned defect of every unit of a type; the newest PINS_AT_MOST."""
    return _pinned(session, Unit.type_id == type_id)


def of_case(session: Session, action: Action) -> Pinned | None:
    """What a case repairs, as far as somebody pinned it; None of every other case."""
    found = session.scalars(select(ActionDefect).where(ActionDefect.action_id == action.id)).one_or_none()
    if found is None:
        return None
    here = and_(Defect.inspection_id == found.inspection_id, Defect.row == found.row)
    # a later revision of the walk may say nothing of it any more, and its case goes on
    last = select(func.max(Defect.revision)).where(here).scalar_subquery().correlate(None)
    rows = _pinned(session, here, Defect.revision == last)
    return rows[0] if rows else None


def set_on(session: Session, plans: Sequence[Plan]) -> list[Pinned]:
    """The defects of the plans' type that were pinned on one of these revisions."""
    known = {str(plan.id) for plan in plans}
    if not plans:
        return []
    return [one for one in of_type(session, plans[0].type_id) if (one.defect.pin or {}).get("plan") in known]


def _pinned(
    session: Session, of: ColumnElement[bool], last: ColumnElement[bool] | None = None
) -> list[Pinned]:
    """`last`: which revision speaks, where it is not the newest of the walk."""
    newest = Defect.revision == last_revision(Defect.inspection_id) if last is None else last
    rows = session.execute(
        select(Defect, Action, Unit)
        .join(Unit, Unit.id == Defect.unit_id)
        .join(Inspection, Inspection.id == Defect.inspection_id)
        .outerjoin(
            ActionDefect,
            and_(ActionDefect.inspection_id == Defect.inspection_id, ActionDefect.row == Defect.row),
        )
        .outerjoin(Action, Action.id == ActionDefect.action_id)
        .where(of, newest, Defect.pin.is_not(None))
        .order_by(Defect.id.desc())
        .limit(PINS_AT_MOST)
        .options(joinedload(Unit.building))
    )
    return [Pinned(defect, case, unit) for defect, case, unit in rows if defect.pin]
