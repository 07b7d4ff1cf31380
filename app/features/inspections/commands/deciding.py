"""What is decided about an inspection that has ended: issued, returned, begun again, late work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.domain.errors import Invalid, NotAllowed, Stale
from app.domain.permissions import Act, Actor, may
from app.features.inspections import queries
from app.features.inspections.commands.writing import tell, typed, write
from app.features.inspections.models import Inspection
from app.features.inspections.record import KIND, InspectionKind
from app.features.operations.commands.late import AMEND, DISMISS, decide_late
from app.features.operations.models import Operation
from app.features.operations.queries import late_of
from app.features.operations.record import Author


def approve(session: Session, actor: Actor, inspection_id: UUID, seq: int, now: datetime) -> None:
    """Issues a reviewed inspection: it is completed and frozen now."""
    row = _ended(session, actor, inspection_id, seq)
    write(session, actor, row, [("approve", KIND, "approved", {})], now)


def send_back(
    session: Session,
    actor: Actor,
    inspection_id: UUID,
    seq: int,
    reason: str,
    comments: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    """Returns a reviewed inspection to its team, with (question, comment) where something has to change.

    The team gets a mail.
    """
    row = _ended(session, actor, inspection_id, seq)
    value = {
        "reason": typed(reason, actor),
        "comments": [{"question": question, "text": typed(text, actor)} for question, text in comments],
    }
    write(session, actor, row, [("return", KIND, "returned", value)], now)
    tell(session, "returned", row.id, [a.person_id for a in queries.team(row)], actor, now)


def revise(session: Session, actor: Actor, inspection_id: UUID, seq: int, reason: str, now: datetime) -> None:
    """Begins the next revision of a completed inspection; what was issued stays. The team gets a mail."""
    row = _ended(session, actor, inspection_id, seq)
    value = {"reason": typed(reason, actor), "revision": row.revision + 1}
    write(session, actor, row, [("reopen", KIND, "reopened", value)], now)
    tell(session, "reopened", row.id, [a.person_id for a in queries.team(row)], actor, now)


def decide_late_work(
    session: Session, actor: Actor, inspection_id: UUID, seq: int, amends: bool, reason: str, now: datetime
) -> None:
    """Takes late work in, which begins the next revision of what was completed, or lays it aside.

    Raises Stale when more came in since `seq`: who decides must have seen all of it.
    """
    row = _ended(session, actor, inspection_id, seq)
    if any(entry.operation.seq > seq for entry in late_of(session, row.id)):
        raise Stale()
    if not may(actor, Act.REVISE_INSPECTION, queries.lead_scope_of(actor, row)):
        raise NotAllowed()
    if amends and row.state not in ("completed", "in_progress"):
        raise Invalid("late_not_amendable", field="decision")
    if amends and row.state == "completed":
        revise(session, actor, inspection_id, seq, reason, now)
    decision = AMEND if amends else DISMISS
    why = typed(reason, actor)
    assert why is not None  # the form asks for it
    kind = InspectionKind()
    made = decide_late(session, kind, Author(actor, None), row.id, decision, why, now)
    act = "inspection.late_applied" if amends else "inspection.late_dismissed"
    facts = {"decision": str(made.id), "operations": made.operations}
    journal.write(session, act, (KIND, row.id), now, actor.id, facts)


def _ended(session: Session, actor: Actor, inspection_id: UUID, seq: int) -> Inspection:
    """The inspection, locked, if nobody decided about it as a whole since `seq`."""
    InspectionKind().lock(session, [inspection_id])
    row = queries.get_visible_to(session, actor, inspection_id)
    newer = select(Operation.id).where(
        Operation.record_id == row.id, Operation.seq > seq, Operation.path == KIND
    )
    if session.scalar(newer.limit(1)) is not None:
        raise Stale()
    return row
