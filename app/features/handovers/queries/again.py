"""What was repaired in units and waits to be looked at again, as a re-inspection begins with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.actions import Phase, Step
from app.domain.again import (
    AS_IS,
    FAIL,
    MOST_PHOTOS,
    MOST_REPAIRED,
    RESULTS,
    TEXT_AT_MOST,
    Share,
    first_time_pass_rate,
)
from app.domain.canonical import canonical
from app.domain.operations import MAX_CREATED
from app.features.actions.models import Action, ActionDefect
from app.features.actions.queries import step_row
from app.features.inspections.models import Defect, Recheck
from app.features.inspections.queries.rechecks import rechecks_among, rechecks_of

BEFORE_AT_MOST = 2  # photos of one defect, from when it was found
MARGIN = 16 * 1024  # bytes of the operation for everything but what was repaired


def waits() -> Any:
    """The condition for a case whose repair is done and waits for somebody to look."""
    return or_(
        and_(Action.phase == Phase.REVIEW.value, Action.step == Step.IMPLEMENT.value),
        and_(Action.phase == Phase.OPEN.value, Action.step == Step.CHECK.value),
    )


def units_repaired(session: Session, units: Iterable[UUID]) -> dict[UUID, int]:
    """Unit → how many repairs wait to be looked at; those with none are left out."""
    rows = session.scalars(
        select(ActionDefect.unit_id)
        .join(Action, Action.id == ActionDefect.action_id)
        # a defect that showed after the keys were given is looked at at the desk, as any case
        .where(ActionDefect.unit_id.in_(list(units)), ActionDefect.row.is_not(None), waits())
    )
    found: dict[UUID, int] = {}
    for unit_id in rows:
        found[unit_id] = found.get(unit_id, 0) + 1
    return found


def repaired_in(session: Session, units: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Unit → its repaired defects as a re-inspection takes them (domain/again.judge_repaired), class A first,
    as many as one may name; the rest is for another.
    """
    wanted = list(units)
    rows = session.execute(
        select(ActionDefect, Defect, Action)
        .join(Action, Action.id == ActionDefect.action_id)
        .join(Defect, Defect.id == ActionDefect.defect_id)
        .where(ActionDefect.unit_id.in_(wanted), waits())
        .order_by(Action.severity, Action.number)
        .options(joinedload(Action.company), selectinload(Action.pictures), selectinload(Action.steps))
    )
    before = rechecks_among(session, wanted)
    found: dict[UUID, list[dict[str, Any]]] = {}
    for link, defect, action in rows:
        found.setdefault(link.unit_id, []).append(_told(defect, action, before.get(defect.row, ())))
    return {unit_id: _fitting(told) for unit_id, told in found.items()}


def _told(defect: Defect, action: Action, looked: Iterable[Recheck]) -> dict[str, Any]:
    sent = step_row(action, Step.IMPLEMENT)
    done = str(sent.content.get("done") or "").strip() if sent else ""
    shown = [one.sha256 for one in action.pictures if one.moment in ("found", "before")]
    repaired = [one.sha256 for one in action.pictures if one.moment == "after"]
    company = action.company
    return {
        "row": str(defect.row),
        "case": {"id": str(action.id), "number": action.number},
        "room": defect.room,
        "room_name": defect.room_name,
        "trade": defect.trade or None,
        "class": defect.grade,
        "check": defect.check,
        "text": _short(defect.text or {"text": action.title, "lang": action.language}),
        "pin": defect.pin,
        "contractor": {"id": str(company.id), "name": company.name} if company else None,
        "before": list(dict.fromkeys(shown))[:BEFORE_AT_MOST],
        "after": list(dict.fromkeys(repaired))[-MOST_PHOTOS:],  # the newest say how it looks now
        "done": {"text": done[:TEXT_AT_MOST], "lang": action.language} if done else None,
        "failed": sum(one.result == FAIL for one in looked),
    }


def _short(text: Mapping[str, str]) -> dict[str, str]:
    return {name: said if name == "lang" else said[:TEXT_AT_MOST] for name, said in text.items()}


def _fitting(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as fit into one operation."""
    room, kept = MAX_CREATED - MARGIN, []
    for one in told[:MOST_REPAIRED]:
        room -= len(canonical(one)) + 1
        if room < 0:
            break
        kept.append(one)
    return kept


@dataclass(frozen=True)
class Again:
    """What re-inspections say of a unit. `waiting`: repairs to look at; `failed`: case → how often its repair
    was looked at in vain; `as_is`: accepted as they are, by their last word; `rate`: the share of repairs
    that passed the first time; `results`: re-inspection → how many of each result.
    """

    waiting: int
    failed: dict[UUID, int]
    as_is: list[Recheck]
    rate: Share
    results: dict[UUID, dict[str, int]]


def again_of(session: Session, unit_id: UUID) -> Again:
    """What re-inspections say of a unit."""
    rows = list(rechecks_of(session, unit_id).values())
    results: dict[UUID, dict[str, int]] = {}
    for one in (one for looked in rows for one in looked):
        counts = results.setdefault(one.inspection_id, dict.fromkeys(RESULTS, 0))
        counts[one.result] += 1
    return Again(
        waiting=units_repaired(session, [unit_id]).get(unit_id, 0),
        failed={
            looked[-1].action_id: times
            for looked in rows
            if (times := sum(one.result == FAIL for one in looked))
        },
        as_is=[looked[-1] for looked in rows if looked[-1].result == AS_IS],
        rate=first_time_pass_rate([one.result for one in looked] for looked in rows),
        results=results,
    )


def pairs_of(session: Session, unit_id: UUID) -> list[dict[str, Any]]:
    """Of each defect of a unit that has a case, how it looked before, after the repair and when it was looked
    at again, oldest first: {"row", "case", "number", "before", "after", "rechecks": [Recheck]}; photos as
    SHA-256. For whoever draws pairs.
    """
    rows = session.execute(
        select(Defect.row, Action)
        .join(ActionDefect, ActionDefect.action_id == Action.id)
        .join(Defect, Defect.id == ActionDefect.defect_id)
        .where(ActionDefect.unit_id == unit_id)
        .order_by(Action.number)
        .options(selectinload(Action.pictures))
    )
    looked = rechecks_of(session, unit_id)
    return [
        {
            "row": row,
            "case": action.id,
            "number": action.number,
            "before": [one.sha256 for one in action.pictures if one.moment in ("found", "before")],
            "after": [one.sha256 for one in action.pictures if one.moment == "after"],
            "rechecks": looked.get(row, []),
        }
        for row, action in rows
    ]


def known_pictures(
    session: Session, unit_id: UUID, rows: Iterable[UUID]
) -> dict[UUID, tuple[Action, set[str]]]:
    """Row → its case and every photo that shows it, of the repaired defects a re-inspection may name."""
    found = session.execute(
        select(Defect.row, Action, Defect)
        .select_from(ActionDefect)
        .join(Action, Action.id == ActionDefect.action_id)
        .join(Defect, Defect.id == ActionDefect.defect_id)
        .where(ActionDefect.unit_id == unit_id, ActionDefect.row.in_(list(rows)))
        .options(selectinload(Action.pictures))
    )
    return {
        row: (action, {one.sha256 for one in action.pictures} | set(defect.photos))
        for row, action, defect in found
    }
