"""The findings of a completed inspection beside their cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain.permissions import Actor
from app.features.actions import queries
from app.features.actions.models import Action, ActionFinding
from app.features.actions.queries.listing import Line, line_of
from app.features.inspections.models import Finding, Inspection


def with_cases(
    session: Session, actor: Actor, row: Inspection, now: datetime
) -> list[tuple[Finding, Line | None, bool]]:
    """Each finding of the newest frozen revision, its case if the actor may see it, whether it has one."""
    newest = select(Finding.revision).where(Finding.inspection_id == row.id)
    found = session.scalars(
        select(Finding)
        .where(
            Finding.inspection_id == row.id,
            Finding.revision == newest.order_by(Finding.revision.desc()).limit(1).scalar_subquery(),
        )
        .order_by(Finding.number)
    ).all()
    links = select(ActionFinding.question, ActionFinding.action_id).where(
        ActionFinding.inspection_id == row.id
    )
    held: dict[str, UUID] = {link.question: link.action_id for link in session.execute(links)}
    seen = {
        action.id: line_of(action, now)
        for action in session.scalars(
            select(Action)
            .where(Action.id.in_(held.values()), queries.visible(actor))
            .options(joinedload(Action.owner))
        )
    }
    return [(one, seen.get(held.get(one.question, row.id)), one.question in held) for one in found]
