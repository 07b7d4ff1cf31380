"""Pins on the plans of a unit type, from whichever revision they were set on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.plan_points import Move, is_on, moved, moves_to
from app.features.places.models import Plan


class Pin(NamedTuple):
    """A place somebody pointed at: `plan` is the revision's id as it was said, perhaps of none there is.

    `look`: A, B, C or done; `label`: what a reader is told; `url`: what a tap opens, or nothing.
    """

    key: str
    plan: str
    x: int
    y: int
    look: str
    label: str
    url: str = ""


class Placed(NamedTuple):
    """A pin where it lies on the plan that is shown; `moved`: it was set on another revision."""

    pin: Pin
    x: int
    y: int
    moved: bool


@dataclass(frozen=True)
class PinnedPlan:
    """A plan with its pins. `plans`: all revisions, the newest first; `beside`: pins that now lie beside the
    picture; `apart`: (revision, its pins) of revisions that nothing ties to this one; `lost`: pins of a plan
    that is none of the type's, as after a unit changed its type.
    """

    plan: Plan
    plans: list[Plan]
    on: list[Placed]
    beside: list[Placed]
    apart: list[tuple[Plan, list[Pin]]]
    lost: list[Pin]

    @property
    def newest(self) -> bool:
        return self.plan.id == self.plans[0].id

    @property
    def any(self) -> bool:
        return bool(self.on or self.beside or self.apart or self.lost)


def ties(plans: Iterable[Plan], target: UUID, instead: dict[str, Any] | None = None) -> dict[str, Move]:
    """Plan id → the move of its pins onto `target`; `instead`: a registration of the target that is not kept
    yet.
    """
    known = {
        str(plan.id): (
            (plan.width, plan.height),
            instead if instead and plan.id == target else plan.registration,
        )
        for plan in plans
    }
    return moves_to(str(target), known)


def pinned(
    plans: Sequence[Plan],
    pins: Iterable[Pin],
    wanted: str | None = None,
    instead: dict[str, Any] | None = None,
) -> PinnedPlan | None:
    """The pins on the revision `wanted` (an id), else on the newest; None where there is no plan at all."""
    ordered = sorted(plans, key=lambda each: each.revision, reverse=True)
    if not ordered:
        return None
    shown = next((each for each in ordered if str(each.id) == wanted), ordered[0])
    moves = ties(ordered, shown.id, instead)
    on: list[Placed] = []
    beside: list[Placed] = []
    others: dict[str, list[Pin]] = {}
    for pin in pins:
        move = moves.get(pin.plan)
        if move is None:
            others.setdefault(pin.plan, []).append(pin)
            continue
        at = moved(move, pin.x, pin.y)
        (on if is_on(at) else beside).append(Placed(pin, *at, pin.plan != str(shown.id)))
    apart = [(each, others.pop(str(each.id))) for each in ordered if str(each.id) in others]
    return PinnedPlan(shown, ordered, on, beside, apart, [pin for rest in others.values() for pin in rest])


def without_tiles(session: Session, limit: int) -> list[Plan]:
    """Plans whose originals nobody has cut into tiles yet, the newest first."""
    query = select(Plan).where(Plan.tiles.is_(None)).order_by(Plan.created_at.desc()).limit(limit)
    return list(session.scalars(query))


def plans_of_types(session: Session, types: Iterable[UUID]) -> dict[UUID, list[Plan]]:
    """Type → every revision of its plan, the newest first."""
    rows = session.scalars(select(Plan).where(Plan.type_id.in_(list(types))).order_by(Plan.revision.desc()))
    found: dict[UUID, list[Plan]] = {}
    for plan in rows:
        found.setdefault(plan.type_id, []).append(plan)
    return found
