"""What the worker does for plans: cuts large ones into tiles, one at a time, after they are in use."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import update

from app.adapters.blobs import BlobStore
from app.adapters.claims import Job
from app.adapters.plans import KeptPlan, PlanRoom, keep_tiles
from app.db import reading, transaction
from app.domain.errors import Invalid
from app.features.places.models import Plan
from app.features.places.queries.plans import without_tiles

log = logging.getLogger("plumbline.plans")
AT_ONCE = 20  # of those left over from before there were tiles


class Tiles:
    """Carries out TILES rows, and looks once a day for plans that have none."""

    def __init__(self, blobs: BlobStore, room: PlanRoom) -> None:
        self._blobs = blobs
        self._room = room

    def make(self, job: Job) -> None:
        """Cuts one plan; doing it twice makes the same."""
        self._cut(UUID(job.payload["plan"]))

    def make_missing(self, job: Job) -> None:
        for plan_id in [plan.id for plan in without_tiles(reading(), AT_ONCE)]:
            self._cut(plan_id)

    def _cut(self, plan_id: UUID) -> None:
        plan = reading().get(Plan, plan_id)
        if plan is None or plan.tiles is not None:
            return
        kept = KeptPlan(
            *(plan.sha256, plan.picture_sha256, plan.kind, plan.page, plan.pages, plan.width, plan.height)
        )
        try:
            levels = keep_tiles(self._blobs, self._room, kept)
        except Invalid as error:  # too heavy to be drawn so large: its picture is what there is
            log.warning("plan %s has no tiles: %s", plan_id, error.code)
            levels = []
        except FileNotFoundError:
            levels = []
        with transaction() as session:
            session.execute(update(Plan).where(Plan.id == plan_id).values(tiles=levels))
