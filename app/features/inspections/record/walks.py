"""What an inspection of a unit adds to its record: the unit it is of, and who hears that its walk moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.errors import Invalid
from app.domain.operations import Operation
from app.domain.registers import Form
from app.features.inspections.models import Inspection
from app.features.places.models import Unit

# Filled by wiring.py; each runs inside the transaction: (session, unit, now), whenever a walk of the unit is
# planned, begun, ended or opened again.
ON_UNIT: list[Callable[[Session, UUID, datetime], object]] = []
# Filled by wiring.py: (session, unit, repaired) raises Invalid where a re-inspection names what was not
# repaired in the unit, or photos that do not show it.
ON_AGAIN: list[Callable[[Session, UUID, Sequence[Mapping[str, Any]]], object]] = []


def judge_again(session: Session, unit: Unit | None, repaired: Sequence[Mapping[str, Any]] | None) -> None:
    """Whether a re-inspection may name these. Raises Invalid."""
    if unit is not None and repaired is not None:
        for judge in ON_AGAIN:
            judge(session, unit.id, repaired)


def unit_of(session: Session, value: Mapping[str, Any], form: Form) -> Unit | None:
    """The unit a `create` operation names; None for an audit. Raises Invalid."""
    if "unit" not in value:
        return None
    unit = session.get(Unit, UUID(value["unit"]))
    if unit is None:
        raise Invalid("unit_unknown", field="unit")
    if unit.retired_at is not None or unit.building.retired_at is not None:
        raise Invalid("unit_retired", field="unit")
    if not form.questions:
        raise Invalid("rooms_no_checks", field="checklist")
    return unit


def walk_moved(session: Session, row: Inspection, operations: Sequence[Operation], now: datetime) -> None:
    """Tells the listeners, if one of these operations moved the walk on."""
    begun = row.started_at == now
    decided = any(operation.path == operation.record_kind for operation in operations)
    if row.unit_id is None or not (begun or decided):
        return
    session.flush()
    for listener in ON_UNIT:
        listener(session, row.unit_id, now)
