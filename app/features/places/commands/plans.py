"""Floor plans: each upload, and each other page of one, is a new revision. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal, outbox
from app.adapters.plans import KeptPlan
from app.db import new_id
from app.domain.permissions import Actor
from app.domain.plan_points import judge_points
from app.features.places.commands.estates import managed
from app.features.places.models import Plan
from app.features.places.queries import estates as queries

TILES = "plan.tiles"  # the outbox's word for a plan that is to be cut into tiles


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
    outbox.send(session, TILES, {"plan": str(plan.id)}, now)
    return plan


def register_plan(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    type_id: UUID,
    plan_id: UUID,
    registration: Mapping[str, Any] | None,
    now: datetime,
) -> Plan:
    """Writes down how pins of an earlier revision find their place on this one; None: they do not. It can be
    done again at any time, for pins stay where they were set.

    `registration`: {"from": plan id, "old": [[x, y], [x, y]], "new": …} (domain/plan_points.py). Raises
    NotFound, NotAllowed, Invalid: plan_first, and what judge_points refuses.
    """
    managed(session, actor, estate_id)
    queries.type_of(session, estate_id, type_id, lock=True)
    plan, origin = queries.plan_and_before(
        session, type_id, plan_id, UUID(registration["from"]) if registration else None
    )
    if registration is not None:
        sizes = (origin.width, origin.height), (plan.width, plan.height)
        judge_points(registration["old"], registration["new"], *sizes)
    plan.registration = dict(registration) if registration is not None else None
    session.flush()
    facts = {"plan": str(plan.id), "revision": plan.revision, "registration": plan.registration}
    journal.write(session, "plan.registered", ("estate", estate_id), now, actor.id, facts)
    return plan
