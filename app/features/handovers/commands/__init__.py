"""Where a unit stands on its way to its owner: it follows from its walks and cases, and is written down when
one of them moves.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import journal
from app.domain.handover import unit_state
from app.features.actions.models import Action, ActionDefect
from app.features.handovers.queries import facts_of
from app.features.places.models import Unit


def settle_unit(session: Session, unit_id: UUID, now: datetime) -> None:
    """Brings the state of a unit up to date, and writes a change into its journal."""
    unit = session.scalars(select(Unit).where(Unit.id == unit_id).with_for_update()).one()
    before, state = unit.state, unit_state(facts_of(session, unit))
    if state == before:
        return
    # not through the unit of work: whoever edits the owner at the same time has changed nothing of this
    session.execute(update(Unit).where(Unit.id == unit_id).values(state=state))
    journal.write(session, "unit.moved", ("unit", unit_id), now, None, {"from": before, "to": state})


def case_settled(session: Session, action: Action, now: datetime) -> None:
    """A case moved on: if it repairs a unit, the unit has perhaps moved with it."""
    unit_id = session.scalar(select(ActionDefect.unit_id).where(ActionDefect.action_id == action.id))
    if unit_id is not None:
        settle_unit(session, unit_id, now)
