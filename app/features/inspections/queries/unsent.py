"""Whose phone may still hold work on an inspection: what it said when it was last heard, and photos that are
named here but have not come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.features.accounts.models import Device, Person
from app.features.evidence.models import Media, MediaUse
from app.features.inspections.models import Assignment
from app.features.operations.models import Operation

HEARD_WITHIN = timedelta(days=30)


class Holder(NamedTuple):
    """One phone. `pending`: changes it still held when it last sent something, whatever they are about;
    `photos`: photos of this inspection it has announced and not yet brought."""

    device_id: UUID
    person_id: UUID
    person: str
    label: str
    seen: datetime
    pending: int
    photos: int

    @property
    def holds(self) -> bool:
        return self.pending > 0 or self.photos > 0


def holders(session: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Holder]]:
    """The phones of each inspection, those that hold something first.

    Of its people: phones that worked on it, phones heard since it was theirs that still held something, and
    the one each used last; of anybody: phones whose photos are missing.
    """
    found: dict[UUID, list[Holder]] = {record_id: [] for record_id in ids}
    if not ids:
        return found
    missing = _missing(session, ids)
    team: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    for record_id, person_id, assigned in session.execute(
        select(Assignment.inspection_id, Assignment.person_id, Assignment.assigned_at).where(
            Assignment.inspection_id.in_(ids), Assignment.ended_at.is_(None)
        )
    ):
        team[person_id][record_id] = assigned
    worked = {
        (record_id, device_id)
        for record_id, device_id in session.execute(
            select(Operation.record_id, Operation.device_id)
            .where(Operation.record_id.in_(ids), Operation.device_id.is_not(None))
            .distinct()
        )
    }
    last: set[UUID] = set()  # of whom the phone used last was seen
    named = {device_id for _, device_id in missing}
    rows = session.execute(
        select(Device, Person.name)
        .join(Person, Person.id == Device.person_id)
        .where(
            (Device.person_id.in_(team) & Device.revoked_at.is_(None)) | Device.id.in_(named),
            Device.last_seen_at > now - HEARD_WITHIN,
        )
        .order_by(Device.last_seen_at.desc())
    )
    for device, name in rows:
        latest = device.person_id not in last
        last.add(device.person_id)
        for record_id in ids:
            photos = missing.get((record_id, device.id), 0)
            since = team[device.person_id].get(record_id)
            waits = device.pending > 0 and since is not None and device.last_seen_at >= since
            if photos or (since and (latest or waits or (record_id, device.id) in worked)):
                found[record_id].append(
                    Holder(
                        device.id,
                        device.person_id,
                        name,
                        device.label,
                        device.last_seen_at,
                        device.pending,
                        photos,
                    )
                )
    for phones in found.values():
        phones.sort(key=lambda phone: not phone.holds)
    return found


def _missing(session: Session, ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], int]:
    """(inspection, device) → how many of its photos have not come."""
    rows = session.execute(
        select(MediaUse.record_id, Operation.device_id, func.count(MediaUse.sha256.distinct()))
        .join(Operation, Operation.id == MediaUse.operation_id)
        .outerjoin(Media, Media.sha256 == MediaUse.sha256)
        .where(MediaUse.record_id.in_(ids), Media.sha256.is_(None), Operation.device_id.is_not(None))
        .group_by(MediaUse.record_id, Operation.device_id)
    )
    return {(record_id, device_id): count for record_id, device_id, count in rows if device_id is not None}
