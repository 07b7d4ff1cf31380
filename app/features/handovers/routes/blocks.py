"""What blocks the next handovers: by who must act, and unit by unit; in short on the estate's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading
from app.domain.blocking import WITHIN, Task, Who, ready_count, tasks, window
from app.domain.dates import local_day
from app.domain.permissions import Act
from app.features.handovers.queries import gates
from app.features.handovers.routes import bp
from app.features.handovers.words import figures as telling
from app.features.places.models import Estate
from app.features.places.queries import estates
from app.web.htmx import wants_fragment
from app.web.identity import actor, needs

LATE = "late"
SHOWN_AT_MOST = 300  # units on one page, the most urgent first


@dataclass(frozen=True)
class Shown:
    """`within`: of WITHIN, or "late" for units whose day has passed."""

    within: int | str
    today: date
    found: gates.Blocking
    tasks: list[Task]
    ready: int

    @property
    def parties(self) -> list[tuple[Who, list[Task]]]:
        """Who must act, each with what; whoever holds back most units first."""
        return [(who, list(several)) for who, several in groupby(self.tasks, key=lambda task: task.who)]

    @property
    def waiting(self) -> list[gates.Blocked]:
        return [unit for unit in self.found.units if unit.due.blocks]


@bp.get("/estates/<uuid:estate_id>/blocks")
@needs(Act.SEE_PLACES)
def blocks(estate_id: UUID) -> Response:
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    asked = request.args.get("within", "")
    swapped = wants_fragment()
    shown = _shown(estate, LATE if asked == LATE else int(asked) if asked in map(str, WITHIN) else WITHIN[0])
    answer = make_response(
        render_template(
            "handovers/_blocks.html" if swapped else "handovers/blocks.html",
            estate=estate,
            shown=shown,
            choices=[*WITHIN, LATE],
            most=SHOWN_AT_MOST,
            telling=telling,
        )
    )
    answer.vary.add("HX-Request")
    return answer


@bp.get("/estates/<uuid:estate_id>/blocks/short")
@needs(Act.SEE_PLACES)
def blocks_short(estate_id: UUID) -> str:
    """The panel of the estate's page: tomorrow in a few lines."""
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    return render_template(
        "handovers/_blocks_short.html", estate=estate, shown=_shown(estate, WITHIN[0]), telling=telling
    )


def _shown(estate: Estate, within: int | str) -> Shown:
    today = local_day(clock.now(), estate.site.time_zone)
    first, last = (None, today - timedelta(days=1)) if within == LATE else window(today, int(within))
    found = gates.blocking(reading(), estate, first, last)
    due = [unit.due for unit in found.units]
    return Shown(within, today, found, tasks(due), ready_count(due)["ready"])
