"""What a later inspection saw of an open point: it stands in the case it came from, and closes nothing by
itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.actions import Step
from app.features.accounts.models import Person
from app.features.actions import queries
from app.features.actions.commands import Hand, note
from app.features.actions.commands.beside import PHOTOS_AT_MOST
from app.features.actions.models import KIND, Action, ActionPicture
from app.features.inspections.models import Revision


def note_sightings(session: Session, inspection_id: UUID, revision: int, now: datetime) -> None:
    """Writes what a frozen revision says of our open points into their cases, unless it said so before."""
    frozen = select(Revision.body).where(
        Revision.inspection_id == inspection_id, Revision.revision == revision
    )
    record = json.loads(session.scalars(frozen).one())
    looked_at = [
        point for point in record.get("points", ()) if point["seen"] and point["source"]["kind"] == KIND
    ]
    for point in sorted(looked_at, key=lambda one: str(one["source"]["id"])):  # locks in one order
        action = queries.one(session, UUID(point["source"]["id"]), lock=True)
        _note(session, action, record, str(inspection_id), point, now)


def _note(
    session: Session,
    action: Action,
    record: Mapping[str, Any],
    inspection_id: str,
    point: Mapping[str, Any],
    now: datetime,
) -> None:
    photos = [photo["sha256"] for photo in point["photos"]]
    told = {
        "inspection": record["number"],
        "inspection_id": inspection_id,
        "point": point["id"],
        "seen": point["seen"],
        "by": point["by"]["name"] if point["by"] else "",
        "note": point["note"]["text"] if point["note"] else "",
        "photos": photos,
    }
    earlier = [
        event.facts
        for event in queries.events_of(session, action.id)
        if event.act == "seen" and event.facts["inspection_id"] == inspection_id
    ]
    if earlier and {**earlier[-1], "revision": None} == {**told, "revision": None}:
        return
    by = session.get(Person, UUID(point["by"]["id"])) if point["by"] else None
    hand = Hand(person_id=by.id if by else None)
    note(session, action, "seen", hand, now, Step.CHECK, {**told, "revision": record["revision"]})
    step, revision = Step.CHECK.value, action.revision
    known = {one.sha256 for one in action.pictures if (one.revision, one.step) == (revision, step)}
    new = [sha256 for sha256 in dict.fromkeys(photos) if sha256 not in known]
    for sha256 in new[: max(0, PHOTOS_AT_MOST - len(known))]:
        action.pictures.append(
            ActionPicture(
                id=new_id(),
                action_id=action.id,
                revision=revision,
                step=step,
                moment="evidence",
                sha256=sha256,
                caption=record["number"],
                added_at=now,
                person_id=hand.person_id,
            )
        )
    session.flush()
