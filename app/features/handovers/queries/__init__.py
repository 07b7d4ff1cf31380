"""A unit on its way to its owner: its walks, what is still to repair, and what blocks the keys."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.handover import Facts, Need, Ready, Warranty, keys_gate, warranties
from app.domain.permissions import Actor
from app.features.checklists.models import Version
from app.features.checklists.queries import newest_versions
from app.features.handovers.queries.again import again_of, repaired_in, units_repaired
from app.features.handovers.queries.gates import OpenCase, open_cases_of, ready_of_units
from app.features.handovers.queries.keys import handed_over
from app.features.inspections.models import Assignment, Inspection, Revision
from app.features.inspections.queries import visible
from app.features.places.models import Building, Unit
from app.features.places.queries import estates

__all__ = ["again_of", "repaired_in", "units_repaired"]

_OPEN = ("planned", "in_progress", "in_review")


@dataclass(frozen=True)
class Handover:
    """Everything the unit's page shows of it. `walks`: newest first, those the reader may see."""

    unit: Unit
    walks: list[Inspection]
    cases: list[OpenCase]
    needs: list[Need]
    warranties: list[Warranty]

    @property
    def under_way(self) -> Inspection | None:
        """The walk that is not finished, if there is one."""
        return next((walk for walk in self.walks if walk.state in _OPEN), None)


def get_unit(session: Session, actor: Actor, unit_id: UUID) -> Unit:
    """A unit of an estate the actor may see. Raises NotFound."""
    unit = session.get(
        Unit,
        unit_id,
        options=[joinedload(Unit.building).joinedload(Building.estate), joinedload(Unit.type)],
    )
    estates.get_visible_to(session, actor, unit.building.estate_id if unit else unit_id)
    assert unit is not None  # no estate has the id of a unit that is not there
    return unit


def handover_of(session: Session, actor: Actor, unit_id: UUID) -> Handover:
    """The unit as its page shows it. Raises NotFound."""
    unit = get_unit(session, actor, unit_id)
    walks = session.scalars(
        select(Inspection)
        .where(Inspection.unit_id == unit.id, visible(actor))
        .order_by(Inspection.created_at.desc())
        .options(
            joinedload(Inspection.version).joinedload(Version.checklist),
            selectinload(Inspection.assignments).joinedload(Assignment.person),
        )
    ).all()
    cases = open_cases(session, unit.id)
    return Handover(
        unit=unit,
        walks=list(walks),
        cases=cases,
        needs=keys_gate(ready_of(session, unit.id, cases)),
        warranties=warranties(unit.building.estate.completed_on, unit.delivery_on),
    )


def open_cases(session: Session, unit_id: UUID) -> list[OpenCase]:
    """What is still to repair in a unit: class A first, then by due day."""
    return open_cases_of(session, [unit_id])[unit_id]


def ready_of(session: Session, unit_id: UUID, cases: list[OpenCase]) -> Ready:
    """What the gate for the keys knows of a unit (domain/handover.py)."""
    return ready_of_units(session, [unit_id], {unit_id: cases})[unit_id]


def facts_of(session: Session, unit: Unit) -> Facts:
    """What the state of a unit follows from."""
    states = dict(
        session.execute(
            select(Inspection.state, func.count())
            .where(Inspection.unit_id == unit.id)
            .group_by(Inspection.state)
        )
        .tuples()
        .all()
    )
    walked = session.scalar(
        select(Revision.id)
        .join(Inspection, Inspection.id == Revision.inspection_id)
        .where(Inspection.unit_id == unit.id)
        .limit(1)
    )
    cases = open_cases(session, unit.id)
    repaired = [case for case in cases if case.repaired]
    return Facts(
        planned=bool(states.get("planned")),
        walking=bool(states.get("in_progress") or states.get("in_review")),
        walked=walked is not None,
        open_defects=len(cases),
        repaired=len(repaired),
        handed_over=handed_over(session, unit.id),
    )


def walk_versions(session: Session, actor: Actor) -> list[Version]:
    """The checklists a unit can be walked with: those that say in which rooms they ask."""
    return [
        version
        for version in newest_versions(session, actor)
        if any(
            "rooms" in question for part in version.definition["sections"] for question in part["questions"]
        )
    ]


def units_to_walk(session: Session, building_id: UUID) -> list[tuple[Unit, bool]]:
    """The units of a building, floors from the top; with each whether a walk is planned or under way."""
    taken = set(
        session.scalars(
            select(Inspection.unit_id)
            .join(Unit, Unit.id == Inspection.unit_id)
            .where(Unit.building_id == building_id, Inspection.state.in_(_OPEN))
        )
    )
    units = session.scalars(
        select(Unit)
        .where(Unit.building_id == building_id, Unit.retired_at.is_(None))
        .order_by(Unit.floor_order.desc(), Unit.name)
    )
    return [(unit, unit.id in taken) for unit in units]
