"""What every command here does: write operations as the desk's, and tell people by mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import outbox
from app.domain.permissions import Actor
from app.features.inspections.models import Inspection
from app.features.inspections.queries.telling import Reminder
from app.features.inspections.record import InspectionKind
from app.features.operations.commands import write_at_desk
from app.features.operations.record import Author

MAIL = "inspections.mail"
Change = tuple[str, str, str, Any]


def write(session: Session, actor: Actor, row: Inspection, changes: Sequence[Change], now: datetime) -> None:
    """The changes as operations of the desk."""
    write_at_desk(session, InspectionKind(), Author(actor, None), row.id, changes, now)


def typed(text: str, actor: Actor) -> dict[str, str] | None:
    """What was typed, in the language of whoever typed it."""
    return {"text": text, "lang": actor.language} if text else None


def tell(
    session: Session, letter: str, inspection_id: UUID, people: Sequence[UUID], actor: Actor, now: datetime
) -> None:
    """A letter to each, but not to whoever did it."""
    for person in people:
        if person != actor.id:
            payload = {"letter": letter, "inspection": str(inspection_id), "person": str(person)}
            outbox.send(session, MAIL, payload, now)


def unsaid(session: Session, wanted: Iterable[Reminder]) -> list[Reminder]:
    """Those of these reminders that nobody has put into the outbox yet."""
    by_id = {_id_of(one): one for one in wanted}
    said = outbox.written(session, by_id)
    return [one for row_id, one in by_id.items() if row_id not in said]


def remind(session: Session, wanted: Iterable[Reminder], now: datetime) -> int:
    """Puts these reminders into the outbox, each once however often and by how many it is asked; how many
    were new.
    """
    new = 0
    for one in wanted:
        payload = {
            "letter": one.letter,
            "inspection": str(one.inspection_id),
            "person": str(one.person_id),
            "due": one.due.isoformat(),
            "week": one.week,
        }
        new += outbox.send_once(session, _id_of(one), MAIL, payload, now)
    return new


def _id_of(one: Reminder) -> UUID:
    return outbox.id_once(MAIL, one.letter, one.inspection_id, one.person_id, one.due, one.week)
