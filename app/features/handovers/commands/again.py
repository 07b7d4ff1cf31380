"""Looking again at what was repaired: what a re-inspection may name, and what follows when it is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.again import question_id
from app.domain.errors import Invalid
from app.features.actions.commands.again import Looked, follow
from app.features.actions.models import Action
from app.features.handovers.queries.again import known_pictures
from app.features.inspections.models import Inspection, Recheck
from app.features.operations.models import Operation
from app.features.operations.queries import is_applied


def judge_again(session: Session, unit_id: UUID, repaired: Sequence[Mapping[str, Any]]) -> None:
    """Raises Invalid("repaired_unknown") where a re-inspection names what is no defect of this unit with a
    case, or photos that do not belong to it: whoever sees the re-inspection sees them.
    """
    known = known_pictures(session, unit_id, [UUID(one["row"]) for one in repaired])
    for one in repaired:
        found = known.get(UUID(one["row"]))
        if found is None:
            raise Invalid("repaired_unknown", field="repaired")
        action, pictures = found
        named = {"id": str(action.id), "number": action.number}
        if one["case"] != named or not pictures.issuperset((*one["before"], *one["after"])):
            raise Invalid("repaired_unknown", field="repaired")


def settle_rechecks(
    session: Session, inspection_id: UUID, revision: int, now: datetime, person_id: UUID
) -> None:
    """What a frozen re-inspection says goes to its cases, each by the hand of whoever looked. A later
    revision speaks only where it says something else than the one before, and then settles nothing again.
    `person_id`: who completed it.
    """
    row = session.get_one(Inspection, inspection_id)
    if row.repaired is None:
        return
    found = _of(session, inspection_id, revision)
    earlier = {one.row: one for one in _of(session, inspection_id, revision - 1)}
    hands = _hands(session, inspection_id)
    by_number = (
        select(Action.id).where(Action.id.in_([one.action_id for one in found])).order_by(Action.number)
    )
    locked = {action_id: at for at, action_id in enumerate(session.scalars(by_number))}
    # locks in the order in which everybody takes those of several cases (actions.queries.several)
    for one in sorted(found, key=lambda each: locked[each.action_id]):
        before = earlier.get(one.row)
        if before is not None and _said(before) == _said(one):
            continue
        looked = Looked(
            inspection_id=row.id,
            inspection=row.number,
            revision=revision,
            result=one.result,
            note=one.note["text"].strip() if one.note else "",
            price={"amount": one.price, "currency": one.currency} if one.price is not None else None,
            photos=one.photos,
            person_id=hands.get(f"q/{question_id(str(one.row))}", person_id),
            corrected=before is not None,
        )
        follow(session, one.action_id, looked, now)


def _of(session: Session, inspection_id: UUID, revision: int) -> Sequence[Recheck]:
    return session.scalars(
        select(Recheck).where(Recheck.inspection_id == inspection_id, Recheck.revision == revision)
    ).all()


def _said(one: Recheck) -> tuple[Any, ...]:
    return one.result, one.price, one.currency, one.note, one.photos


def _hands(session: Session, inspection_id: UUID) -> dict[str, UUID]:
    """Path of a question → who answered it last."""
    rows = session.execute(
        select(Operation.path, Operation.person_id)
        .where(Operation.record_id == inspection_id, Operation.field == "score", is_applied())
        .order_by(Operation.seq)
    )
    return {str(path): person_id for path, person_id in rows}
