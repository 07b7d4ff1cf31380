"""The open points of earlier visits as one inspection shows them: unscored, with what was seen of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.domain.merge import Key, Register, photos
from app.features.accounts.models import Person
from app.features.inspections.models import Inspection, OpenPoint
from app.features.inspections.queries import shown
from app.features.operations.models import Operation

ROOM = "point/"


class Seen(NamedTuple):
    """A point and what the visit says of it. `seen`: "open", "closed" or None (not looked at); `by`: who said
    so, {id, name}; `photos`: the values of their registers, oldest first.
    """

    point: OpenPoint
    seen: str | None
    by: dict[str, str] | None
    note: Mapping[str, Any] | None
    photos: list[dict[str, Any]]

    @property
    def path(self) -> str:
        return f"{ROOM}{self.point.id}"


def points_of(session: Session, row: Inspection, state: Mapping[Key, Register], now: datetime) -> list[Seen]:
    """Its points, oldest first: those open here when the work began, and those it says something of. What its
    `create` operation names is among them, unless it was closed, or asked anew in other words, before that.
    """
    moment = row.started_at or now
    told = {UUID(path.removeprefix(ROOM)) for path, _field in state if path.startswith(ROOM)}
    was_open = or_(OpenPoint.closed_at.is_(None), OpenPoint.closed_at > moment)
    here = and_(OpenPoint.subject_id == row.site_id, OpenPoint.opened_at <= moment, was_open)
    found = session.scalars(
        select(OpenPoint)
        .where(OpenPoint.subject_id == row.site_id, or_(OpenPoint.id.in_(told), here))
        .order_by(OpenPoint.opened_at, OpenPoint.id)
    ).all()
    people = _who(session, state, [f"{ROOM}{point.id}" for point in found])
    return [_seen(point, state, people) for point in found]


def _seen(point: OpenPoint, state: Mapping[Key, Register], people: Mapping[str, dict[str, str]]) -> Seen:
    path = f"{ROOM}{point.id}"
    seen = shown(state, path, "seen")
    by = people.get(path) if seen else None
    return Seen(point, seen, by, shown(state, path, "note"), photos(state, path))


def _who(session: Session, state: Mapping[Key, Register], paths: list[str]) -> dict[str, dict[str, str]]:
    """Path → who wrote what `seen` shows there."""
    heads = {
        UUID(held.heads[0].id): path for path in paths if (held := state.get((path, "seen"))) and held.heads
    }
    if not heads:
        return {}
    found = session.execute(
        select(Operation.id, Person.id, Person.name)
        .join(Person, Person.id == Operation.person_id)
        .where(Operation.id.in_(heads))
    )
    return {heads[made]: {"id": str(person), "name": name} for made, person, name in found}
