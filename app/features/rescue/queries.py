"""Held work, as an admin reads it: whose, about what, why it is held, how long still."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.permissions import Act, Actor, Scope, may
from app.features.accounts.models import Device, Person
from app.features.inspections.models import Inspection
from app.features.inspections.queries import visible
from app.features.operations.models import Quarantined

IDS_AT_ONCE = 500
SHOWN = 500  # pieces drawn at once, the oldest first


@dataclass(frozen=True, slots=True)
class Piece:
    """One held body. `operation` is what it says when it can be read, else None; `device` may be unknown."""

    row: Quarantined
    operation: dict[str, Any] | None
    device: str | None


@dataclass(frozen=True, slots=True)
class Heap:
    """What is held of one person about one record; `inspection` is None when there is none of that id."""

    person: Person
    record_id: UUID | None
    inspection: Inspection | None
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Held:
    heaps: list[Heap]
    total: int


def operation_of(body: str) -> dict[str, Any] | None:
    """A held body as an operation, or None when it is not even shaped like one."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    named = isinstance(found, dict) and all(
        isinstance(found.get(name), str) for name in ("kind", "path", "field")
    )
    return found if named else None


def waiting(session: Session, actor: Actor) -> Held:
    """What nobody has decided about yet. Raises NotFound for who may not see it."""
    if not may(actor, Act.SEE_QUARANTINE, Scope()):
        raise NotFound()
    undecided = Quarantined.decided_at.is_(None)
    total = session.scalar(select(func.count()).select_from(Quarantined).where(undecided)) or 0
    rows = session.execute(
        select(Quarantined, Person, Device.label, Inspection)
        .join(Person, Person.id == Quarantined.person_id)
        .outerjoin(Device, Device.id == Quarantined.device_id)
        .outerjoin(Inspection, Inspection.id == Quarantined.record_id)
        .where(undecided)
        .order_by(Quarantined.received_at, Quarantined.id)
        .limit(SHOWN)
    ).unique()
    heaps: dict[tuple[UUID, UUID | None], Heap] = {}
    for row, person, label, inspection in rows:
        heap = heaps.setdefault((person.id, row.record_id), Heap(person, row.record_id, inspection, []))
        heap.pieces.append(Piece(row, operation_of(row.body), label))
    ordered = sorted(heaps.values(), key=lambda heap: (heap.person.name.casefold(), str(heap.person.id)))
    return Held(ordered, total)


def count_waiting(session: Session) -> int:
    return session.scalar(select(func.count()).where(Quarantined.decided_at.is_(None))) or 0


def authors_of(session: Session, devices: set[UUID]) -> dict[UUID, Person]:
    """Whose devices these are; unknown ones are left out."""
    owned = select(Device.id, Person).join(Person, Person.id == Device.person_id)
    return {
        row.id: row.Person
        for some in _portions(devices)
        for row in session.execute(owned.where(Device.id.in_(some)))
    }


def asked_for(session: Session, actor: Actor, ids: set[UUID]) -> list[Quarantined]:
    """The undecided pieces of these ids, oldest first, locked. Raises NotFound for who may not decide."""
    if not may(actor, Act.SEE_QUARANTINE, Scope()):
        raise NotFound()
    return list(
        session.scalars(
            select(Quarantined)
            .where(Quarantined.id.in_(ids), Quarantined.decided_at.is_(None))
            .order_by(Quarantined.received_at, Quarantined.id)
            .with_for_update()
        )
    )


def named(session: Session, actor: Actor, operations: Sequence[Any]) -> list[Inspection]:
    """The inspections that these operations, whatever they are, name and the actor may see, by number."""
    wanted = set()
    for raw in operations:
        record = raw.get("record") if isinstance(raw, dict) else None
        try:
            wanted.add(UUID(record["id"]))  # type: ignore[index]
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
    rows = [
        row
        for some in _portions(wanted)
        for row in session.scalars(select(Inspection).where(Inspection.id.in_(some), visible(actor)))
    ]
    return sorted(rows, key=lambda row: row.number)


def _portions(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """What is asked about one after the other: a file may name more than a statement takes parameters."""
    wanted = list(ids)
    for at in range(0, len(wanted), IDS_AT_ONCE):
        yield wanted[at : at + IDS_AT_ONCE]
