"""Floor plans: each upload, and each other page of one, is a new revision. Nothing here commits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.adapters.plans import KeptPlan
from app.db import new_id
from app.domain.permissions import Actor
from app.features.places.commands.estates import managed
from app.features.places.models import Plan
from app.features.places.queries import estates as queries


def add_plan(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    type_id: UUID,
    kept: KeptPlan,
    file_name: str,
    now: datetime,
) -> Plan:
    """The next revision of a type's plan, from what adapters/plans.py kept; none when the newest shows the
    same picture. Raises NotFound, NotAllowed.
    """
    managed(session, actor, estate_id)
    queries.type_of(session, estate_id, type_id, lock=True)
    newest = queries.newest_plans(session, [type_id]).get(type_id)
    if newest is not None and newest.picture_sha256 == kept.picture_sha256:
        return newest
    last = session.scalar(select(func.max(Plan.revision)).where(Plan.type_id == type_id)) or 0
    plan = Plan(
        id=new_id(),
        type_id=type_id,
        revision=last + 1,
        file_name=file_name[:200],
        kind=kept.kind,
        sha256=kept.sha256,
        page=kept.page,
        pages=kept.pages,
        picture_sha256=kept.picture_sha256,
        width=kept.width,
        height=kept.height,
        registration=None,
        created_at=now,
        person_id=actor.id,
    )
    session.add(plan)
    session.flush()
    facts = {"type": str(type_id), "plan": str(plan.id), "revision": plan.revision, "sha256": kept.sha256}
    journal.write(session, "plan.added", ("estate", estate_id), now, actor.id, facts)
    return plan
